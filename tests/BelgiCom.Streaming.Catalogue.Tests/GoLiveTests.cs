using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue.Tests;

/// <summary>A new version takes over at its instant in a rating that goes on.</summary>
public sealed class GoLiveTests : IDisposable
{
    private const string First = """
        offering: o
        currency: EUR
        vatPermille: 210
        zones: { home: ["206"], rlah: ["208"] }
        versions:
          - version: 1
            validFrom: 2026-01-01
            prices:
              - { id: sms, kind: sms, price: "0.05", per: 1 message }
        """;

    private const string Second = """

          - version: 2
            validFrom: 2026-07-01
            prices:
              - { id: sms, kind: sms, price: "0.04", per: 1 message }
        """;

    private static readonly DateTimeOffset Instant = BelgianCalendar.StartOfDay(new DateOnly(2026, 7, 1));

    private readonly string _folder = Directory.CreateTempSubdirectory("live").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>
    /// Rating asks no clock: the time of the event decides, so a version that was published in time is in force at its instant to the
    /// millisecond, in every worker, however late an event comes.
    /// </summary>
    [Fact]
    public void Version_PublishedWhileRatingGoesOn_IsInForceFromItsInstant()
    {
        CompiledCatalogue catalogue = new(takesAllTerms: true);
        RatingSession session = new(3660, 3660);
        session.SetSubscription(1, [new SubscriptionPeriod { Account = "A", Offering = "o" }], catalogue.Offerings);
        Publish(First);
        decimal before = Rate(1, Instant.AddMilliseconds(-1));
        decimal withoutSecond = Rate(2, Instant);

        Publish(First + Second);

        Assert.Equal((0.05m, 0.05m), (before, withoutSecond));
        Assert.Equal([0.05m, 0.04m, 0.05m], [Rate(3, Instant.AddMilliseconds(-1)), Rate(4, Instant), Rate(5, Instant.AddDays(-100))]);

        void Publish(string yaml)
        {
            File.WriteAllText(Path.Combine(_folder, "o.yaml"), yaml);
            foreach (OfferingVersion version in CatalogueFolder.Load(_folder))
            {
                catalogue.Put(version);
            }

            catalogue.Compile();
        }

        decimal Rate(int id, DateTimeOffset at)
        {
            UsageRecord usage = new()
            {
                UsageId = (UInt128)id,
                Subscriber = 1,
                Kind = UsageKind.Sms,
                Direction = Direction.Originating,
                EventTimeMilliseconds = at.ToUnixTimeMilliseconds(),
                Messages = 1,
            };
            session.Rate(in usage, catalogue.Tariffs, out RatingResult result);
            session.Commit();
            return Nanos.ToDecimal(result.AmountNanos);
        }
    }
}
