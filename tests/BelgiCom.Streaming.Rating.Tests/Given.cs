using System.Globalization;
using System.Text;
using BelgiCom.Streaming.Contracts;

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

    public static DateTimeOffset Time(string iso) => DateTimeOffset.Parse(iso, CultureInfo.InvariantCulture);

    public static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public static decimal Amount(string amount) => decimal.Parse(amount, CultureInfo.InvariantCulture);

    public static long Nanos(string amount) => (long)(Amount(amount) * 1_000_000_000);

    public static Bundle Bundle(UsageKind kind, long units, IReadOnlyList<string> zones) =>
        new() { Kind = kind, Units = units, Zones = zones };

    public static Plmn Network(string digits) => Plmn.FromUsage(Encoding.UTF8.GetBytes(digits));

    public static readonly RoamingZone[] Zones =
    [
        new() { Name = RoamingZone.Home, Plmns = ["00101", "20601"] },
        new() { Name = "eu", Plmns = ["208", "262", "20801"] },
        new() { Name = "world", Plmns = ["*"] },
    ];

    public static OfferingVersion Offering(params OfferingPrice[] prices) => new()
    {
        Offering = "test",
        Version = 1,
        Currency = "EUR",
        Zones = Zones,
        Prices = prices,
    };

    /// <summary>0.01 EUR a MiB, charged by 64 KiB.</summary>
    public static OfferingPrice Data(string price = "0.01", string zone = "") => new()
    {
        Kind = UsageKind.Data,
        Zone = zone,
        Unit = PriceUnit.Octet,
        UnitSize = MiB,
        UnitPrice = Amount(price),
        Increment = 64 * 1024,
        Bundle = true,
    };

    /// <summary>0.10 EUR a minute by 60 s then by 1 s, 0.05 EUR to connect.</summary>
    public static OfferingPrice Voice(string price = "0.10") => new()
    {
        Kind = UsageKind.Voice,
        Unit = PriceUnit.Second,
        UnitSize = 60,
        UnitPrice = Amount(price),
        Increment = 1,
        Minimum = 60,
        ConnectFee = Amount("0.05"),
        Bundle = true,
    };

    public static OfferingPrice Sms(string price = "0.08") => new()
    {
        Kind = UsageKind.Sms,
        Unit = PriceUnit.Message,
        UnitSize = 1,
        UnitPrice = Amount(price),
        Increment = 1,
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
        int id, long seconds, string at = "2026-03-14T10:00:00Z", Direction direction = Direction.Originating) => new()
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
        Direction = Direction.Originating,
    };
}
