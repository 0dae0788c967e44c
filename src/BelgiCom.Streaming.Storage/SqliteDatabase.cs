using System.Data.Common;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace BelgiCom.Streaming.Storage;

/// <summary>
/// One SQLite file, with a write-ahead log and <c>synchronous=FULL</c>: a commit is on disk when it returns. With <c>NORMAL</c> a power cut
/// would lose the newest commits, whose records Kafka does not send again.
/// </summary>
public sealed class SqliteDatabase : Database
{
    private readonly SqliteConnection _connection;

    private SqliteDatabase(SqliteConnection connection, string name, string file)
        : base(connection, name, file) => _connection = connection;

    private sqlite3 Handle => _connection.Handle ?? throw new ObjectDisposedException(Location);

    /// <summary>Opens the file and makes it, with its folder, when it is not there.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">Name of the database in messages, for example "Billing ledger".</param>
    /// <param name="setting">Setting that says where it is.</param>
    /// <param name="pragmas">Further pragmas that this database needs, for example "cache_size = -65536".</param>
    /// <exception cref="StorageException">The file cannot be opened, or is no database.</exception>
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

    /// <summary>
    /// Opens a file to read it while another process writes. The reader sees what that process has committed, and changes nothing.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="name">Name of the database in messages, for example "Billing ledger".</param>
    /// <param name="setting">Setting that says where it is.</param>
    /// <exception cref="StorageException">The file cannot be opened, or is no database.</exception>
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

            // One statement at a time: statements after one that gives a row run when its reader is closed, and the driver drops their
            // errors then.
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

    /// <summary>Prepares a statement with the parameters ?1, ?2, …, for thousands of rows.</summary>
    /// <exception cref="StorageException">The text is no statement that this database accepts.</exception>
    public SqliteStatement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v2(Handle, sql, out sqlite3_stmt statement));
        return new SqliteStatement(this, statement);
    }

    /// <summary>Adds a function of one text to SQL; the same text always gives the same result.</summary>
    public void AddFunction(string name, Func<string, string> function) =>
        _connection.CreateFunction(name, function, isDeterministic: true);

    /// <summary>Adds a function of two texts to SQL; the same texts always give the same result.</summary>
    public void AddFunction(string name, Func<string, string, string> function) =>
        _connection.CreateFunction(name, function, isDeterministic: true);

    /// <summary>Runs a prepared statement and returns how many rows it changed.</summary>
    internal int Run(sqlite3_stmt statement)
    {
        int result = raw.sqlite3_step(statement);
        raw.sqlite3_reset(statement);
        Check(result == raw.SQLITE_DONE ? raw.SQLITE_OK : result);
        return raw.sqlite3_changes(Handle);
    }

    // The transaction is begun for writing, because one that reads first and writes later may find that another has written in between.
    private protected override DbTransaction Begin() => _connection.BeginTransaction(deferred: false);

    private static StorageException CannotOpen(string file, string name, string setting, Exception cause) => IsDamage(cause)
        ? new(
            StorageFault.Damaged,
            $"{name} {file} is damaged: {cause.Message.TrimEnd('.')}. Check {setting}, and restore the file from its copy.",
            cause)
        : new(
            StorageFault.CannotOpen,
            $"{name} {file} could not be opened: {cause.Message.TrimEnd('.')}. Check {setting}, free space and rights there.",
            cause);

    private protected override StorageException Refused(string why, Exception? cause) => IsDamage(cause)
        ? new(
            StorageFault.Damaged,
            $"{Name} {Location} is damaged: {why} Nothing of the transaction was kept; restore the file from its copy.",
            cause)
        : base.Refused(why, cause);

    private static bool IsDamage(Exception? cause) =>
        cause is SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB };

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            throw Refused($"SQLite says {raw.sqlite3_errmsg(Handle).utf8_to_string()}.", null);
        }
    }
}

/// <summary>
/// A prepared statement that calls SQLite's C interface directly: through ADO.NET each row costs a boxed value and a look-up by name for
/// each column.
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

    /// <summary>Runs the statement with the parameters as they are, and returns how many rows it changed.</summary>
    /// <exception cref="StorageException">The database refused.</exception>
    public int Execute() => _database.Run(_statement);

    /// <inheritdoc/>
    public void Dispose() => _statement.Dispose();
}
