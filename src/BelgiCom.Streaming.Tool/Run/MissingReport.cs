using System.Globalization;
using BelgiCom.Streaming.Adapters;
using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary>Files and records that nodes numbered and that have not come.</summary>
/// <param name="Files">Ranges of file sequence numbers.</param>
/// <param name="Records">Ranges of record numbers.</param>
/// <param name="FileCounts">How many files are missing, by source.</param>
/// <param name="RecordCounts">How many records are missing, by source.</param>
internal sealed record MissingReport(
    IReadOnlyList<SequenceGap> Files, IReadOnlyList<SequenceGap> Records, IReadOnlyList<MissingNumbers> FileCounts,
    IReadOnlyList<MissingNumbers> RecordCounts)
{
    // More are told by their number; belgicom files gaps shows them all.
    private const int LinesMax = 25;

    /// <summary>What the file ledger misses now, of all runs.</summary>
    public static MissingReport Of(FileLedger ledger) =>
        new(ledger.Gaps(), ledger.RecordGaps(), ledger.MissingFiles(), ledger.MissingRecords());

    /// <summary>A line for each range, the files first.</summary>
    public IEnumerable<string> Lines()
    {
        foreach ((string what, SequenceGap gap) in All().Take(LinesMax))
        {
            string between = gap.Before.Length > 0 ? $", between {gap.After} and {gap.Before}" : "";
            string since = gap.Since is { } at ? $", since {TimeOf(at)}" : "";
            yield return $"missing: {what} {gap.First} to {gap.Last} of node {gap.Node}, source {gap.Source}{between}{since}";
        }

        int more = Files.Count + Records.Count - LinesMax;
        if (more > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"missing: {more:N0} ranges more, see belgicom files gaps");
        }
    }

    /// <summary>How many are missing, a line for each source; one line when nothing is.</summary>
    public IReadOnlyList<string> Sums()
    {
        IReadOnlyList<string> sums = [.. FileCounts.Select(one => Sum("file", one)), .. RecordCounts.Select(one => Sum("record", one))];
        return sums.Count > 0 ? sums : ["nothing is missing: the numbers of all files and records that came follow each other"];
    }

    /// <summary>A row for each range.</summary>
    public Table ToTable()
    {
        Table table = new Table().Border(TableBorder.Simple)
            .AddColumns("of", "source", "node", "first", "last", "missing", "since", "after", "before");
        foreach ((string what, SequenceGap gap) in All())
        {
            table.AddRow(
                what,
                Markup.Escape(gap.Source),
                Markup.Escape(gap.Node),
                gap.First.ToString(CultureInfo.InvariantCulture),
                gap.Last.ToString(CultureInfo.InvariantCulture),
                gap.Count.ToString("N0", CultureInfo.InvariantCulture),
                gap.Since is { } at ? TimeOf(at) : "",
                Markup.Escape(gap.After),
                Markup.Escape(gap.Before));
        }

        return table;
    }

    /// <summary>As <c>--json</c> shows it.</summary>
    public object ToJson() => new { files = Files, records = Records, fileCounts = FileCounts, recordCounts = RecordCounts };

    private IEnumerable<(string What, SequenceGap Gap)> All() =>
        Files.Select(gap => ("files", gap)).Concat(Records.Select(gap => ("records", gap)));

    private static string Sum(string what, MissingNumbers one) => string.Create(
        CultureInfo.InvariantCulture,
        $"source {one.Source}: {one.Count:N0} {what}{(one.Count == 1 ? " is" : "s are")} missing, in {one.Gaps:N0} ranges");

    private static string TimeOf(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
