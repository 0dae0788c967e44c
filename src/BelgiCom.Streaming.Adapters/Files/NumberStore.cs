using System.Data.Common;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Adapters;

/// <summary>Keeps the runs of all counters in the file ledger. Callers are in a transaction when they change something.</summary>
internal sealed class NumberStore(SqliteDatabase database)
{
    /// <summary>Tables of runs and gaps; those of the release before knew files only, and neither times nor neighbours of a gap.</summary>
    public const string Schema =
        """
        CREATE TABLE number_runs (
          kind INTEGER NOT NULL, source TEXT NOT NULL, node TEXT NOT NULL, ts_number INTEGER NOT NULL, run INTEGER NOT NULL,
          lowest INTEGER NOT NULL, highest INTEGER NOT NULL, begun_at INTEGER, highest_at INTEGER,
          lowest_in TEXT NOT NULL, highest_in TEXT NOT NULL, forgotten INTEGER NOT NULL,
          PRIMARY KEY (kind, source, node, ts_number, run)) WITHOUT ROWID;
        CREATE TABLE number_gaps (
          kind INTEGER NOT NULL, source TEXT NOT NULL, node TEXT NOT NULL, ts_number INTEGER NOT NULL, run INTEGER NOT NULL,
          first INTEGER NOT NULL, last INTEGER NOT NULL, since INTEGER NOT NULL, after_file TEXT NOT NULL, before_file TEXT NOT NULL,
          PRIMARY KEY (kind, source, node, ts_number, run, first)) WITHOUT ROWID;
        INSERT INTO number_runs
          SELECT 0, source, node, ts_number, epoch, lowest, highest, opened_at, highest_opened_at, '', '', 0 FROM sequence_epochs;
        INSERT INTO number_gaps SELECT 0, source, node, ts_number, epoch, first, last, 0, '', '' FROM sequence_gaps;
        DROP TABLE sequence_epochs;
        DROP TABLE sequence_gaps;
        """;

    private const string OfCounter = "kind = @p0 AND source = @p1 AND node = @p2 AND ts_number = @p3";

    /// <summary>All open gaps of files or records, by source and node.</summary>
    public IReadOnlyList<SequenceGap> Gaps(NumberedKind kind) => database.Query(
        "SELECT source, node, first, last, since, after_file, before_file FROM number_gaps WHERE kind = @p0 "
        + "ORDER BY source, node, ts_number, run, first",
        row => GapOf(row.GetString(0), row.GetString(1), ReadGap(row, 2)),
        (long)kind);

    /// <summary>How many numbers of files or records are missing, by source, also where their gaps are no longer held.</summary>
    public IReadOnlyList<MissingNumbers> Missing(NumberedKind kind) => database.Query(
        "SELECT source, SUM(gaps), SUM(count) FROM ("
        + "SELECT source, COUNT(*) AS gaps, SUM(((last - first) & 4294967295) + 1) AS count FROM number_gaps WHERE kind = @p0 "
        + "GROUP BY source UNION ALL SELECT source, 0, SUM(forgotten) FROM number_runs WHERE kind = @p0 GROUP BY source) "
        + "GROUP BY source HAVING SUM(count) > 0 ORDER BY source",
        row => new MissingNumbers(row.GetString(0), row.GetInt64(1), row.GetInt64(2)),
        (long)kind);

    /// <summary>The runs of a counter, the newest first.</summary>
    public List<NumberRun> Load(in NumberCounter counter)
    {
        List<NumberRun> runs = database.Query(
            "SELECT run, lowest, highest, begun_at, highest_at, lowest_in, highest_in, forgotten FROM number_runs "
            + $"WHERE {OfCounter} ORDER BY run DESC LIMIT {NumberRuns.RunsMax}",
            ReadRun, (long)counter.Kind, counter.Source, counter.Node, counter.TsNumber);
        if (runs.Count > 0)
        {
            foreach ((long run, NumberGap gap) in database.Query(
                $"SELECT run, first, last, since, after_file, before_file FROM number_gaps WHERE {OfCounter}",
                row => (row.GetInt64(0), ReadGap(row, 1)), (long)counter.Kind, counter.Source, counter.Node, counter.TsNumber))
            {
                runs.Find(one => one.Number == run)?.Gaps.Add(gap);
            }
        }

        foreach (NumberRun run in runs)
        {
            // 0 may follow 4294967295 in a run.
            run.Gaps.Sort((left, right) => (left.First - run.Lowest).CompareTo(right.First - run.Lowest));
        }

        return runs;
    }

    /// <summary>Stores the runs that changed, and forgets those that are no longer followed.</summary>
    public void Save(in NumberCounter counter, List<NumberRun> runs)
    {
        foreach (NumberRun run in runs.Where(run => run.IsChanged))
        {
            DeleteGaps(counter, run.Number);
            database.Execute(
                "INSERT OR REPLACE INTO number_runs VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10, @p11)",
                (long)counter.Kind, counter.Source, counter.Node, counter.TsNumber, run.Number, (long)run.Lowest, (long)run.Highest,
                run.BegunAt, run.HighestAt, run.LowestIn, run.HighestIn, run.Forgotten);
            foreach (NumberGap gap in run.Gaps)
            {
                database.Execute(
                    "INSERT INTO number_gaps VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9)",
                    (long)counter.Kind, counter.Source, counter.Node, counter.TsNumber, run.Number, (long)gap.First, (long)gap.Last,
                    gap.Since, gap.After, gap.Before);
            }

            run.IsChanged = false;
        }

        foreach (string table in new[] { "number_gaps", "number_runs" })
        {
            database.Execute(
                $"DELETE FROM {table} WHERE {OfCounter} AND run <= @p4",
                (long)counter.Kind, counter.Source, counter.Node, counter.TsNumber, runs[0].Number - NumberRuns.RunsMax);
        }
    }

    /// <summary>A gap as the ledger shows it.</summary>
    public static SequenceGap GapOf(string source, string node, NumberGap gap) => new(source, node, gap.First, gap.Last)
    {
        Since = gap.Since == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(gap.Since),
        After = gap.After,
        Before = gap.Before,
    };

    private void DeleteGaps(in NumberCounter counter, long run) => database.Execute(
        $"DELETE FROM number_gaps WHERE {OfCounter} AND run = @p4",
        (long)counter.Kind, counter.Source, counter.Node, counter.TsNumber, run);

    private static NumberGap ReadGap(DbDataReader row, int at) => new(
        (uint)row.GetInt64(at), (uint)row.GetInt64(at + 1), row.GetInt64(at + 2), row.GetString(at + 3), row.GetString(at + 4));

    private static NumberRun ReadRun(DbDataReader row) => new()
    {
        Number = row.GetInt64(0),
        Lowest = (uint)row.GetInt64(1),
        Highest = (uint)row.GetInt64(2),
        BegunAt = row.IsDBNull(3) ? null : row.GetInt64(3),
        HighestAt = row.IsDBNull(4) ? null : row.GetInt64(4),
        LowestIn = row.GetString(5),
        HighestIn = row.GetString(6),
        Forgotten = row.GetInt64(7),
    };
}

/// <summary>What a node numbers; stored as a number.</summary>
internal enum NumberedKind
{
    /// <summary>Its files (TS 32.297 octets 23–26).</summary>
    Files = 0,

    /// <summary>Its records (localSequenceNumber and localRecordSequenceNumber of TS 32.298).</summary>
    Records = 1,
}

/// <summary>A counter of a node.</summary>
/// <param name="Kind">What it numbers.</param>
/// <param name="Source">Source.</param>
/// <param name="Node">Node.</param>
/// <param name="TsNumber">TS number of the files, which a node numbers by kind; 0 for records.</param>
internal readonly record struct NumberCounter(NumberedKind Kind, string Source, string Node, long TsNumber);
