using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Catalogue.Tests;

/// <summary>A published version never changes: another one corrects it, and stands in its place for the same time.</summary>
public sealed class CorrectedVersionTests
{
    private const string Offering = """
        offering: go
        currency: EUR
        vatPermille: 210
        zones:
          home: ["00101"]
        versions:
          - { version: 1, validFrom: 2026-01-01, prices: [{ kind: sms, price: "0.10", per: 1 message }] }
          - { version: 2, validFrom: 2026-03-01, prices: [{ kind: sms, price: "0.20", per: 1 message }] }
          - { version: 3, corrects: 1, prices: [{ kind: sms, price: "0.05", per: 1 message }] }
          - { version: 4, corrects: 3, validFrom: 2026-02-01, prices: [{ kind: sms, price: "0.07", per: 1 message }] }

        """;

    [Theory]
    [InlineData("2025-12-31T22:59:59Z", 0)]
    [InlineData("2026-01-15T12:00:00Z", 50_000_000)]
    [InlineData("2026-01-31T22:59:59.999Z", 50_000_000)]
    [InlineData("2026-01-31T23:00:00Z", 70_000_000)]
    [InlineData("2026-02-28T22:59:59.999Z", 70_000_000)]
    [InlineData("2026-02-28T23:00:00Z", 200_000_000)]
    [InlineData("2027-01-01T00:00:00Z", 200_000_000)]
    public void Correction_HoldsInThePlaceOfItsVersion_AndNoLonger(string at, long nanos)
    {
        IReadOnlyList<OfferingVersion> versions = Read(Offering).Versions;
        Assert.Equal((versions[0].ValidFrom, versions[0].ValidTo), (versions[2].ValidFrom, versions[2].ValidTo));
        OfferingIndex offerings = new();
        TariffSnapshot tariffs = new(versions, offerings);
        RatingSession session = new(dedupDays: 1, lateDays: 1);
        session.SetSubscription(1, [new SubscriptionPeriod { Account = "A", Offering = "go" }], offerings);
        UsageRecord usage = new()
        {
            UsageId = 1,
            Subscriber = 1,
            Kind = UsageKind.Sms,
            Messages = 1,
            RatingGroup = -1,
            EventTimeMilliseconds = DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds(),
        };

        session.Rate(in usage, tariffs, out RatingResult result);

        Assert.Equal(
            (nanos, nanos == 0 ? RatingOutcome.Suspended : RatingOutcome.Rated), (result.AmountNanos, result.Outcome));
    }

    [Theory]
    [InlineData("corrects: 3, validFrom: 2026-02-01", "corrects: 9, validFrom: 2026-02-01", FaultCodes.UnknownName)]
    [InlineData("corrects: 3, validFrom: 2026-02-01", "corrects: 3, validFrom: 2026-03-01", "")]
    [InlineData("corrects: 3, validFrom: 2026-02-01", "corrects: 3, validFrom: 2025-12-31", "")]
    [InlineData("corrects: 3, validFrom: 2026-02-01", "corrects: 3, validTo: 2026-02-01", "")]
    [InlineData("version: 4, corrects: 3", "version: 3, corrects: 1", "")]
    [InlineData("version: 3, corrects: 1", "version: 3", "")]
    public void Correction_OfNoVersionOrAnotherTime_IsRefused(string written, string instead, string code)
    {
        InputFaultException refused = Assert.Throws<InputFaultException>(
            () => Read(Offering.Replace(written, instead, StringComparison.Ordinal)));

        Assert.Contains(refused.Faults, fault => code.Length == 0 || fault.Code == code);
    }

    private static CatalogueContent Read(string yaml)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.Under("go.yaml"), yaml);
        return CatalogueFolder.Read(folder.FullPath);
    }
}
