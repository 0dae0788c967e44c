namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Totals of what was decoded, before rating: a CDR is one record of the file, an event one chargeable part of it. A sum that does not fit
/// stays at the largest number that does, because a total that wraps would show anything.
/// </summary>
/// <param name="Cdrs">Records decoded.</param>
/// <param name="Events">Usage events made of them.</param>
/// <param name="UplinkOctets">Sum over the events.</param>
/// <param name="DownlinkOctets">Sum over the events.</param>
/// <param name="Seconds">Sum of the events' durations.</param>
public readonly record struct ControlTotals(long Cdrs, long Events, long UplinkOctets, long DownlinkOctets, long Seconds)
{
    /// <summary>Octets of totals whose directions, or one of them, were not measured; they are in neither direction's sum.</summary>
    public long UndirectedOctets { get; init; }

    /// <summary>Adds two totals.</summary>
    public static ControlTotals operator +(in ControlTotals left, in ControlTotals right) => new(
        Sum(left.Cdrs, right.Cdrs),
        Sum(left.Events, right.Events),
        Sum(left.UplinkOctets, right.UplinkOctets),
        Sum(left.DownlinkOctets, right.DownlinkOctets),
        Sum(left.Seconds, right.Seconds))
    {
        UndirectedOctets = Sum(left.UndirectedOctets, right.UndirectedOctets),
    };

    /// <summary>The difference: what was added after <paramref name="right"/>.</summary>
    public static ControlTotals operator -(in ControlTotals left, in ControlTotals right) => new(
        left.Cdrs - right.Cdrs,
        left.Events - right.Events,
        left.UplinkOctets - right.UplinkOctets,
        left.DownlinkOctets - right.DownlinkOctets,
        left.Seconds - right.Seconds)
    {
        UndirectedOctets = left.UndirectedOctets - right.UndirectedOctets,
    };

    /// <summary>Adds two totals.</summary>
    public static ControlTotals Add(in ControlTotals left, in ControlTotals right) => left + right;

    /// <summary>The difference: what was added after <paramref name="right"/>.</summary>
    public static ControlTotals Subtract(in ControlTotals left, in ControlTotals right) => left - right;

    private static long Sum(long left, long right)
    {
        long sum = unchecked(left + right);
        return ((left ^ sum) & (right ^ sum)) < 0 ? (left < 0 ? long.MinValue : long.MaxValue) : sum;
    }
}
