using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// What an operator of the Union may charge another for roaming, and so what a surcharge may be at most, without VAT (Regulation (EU)
/// 2022/612 art. 8 to 11).
/// </summary>
/// <param name="Kind">Kind of usage.</param>
/// <param name="Units">Units that the amount is for.</param>
/// <param name="Amount">The cap, without VAT.</param>
/// <param name="FromDay">First day on which it holds.</param>
internal sealed record WholesaleCap(UsageKind Kind, long Units, decimal Amount, DateOnly FromDay)
{
    /// <summary>Octets for which the cap of data is.</summary>
    public const long OctetsPerGigabyte = 1_000_000_000;

    private static readonly WholesaleCap[] All =
    [
        new(UsageKind.Data, OctetsPerGigabyte, 2.00m, new(2022, 7, 1)), new(UsageKind.Data, OctetsPerGigabyte, 1.80m, new(2023, 1, 1)),
        new(UsageKind.Data, OctetsPerGigabyte, 1.55m, new(2024, 1, 1)), new(UsageKind.Data, OctetsPerGigabyte, 1.30m, new(2025, 1, 1)),
        new(UsageKind.Data, OctetsPerGigabyte, 1.10m, new(2026, 1, 1)), new(UsageKind.Data, OctetsPerGigabyte, 1.00m, new(2027, 1, 1)),
        new(UsageKind.Voice, 60, 0.022m, new(2022, 7, 1)), new(UsageKind.Voice, 60, 0.019m, new(2025, 1, 1)),
        new(UsageKind.Sms, 1, 0.004m, new(2022, 7, 1)), new(UsageKind.Sms, 1, 0.003m, new(2025, 1, 1)),
    ];

    /// <summary>When it begins to hold.</summary>
    public DateTimeOffset From => BelgianCalendar.StartOfDay(FromDay);

    /// <summary>The caps that hold at some time between two instants, in their order; the first known one holds before it, too.</summary>
    /// <param name="kind">Kind of usage.</param>
    /// <param name="from">First instant.</param>
    /// <param name="end">First instant after it; null for none.</param>
    public static IEnumerable<WholesaleCap> Between(UsageKind kind, DateTimeOffset from, DateTimeOffset? end)
    {
        WholesaleCap[] caps = [.. All.Where(cap => cap.Kind == kind)];
        for (int index = 0; index < caps.Length; index++)
        {
            bool hasBegun = end is null || caps[index].From < end;
            bool isOver = index + 1 < caps.Length && caps[index + 1].From <= from;
            if (hasBegun && !isOver)
            {
                yield return caps[index];
            }
        }
    }
}
