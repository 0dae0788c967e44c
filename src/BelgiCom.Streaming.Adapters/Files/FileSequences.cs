using System.Data.Common;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Follows the numbers that nodes give their files (TS 32.297 octets 23–26): 32 bits, so that 0 follows 4294967295, and from the start
/// again when a node lost its counter. Each run of a counter is an epoch with a lowest and a highest number; the numbers between them that
/// have not come are its open gaps. A file is at home in the newest epoch that its number fits.
/// </summary>
/// <remarks>
/// The opening time of a file tells a late file from the first one of a counter that began again. Where the header has none, only the
/// numbers 0 and 1 begin an epoch within the numbers of another.
/// </remarks>
internal sealed class FileSequences(SqliteDatabase database)
{
    /// <summary>
    /// How far a number may be from the numbers of an epoch and still belong to it. A number farther away, of a damaged header perhaps,
    /// begins an epoch of its own, and does not count millions of files as missing.
    /// </summary>
    public const uint Window = 10_000;

    /// <summary>Tables of epochs and gaps, and where each file belongs.</summary>
    public const string Schema =
        """
        ALTER TABLE files ADD COLUMN opened_at INTEGER;
        ALTER TABLE files ADD COLUMN sequence_epoch INTEGER;
        CREATE TABLE sequence_epochs (
          source TEXT NOT NULL, node TEXT NOT NULL, ts_number INTEGER NOT NULL, epoch INTEGER NOT NULL,
          lowest INTEGER NOT NULL, highest INTEGER NOT NULL, opened_at INTEGER, highest_opened_at INTEGER,
          PRIMARY KEY (source, node, ts_number, epoch)) WITHOUT ROWID;
        CREATE TABLE sequence_gaps (
          source TEXT NOT NULL, node TEXT NOT NULL, ts_number INTEGER NOT NULL, epoch INTEGER NOT NULL,
          first INTEGER NOT NULL, last INTEGER NOT NULL,
          PRIMARY KEY (source, node, ts_number, epoch, first)) WITHOUT ROWID;
        """;

    // Wild numbers begin many epochs; those of long ago get no files any more.
    private const int EpochsLookedAt = 16;

    private const string OfNode = "source = @p0 AND node = @p1 AND ts_number = @p2";

    /// <summary>All open gaps, by source and node.</summary>
    public IReadOnlyList<SequenceGap> Gaps() => database.Query(
        "SELECT source, node, first, last FROM sequence_gaps ORDER BY source, node, ts_number, epoch, first",
        row => new SequenceGap(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3)));

    /// <summary>Numbers that more than one file of an epoch has, without files whose whole came later.</summary>
    public IReadOnlyList<RepeatedNumber> Repeated() => database.Query(
        "SELECT source, node, sequence_number, COUNT(*) FROM files WHERE sequence_epoch IS NOT NULL AND state <> @p0 "
        + "GROUP BY source, node, ts_number, sequence_epoch, sequence_number HAVING COUNT(*) > 1 "
        + "ORDER BY source, node, sequence_epoch, sequence_number",
        row => new RepeatedNumber(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3)),
        (long)FileState.Changed);

    /// <summary>Finds the place of a file that has come. The caller keeps the entry, in the same transaction.</summary>
    public SequencePlace Place(FileEntry file)
    {
        if (file.SequenceNumber is not { } number || file.SequenceEpoch is not null)
        {
            return new SequencePlace(file);
        }

        if (EpochOfPart(file, number) is { } known)
        {
            return new SequencePlace(file with { SequenceEpoch = known });
        }

        List<Epoch> epochs = database.Query(
            $"SELECT epoch, lowest, highest, opened_at, highest_opened_at FROM sequence_epochs WHERE {OfNode} "
            + "ORDER BY epoch DESC LIMIT @p3",
            Epoch.Read, file.Source, file.Node, (long)file.TsNumber, (long)EpochsLookedAt);
        return Place(file, (uint)number, epochs);
    }

    private SequencePlace Place(FileEntry file, uint number, List<Epoch> epochs)
    {
        long? opened = file.OpenedAt?.ToUnixTimeMilliseconds();
        Epoch? repeats = null;
        for (int i = 0; i < epochs.Count; i++)
        {
            Epoch epoch = epochs[i];
            if (opened < epoch.OpenedAt && i + 1 < epochs.Count && IsMissingOrNext(file, number, epochs[i + 1]))
            {
                continue;
            }

            if (epoch.Contains(number))
            {
                SequenceGap? gap = GapWith(file, number, epoch);
                if (i == 0 && IsRestart(number, opened, epoch, gap is not null))
                {
                    return Begin(file, number, epochs);
                }

                if (gap is not null)
                {
                    return Close(file, number, epoch, gap);
                }

                repeats ??= epoch;
            }
            else if (number - epoch.Highest <= Window)
            {
                Epoch higher = epoch with { Highest = number, HighestOpenedAt = opened ?? epoch.HighestOpenedAt };
                return Extend(file, higher, epoch.Highest + 1, number - 1);
            }
            else if (epoch.Lowest - number <= Window && !(opened > epoch.HighestOpenedAt))
            {
                return Extend(file, epoch with { Lowest = number, OpenedAt = opened ?? epoch.OpenedAt }, number + 1, epoch.Lowest - 1);
            }
        }

        return repeats is null
            ? Begin(file, number, epochs)
            : new SequencePlace(file with { SequenceEpoch = repeats.Number }) { IsRepeated = true };
    }

    /// <summary>
    /// Whether a counter began again with a number that its last run has given already: late files and second ones were opened before the
    /// newest file.
    /// </summary>
    private static bool IsRestart(uint number, long? opened, Epoch epoch, bool isMissing) => opened > epoch.HighestOpenedAt
        ? number != epoch.Highest || number <= 1
        : !isMissing && number <= 1 && number != epoch.Highest && !(opened < epoch.HighestOpenedAt);

    private bool IsMissingOrNext(FileEntry file, uint number, Epoch epoch) => epoch.Contains(number)
        ? GapWith(file, number, epoch) is not null
        : number - epoch.Highest <= Window;

    /// <summary>The epoch of a file that was not whole and whose whole this is, which has the same number then.</summary>
    private long? EpochOfPart(FileEntry file, long number) => database.QueryLong(
        $"SELECT sequence_epoch FROM files WHERE {OfNode} AND sequence_number = @p3 AND state = @p4 AND opened_at IS @p5 "
        + "AND sequence_epoch IS NOT NULL ORDER BY sequence_epoch DESC LIMIT 1",
        file.Source, file.Node, (long)file.TsNumber, number, (long)FileState.Changed, file.OpenedAt?.ToUnixTimeMilliseconds());

    private SequenceGap? GapWith(FileEntry file, uint number, Epoch epoch) => database.Query(
        $"SELECT first, last FROM sequence_gaps WHERE {OfNode} AND epoch = @p3 "
        + "AND ((@p4 - first) & 4294967295) <= ((last - first) & 4294967295)",
        row => new SequenceGap(file.Source, file.Node, row.GetInt64(0), row.GetInt64(1)),
        file.Source, file.Node, (long)file.TsNumber, epoch.Number, (long)number).FirstOrDefault();

    private SequencePlace Begin(FileEntry file, uint number, List<Epoch> epochs)
    {
        long? opened = file.OpenedAt?.ToUnixTimeMilliseconds();
        Epoch epoch = new(epochs.Count == 0 ? 0 : epochs[0].Number + 1, number, number, opened, opened);
        Keep(file, epoch);
        return new SequencePlace(file with { SequenceEpoch = epoch.Number })
        {
            BeginsAfter = epochs.Count == 0 ? null : epochs[0].Highest,
        };
    }

    private SequencePlace Extend(FileEntry file, Epoch epoch, uint first, uint last)
    {
        Keep(file, epoch);
        SequenceGap? gap = first == last + 1 ? null : new SequenceGap(file.Source, file.Node, first, last);
        Open(file, epoch, gap);
        return new SequencePlace(file with { SequenceEpoch = epoch.Number }) { Gap = gap };
    }

    private SequencePlace Close(FileEntry file, uint number, Epoch epoch, SequenceGap gap)
    {
        database.Execute(
            $"DELETE FROM sequence_gaps WHERE {OfNode} AND epoch = @p3 AND first = @p4",
            file.Source, file.Node, (long)file.TsNumber, epoch.Number, gap.First);
        Open(file, epoch, number == gap.First ? null : gap with { Last = number - 1 });
        Open(file, epoch, number == gap.Last ? null : gap with { First = number + 1 });
        return new SequencePlace(file with { SequenceEpoch = epoch.Number }) { WasMissing = true };
    }

    private void Open(FileEntry file, Epoch epoch, SequenceGap? gap)
    {
        if (gap is not null)
        {
            database.Execute(
                "INSERT INTO sequence_gaps (source, node, ts_number, epoch, first, last) VALUES (@p0, @p1, @p2, @p3, @p4, @p5)",
                file.Source, file.Node, (long)file.TsNumber, epoch.Number, (long)(uint)gap.First, (long)(uint)gap.Last);
        }
    }

    private void Keep(FileEntry file, Epoch epoch) => database.Execute(
        "INSERT OR REPLACE INTO sequence_epochs (source, node, ts_number, epoch, lowest, highest, opened_at, highest_opened_at) "
        + "VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7)",
        file.Source, file.Node, (long)file.TsNumber, epoch.Number, (long)epoch.Lowest, (long)epoch.Highest, epoch.OpenedAt,
        epoch.HighestOpenedAt);

    private sealed record Epoch(long Number, uint Lowest, uint Highest, long? OpenedAt, long? HighestOpenedAt)
    {
        public bool Contains(uint number) => number - Lowest <= Highest - Lowest;

        public static Epoch Read(DbDataReader row) => new(
            row.GetInt64(0), (uint)row.GetInt64(1), (uint)row.GetInt64(2), row.IsDBNull(3) ? null : row.GetInt64(3),
            row.IsDBNull(4) ? null : row.GetInt64(4));
    }
}

/// <summary>Where a file stands among the files of its node.</summary>
/// <param name="Entry">The file, with its epoch.</param>
public sealed record SequencePlace(FileEntry Entry)
{
    /// <summary>Numbers that are missing since this file came; null when none are.</summary>
    public SequenceGap? Gap { get; init; }

    /// <summary>True when the file was missing before.</summary>
    public bool WasMissing { get; init; }

    /// <summary>True when a file with this number and other content came before.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>Highest number of the node's epoch before, when this file begins another; null when it begins none, or the first.</summary>
    public long? BeginsAfter { get; init; }
}
