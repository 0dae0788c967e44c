using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace BelgiCom.Streaming.Retention;

/// <summary>
/// The archive's index and commit log, one SQLite file: segments, positions, which blocks hold a person's records, holds. It holds
/// pseudonyms, no identifiers. What it says is committed; what a segment's file has beyond is the remains of a batch that was not, and
/// comes again from the topic.
/// </summary>
internal sealed class ArchiveIndex : IDisposable
{
    // person_block is ordered by segment first: today's inserts touch few pages, expiry removes a range, and a look-up seeks once per
    // segment.
    private const string Schema =
        """
        CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY);
        INSERT INTO schema_version (version) VALUES (1) ON CONFLICT DO NOTHING;
        CREATE TABLE IF NOT EXISTS archive (archive TEXT PRIMARY KEY);
        INSERT INTO archive (archive) SELECT lower(hex(randomblob(8))) WHERE NOT EXISTS (SELECT 1 FROM archive);
        CREATE TABLE IF NOT EXISTS position (
            topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL, PRIMARY KEY (topic, partition)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS segment (
            segment INTEGER PRIMARY KEY, class TEXT NOT NULL, day INTEGER NOT NULL, key_id TEXT NOT NULL, length INTEGER NOT NULL,
              records INTEGER NOT NULL,
            state INTEGER NOT NULL, expired_at INTEGER NULL);
        CREATE INDEX IF NOT EXISTS segment_by_class_and_day ON segment (class, day);
        CREATE TABLE IF NOT EXISTS person_block (
            segment INTEGER NOT NULL, person INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (segment, person, block)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS journal (journal INTEGER PRIMARY KEY, published INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS legal_hold (
            hold TEXT PRIMARY KEY, person BLOB NOT NULL, from_time INTEGER NOT NULL, to_time INTEGER NOT NULL, key_id TEXT NOT NULL,
            placed_at INTEGER NOT NULL, released_at INTEGER NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS held_segment (
            hold TEXT NOT NULL, segment INTEGER NOT NULL, length INTEGER NOT NULL, records INTEGER NOT NULL, PRIMARY KEY (hold,
              segment)) WITHOUT ROWID;
        """;

    private const int NewestVersion = 1;
    private const string SegmentColumns = "segment, class, day, key_id, length, records, state";

    private readonly SqliteConnection _connection;
    private sqlite3_stmt? _insertPersonBlock;

    private ArchiveIndex(SqliteConnection connection) => _connection = connection;

    /// <summary>
    /// Opens or makes the file. Each commit is flushed to disk (synchronous=FULL): only then may the topic's offsets be committed.
    /// </summary>
    /// <exception cref="ArchiveException">It cannot be opened, or a newer release wrote it.</exception>
    public static ArchiveIndex Open(string file)
    {
        try
        {
            SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
            connection.Open();
            ArchiveIndex index = new(connection);
            // secure_delete overwrites what is removed: expiry must not leave rows behind in free pages.
            index.Execute(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -65536; PRAGMA "
                + "wal_autocheckpoint = 16384;");
            index.Execute(Schema);
            long version = index.Query("SELECT max(version) FROM schema_version", reader => reader.GetInt64(0))[0];
            if (version > NewestVersion)
            {
                connection.Dispose();
                throw new ArchiveException(
                    ArchiveFault.Io,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"Archive index {file} has version {version}, this release knows {NewestVersion}. Run the newer release."));
            }

            return index;
        }
        catch (SqliteException cause)
        {
            throw new ArchiveException(
                ArchiveFault.Io, $"Archive index {file} could not be opened: {cause.Message} Check Retention:ArchiveDirectory.", cause);
        }
    }

    /// <summary>
    /// Names this archive and its copies, in the purposes of their keys: two archives never share a key, so one's expiry cannot reach into
    /// the other.
    /// </summary>
    public string ArchiveId() => Query("SELECT archive FROM archive", reader => reader.GetString(0))[0];

    public Dictionary<(string Topic, int Partition), long> Positions() =>
        Query(
            "SELECT topic, partition, next_offset FROM position", reader => ((reader.GetString(0), reader.GetInt32(1)), reader.GetInt64(2)))
            .ToDictionary(row => row.Item1, row => row.Item2);

    /// <summary>Segments in one of the states, ordered by class and day.</summary>
    public List<Segment> Segments(params ReadOnlySpan<SegmentState> states)
    {
        SegmentState[] wanted = states.ToArray();
        return
        [
            .. Query($"SELECT {SegmentColumns} FROM segment ORDER BY class, day, segment", ReadSegment).Where(
                segment => wanted.Contains(segment.State))];
    }

    /// <summary>The segment of a class and day that is appended to; null when there is none.</summary>
    public Segment? KeptSegment(string retentionClass, DateOnly day) =>
        Query(
            $"SELECT {SegmentColumns} FROM segment WHERE class = @p0 AND day = @p1 AND state = 0", ReadSegment, retentionClass,
            Number(day)).FirstOrDefault();

    public Segment AddSegment(string retentionClass, DateOnly day, string keyId)
    {
        long id = Query(
            "INSERT INTO segment (class, day, key_id, length, records, state) VALUES (@p0, @p1, @p2, 0, 0, 0) RETURNING segment",
            reader => reader.GetInt64(0),
            retentionClass,
            Number(day),
            keyId)[0];
        return new Segment(id, retentionClass, day, keyId, 0, 0, SegmentState.Kept);
    }

    /// <summary>Blocks of a segment that hold records of a person, in the order they were written.</summary>
    public List<long> Blocks(long segment, PersonRef person) =>
        Query(
            "SELECT block FROM person_block WHERE segment = @p0 AND person = @p1 ORDER BY block", reader => reader.GetInt64(0), segment,
            person.IndexKey);

    /// <summary>Runs changes that become visible and durable together.</summary>
    public void InTransaction(Action changes)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            changes();
            Execute("COMMIT");
        }
        catch
        {
            Execute("ROLLBACK");
            throw;
        }
    }

    /// <summary>Straight to SQLite's C interface: through ADO.NET parameters, a row costs several objects and look-ups by name.</summary>
    public void AddPersonBlocks(long segment, long block, IEnumerable<long> persons)
    {
        if (_insertPersonBlock is null)
        {
            Check(
                raw.sqlite3_prepare_v2(
                    _connection.Handle, "INSERT INTO person_block (segment, person, block) VALUES (?, ?, ?)", out _insertPersonBlock));
        }

        raw.sqlite3_bind_int64(_insertPersonBlock, 1, segment);
        raw.sqlite3_bind_int64(_insertPersonBlock, 3, block);
        foreach (long person in persons)
        {
            raw.sqlite3_bind_int64(_insertPersonBlock, 2, person);
            int result = raw.sqlite3_step(_insertPersonBlock);
            raw.sqlite3_reset(_insertPersonBlock);
            Check(result == raw.SQLITE_DONE ? raw.SQLITE_OK : result);
        }
    }

    public void SetLength(long segment, long length, long records) =>
        Execute("UPDATE segment SET length = @p0, records = @p1 WHERE segment = @p2", length, records, segment);

    public void SetPosition(string topic, int partition, long nextOffset) => Execute(
        "INSERT INTO position (topic, partition, next_offset) VALUES (@p0, @p1, @p2) ON CONFLICT (topic, partition) DO UPDATE SET "
        + "next_offset = excluded.next_offset",
        topic,
        (long)partition,
        nextOffset);

    public void BeginExpiry(long segment) => Execute("UPDATE segment SET state = 1 WHERE segment = @p0", segment);

    /// <summary>Removes what the index knows of the segment's persons and marks it destroyed, together.</summary>
    public void EndExpiry(long segment, DateTimeOffset at)
    {
        InTransaction(() =>
        {
            Execute("DELETE FROM person_block WHERE segment = @p0", segment);
            Execute("UPDATE segment SET state = 2, expired_at = @p0 WHERE segment = @p1", at.ToUnixTimeMilliseconds(), segment);
        });

        // The write-ahead log still holds the pages as they were.
        Execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    public List<LegalHold> Holds() => Query(
        "SELECT hold, person, from_time, to_time, key_id FROM legal_hold WHERE released_at IS NULL ORDER BY hold",
        reader => new LegalHold(
            reader.GetString(0),
            PersonRef.FromBytes((byte[])reader[1]),
            DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(2)),
            DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(3)),
            reader.GetString(4)));

    public void AddHold(LegalHold hold, DateTimeOffset now)
    {
        byte[] person = new byte[PersonRef.Size];
        hold.Person.CopyTo(person);
        Execute(
            "INSERT INTO legal_hold (hold, person, from_time, to_time, key_id, placed_at) VALUES (@p0, @p1, @p2, @p3, @p4, @p5)",
            hold.Id,
            person,
            hold.From.ToUnixTimeMilliseconds(),
            hold.To.ToUnixTimeMilliseconds(),
            hold.KeyId,
            now.ToUnixTimeMilliseconds());
    }

    /// <summary>Forgets whom the hold concerned; its id stays, so that it is not used again.</summary>
    public void EndHold(string hold, DateTimeOffset now) => InTransaction(() =>
    {
        Execute("DELETE FROM held_segment WHERE hold = @p0", hold);
        Execute("UPDATE legal_hold SET released_at = @p0, person = zeroblob(16) WHERE hold = @p1", now.ToUnixTimeMilliseconds(), hold);
    });

    public bool HoldExists(string hold) => Query("SELECT 1 FROM legal_hold WHERE hold = @p0", reader => reader.GetInt64(0), hold).Count > 0;

    public List<HeldSegment> HeldSegments() => Query(
        "SELECT s.hold, s.segment, h.key_id, s.length, s.records FROM held_segment s JOIN legal_hold h ON h.hold = s.hold ORDER BY "
        + "s.hold, s.segment",
        reader => new HeldSegment(reader.GetString(0), reader.GetInt64(1), reader.GetString(2), reader.GetInt64(3), reader.GetInt64(4)));

    public void AddHeldSegment(HeldSegment held) => Execute(
        """
        INSERT INTO held_segment (hold, segment, length, records) VALUES (@p0, @p1, @p2, @p3)
        ON CONFLICT (hold, segment) DO UPDATE SET length = excluded.length, records = excluded.records
        """,
        held.Hold,
        held.Segment,
        held.Length,
        held.Records);

    /// <inheritdoc/>
    public void Dispose()
    {
        _insertPersonBlock?.Dispose();
        _connection.Dispose();
    }

    private void Execute(string sql, params ReadOnlySpan<object> values)
    {
        using SqliteCommand command = Command(sql, values);
        Run(command, command => command.ExecuteNonQuery());
    }

    private List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object> values)
    {
        using SqliteCommand command = Command(sql, values);
        return Run(command, command =>
        {
            using SqliteDataReader reader = command.ExecuteReader();
            List<T> rows = new();
            while (reader.Read())
            {
                rows.Add(read(reader));
            }

            return rows;
        });
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            throw Failed(raw.sqlite3_errmsg(_connection.Handle).utf8_to_string(), null);
        }
    }

    private ArchiveException Failed(string why, Exception? cause) =>
        new(
            ArchiveFault.Io, $"Archive index {_connection.DataSource}: {why}. Check free space and rights; the batch will be tried again.",
            cause);

    private T Run<T>(SqliteCommand command, Func<SqliteCommand, T> work)
    {
        try
        {
            return work(command);
        }
        catch (SqliteException cause)
        {
            throw Failed(cause.Message, cause);
        }
    }

    private SqliteCommand Command(string sql, ReadOnlySpan<object> values)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters.AddWithValue(string.Create(CultureInfo.InvariantCulture, $"@p{i}"), values[i]);
        }

        return command;
    }

    private static Segment ReadSegment(SqliteDataReader reader) => new(
        reader.GetInt64(0),
        reader.GetString(1),
        Day(reader.GetInt32(2)),
        reader.GetString(3),
        reader.GetInt64(4),
        reader.GetInt64(5),
        (SegmentState)reader.GetInt32(6));

    private static long Number(DateOnly day) => day.Year * 10_000 + day.Month * 100 + day.Day;

    private static DateOnly Day(int number) => new(number / 10_000, number / 100 % 100, number % 100);
}
