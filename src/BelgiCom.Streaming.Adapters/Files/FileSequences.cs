using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Follows the numbers that nodes give their files (TS 32.297 octets 23–26). A run of a node's counter is called an epoch in the entries of
/// the files.
/// </summary>
internal sealed class FileSequences(SqliteDatabase database, NumberStore store)
{
    /// <summary>Epochs and gaps as the releases before <see cref="NumberStore"/> kept them, and where each file belongs.</summary>
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

    private const uint Window = 10_000;

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

        NumberCounter counter = new(NumberedKind.Files, file.Source, file.Node, file.TsNumber);
        NumberRuns runs = new(Window, disorder: 0) { Runs = store.Load(counter) };
        long? opened = file.OpenedAt?.ToUnixTimeMilliseconds();
        NumberPlace place = runs.Place(
            new NumberSpan((uint)number, (uint)number, opened, opened), file.Name, file.ReceivedAt.ToUnixTimeMilliseconds());
        store.Save(counter, runs.Runs);
        return new SequencePlace(file with { SequenceEpoch = place.Run })
        {
            Gap = place.Gap is { } gap ? NumberStore.GapOf(file.Source, file.Node, gap) : null,
            WasMissing = place.Filled > 0,
            IsRepeated = place.IsRepeated,
            BeginsAfter = place.BeginsAfter,
        };
    }

    /// <summary>The epoch of a file that was not whole and whose whole this is, which has the same number then.</summary>
    private long? EpochOfPart(FileEntry file, long number) => database.QueryLong(
        "SELECT sequence_epoch FROM files WHERE source = @p0 AND node = @p1 AND ts_number = @p2 "
        + "AND sequence_number = @p3 AND state = @p4 AND opened_at IS @p5 "
        + "AND sequence_epoch IS NOT NULL ORDER BY sequence_epoch DESC LIMIT 1",
        file.Source, file.Node, (long)file.TsNumber, number, (long)FileState.Changed, file.OpenedAt?.ToUnixTimeMilliseconds());
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
