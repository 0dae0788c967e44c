using System.Globalization;
using BelgiCom.Streaming.Tool;
using Spectre.Console;

namespace BelgiCom.Streaming.Bench;

/// <summary>
/// Everything that was measured, as a file for programs and as tables for a person. Ratios come first, because they hold on other machines
/// too.
/// </summary>
internal sealed class MeasurementReport
{
    private const string LoadFile = "/proc/loadavg";

    private readonly List<Series> _series = [];
    private readonly List<Ratio> _ratios = [];
    private readonly DateTimeOffset _startedAt = TimeProvider.System.GetUtcNow();
    private readonly string _loadAtStart = Load();

    public void Add(Findings findings)
    {
        _series.AddRange(findings.Series);
        _ratios.AddRange(findings.Ratios);
    }

    public object ToJson() => new
    {
        startedAt = _startedAt,
        endedAt = TimeProvider.System.GetUtcNow(),
        machine = new
        {
            processors = Environment.ProcessorCount,
            system = System.Runtime.InteropServices.RuntimeInformation.OSDescription,
            runtime = System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
            librdkafka = Confluent.Kafka.Library.VersionString,
            loadAtStart = _loadAtStart,
            loadAtEnd = Load(),
        },
        ratios = _ratios.Select(ratio => new { ratio.Question, ratio.Name, ratio.Value, ratio.Reach, ratio.AtMost, ratio.IsReached }),
        figures = _series.Select(
            series => new { series.Question, series.Contender, series.Unit, series.Median, series.Values, series.Note }),
    };

    public void WriteTo(string file) => File.WriteAllText(file, JsonOutput.Text(ToJson()) + "\n");

    public IEnumerable<Table> ToTables() => [Ratios(), Figures()];

    private Table Ratios()
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns("question", "ratio", "measured", "reach", "");
        foreach (Ratio ratio in _ratios.OrderBy(ratio => ratio.Question, StringComparer.Ordinal))
        {
            table.AddRow(
                ratio.Question,
                Markup.Escape(ratio.Name),
                Number(ratio.Value),
                ratio.Reach is { } reach ? $"{(ratio.AtMost ? "≤" : "≥")} {Number(reach)}" : "",
                ratio.IsReached switch { true => "reached", false => "missed", null => "" });
        }

        return table;
    }

    private Table Figures()
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns("question", "contender", "median", "unit", "least", "most", "");
        foreach (Series series in _series.OrderBy(series => series.Question, StringComparer.Ordinal))
        {
            table.AddRow(
                series.Question,
                Markup.Escape(series.Contender),
                series.Values.Count == 0 ? "" : Number(series.Median),
                series.Unit,
                series.Values.Count == 0 ? "" : Number(series.Values.Min()),
                series.Values.Count == 0 ? "" : Number(series.Values.Max()),
                Markup.Escape(series.Note));
        }

        return table;
    }

    /// <summary>
    /// Average number of processes that wanted a processor, over 1, 5 and 15 minutes. Above the number of processors, the absolute figures
    /// say little.
    /// </summary>
    private static string Load() => File.Exists(LoadFile) ? string.Join(' ', File.ReadAllText(LoadFile).Split(' ').Take(3)) : "";

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 1000 ? "N0" : "0.##", CultureInfo.InvariantCulture);
}
