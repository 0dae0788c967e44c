namespace BelgiCom.Streaming.Catalogue.Tests;

/// <summary>What changes between two catalogues, for whom and from when, and what an offering says in words.</summary>
public sealed class CatalogueDiffTests : IDisposable
{
    private const string Old = """
        offering: o
        currency: EUR
        vatPermille: 210
        zones: { home: ["206"], rlah: ["208"] }
        versions:
          - version: 1
            validFrom: 2026-01-01
            bundles:
              - { kind: data, units: 1 GB }
            prices:
              - { id: voice, kind: voice, price: "0.20", per: 60 s }
              - { id: data, kind: data, price: "3.00", per: 1 GB, increment: 1 MB, bundle: true }
              - { id: sms, kind: sms, price: "0.05", per: 1 message }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("diff").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void SameCatalogue_ChangesNothing() => Assert.Empty(CatalogueDiff.Between(Read("a", Old), Read("b", "# a comment\n" + Old)));

    /// <summary>A megabyte at 3.60 a gigabyte costs 20 % more, though the price is written per megabyte now.</summary>
    [Fact]
    public void ChangedVersion_TellsOldNewAndPercent()
    {
        IReadOnlyList<CatalogueChange> changes = Between(
            Old.Replace("price: \"3.00\", per: 1 GB", "price: \"0.0036\", per: 1 MB", StringComparison.Ordinal)
                .Replace("{ id: sms, kind: sms, price: \"0.05\"", "{ id: text, kind: sms, price: \"0.05\"", StringComparison.Ordinal)
                .Replace("units: 1 GB", "units: 2 GB", StringComparison.Ordinal));

        Assert.All(changes, change => Assert.Equal(("o", 1), (change.Offering, change.Version)));
        Assert.Contains(
            changes,
            change => change is { Subject: "price data", Old: "3.00 per 1 GB", New: "0.0036 per 1 MB", Percent: 20.0m });
        Assert.Contains(
            changes,
            change => change is { Subject: "bundle data", Old: "1 GB of data a month", New: "2 GB of data a month", Percent: null });
        Assert.Contains(changes, change => change is { Subject: "price text", Property: "price", Old: null, New: "0.05 per 1 message" });
        Assert.Contains(changes, change => change is { Subject: "price sms", Property: "price", Old: "0.05 per 1 message", New: null });
        Assert.DoesNotContain(changes, change => change.Subject == "price voice");
    }

    /// <summary>Customers of version 1 notice version 2 when it begins, so it is compared with version 1.</summary>
    [Fact]
    public void NewVersion_IsComparedWithTheOneBeforeIt_FromItsBegin()
    {
        const string next = """

              - version: 2
                validFrom: 2026-07-01
                prices:
                  - { id: voice, kind: voice, price: "0.15", per: 60 s }
                  - { id: data, kind: data, price: "3.00", per: 1 GB, increment: 1 MB, bundle: true }
                  - { id: sms, kind: sms, price: "0.05", per: 1 message }
            """;

        IReadOnlyList<CatalogueChange> changes = Between(Old + next);

        Assert.All(changes, change => Assert.Equal((2, "2026-06-30T22"), (change.Version, $"{change.From.UtcDateTime:yyyy-MM-dd'T'HH}")));
        Assert.Contains(changes, change => change is { Subject: "price voice", Percent: -25.0m });
        Assert.Contains(changes, change => change is { Subject: "bundle data", Property: "units", New: null });
    }

    [Fact]
    public void OfferingThatGoes_AndOneThatComes_AreTold()
    {
        IReadOnlyList<CatalogueChange> changes = Between(Old.Replace("offering: o", "offering: p", StringComparison.Ordinal));

        Assert.Equal([("o", 0), ("p", 1)], changes.Select(change => (change.Offering, change.Version)));
    }

    /// <summary>60/1 in words, and a surcharge with its law.</summary>
    [Fact]
    public void Words_OfAnExample_SayWhatItsFileSays()
    {
        OfferingEdition plan = CatalogueFolder.Read(OfferingExampleTests.Folder).Editions
            .Single(edition => edition.Published.Offering == "be-plan-60");
        string[] words = [.. OfferingWords.Of(plan).Select(one => $"{one.Subject}: {one.Property} {one.Text}")];

        Assert.Equal("EUR with 21 % VAT", OfferingWords.Basis(plan.Published));
        Assert.Contains("price be: price 0.25 per 1 min", words);
        Assert.Contains("price be: counted each begun 1 min, from 1 min each begun 1 s", words);
        Assert.Contains("price p0905: price 2.00 for the whole session", words);
        Assert.Contains("price data-rlah: above fair use 1.21 per 1 GB", words);
        Assert.Contains("bundle gb: units 60 GB of data a month", words);
        Assert.Contains("bundle gb: rollover at most 60 GB for a month", words);
        Assert.Contains("fee monthly: price 20.00 a month, in advance, by days", words);
        Assert.Contains("destination emergency: numbers 100, 101, 112", words);
        Assert.Contains(
            "limit roaming-data: amount 50.00 without VAT a month of data in rlah, world: Warn at 80 %, CutOff at 100 %", words);
    }

    private IReadOnlyList<CatalogueChange> Between(string changed) => CatalogueDiff.Between(Read("a", Old), Read("b", changed));

    private CatalogueContent Read(string name, string yaml)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        File.WriteAllText(Path.Combine(folder, "o.yaml"), yaml);
        return CatalogueFolder.Read(folder);
    }
}
