using System.Buffers.Binary;
using System.Data.Common;
using System.Globalization;
using System.Text;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Retention;

/// <summary>
/// The archive's index and commit log, one SQLite file: segments, positions, the blocks that hold a person's records, legal holds. It holds
/// pseudonyms and no identifiers. What it lists is committed; what a segment's file holds beyond it belongs to a batch that was not
/// committed and comes again from the topic.
/// </summary>
internal sealed class ArchiveIndex : IDisposable
{
    // person_block is ordered by segment first, so that today's inserts touch few pages, expiry removes one range, and a look-up seeks once
    // per segment.
    private const string Schema =
        """
        CREATE TABLE archive (archive TEXT PRIMARY KEY);
        INSERT INTO archive (archive) VALUES (lower(hex(randomblob(8))));
        CREATE TABLE position (
            topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL, PRIMARY KEY (topic, partition)) WITHOUT ROWID;
        CREATE TABLE segment (
            segment INTEGER PRIMARY KEY, class TEXT NOT NULL, day INTEGER NOT NULL, key_id TEXT NOT NULL, length INTEGER NOT NULL,
              records INTEGER NOT NULL,
            state INTEGER NOT NULL, expired_at INTEGER NULL);
        CREATE INDEX segment_by_class_and_day ON segment (class, day);
        CREATE TABLE person_block (
            segment INTEGER NOT NULL, person INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (segment, person, block)) WITHOUT ROWID;
        CREATE TABLE legal_hold (
            hold TEXT PRIMARY KEY, person BLOB NOT NULL, from_time INTEGER NOT NULL, to_time INTEGER NOT NULL, key_id TEXT NOT NULL,
            placed_at INTEGER NOT NULL, released_at INTEGER NULL) WITHOUT ROWID;
        CREATE TABLE held_segment (
            hold TEXT NOT NULL, segment INTEGER NOT NULL, length INTEGER NOT NULL, records INTEGER NOT NULL, PRIMARY KEY (hold,
              segment)) WITHOUT ROWID;
        """;

    private const string PeriodSchema =
        "CREATE TABLE class_period (class TEXT PRIMARY KEY, period TEXT NOT NULL) WITHOUT ROWID;";

    private const string TopicIdSchema = "ALTER TABLE position ADD COLUMN topic_id TEXT NOT NULL DEFAULT '';";

    // A hold concerns all references of one person. The column person of legal_hold, which had room for one, is no longer used.
    private const string HoldPersonSchema =
        """
        CREATE TABLE hold_person (hold TEXT NOT NULL, person BLOB NOT NULL, PRIMARY KEY (hold, person)) WITHOUT ROWID;
        INSERT INTO hold_person (hold, person) SELECT hold, person FROM legal_hold WHERE released_at IS NULL;
        UPDATE legal_hold SET person = zeroblob(16);
        """;

    private const string ClockSchema = "CREATE TABLE clock (clock INTEGER PRIMARY KEY CHECK (clock = 1), last_seen INTEGER NOT NULL);";

    // A keyed checksum of the row, because SQLite has none: a damaged position, day or state would lose or destroy records. Null in a row
    // of an earlier release.
    private const string SealSchema =
        """
        ALTER TABLE position ADD COLUMN seal INTEGER NULL;
        ALTER TABLE segment ADD COLUMN seal INTEGER NULL;
        ALTER TABLE legal_hold ADD COLUMN seal INTEGER NULL;
        """;

    // The day keys of personal data whose deletion has begun and is not in the journal yet.
    private const string DayKeySchema = "CREATE TABLE day_key (day INTEGER PRIMARY KEY, key_id TEXT NOT NULL);";

    // Number of the last batch, which the marks in the segments' files name, and whether all files have marks.
    private const string CommitLogSchema =
        """
        CREATE TABLE commit_log (
            log INTEGER PRIMARY KEY CHECK (log = 1), commits INTEGER NOT NULL, described INTEGER NOT NULL, seal INTEGER NULL);
        INSERT INTO commit_log (log, commits, described) VALUES (1, 0, 0);
        """;

    private const string Name = "Archive index";
    private const string Setting = "Retention:ArchiveDirectory";
    private const string SegmentColumns = "segment, class, day, key_id, length, records, state";

    private readonly SqliteDatabase _database;
    private readonly DataKey? _sealKey;
    private SqliteStatement? _insertPersonBlock;
    private SqliteStatement? _setPosition;

    private ArchiveIndex(SqliteDatabase database, DataKey? sealKey)
    {
        _database = database;
        _sealKey = sealKey;
    }

    /// <summary>Opens or makes the file. Only after a commit of it may the topic's offsets be committed.</summary>
    /// <exception cref="StorageException">It cannot be opened, or a newer release wrote it.</exception>
    public static ArchiveIndex Open(string file, DateTimeOffset now, DataKey sealKey)
    {
        // secure_delete overwrites removed rows, because expiry must not leave them behind in free pages.
        SqliteDatabase database = SqliteDatabase.Open(
            file, Name, Setting, "secure_delete = ON", "cache_size = -65536", "wal_autocheckpoint = 16384");
        database.Migrate(
            [Schema, PeriodSchema, TopicIdSchema, HoldPersonSchema, ClockSchema, SealSchema, DayKeySchema, CommitLogSchema], now);
        return new ArchiveIndex(database, sealKey);
    }

    /// <summary>Opens the file to read it; a worker may write to it meanwhile.</summary>
    /// <exception cref="StorageException">There is no file, or it cannot be opened.</exception>
    public static ArchiveIndex OpenToRead(string file, DataKey? sealKey = null) =>
        new(SqliteDatabase.OpenToRead(file, Name, Setting), sealKey);

    /// <summary>The period of each class under which the archive is written.</summary>
    public Dictionary<string, string> Periods() =>
        _database.Query("SELECT class, period FROM class_period", reader => (reader.GetString(0), reader.GetString(1)))
            .ToDictionary(row => row.Item1, row => row.Item2);

    public void SetPeriods(IReadOnlyDictionary<string, string> periods) => _database.InTransaction(() =>
    {
        foreach ((string retentionClass, string period) in periods)
        {
            _database.Execute(
                "INSERT INTO class_period (class, period) VALUES (@p0, @p1) ON CONFLICT (class) DO UPDATE SET period = excluded.period",
                retentionClass, period);
        }
    });

    /// <summary>
    /// When the archive was last at work, by the clock then; in one of an earlier release, the end of its newest day. Null when it is new.
    /// </summary>
    public DateTimeOffset? LastSeen() =>
        _database.QueryLong("SELECT last_seen FROM clock") is { } seen ? DateTimeOffset.FromUnixTimeMilliseconds(seen)
        : _database.QueryLong("SELECT MAX(day) FROM segment WHERE records > 0") is { } day
            ? new DateTimeOffset(Day((int)day).AddDays(1), TimeOnly.MinValue, TimeSpan.Zero)
        : null;

    public void SetLastSeen(DateTimeOffset at) => _database.Execute(
        "INSERT INTO clock (clock, last_seen) VALUES (1, @p0) ON CONFLICT (clock) DO UPDATE SET last_seen = excluded.last_seen",
        at.ToUnixTimeMilliseconds());

    /// <summary>
    /// Id of this archive and its copies. It is part of the purposes of the archive's keys: two archives never share a key, so the expiry
    /// of one cannot destroy records of the other.
    /// </summary>
    public string ArchiveId() => _database.Query("SELECT archive FROM archive", reader => reader.GetString(0))[0];

    public void SetArchiveId(string archive) => _database.Execute("UPDATE archive SET archive = @p0", archive);

    public CommitLog CommitLog() => CommitLogSeals()[0].Row;

    public void SetCommitLog(CommitLog log) => _database.Execute(
        "UPDATE commit_log SET commits = @p0, described = @p1, seal = @p2", log.Commits, log.IsDescribed ? 1L : 0L, Seal(log));

    public List<LogPosition> Positions() => _database.Query(
        "SELECT topic, partition, next_offset, topic_id FROM position",
        reader => new LogPosition(reader.GetString(0), reader.GetInt32(1), reader.GetInt64(2), reader.GetString(3)));

    /// <summary>Segments in one of the states, ordered by class and day.</summary>
    public List<Segment> Segments(params ReadOnlySpan<SegmentState> states)
    {
        SegmentState[] wanted = states.ToArray();
        return
        [
            .. _database.Query($"SELECT {SegmentColumns} FROM segment ORDER BY class, day, segment", ReadSegment).Where(
                segment => wanted.Contains(segment.State))];
    }

    /// <summary>A segment by its number; null when there is none.</summary>
    public Segment? Find(long segment) =>
        _database.Query($"SELECT {SegmentColumns} FROM segment WHERE segment = @p0", ReadSegment, segment).FirstOrDefault();

    /// <summary>
    /// The segment of a class and day to which records are appended; null when there is none. Nothing is appended to one whose key nobody
    /// knows.
    /// </summary>
    public Segment? KeptSegment(string retentionClass, DateOnly day) =>
        _database.Query(
            $"SELECT {SegmentColumns} FROM segment WHERE class = @p0 AND day = @p1 AND state = 0 AND key_id <> ''", ReadSegment,
            retentionClass, Number(day)).FirstOrDefault();

    /// <summary>Adds a segment that is known from its file, or from the journal's entry of its end.</summary>
    public void AddSegment(Segment segment) => _database.Execute(
        "INSERT INTO segment (segment, class, day, key_id, length, records, state, seal) VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7)",
        segment.Id, segment.Class, Number(segment.Day), segment.KeyId, segment.Length, segment.Records, (long)segment.State,
        Seal(segment));

    public Segment AddSegment(string retentionClass, DateOnly day, string keyId)
    {
        long id = _database.QueryLong(
            "INSERT INTO segment (class, day, key_id, length, records, state) VALUES (@p0, @p1, @p2, 0, 0, 0) RETURNING segment",
            retentionClass,
            Number(day),
            keyId)!.Value;
        Segment segment = new(id, retentionClass, day, keyId, 0, 0, SegmentState.Kept);
        _database.Execute("UPDATE segment SET seal = @p0 WHERE segment = @p1", Seal(segment), id);
        return segment;
    }

    /// <summary>Blocks of a segment that hold records of one of the persons, in the order they were written.</summary>
    public List<long> Blocks(long segment, IEnumerable<PersonRef> persons) =>
        [.. persons.SelectMany(person => Blocks(segment, person)).Distinct().Order()];

    /// <summary>Runs changes that become visible and durable together.</summary>
    public void InTransaction(Action changes) => _database.InTransaction(changes);

    public void AddPersonBlocks(long segment, long block, IEnumerable<long> persons)
    {
        _insertPersonBlock ??= _database.Prepare("INSERT INTO person_block (segment, person, block) VALUES (?, ?, ?)");
        _insertPersonBlock.Set(1, segment);
        _insertPersonBlock.Set(3, block);
        foreach (long person in persons)
        {
            _insertPersonBlock.Set(2, person);
            _insertPersonBlock.Execute();
        }
    }

    public void SetLength(Segment segment) => _database.Execute(
        "UPDATE segment SET length = @p0, records = @p1, seal = @p2 WHERE segment = @p3", segment.Length, segment.Records, Seal(segment),
        segment.Id);

    /// <summary>
    /// Id of the topic to which the position belongs; empty in one of an earlier release, null when there is no position.
    /// </summary>
    public string? TopicId(string topic, int partition) => _database.Query(
        "SELECT topic_id FROM position WHERE topic = @p0 AND partition = @p1", reader => reader.GetString(0), topic, (long)partition)
        .FirstOrDefault();

    public void RemovePosition(string topic, int partition) =>
        _database.Execute("DELETE FROM position WHERE topic = @p0 AND partition = @p1", topic, (long)partition);

    public void SetPosition(LogPosition position)
    {
        _setPosition ??= _database.Prepare(
            "INSERT INTO position (topic, partition, next_offset, topic_id, seal) VALUES (?, ?, ?, ?, ?) ON CONFLICT (topic, partition) "
            + "DO UPDATE SET next_offset = excluded.next_offset, topic_id = excluded.topic_id, seal = excluded.seal");
        _setPosition.SetText(1, Encoding.UTF8.GetBytes(position.Topic));
        _setPosition.Set(2, position.Partition);
        _setPosition.Set(3, position.NextOffset);
        _setPosition.SetText(4, Encoding.UTF8.GetBytes(position.TopicId));
        _setPosition.Set(5, Seal(position));
        _setPosition.Execute();
    }

    public void BeginExpiry(Segment segment)
    {
        Segment expiring = segment with { State = SegmentState.Expiring };
        _database.Execute("UPDATE segment SET state = 1, seal = @p0 WHERE segment = @p1", Seal(expiring), segment.Id);
    }

    /// <summary>Removes the entries of a segment's persons and marks the segment as destroyed, together.</summary>
    public void EndExpiry(Segment segment, DateTimeOffset at)
    {
        Segment expired = segment with { State = SegmentState.Expired };
        InTransaction(() =>
        {
            _database.Execute("DELETE FROM person_block WHERE segment = @p0", segment.Id);
            _database.Execute(
                "UPDATE segment SET state = 2, expired_at = @p0, seal = @p1 WHERE segment = @p2", at.ToUnixTimeMilliseconds(),
                Seal(expired), segment.Id);
        });

        // The write-ahead log still holds the old pages.
        Checkpoint();
    }

    /// <summary>Writes the write-ahead log back into the file, and cuts it.</summary>
    public void Checkpoint() => _database.Execute("PRAGMA wal_checkpoint(TRUNCATE)");

    /// <summary>
    /// Compares each row that decides what is kept with its seal, and seals the rows of an earlier release.
    /// </summary>
    /// <exception cref="ArchiveException">A row is not as it was written.</exception>
    public void CheckSeals() => InTransaction(() =>
    {
        foreach (CommitLog log in Unsealed(CommitLogSeals()))
        {
            SetCommitLog(log);
        }

        foreach (LogPosition position in Unsealed(PositionSeals()))
        {
            SetPosition(position);
        }

        foreach (Segment segment in Unsealed(SegmentSeals()))
        {
            _database.Execute("UPDATE segment SET seal = @p0 WHERE segment = @p1", Seal(segment), segment.Id);
        }

        foreach (LegalHold hold in Unsealed(HoldSeals()))
        {
            _database.Execute("UPDATE legal_hold SET seal = @p0 WHERE hold = @p1", Seal(hold), hold.Id);
        }
    });

    /// <summary>Compares each row that decides what is kept with its seal, and changes nothing.</summary>
    /// <exception cref="ArchiveException">A row is not as it was written.</exception>
    public void CompareSeals()
    {
        _ = Unsealed(CommitLogSeals());
        _ = Unsealed(PositionSeals());
        _ = Unsealed(SegmentSeals());
        _ = Unsealed(HoldSeals());
    }

    private List<SealedRow<CommitLog>> CommitLogSeals() => _database.Query(
        "SELECT commits, described, seal FROM commit_log",
        reader =>
        {
            CommitLog log = new(reader.GetInt64(0), reader.GetInt64(1) == 1);
            return new SealedRow<CommitLog>(log, "commit_log", "of the last batch", SealIn(reader, 2), Seal(log));
        });

    private List<SealedRow<LogPosition>> PositionSeals() => _database.Query(
        "SELECT topic, partition, next_offset, topic_id, seal FROM position",
        reader =>
        {
            LogPosition position = new(reader.GetString(0), reader.GetInt32(1), reader.GetInt64(2), reader.GetString(3));
            return new SealedRow<LogPosition>(
                position, "position", $"{position.Topic}[{position.Partition}]", SealIn(reader, 4), Seal(position));
        });

    private List<SealedRow<Segment>> SegmentSeals() => _database.Query(
        $"SELECT {SegmentColumns}, seal FROM segment",
        reader =>
        {
            Segment segment = ReadSegment(reader);
            return new SealedRow<Segment>(segment, "segment", segment.Name, SealIn(reader, 7), Seal(segment));
        });

    /// <summary>The holds in force. One statement reads them with their persons, so that they belong together.</summary>
    private List<SealedRow<LegalHold>> HoldSeals() =>
    [
        .. _database.Query(
            "SELECT h.hold, h.from_time, h.to_time, h.key_id, h.seal, p.person FROM legal_hold h LEFT JOIN hold_person p "
            + "ON p.hold = h.hold WHERE h.released_at IS NULL ORDER BY h.hold, p.person",
            reader => (
                Hold: new LegalHold(
                    reader.GetString(0),
                    [],
                    DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(1)),
                    DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(2)),
                    reader.GetString(3)),
                Seal: SealIn(reader, 4),
                Person: reader.IsDBNull(5) ? null : (PersonRef?)PersonRef.FromBytes((byte[])reader[5])))
            .GroupBy(row => row.Hold.Id, StringComparer.Ordinal)
            .Select(rows =>
            {
                LegalHold hold = rows.First().Hold with { Persons = [.. rows.Select(row => row.Person).OfType<PersonRef>()] };
                return new SealedRow<LegalHold>(hold, "legal_hold", hold.Id, rows.First().Seal, Seal(hold));
            }),
    ];

    /// <summary>What SQLite finds wrong with the structure of the file; empty when it is sound.</summary>
    public List<string> StructureFaults() =>
        [.. _database.Query("PRAGMA integrity_check(10)", reader => reader.GetString(0)).Where(line => line != "ok")];

    /// <summary>Persons and blocks of a segment before an offset, in order.</summary>
    public List<(long Person, long Block)> PersonBlocks(long segment, long length) => _database.Query(
        "SELECT person, block FROM person_block WHERE segment = @p0 AND block < @p1 ORDER BY person, block",
        reader => (reader.GetInt64(0), reader.GetInt64(1)), segment, length);

    /// <summary>The holds in force.</summary>
    public List<LegalHold> Holds() => HoldSeals().ConvertAll(row => row.Row);

    public void AddHold(LegalHold hold, DateTimeOffset now) => InTransaction(() =>
    {
        _database.Execute(
            "INSERT INTO legal_hold (hold, person, from_time, to_time, key_id, placed_at) VALUES (@p0, zeroblob(16), @p1, @p2, @p3, @p4)",
            hold.Id,
            hold.From.ToUnixTimeMilliseconds(),
            hold.To.ToUnixTimeMilliseconds(),
            hold.KeyId,
            now.ToUnixTimeMilliseconds());
        foreach (PersonRef person in hold.Persons)
        {
            byte[] octets = new byte[PersonRef.Size];
            person.CopyTo(octets);
            _database.Execute("INSERT INTO hold_person (hold, person) VALUES (@p0, @p1)", hold.Id, octets);
        }

        _database.Execute("UPDATE legal_hold SET seal = @p0 WHERE hold = @p1", Seal(hold), hold.Id);
    });

    /// <summary>Forgets whom the hold concerned. Its id stays, so that it is not used again.</summary>
    public void EndHold(string hold, DateTimeOffset now) => InTransaction(() =>
    {
        _database.Execute("DELETE FROM held_segment WHERE hold = @p0", hold);
        _database.Execute("DELETE FROM hold_person WHERE hold = @p0", hold);
        _database.Execute("UPDATE legal_hold SET released_at = @p0 WHERE hold = @p1", now.ToUnixTimeMilliseconds(), hold);
    });

    /// <summary>The day keys of personal data whose deletion has begun and not ended: the id by day.</summary>
    public Dictionary<DateOnly, string> ExpiringDayKeys() =>
        _database.Query("SELECT day, key_id FROM day_key", reader => (Day(reader.GetInt32(0)), reader.GetString(1)))
            .ToDictionary(row => row.Item1, row => row.Item2);

    public void BeginExpiry(DateOnly day, string keyId) => _database.Execute(
        "INSERT INTO day_key (day, key_id) VALUES (@p0, @p1) ON CONFLICT (day) DO UPDATE SET key_id = excluded.key_id",
        Number(day), keyId);

    public void EndExpiry(DateOnly day) => _database.Execute("DELETE FROM day_key WHERE day = @p0", Number(day));

    public bool HoldExists(string hold) => _database.QueryLong("SELECT 1 FROM legal_hold WHERE hold = @p0", hold) is not null;

    public List<HeldSegment> HeldSegments() => _database.Query(
        "SELECT s.hold, s.segment, h.key_id, s.length, s.records FROM held_segment s JOIN legal_hold h ON h.hold = s.hold ORDER BY "
        + "s.hold, s.segment",
        reader => new HeldSegment(reader.GetString(0), reader.GetInt64(1), reader.GetString(2), reader.GetInt64(3), reader.GetInt64(4)));

    public void AddHeldSegment(HeldSegment held) => _database.Execute(
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
        _setPosition?.Dispose();
        _database.Dispose();
    }

    private List<long> Blocks(long segment, PersonRef person) => _database.Query(
        "SELECT block FROM person_block WHERE segment = @p0 AND person = @p1", reader => reader.GetInt64(0), segment, person.IndexKey);

    private static Segment ReadSegment(DbDataReader reader) => new(
        reader.GetInt64(0),
        reader.GetString(1),
        Day(reader.GetInt32(2)),
        reader.GetString(3),
        reader.GetInt64(4),
        reader.GetInt64(5),
        (SegmentState)reader.GetInt32(6));

    private static long? SealIn(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    /// <summary>Rows of an earlier release, which have no seal.</summary>
    private List<T> Unsealed<T>(List<SealedRow<T>> rows) =>
        rows.Find(row => row.Seal is { } seal && seal != row.Expected) is { } changed
            ? throw new ArchiveException(
                ArchiveFault.Damaged,
                $"Archive index {_database.Location}: the row {changed.Name} of the table {changed.Table} is not as it was written. "
                + $"Restore the index from its copy, or make it anew with 'belgicom retention reindex'; nothing was changed.")
            : [.. rows.Where(row => row.Seal is null).Select(row => row.Row)];

    private long Seal(CommitLog log) =>
        Seal(string.Create(CultureInfo.InvariantCulture, $"commits {log.Commits} {log.IsDescribed}"));

    private long Seal(LogPosition position) => Seal(string.Create(
        CultureInfo.InvariantCulture, $"position {position.Topic} {position.Partition} {position.NextOffset} {position.TopicId}"));

    private long Seal(Segment segment) => Seal(string.Create(
        CultureInfo.InvariantCulture,
        $"segment {segment.Name} {segment.KeyId} {segment.Length} {segment.Records} {(int)segment.State}"));

    private long Seal(LegalHold hold) => Seal(string.Create(
        CultureInfo.InvariantCulture,
        $"hold {hold.Id} {hold.From.ToUnixTimeMilliseconds()} {hold.To.ToUnixTimeMilliseconds()} {hold.KeyId} "
        + $"{string.Join(' ', hold.Persons.Select(person => person.ToString()).Order(StringComparer.Ordinal))}"));

    private long Seal(string row)
    {
        Span<byte> hash = stackalloc byte[32];
        if (_sealKey is null)
        {
            return 0;
        }

        _sealKey.Hmac(Encoding.UTF8.GetBytes(row), hash);
        return BinaryPrimitives.ReadInt64LittleEndian(hash);
    }

    private static long Number(DateOnly day) => day.Year * 10_000 + day.Month * 100 + day.Day;

    private static DateOnly Day(int number) => new(number / 10_000, number / 100 % 100, number % 100);

    /// <summary>A row, the seal that is in it, and the one that it should have.</summary>
    private sealed record SealedRow<T>(T Row, string Table, string Name, long? Seal, long Expected);
}
