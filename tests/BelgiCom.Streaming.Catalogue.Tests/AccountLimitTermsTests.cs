using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Catalogue.Tests;

/// <summary>What is published of limits and prices that concern the account, and what is refused.</summary>
public sealed class AccountLimitTermsTests
{
    private const string Limit = "shared: account";
    private const string Price = "kind: voice, calledIn: group";

    [Theory]
    [InlineData("scope: roamingData, shared: account", "DATA", "world")]
    [InlineData("scope: domestic, shared: account", "", "home")]
    [InlineData("scope: all, shared: account", "", "")]
    [InlineData("shared: account", "", "")]
    [InlineData("kinds: [voice], zones: [home], shared: account", "VOICE", "home")]
    public void LimitOfAnAccount_IsPublishedAsWhatItCounts(string words, string kinds, string zones)
    {
        OfferingLimit limit = Read(Limit, words).Versions[0].Limits.Single();

        Assert.Equal(
            (SpendScope.Account, kinds, zones),
            (limit.Scope, string.Join(',', limit.Kinds).ToUpperInvariant(), string.Join(',', limit.Zones)));
    }

    [Fact]
    public void PriceOfAGroup_IsPublished() =>
        Assert.Equal([true, false], Read(Limit, Limit).Versions[0].Prices.Select(price => price.CalledInGroup));

    [Theory]
    [InlineData(Limit, "shared: family")]
    [InlineData(Limit, "shared: account, choices: [\"1.00\"]")]
    [InlineData("currency: EUR", "currency: EUR\npaymentMethod: prePaid")]
    [InlineData(Price, "kind: data, calledIn: group")]
    [InlineData(Price, "kind: voice, direction: terminating, calledIn: group")]
    [InlineData(Price, "kind: voice, calledIn: family")]
    public void Terms_ThatNothingCanMean_AreRefused(string good, string bad) =>
        Assert.NotEmpty(Assert.Throws<InputFaultException>(() => Read(good, bad)).Faults);

    private static CatalogueContent Read(string good, string bad)
    {
        string folder = Directory.CreateTempSubdirectory("account-limit").FullName;
        string text = $$"""
            offering: office
            currency: EUR
            vatPermille: 210
            zones: { home: ["206"], world: ["*"] }
            versions:
              - version: 1
                validFrom: 2026-01-01
                prices:
                  - { id: group, {{Price}}, zeroRated: true }
                  - { id: voice, kind: voice, price: "0.06", per: 60 s }
                limits:
                  - { id: office, {{Limit}}, amount: "100.00", steps: [{ at: 80 %, action: warn }, { at: 100 %, action: cutOff }] }
            """.Replace(good, bad, StringComparison.Ordinal);
        try
        {
            File.WriteAllText(Path.Combine(folder, "office.yaml"), text);
            return CatalogueFolder.Read(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
