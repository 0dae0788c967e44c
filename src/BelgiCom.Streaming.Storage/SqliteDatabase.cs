using System.Data.Common;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace BelgiCom.Streaming.Storage;

/// <summary>
/// One SQLite file. Write-ahead log with <c>synchronous=FULL</c>: a commit is on disk when it returns. <c>NORMAL</c> would lose the newest
/// ones with the power, while Kafka no longer sends what was in them.
/// </summary>
public sealed class SqliteDatabase : Database
{
    private readonly SqliteConnection _connection;

    private SqliteDatabase(SqliteConnection connection, string name, string file)
        : base(connection, name, file) => _connection = connection;

    private sqlite3 Handle => _connection.Handle ?? throw new ObjectDisposedException(Location);

    /// <summary>Opens the file and makes it, with its folder, when it is not there.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">What it is, in messages: "Billing ledger".</param>
    /// <param name="setting">Setting that says where it is.</param>
    /// <param name="pragmas">What this database needs besides: "cache_size = -65536".</param>
    /// <exception cref="StorageException">It cannot be opened, or is no database.</exception>
    public static SqliteDatabase Open(string file, string name, string setting, params ReadOnlySpan<string> pragmas)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw CannotOpen(file, name, setting, cause);
        }

        return Open(
            file, SqliteOpenMode.ReadWriteCreate, name, setting,
            ["busy_timeout = 10000", "journal_mode = WAL", "synchronous = FULL", .. pragmas]);
    }

    /// <summary>Opens a file to read it while another process writes: what that one has committed is seen, nothing is changed.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">What it is, in messages: "Billing ledger".</param>
    /// <param name="setting">Setting that says where it is.</param>
    /// <exception cref="StorageException">It cannot be opened, or is no database.</exception>
    public static SqliteDatabase OpenToRead(string file, string name, string setting) =>
        Open(file, SqliteOpenMode.ReadOnly, name, setting, ["busy_timeout = 10000"]);

    private static SqliteDatabase Open(string file, SqliteOpenMode mode, string name, string setting, ReadOnlySpan<string> pragmas)
    {
        SqliteConnection? connection = null;
        try
        {
            connection = new SqliteConnection(
                new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false }.ToString());
            connection.Open();

            // One at a time: what follows a statement that gives a row runs when its reader is closed, and the driver drops errors then.
            foreach (string pragma in pragmas)
            {
                using SqliteCommand command = connection.CreateCommand();
                command.CommandText = $"PRAGMA {pragma}";
                command.ExecuteScalar();
            }

            return new SqliteDatabase(connection, name, file);
        }
        catch (SqliteException cause)
        {
            connection?.Dispose();
            throw CannotOpen(file, name, setting, cause);
        }
    }

    /// <summary>Prepares a statement with the parameters ?1, ?2, …, for rows by the thousand.</summary>
    /// <exception cref="StorageException">It is no statement of this database.</exception>
    public SqliteStatement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v2(Handle, sql, out sqlite3_stmt statement));
        return new SqliteStatement(this, statement);
    }

    /// <summary>Runs a prepared statement and returns how many rows it changed.</summary>
    internal int Run(sqlite3_stmt statement)
    {
        int result = raw.sqlite3_step(statement);
        raw.sqlite3_reset(statement);
        Check(result == raw.SQLITE_DONE ? raw.SQLITE_OK : result);
        return raw.sqlite3_changes(Handle);
    }

    // At once for writing: a transaction that reads first and writes later may find that another one has written in between.
    private protected override DbTransaction Begin() => _connection.BeginTransaction(deferred: false);

    private static StorageException CannotOpen(string file, string name, string setting, Exception cause) =>
        new(StorageFault.CannotOpen, $"{name} {file} could not be opened: {cause.Message} Check {setting}.", cause);

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            throw Refused($"SQLite says {raw.sqlite3_errmsg(Handle).utf8_to_string()}.", null);
        }
    }
}

/// <summary>
/// A prepared statement straight on SQLite's C interface: through ADO.NET, a row costs a boxed value and a look-up by name for each column.
/// </summary>
public sealed class SqliteStatement : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly sqlite3_stmt _statement;

    internal SqliteStatement(SqliteDatabase database, sqlite3_stmt statement)
    {
        _database = database;
        _statement = statement;
    }

    /// <summary>Sets a parameter, from 1; it keeps its value from row to row.</summary>
    public void Set(int parameter, long value) => raw.sqlite3_bind_int64(_statement, parameter, value);

    /// <summary>Sets a parameter, from 1, to UTF-8 text.</summary>
    public void SetText(int parameter, ReadOnlySpan<byte> utf8) => raw.sqlite3_bind_text(_statement, parameter, utf8);

    /// <summary>Sets a parameter, from 1, to octets.</summary>
    public void SetOctets(int parameter, ReadOnlySpan<byte> octets) => raw.sqlite3_bind_blob(_statement, parameter, octets);

    /// <summary>Runs it with the parameters as they are and returns how many rows it changed.</summary>
    /// <exception cref="StorageException">The database refused.</exception>
    public int Execute() => _database.Run(_statement);

    /// <inheritdoc/>
    public void Dispose() => _statement.Dispose();
}
