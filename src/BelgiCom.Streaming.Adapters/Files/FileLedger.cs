using System.Data.Common;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// The record of which files were mediated, how far, and what was in them: a SQLite database in the data folder. A commit is on disk before
/// it returns. Safe for many threads of one process.
/// </summary>
public sealed class FileLedger : IDisposable
{
    /// <summary>Name of the database in the data folder.</summary>
    public const string FileName = "files.db";

    private const string Columns =
        "hash, name, source, format, state, committed_cdrs, node, ts_number, sequence_number, declared_cdrs, lost_cdr_indicator, "
        + "closure_reason, "
        + "cdrs, events, uplink_octets, downlink_octets, seconds, quarantined, ambiguous_times, resent, received_at, finished_at, detail, "
        + "octets, undirected_octets, unreadable_fields, opened_at, sequence_epoch";

    private const string RetiredColumns = "path, origin, octets, retired_at";

    // IF NOT EXISTS, because the oldest data folders have the table, but no schema version.
    private const string Schema =
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
        """;

    private const string RetiredSchema =
        """
        CREATE TABLE retired (
          path TEXT NOT NULL PRIMARY KEY, origin TEXT NOT NULL, octets INTEGER NOT NULL, retired_at INTEGER NOT NULL) WITHOUT ROWID;
        """;

    private const string OctetsSchema = "ALTER TABLE files ADD COLUMN octets INTEGER NOT NULL DEFAULT 0";

    private const string KeyFormsSchema = "CREATE TABLE key_forms (former_until INTEGER NOT NULL)";

    private const string MeasuresSchema =
        """
        ALTER TABLE files ADD COLUMN undirected_octets INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE files ADD COLUMN unreadable_fields INTEGER NOT NULL DEFAULT 0;
        """;

    private const string HashKeySchema =
        """
        ALTER TABLE files RENAME COLUMN sha256 TO hash;
        CREATE TABLE hash_key (key_id TEXT NOT NULL);
        """;

    private static readonly string[] Migrations =
        [Schema, RetiredSchema, OctetsSchema, KeyFormsSchema, MeasuresSchema, FileSequences.Schema, HashKeySchema, ClockSchema,
            NumberStore.Schema];

    private const string ClockSchema =
        "CREATE TABLE clock (clock INTEGER PRIMARY KEY CHECK (clock = 1), last_seen INTEGER NOT NULL)";

    private const string Name = "File ledger";
    private const string Setting = "Adapters:DataDirectory";

    private readonly SqliteDatabase _database;
    private readonly FileSequences _sequences;
    private readonly NumberStore _numbers;
    private readonly FolderLock? _folder;
    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private DateTimeOffset _seen;
    private DateTimeOffset _seenStored;
    private long _seenStamp;

    private FileLedger(SqliteDatabase database, FolderLock? folder, TimeProvider clock)
    {
        _clock = clock;
        _database = database;
        _numbers = new NumberStore(database);
        _sequences = new FileSequences(database, _numbers);
        _folder = folder;
    }

    /// <summary>
    /// Opens the ledger, or makes it. One process at a time: two processes that read the same inboxes would send every file twice and take
    /// the files away from each other.
    /// </summary>
    /// <param name="dataDirectory">Folder of the ledger.</param>
    /// <param name="key">Key of <see cref="KeyPurposes.FileContent"/>, under which files are known again.</param>
    /// <param name="clock">Clock.</param>
    /// <exception cref="StorageException">
    /// It cannot be opened, another process has it open, a newer release wrote it, or its files are known under another key.
    /// </exception>
    public static FileLedger Open(string dataDirectory, DataKey key, TimeProvider clock)
    {
        FolderLock folder = FolderLock.Take(dataDirectory, Name, Setting);
        try
        {
            SqliteDatabase database = SqliteDatabase.Open(Path.Combine(dataDirectory, FileName), Name, Setting);
            database.Migrate(Migrations, clock.GetUtcNow());
            FileLedger ledger = new(database, folder, clock);
            ledger.RequireKey(key, dataDirectory);
            ledger.NoteKeyForms(clock.GetUtcNow());
            ledger.PlaceEarlierFiles();
            ledger.RememberClock();
            return ledger;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Opens the ledger to read it; a worker may write to it meanwhile.</summary>
    /// <exception cref="StorageException">There is no ledger, or it cannot be opened.</exception>
    public static FileLedger OpenToRead(string dataDirectory) =>
        new(SqliteDatabase.OpenToRead(Path.Combine(dataDirectory, FileName), Name, Setting), null, TimeProvider.System);

    /// <summary>
    /// Usage that began before this moment (milliseconds since 1970-01-01 UTC) may have been mediated by a release whose duplicate keys had
    /// their former forms. 0 for an installation that never ran one.
    /// </summary>
    public long FormerUntilMilliseconds => Query("SELECT former_until FROM key_forms", row => row.GetInt64(0)).FirstOrDefault();

    /// <summary>The file with this content; null when it was never delivered.</summary>
    public FileEntry? Find(string hash) =>
        Query($"SELECT {Columns} FROM files WHERE hash = @p0", Read, hash).FirstOrDefault();

    /// <summary>All files, in the order of their delivery.</summary>
    public IReadOnlyList<FileEntry> List() => Query($"SELECT {Columns} FROM files ORDER BY received_at, name", Read);

    /// <summary>Files whose end was not seen and that are shorter than another, so that it may be their whole.</summary>
    public IReadOnlyList<FileEntry> IncompleteBelow(long octets) => Query(
        $"SELECT {Columns} FROM files WHERE state IN (@p0, @p1) AND octets > 0 AND octets < @p2 ORDER BY octets",
        Read, (long)FileState.Incomplete, (long)FileState.Failed, octets);

    /// <summary>
    /// Has files read again when they are delivered again, because what kept records from being read has been mended: files that were not
    /// read to their end, and files that were, but with records in quarantine. Files of <c>done/</c> and <c>failed/</c> are put back into
    /// their inbox. A worker may use the ledger meanwhile.
    /// </summary>
    /// <param name="dataDirectory">Folder of the ledger.</param>
    /// <param name="name">Name or hash (or its first digits, eight or more) of a file; null for all.</param>
    /// <param name="clock">Clock.</param>
    /// <returns>The files, each with the path in its inbox where it waits now; null when it has to be delivered again.</returns>
    /// <exception cref="StorageException">There is no ledger, or it cannot be opened.</exception>
    public static IReadOnlyList<(FileEntry File, string? Inbox)> Retry(
        string dataDirectory, string? name, TimeProvider clock)
    {
        using FileLedger ledger = new(SqliteDatabase.Open(Path.Combine(dataDirectory, FileName), Name, Setting), null, clock);
        ledger._database.Migrate(Migrations, clock.GetUtcNow());
        List<(FileEntry, string?)> asked = [];
        foreach (FileEntry file in ledger.List().Where(file => IsCalled(file, name) && CanBeReadAgain(file)))
        {
            ledger.Put(file with { State = FileState.Incomplete, Detail = "It is to be read again when it is delivered again." });
            asked.Add((file, ledger.PutBack(file)));
        }

        return asked;
    }

    /// <summary>Writes what the ledger holds already, to learn whether it can be written.</summary>
    /// <exception cref="StorageException">It cannot.</exception>
    public void ThrowIfItCannotBeWritten()
    {
        lock (_lock)
        {
            _database.Execute("UPDATE key_forms SET former_until = former_until");
        }
    }

    /// <summary>Writes all columns of an entry, whether or not the file is known.</summary>
    public void Put(FileEntry entry)
    {
        lock (_lock)
        {
            _database.Execute(
                $"INSERT OR REPLACE INTO files ({Columns}) VALUES "
                + "(@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10, @p11, @p12, @p13, @p14, @p15, @p16, @p17, @p18, @p19, @p20, "
                + "@p21, @p22, @p23, @p24, @p25, @p26, @p27)",
                entry.Hash,
                entry.Name,
                entry.Source,
                entry.Format,
                (long)entry.State,
                entry.CommittedCdrs,
                entry.Node,
                (long)entry.TsNumber,
                entry.SequenceNumber,
                entry.DeclaredCdrs,
                (long)entry.LostCdrIndicator,
                (long)entry.ClosureReason,
                entry.Totals.Cdrs,
                entry.Totals.Events,
                entry.Totals.UplinkOctets,
                entry.Totals.DownlinkOctets,
                entry.Totals.Seconds,
                entry.Quarantined,
                entry.AmbiguousTimes,
                entry.Resent,
                entry.ReceivedAt.ToUnixTimeMilliseconds(),
                entry.FinishedAt?.ToUnixTimeMilliseconds(),
                entry.Detail,
                entry.Octets,
                entry.Totals.UndirectedOctets,
                entry.UnreadableFields,
                entry.OpenedAt?.ToUnixTimeMilliseconds(),
                entry.SequenceEpoch);
        }
    }

    /// <summary>
    /// Writes the entry of a file that has ended, and finds its place among the files of its node; a crash leaves both or none.
    /// </summary>
    public SequencePlace Finish(FileEntry entry)
    {
        lock (_lock)
        {
            return _database.InTransaction(() =>
            {
                SequencePlace place = _sequences.Place(entry);
                Put(place.Entry);
                return place;
            });
        }
    }

    /// <summary>
    /// Writes the entry of a file a part of which is committed, and follows the numbers of the part's records; a crash leaves both or none.
    /// The part may come again after it, and changes nothing then.
    /// </summary>
    public RecordPlaces Commit(FileEntry entry, RecordNumbers numbers)
    {
        lock (_lock)
        {
            return _database.InTransaction(() =>
            {
                RecordPlaces places = RecordSequences.Place(_numbers, entry, numbers, _clock.GetUtcNow());
                Put(entry);
                return places;
            });
        }
    }

    /// <summary>The file sequence numbers of every node that have not come yet.</summary>
    public IReadOnlyList<SequenceGap> Gaps() => GapsOf(NumberedKind.Files);

    /// <summary>The record numbers of every node that have not come yet.</summary>
    public IReadOnlyList<SequenceGap> RecordGaps() => GapsOf(NumberedKind.Records);

    /// <summary>How many files of each source are missing.</summary>
    public IReadOnlyList<MissingNumbers> MissingFiles() => MissingOf(NumberedKind.Files);

    /// <summary>How many records of each source are missing.</summary>
    public IReadOnlyList<MissingNumbers> MissingRecords() => MissingOf(NumberedKind.Records);

    /// <summary>The file sequence numbers under which files with different content came.</summary>
    public IReadOnlyList<RepeatedNumber> RepeatedNumbers()
    {
        lock (_lock)
        {
            return _sequences.Repeated();
        }
    }

    /// <summary>Processed files that the ledger knows to lie in a folder.</summary>
    public IReadOnlyList<RetiredFile> Retired(string folder) => Query(
        $"SELECT {RetiredColumns} FROM retired WHERE substr(path, 1, length(@p0)) = @p0",
        ReadRetired,
        folder + Path.DirectorySeparatorChar);

    /// <summary>
    /// Notes a file before it is moved to the path of the entry, so that a crash leaves no file behind that nobody knows.
    /// </summary>
    public void PutRetired(RetiredFile file)
    {
        lock (_lock)
        {
            _database.Execute(
                "INSERT OR REPLACE INTO retired (path, origin, octets, retired_at) VALUES (@p0, @p1, @p2, @p3)",
                file.Path, file.Origin, file.Octets, file.At.ToUnixTimeMilliseconds());
        }
    }

    /// <summary>
    /// Compares the clock with the time that has passed since the ledger was last at work, as far as that is known: while the process runs
    /// it is measured, and what it was off for is the clock's word alone. When the clock went on by more than that and a step, no processed
    /// file becomes older by it: each is as old as it was before.
    /// </summary>
    /// <param name="stepMax">How far the clock may go on at once and be believed.</param>
    /// <returns>By how much the clock went on without being believed; zero when it is believed.</returns>
    public TimeSpan SeeClock(TimeSpan stepMax)
    {
        lock (_lock)
        {
            DateTimeOffset now = _clock.GetUtcNow();
            TimeSpan step = now - _seen - _clock.GetElapsedTime(_seenStamp);
            bool jumped = step > stepMax;
            // At most once a minute, because each is a write to disk.
            if (jumped || (now - _seenStored).Duration() >= TimeSpan.FromMinutes(1))
            {
                _database.InTransaction(() =>
                {
                    if (jumped)
                    {
                        _database.Execute("UPDATE retired SET retired_at = retired_at + @p0", (long)step.TotalMilliseconds);
                    }

                    StoreSeen(now);
                });
                _seenStored = now;
            }

            (_seen, _seenStamp) = (now, _clock.GetTimestamp());
            return jumped ? step : TimeSpan.Zero;
        }
    }

    /// <summary>Forgets a file that is no longer there.</summary>
    public void RemoveRetired(string path)
    {
        lock (_lock)
        {
            _database.Execute("DELETE FROM retired WHERE path = @p0", path);
        }
    }

    /// <summary>Closes the database and lets the next process in.</summary>
    public void Dispose()
    {
        _database.Dispose();
        _folder?.Dispose();
    }

    /// <summary>
    /// Notes the key of the hashes, and gives it to those that earlier releases wrote without one. A ledger of another key would take every
    /// file that comes again for a new one.
    /// </summary>
    private void RequireKey(DataKey key, string dataDirectory)
    {
        string? known = Query("SELECT key_id FROM hash_key", row => row.GetString(0)).FirstOrDefault();
        if (known == key.Id)
        {
            return;
        }

        if (known is not null)
        {
            throw new StorageException(
                StorageFault.CannotOpen,
                $"{Name} {dataDirectory}: its files are known under another key than the key store has now, so every file that comes again "
                + "would be taken for a new one, and billed again. Restore the keys (Keys:Directory); where they are lost for good, begin "
                + $"with a new folder ({Setting}).");
        }

        lock (_lock)
        {
            _database.AddFunction(
                "keyed", sha256 => Convert.ToHexStringLower(IncomingFile.HashOf(Convert.FromHexString(sha256), key)));
            _database.InTransaction(() =>
            {
                _database.Execute("UPDATE files SET hash = keyed(hash)");
                _database.Execute("INSERT INTO hash_key (key_id) VALUES (@p0)", key.Id);
            });
            // What was in the file before is still in its free places.
            _database.Execute("VACUUM");
        }
    }

    /// <summary>An empty ledger has mediated nothing under a former form.</summary>
    private void NoteKeyForms(DateTimeOffset now)
    {
        lock (_lock)
        {
            _database.Execute(
                "INSERT INTO key_forms (former_until) SELECT CASE WHEN EXISTS (SELECT 1 FROM files) THEN @p0 ELSE 0 END "
                + "WHERE NOT EXISTS (SELECT 1 FROM key_forms)",
                now.ToUnixTimeMilliseconds());
        }
    }

    /// <summary>A release before epochs noted no place of its files; they are placed in the order in which they came.</summary>
    private void PlaceEarlierFiles()
    {
        foreach (FileEntry file in Query(
            $"SELECT {Columns} FROM files WHERE sequence_number IS NOT NULL AND sequence_epoch IS NULL AND state IN (@p0, @p1, @p2) "
            + "ORDER BY received_at, sequence_number",
            Read, (long)FileState.Done, (long)FileState.Failed, (long)FileState.Incomplete))
        {
            Finish(file);
        }
    }

    private IReadOnlyList<SequenceGap> GapsOf(NumberedKind kind)
    {
        lock (_lock)
        {
            return _numbers.Gaps(kind);
        }
    }

    private IReadOnlyList<MissingNumbers> MissingOf(NumberedKind kind)
    {
        lock (_lock)
        {
            return _numbers.Missing(kind);
        }
    }

    /// <summary>A ledger that never noted the time, new or of an earlier release, begins with the clock's.</summary>
    private void RememberClock()
    {
        _seenStamp = _clock.GetTimestamp();
        if (_database.QueryLong("SELECT last_seen FROM clock") is { } seen)
        {
            _seen = _seenStored = DateTimeOffset.FromUnixTimeMilliseconds(seen);
            return;
        }

        _seen = _seenStored = _clock.GetUtcNow();
        StoreSeen(_seen);
    }

    private void StoreSeen(DateTimeOffset now) => _database.Execute(
        "INSERT INTO clock (clock, last_seen) VALUES (1, @p0) ON CONFLICT (clock) DO UPDATE SET last_seen = excluded.last_seen",
        now.ToUnixTimeMilliseconds());

    private static bool IsCalled(FileEntry file, string? name) =>
        name is null || file.Name == ShownName.Of(name)
        || (name.Length >= 8 && file.Hash.StartsWith(name, StringComparison.OrdinalIgnoreCase));

    private static bool CanBeReadAgain(FileEntry file) =>
        file.State is FileState.Failed or FileState.Incomplete || (file.State == FileState.Done && file.Quarantined > 0);

    /// <summary>Puts a processed file back where it was delivered, if it is still there and no other file has its name.</summary>
    private string? PutBack(FileEntry file)
    {
        List<RetiredFile> lying = Query(
            $"SELECT {RetiredColumns} FROM retired WHERE octets = @p0", ReadRetired, file.Octets);
        RetiredFile? found = lying.Find(one => ShownName.Of(Path.GetFileName(one.Origin)) == file.Name
            && File.Exists(one.Path) && one.Origin != one.Path && !File.Exists(one.Origin));
        if (found is null)
        {
            return null;
        }

        File.Move(found.Path, found.Origin);
        RemoveRetired(found.Path);
        return found.Origin;
    }

    private static RetiredFile ReadRetired(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetInt64(2), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)));

    private List<T> Query<T>(string sql, Func<DbDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        lock (_lock)
        {
            return _database.Query(sql, read, values);
        }
    }

    private static FileEntry Read(DbDataReader row) => new()
    {
        Hash = row.GetString(0),
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
        Totals = new ControlTotals(row.GetInt64(12), row.GetInt64(13), row.GetInt64(14), row.GetInt64(15), row.GetInt64(16))
        {
            UndirectedOctets = row.GetInt64(24),
        },
        Quarantined = row.GetInt64(17),
        AmbiguousTimes = row.GetInt64(18),
        Resent = row.GetInt64(19),
        ReceivedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(20)),
        FinishedAt = row.IsDBNull(21) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(21)),
        Detail = row.GetString(22),
        Octets = row.GetInt64(23),
        UnreadableFields = row.GetInt64(25),
        OpenedAt = row.IsDBNull(26) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(26)),
        SequenceEpoch = row.IsDBNull(27) ? null : row.GetInt64(27),
    };
}
