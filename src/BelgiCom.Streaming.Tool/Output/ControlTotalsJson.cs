using BelgiCom.Streaming.Adapters;

namespace BelgiCom.Streaming.Tool;

/// <summary>Control totals under the names that <c>--json</c> promises.</summary>
internal static class ControlTotalsJson
{
    public static object ToJson(this ControlTotals totals) =>
        new { totals.Cdrs, totals.Events, uplinkBytes = totals.UplinkOctets, downlinkBytes = totals.DownlinkOctets, totals.Seconds };
}
