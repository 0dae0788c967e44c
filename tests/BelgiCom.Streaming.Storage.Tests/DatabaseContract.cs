using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Storage.Tests;

/// <summary>What a database of ours promises, whichever it is.</summary>
public abstract class DatabaseContract : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 1, 6, 0, 0, TimeSpan.Zero);
    private static readonly string[] One = ["CREATE TABLE thing (name TEXT PRIMARY KEY, number BIGINT NULL)"];
    private static readonly string[] Two = [.. One, "ALTER TABLE thing ADD COLUMN colour TEXT NULL"];

    /// <summary>Opens another connection to the test's database, which is empty at the first call.</summary>
    protected abstract Database Open();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }

    [Fact]
    public void Migrate_FromEachVersion_LeadsToTheNewest()
    {
        using (Database old = Open())
        {
            old.Migrate(One, Now);
            old.Execute("INSERT INTO thing (name, number) VALUES (@p0, @p1)", "a", 1L);
        }

        using Database database = Open();
        database.Migrate(Two, Now);
        database.Migrate(Two, Now);

        Assert.Equal([("a", true)], database.Query("SELECT name, colour FROM thing", row => (row.GetString(0), row.IsDBNull(1))));
        Assert.Equal([1L, 2L], database.Query("SELECT version FROM schema_version ORDER BY version", row => row.GetInt64(0)));
    }

    [Fact]
    public void Migrate_DatabaseOfANewerRelease_IsRefused()
    {
        using (Database newer = Open())
        {
            newer.Migrate(Two, Now);
        }

        using Database database = Open();
        StorageException refusal = Assert.Throws<StorageException>(() => database.Migrate(One, Now));

        Assert.Equal(StorageFault.NewerVersion, refusal.Fault);
        Assert.Contains("version 2, this release knows 1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Migrate_ThatFails_LeavesTheVersionBefore()
    {
        using (Database database = Open())
        {
            database.Migrate(One, Now);
        }

        using (Database database = Open())
        {
            Assert.Throws<StorageException>(
                () => database.Migrate([.. One, "CREATE TABLE other (id BIGINT)", "CREATE NONSENSE"], Now));
        }

        using Database again = Open();
        Assert.Equal(1, again.QueryLong("SELECT max(version) FROM schema_version"));
        Assert.Throws<StorageException>(() => again.QueryLong("SELECT count(*) FROM other"));
    }

    [Fact]
    public async Task Migrate_ByManyAtOnce_IsDoneOnce()
    {
        Database[] all = [.. Enumerable.Range(0, 8).Select(_ => Open())];
        using Barrier start = new(all.Length);
        await Task.WhenAll(all.Select(database => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                database.Migrate(Two, Now);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        Assert.Equal(2, all[0].QueryLong("SELECT count(*) FROM schema_version"));
        Array.ForEach(all, database => database.Dispose());
    }

    [Fact]
    public void InTransaction_ExceptionInside_KeepsNothingAndGoesThrough()
    {
        using Database database = Open();
        database.Migrate(One, Now);

        Assert.Throws<InvalidDataException>(() => database.InTransaction(() =>
        {
            database.Execute("INSERT INTO thing (name) VALUES (@p0)", "a");
            throw new InvalidDataException();
        }));

        Assert.Equal(0, database.QueryLong("SELECT count(*) FROM thing"));
        database.InTransaction(() => database.Execute("INSERT INTO thing (name) VALUES (@p0)", "b"));
        Assert.Equal(1, database.QueryLong("SELECT count(*) FROM thing"));
    }

    [Fact]
    public void Stream_InsideATransaction_SeesItsChangesInOrder()
    {
        using Database database = Open();
        database.Migrate(One, Now);

        List<long> seen = database.InTransaction(() =>
        {
            for (long i = 0; i < 100; i++)
            {
                database.Execute("INSERT INTO thing (name, number) VALUES (@p0, @p1)", $"{i}", i);
            }

            return database.Stream("SELECT number FROM thing WHERE number >= @p0 ORDER BY number", row => row.GetInt64(0), 90L).ToList();
        });

        Assert.Equal(Enumerable.Range(90, 10).Select(number => (long)number), seen);
    }

    [Fact]
    public void Execute_StatementThatIsRefused_SaysWhereAndMayBeFollowedByOthers()
    {
        using Database database = Open();
        database.Migrate(One, Now);
        database.Execute("INSERT INTO thing (name, number) VALUES (@p0, @p1)", "a", null);

        StorageException refusal = Assert.Throws<StorageException>(
            () => database.Execute("INSERT INTO thing (name) VALUES (@p0)", "a"));

        Assert.Equal(StorageFault.Refused, refusal.Fault);
        Assert.Contains(database.Location, refusal.Message, StringComparison.Ordinal);
        Assert.Null(database.QueryLong("SELECT number FROM thing WHERE name = @p0", "a"));
    }
}

public sealed class SqliteDatabaseTests : DatabaseContract
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("storage-");

    protected override Database Open() => OpenFile("a.db");

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void Open_FileThatIsNoDatabase_IsRefused()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "text.db"), new string('x', 4096));

        StorageException refusal = Assert.Throws<StorageException>(() => OpenFile("text.db"));

        Assert.Equal(StorageFault.Damaged, refusal.Fault);
        Assert.Contains("Check Test:File", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_Pragmas_AreAllInForce()
    {
        using SqliteDatabase database = SqliteDatabase.Open(
            Path.Combine(_folder.FullName, "c.db"), "Test database", "Test:File", "secure_delete = ON", "cache_size = -1234");

        Assert.Equal("wal", database.Query("PRAGMA journal_mode", row => row.GetString(0))[0]);
        Assert.Equal(
            [2, 1, -1234, 10_000],
            new[] { "synchronous", "secure_delete", "cache_size", "busy_timeout" }.Select(name => database.QueryLong($"PRAGMA {name}")));
    }

    [Fact]
    public void Statement_RunAgainAndAgain_TakesWhatIsSetAndCountsWhatItChanged()
    {
        using SqliteDatabase database = OpenFile("b.db");
        database.Execute("CREATE TABLE thing (name TEXT PRIMARY KEY, octets BLOB, number BIGINT)");
        using SqliteStatement insert = database.Prepare("INSERT INTO thing VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
        insert.SetText(1, "é"u8);
        insert.SetOctets(2, [1, 2]);
        insert.Set(3, long.MinValue);

        Assert.Equal(1, insert.Execute());
        Assert.Equal(0, insert.Execute());
        insert.SetText(1, "b"u8);
        Assert.Equal(1, database.InTransaction(insert.Execute));

        Assert.Equal(
            [("b", "0102", long.MinValue), ("é", "0102", long.MinValue)],
            database.Query(
                "SELECT name, octets, number FROM thing ORDER BY name",
                row => (row.GetString(0), Convert.ToHexString((byte[])row[1]), row.GetInt64(2))));
        Assert.Throws<StorageException>(() => database.Prepare("INSERT INTO nothing VALUES (?)"));
    }

    private SqliteDatabase OpenFile(string name) =>
        SqliteDatabase.Open(Path.Combine(_folder.FullName, name), "Test database", "Test:File");
}

public sealed class PostgreSqlDatabaseTests(PostgreSqlServer server) : DatabaseContract
{
    private string? _connectionString;

    protected override Database Open() =>
        PostgreSqlDatabase.Open(_connectionString ??= server.NewDatabase(), null, "Test database", "Test:ConnectionString");

    [Fact]
    public void Open_NobodyThere_IsRefusedWithoutThePassword()
    {
        StorageException refusal = Assert.Throws<StorageException>(
            () => PostgreSqlDatabase.Open("Host=127.0.0.1;Port=1;Password=secret", null, "Test database", "Test:ConnectionString"));

        Assert.Equal(StorageFault.CannotOpen, refusal.Fault);
        Assert.DoesNotContain("secret", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>A secret is any text: what a connection string takes apart must arrive whole.</summary>
    [Fact]
    public void Password_WithEveryKindOfSign_StaysAsItIs()
    {
        const string Password = "p;q w='\"\\=,{}%$ü€";
        Assert.Equal(Password, new Npgsql.NpgsqlConnectionStringBuilder(
            PostgreSqlDatabase.ConnectionString("Host=db;Username=billing", Password)).Password);
        Assert.Equal("own", new Npgsql.NpgsqlConnectionStringBuilder(
            PostgreSqlDatabase.ConnectionString("Host=db;Password=own", null)).Password);
    }

    [Theory]
    [InlineData("Host=db", Npgsql.GssEncryptionMode.Disable)]
    [InlineData("Host=db;GSS Encryption Mode=Require", Npgsql.GssEncryptionMode.Require)]
    [InlineData("Host=db;GssEncryptionMode=Prefer", Npgsql.GssEncryptionMode.Prefer)]
    public void Kerberos_IsTriedForOnlyWhenAskedFor(string connectionString, Npgsql.GssEncryptionMode expected) =>
        Assert.Equal(
            expected,
            new Npgsql.NpgsqlConnectionStringBuilder(PostgreSqlDatabase.ConnectionString(connectionString, null)).GssEncryptionMode);
}
