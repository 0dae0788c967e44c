using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Catalogue.Tests;

/// <summary>
/// What is published of fair use: volumes and surcharges by the wholesale caps of the time (1.10 in 2026, 1.00 from 2027).
/// </summary>
public sealed class FairUseTermsTests
{
    private const long GB = 1_000_000_000;

    private static readonly DateTimeOffset In2026 = new(2026, 1, 1, 0, 0, 0, TimeSpan.FromHours(1));
    private static readonly DateTimeOffset In2027 = In2026.AddYears(1);

    /// <summary>20 / 1.21 / 1.10 × 2 = 30.05…, and 20 / 1.21 / 1.00 × 2 = 33.05….</summary>
    [Fact]
    public void Volume_OfTheRegulation_GrowsWhenTheCapFalls()
    {
        Bundle bundle = CatalogueFolder.Read(OfferingExampleTests.Folder).Versions.Single(one => one.Offering == "be-plan-60").Bundles[0];

        Assert.Equal("rlah", bundle.FairUseZone);
        Assert.Equal([(In2026, 31 * GB), (In2027, 34 * GB)], bundle.FairUse.Select(one => (one.From, one.Units)));
    }

    /// <summary>20 without VAT: 36.36… and exactly 40.</summary>
    [Fact]
    public void Volume_OfANetPrice_IsByThePriceItself() => Assert.Equal(
        [(In2026, 37 * GB), (In2027, 40 * GB)],
        Read("net", "\"1.00\"").Versions[0].Bundles[0].FairUse.Select(one => (one.From, one.Units)));

    /// <summary>1.10 is the cap of 2026; nobody may charge more than 1.00 from 2027 on.</summary>
    [Fact]
    public void Surcharge_AboveALaterCap_FallsToIt()
    {
        CatalogueContent read = Read("net", "\"1.10\"");

        Assert.Equal(
            [(In2026, 1.10m, GB), (In2027, 1.00m, GB)],
            read.Versions[0].Prices[1].AboveFairUse.Select(one => (one.From, one.UnitPrice, one.UnitSize)));
        Assert.Contains(read.Warnings, warning => warning.Code == "FAIR_USE_SURCHARGE" && warning.Message.Contains("charged instead"));
    }

    /// <summary>1.331 and 1.21 are the caps with 21 % VAT.</summary>
    [Fact]
    public void Surcharge_OfAGrossPriceList_IsComparedWithVat() => Assert.Equal(
        [(In2026, 1.331m), (In2027, 1.21m)],
        Read("gross", "\"1.331\"").Versions[0].Prices[1].AboveFairUse.Select(one => (one.From, one.UnitPrice)));

    [Fact]
    public void Surcharge_AtOrBelowAllCaps_IsOneForAllTime() =>
        Assert.Equal([1.00m], Read("net", "\"1.00\"").Versions[0].Prices[1].AboveFairUse.Select(one => one.UnitPrice));

    [Theory]
    [InlineData("aboveFairUse: { price: \"1.00\", per: 1 GB }", "", "FAIR_USE_SURCHARGE", "nothing more is due")]
    [InlineData("zone: eu, volume: regulation", "zone: home, volume: regulation", "PRICE_HIDDEN", "nobody pays this surcharge")]
    public void Terms_ThatDoNothing_AreWarnedOf(string good, string bad, string code, string words) => Assert.Contains(
        Read("net", "\"1.00\"", good, bad).Warnings, warning => warning.Code == code && warning.Message.Contains(words));

    [Theory]
    [InlineData("price: \"20.00\"", "price: \"0\"", "no monthly fee")]
    [InlineData("bundle: true, above", "above", "'bundle: true'")]
    [InlineData("kind: data, units: 60 GB", "kind: voice, units: 60 min", "of data only")]
    public void Terms_ThatMeanNothing_AreRefused(string good, string bad, string words)
    {
        InputFaultException refused = Assert.Throws<InputFaultException>(() => Read("net", "\"1.00\"", good, bad));

        Assert.Contains(refused.Faults, fault => fault.Message.Contains(words));
    }

    private static CatalogueContent Read(string basis, string surcharge, string good = "plan", string bad = "plan")
    {
        string folder = Directory.CreateTempSubdirectory("fair-use").FullName;
        surcharge = $"{{ price: {surcharge}, per: 1 GB }}";
        string text = $$"""
            offering: plan
            currency: EUR
            priceBasis: {{basis}}
            vatPermille: 210
            zones: { home: ["206"], eu: ["*"] }
            versions:
              - version: 1
                validFrom: 2026-01-01
                fees: [{ id: monthly, price: "20.00", every: month }]
                bundles: [{ id: gb, kind: data, units: 60 GB, zones: [home, eu], fairUse: { zone: eu, volume: regulation } }]
                prices:
                  - { id: data, kind: data, zone: home, price: "0.10", per: 1 MB, bundle: true }
                  - { id: eu, kind: data, zone: eu, price: "0.10", per: 1 MB, bundle: true, aboveFairUse: {{surcharge}} }
            """;
        Assert.Contains(good, text);
        File.WriteAllText(
            Path.Combine(folder, "o.yaml"), text.Replace(good, bad, StringComparison.Ordinal).Replace(", \n", "\n").Replace(",  }", " }"));
        try
        {
            return CatalogueFolder.Read(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
