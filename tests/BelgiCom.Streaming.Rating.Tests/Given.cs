using System.Globalization;
using System.Text;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Tariffs, subscriptions and usage in the words of the tests.</summary>
internal static class Given
{
    public const long MiB = 1024 * 1024;
    public const long GiB = 1024 * MiB;
    public const string HomeNetwork = "00101";

    public static long Instant(string iso) => DateTimeOffset.Parse(iso, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    public static int Days(string iso) =>
        DateOnly.Parse(iso, CultureInfo.InvariantCulture).DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    public static long Nanos(string amount) => (long)(decimal.Parse(amount, CultureInfo.InvariantCulture) * RoundingPolicy.NanosPerUnit);

    public static Plmn Network(string digits) => Plmn.FromUsage(Encoding.UTF8.GetBytes(digits));

    public static readonly ZoneDefinition[] Zones =
    [
        new(ZoneDefinition.Home, ["00101", "20601"]),
        new("eu", ["208", "262", "20801"]),
        new("world", ["*"]),
    ];

    public static OfferingDefinition Offering(params PriceDefinition[] prices) => new()
    {
        Offering = "test",
        Version = 1,
        ValidFromMilliseconds = 0,
        Currency = "EUR",
        Zones = Zones,
        Prices = prices,
        Bundles = [],
    };

    /// <summary>0.01 EUR a MiB, charged by 64 KiB.</summary>
    public static PriceDefinition Data(string price = "0.01", string zone = "") => new()
    {
        Kind = UsageKind.Data,
        Zone = zone,
        Unit = PriceUnit.Octet,
        UnitSize = MiB,
        UnitPriceNanos = Nanos(price),
        Increment = 64 * 1024,
        Bundle = true,
    };

    /// <summary>0.10 EUR a minute by 60 s then by 1 s, 0.05 EUR to connect.</summary>
    public static PriceDefinition Voice(string price = "0.10") => new()
    {
        Kind = UsageKind.Voice,
        Unit = PriceUnit.Second,
        UnitSize = 60,
        UnitPriceNanos = Nanos(price),
        Minimum = 60,
        ConnectFeeNanos = Nanos("0.05"),
        Bundle = true,
    };

    public static PriceDefinition Sms(string price = "0.08") => new()
    {
        Kind = UsageKind.Sms,
        Unit = PriceUnit.Message,
        UnitSize = 1,
        UnitPriceNanos = Nanos(price),
        Bundle = true,
    };

    public static UsageRecord DataUsage(
        int id, long octets, string at = "2026-03-14T10:00:00Z", string network = HomeNetwork, long ratingGroup = 10) => new()
        {
            UsageId = (UInt128)id,
            Subscriber = 1,
            EventTimeMilliseconds = Instant(at),
            TotalOctets = octets,
            RatingGroup = ratingGroup,
            ServingPlmn = Network(network),
            Kind = UsageKind.Data,
        };

    public static UsageRecord Call(
        int id, long seconds, string at = "2026-03-14T10:00:00Z", UsageDirection direction = UsageDirection.Originating) => new()
        {
            UsageId = (UInt128)id,
            Subscriber = 1,
            EventTimeMilliseconds = Instant(at),
            DurationSeconds = seconds,
            RatingGroup = -1,
            ServingPlmn = Network(HomeNetwork),
            Kind = UsageKind.Voice,
            Direction = direction,
        };

    public static UsageRecord Message(int id, string at = "2026-03-14T10:00:00Z") => new()
    {
        UsageId = (UInt128)id,
        Subscriber = 1,
        EventTimeMilliseconds = Instant(at),
        Messages = 1,
        RatingGroup = -1,
        ServingPlmn = Network(HomeNetwork),
        Kind = UsageKind.Sms,
        Direction = UsageDirection.Originating,
    };
}

/// <summary>A session with one catalogue, and a subscriber 1 who has its offering "test".</summary>
internal sealed class Rig
{
    public Rig(params OfferingDefinition[] offerings)
        : this(45, 45, offerings)
    {
    }

    public Rig(int dedupDays, int lateDays, params OfferingDefinition[] offerings)
    {
        Session = new RatingSession(dedupDays, lateDays);
        Tariffs = new TariffSnapshot(offerings, Offerings);
        Subscribe(1, "test");
    }

    public OfferingIndex Offerings { get; } = new();

    public RatingSession Session { get; }

    public TariffSnapshot Tariffs { get; }

    public void Subscribe(UInt128 subscriber, string offering, long from = long.MinValue, long to = long.MaxValue) =>
        Session.SetSubscription(subscriber, [Period("A-1", offering, from, to)]);

    public SubscriptionPeriod Period(string account, string offering, long from, long to) => new()
    {
        AccountUtf8 = Encoding.UTF8.GetBytes(account),
        Offering = Offerings.GetOrAdd(offering),
        ValidFromMilliseconds = from,
        ValidToMilliseconds = to,
    };

    public RatedUsage[] RateUncommitted(params UsageRecord[] usage)
    {
        RatedUsage[] rated = new RatedUsage[usage.Length];
        Session.Rate(usage, Tariffs, rated);
        return rated;
    }

    public RatedUsage[] Rate(params UsageRecord[] usage)
    {
        RatedUsage[] rated = RateUncommitted(usage);
        Session.Commit();
        return rated;
    }

    public RatedUsage One(UsageRecord usage) => Rate(usage)[0];
}
