using System.Globalization;

namespace BelgiCom.Streaming.Tool;

/// <summary>Amounts as text: nine decimals, a point, no grouping, so that another program reads exactly what was billed.</summary>
internal static class Amount
{
    private const decimal NanosPerUnit = 1_000_000_000m;

    public static string Text(long nanos) => (nanos / NanosPerUnit).ToString("0.000000000", CultureInfo.InvariantCulture);
}
