using BelgiCom.Streaming.Adapters;

namespace BelgiCom.Streaming.Tool;

/// <summary>Control totals with the member names of the <c>--json</c> contract.</summary>
internal static class ControlTotalsJson
{
    public static object ToJson(this ControlTotals totals) => new
    {
        totals.Cdrs,
        totals.Events,
        uplinkBytes = totals.UplinkOctets,
        downlinkBytes = totals.DownlinkOctets,
        undirectedBytes = totals.UndirectedOctets,
        totals.Seconds,
    };
}
