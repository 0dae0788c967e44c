using Microsoft.Data.Sqlite;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>
/// Which files were mediated, how far, and what was in them: a SQLite database in the data folder. A commit is on disk before it
/// returns. Safe for many threads of one process.
/// </summary>
public sealed class FileLedger : IDisposable
{
    /// <summary>Name of the database in the data folder.</summary>
    public const string FileName = "files.db";

    private const string Columns =
        "sha256, name, source, format, state, committed_cdrs, node, ts_number, sequence_number, declared_cdrs, lost_cdr_indicator, "
        + "closure_reason, "
        + "cdrs, events, uplink_octets, downlink_octets, seconds, quarantined, ambiguous_times, resent, received_at, finished_at, detail";

    private readonly SqliteConnection _connection;
    private readonly Lock _lock = new();

    /// <summary>Opens the ledger, or makes it.</summary>
    /// <exception cref="SqliteException">The file cannot be opened, or is not a database.</exception>
    public FileLedger(string dataDirectory)
    {
        Directory.CreateDirectory(dataDirectory);
        string path = Path.Combine(dataDirectory, FileName);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _connection.Open();
        Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000;");
        Execute(
            """
            CREATE TABLE IF NOT EXISTS files (
              sha256 TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, source TEXT NOT NULL, format TEXT NOT NULL, state INTEGER NOT NULL,
              committed_cdrs INTEGER NOT NULL, node TEXT NOT NULL, ts_number INTEGER NOT NULL, sequence_number INTEGER,
                declared_cdrs INTEGER,
              lost_cdr_indicator INTEGER NOT NULL, closure_reason INTEGER NOT NULL, cdrs INTEGER NOT NULL, events INTEGER NOT NULL,
              uplink_octets INTEGER NOT NULL, downlink_octets INTEGER NOT NULL, seconds INTEGER NOT NULL, quarantined INTEGER NOT NULL,
              ambiguous_times INTEGER NOT NULL, resent INTEGER NOT NULL, received_at INTEGER NOT NULL, finished_at INTEGER,
                detail TEXT NOT NULL);
            CREATE INDEX IF NOT EXISTS files_by_sequence ON files (source, node, ts_number, sequence_number)
              WHERE sequence_number IS NOT NULL;
            """);
    }

    /// <summary>The file with this content; null when it was never delivered.</summary>
    public FileEntry? Find(string sha256)
    {
        lock (_lock)
        {
            using SqliteCommand command = Command($"SELECT {Columns} FROM files WHERE sha256 = $sha256", ("$sha256", sha256));
            using SqliteDataReader rows = command.ExecuteReader();
            return rows.Read() ? Read(rows) : null;
        }
    }

    /// <summary>All files, in the order of their delivery.</summary>
    public IReadOnlyList<FileEntry> List()
    {
        lock (_lock)
        {
            using SqliteCommand command = Command($"SELECT {Columns} FROM files ORDER BY received_at, name");
            using SqliteDataReader rows = command.ExecuteReader();
            List<FileEntry> entries = new();
            while (rows.Read())
            {
                entries.Add(Read(rows));
            }

            return entries;
        }
    }

    /// <summary>Writes all of an entry, whether or not the file is known.</summary>
    public void Put(FileEntry entry)
    {
        lock (_lock)
        {
            using SqliteCommand command = Command(
                $"INSERT OR REPLACE INTO files ({Columns}) VALUES "
                + $"({string.Join(", ", Columns.Split(", ").Select(column => "$" + column))})",
                ("$sha256", entry.Sha256),
                ("$name", entry.Name),
                ("$source", entry.Source),
                ("$format", entry.Format),
                ("$state", (long)entry.State),
                ("$committed_cdrs", entry.CommittedCdrs),
                ("$node", entry.Node),
                ("$ts_number", (long)entry.TsNumber),
                ("$sequence_number", entry.SequenceNumber),
                ("$declared_cdrs", entry.DeclaredCdrs),
                ("$lost_cdr_indicator", (long)entry.LostCdrIndicator),
                ("$closure_reason", (long)entry.ClosureReason),
                ("$cdrs", entry.Totals.Cdrs),
                ("$events", entry.Totals.Events),
                ("$uplink_octets", entry.Totals.UplinkOctets),
                ("$downlink_octets", entry.Totals.DownlinkOctets),
                ("$seconds", entry.Totals.Seconds),
                ("$quarantined", entry.Quarantined),
                ("$ambiguous_times", entry.AmbiguousTimes),
                ("$resent", entry.Resent),
                ("$received_at", entry.ReceivedAt.ToUnixTimeMilliseconds()),
                ("$finished_at", entry.FinishedAt?.ToUnixTimeMilliseconds()),
                ("$detail", entry.Detail));
            command.ExecuteNonQuery();
        }
    }

    /// <summary>The missing file sequence numbers of every node, between the lowest and the highest that arrived.</summary>
    public IReadOnlyList<SequenceGap> Gaps()
    {
        lock (_lock)
        {
            using SqliteCommand command = Command(
                """
                SELECT source, node, previous + 1, sequence_number - 1 FROM (
                  SELECT source, node, sequence_number, LAG(sequence_number) OVER (PARTITION BY source, node,
                    ts_number ORDER BY sequence_number) AS previous
                  FROM files WHERE sequence_number IS NOT NULL)
                WHERE sequence_number > previous + 1 ORDER BY source, node, previous
                """);
            using SqliteDataReader rows = command.ExecuteReader();
            List<SequenceGap> gaps = new();
            while (rows.Read())
            {
                gaps.Add(new SequenceGap(rows.GetString(0), rows.GetString(1), rows.GetInt64(2), rows.GetInt64(3)));
            }

            return gaps;
        }
    }

    /// <summary>The gap right before a file: from the next lower number of its node to its own; null when there is none.</summary>
    public SequenceGap? GapBefore(FileEntry entry)
    {
        if (entry.SequenceNumber is not { } number)
        {
            return null;
        }

        lock (_lock)
        {
            using SqliteCommand command = Command(
                "SELECT MAX(sequence_number) FROM files WHERE source = $source AND node = $node AND ts_number = $ts AND sequence_number "
                + "< $number",
                ("$source", entry.Source),
                ("$node", entry.Node),
                ("$ts", (long)entry.TsNumber),
                ("$number", number));
            return command.ExecuteScalar() is long previous && previous < number - 1
                ? new SequenceGap(entry.Source, entry.Node, previous + 1, number - 1)
                : null;
        }
    }

    /// <summary>Closes the database.</summary>
    public void Dispose() => _connection.Dispose();

    private static FileEntry Read(SqliteDataReader row) => new()
    {
        Sha256 = row.GetString(0),
        Name = row.GetString(1),
        Source = row.GetString(2),
        Format = row.GetString(3),
        State = (FileState)row.GetInt64(4),
        CommittedCdrs = row.GetInt64(5),
        Node = row.GetString(6),
        TsNumber = row.GetInt32(7),
        SequenceNumber = row.IsDBNull(8) ? null : row.GetInt64(8),
        DeclaredCdrs = row.IsDBNull(9) ? null : row.GetInt64(9),
        LostCdrIndicator = row.GetInt32(10),
        ClosureReason = row.GetInt32(11),
        Totals = new ControlTotals(row.GetInt64(12), row.GetInt64(13), row.GetInt64(14), row.GetInt64(15), row.GetInt64(16)),
        Quarantined = row.GetInt64(17),
        AmbiguousTimes = row.GetInt64(18),
        Resent = row.GetInt64(19),
        ReceivedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(20)),
        FinishedAt = row.IsDBNull(21) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(21)),
        Detail = row.GetString(22),
    };

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, object? value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }

    private void Execute(string sql)
    {
        using SqliteCommand command = Command(sql);
        command.ExecuteNonQuery();
    }
}
