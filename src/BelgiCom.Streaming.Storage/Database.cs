using System.Data.Common;
using System.Globalization;

namespace BelgiCom.Streaming.Storage;

/// <summary>
/// A database of ours: one connection, one transaction at a time, one thread at a time. Parameters are named @p0, @p1, … in the order of
/// their values. When the database refuses a statement, a <see cref="StorageException"/> is thrown.
/// </summary>
public abstract class Database : IDisposable
{
    private readonly DbConnection _connection;
    private DbTransaction? _transaction;

    private protected Database(DbConnection connection, string name, string location)
    {
        _connection = connection;
        Name = name;
        Location = location;
    }

    /// <summary>Where the database is, for people and logs; never a password.</summary>
    public string Location { get; }

    /// <summary>What it is, in messages.</summary>
    private protected string Name { get; }

    /// <summary>Runs a statement and returns how many rows it changed.</summary>
    /// <exception cref="StorageException">The database refused.</exception>
    public int Execute(string sql, params ReadOnlySpan<object?> values)
    {
        using DbCommand command = Command(sql, values);
        return Guarded(command.ExecuteNonQuery);
    }

    /// <summary>The rows of a query.</summary>
    /// <exception cref="StorageException">The database refused.</exception>
    public List<T> Query<T>(string sql, Func<DbDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        DbCommand command = Command(sql, values);
        return Guarded(() => Rows(command, read).ToList());
    }

    /// <summary>
    /// The rows of a query, one after another, for results that must not lie in memory. Call it inside a transaction, and ask nothing else
    /// before the last row.
    /// </summary>
    public IEnumerable<T> Stream<T>(string sql, Func<DbDataReader, T> read, params ReadOnlySpan<object?> values) =>
        Rows(Command(sql, values), read);

    /// <summary>The one whole number that a query gives; null when there is no row or no value.</summary>
    /// <exception cref="StorageException">The database refused.</exception>
    public long? QueryLong(string sql, params ReadOnlySpan<object?> values)
    {
        using DbCommand command = Command(sql, values);
        object? value = Guarded(command.ExecuteScalar);
        return value is null or DBNull ? null : Convert.ToInt64(value, CultureInfo.InvariantCulture);
    }

    /// <summary>Runs changes that become visible and durable together; when an exception ends them, none of them do.</summary>
    /// <param name="changes">The changes.</param>
    /// <param name="keep">False to take them back in the end, for a trial.</param>
    /// <exception cref="StorageException">The database refused; it kept nothing.</exception>
    public T InTransaction<T>(Func<T> changes, bool keep = true) => Guarded(() =>
    {
        using DbTransaction transaction = _transaction = Begin();
        try
        {
            T result = changes();
            if (keep)
            {
                transaction.Commit();
            }

            return result;
        }
        finally
        {
            _transaction = null;
        }
    });

    /// <summary>Runs changes that become visible and durable together; when an exception ends them, none of them do.</summary>
    /// <exception cref="StorageException">The database refused; it kept nothing.</exception>
    public void InTransaction(Action changes) => InTransaction(() =>
    {
        changes();
        return 0;
    });

    /// <summary>
    /// Brings the tables to the newest version, in one transaction. Processes that start on one database wait for each other.
    /// </summary>
    /// <param name="migrations">The statements that lead from each version to the next; they give no rows. A released migration is never
    /// changed, only followed by another.</param>
    /// <param name="now">The time that is noted.</param>
    /// <exception cref="StorageException">The database refused, or a newer release wrote it. It is closed then.</exception>
    public void Migrate(IReadOnlyList<string> migrations, DateTimeOffset now)
    {
        try
        {
            InTransaction(() => MigrateInTransaction(migrations, now));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    private protected abstract DbTransaction Begin();

    /// <summary>Waits, inside a transaction, until no other process migrates the database.</summary>
    private protected virtual void LockMigrations()
    {
    }

    private void MigrateInTransaction(IReadOnlyList<string> migrations, DateTimeOffset now)
    {
        LockMigrations();
        Execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)");
        long version = QueryLong("SELECT max(version) FROM schema_version") ?? 0;
        if (version > migrations.Count)
        {
            throw new StorageException(
                StorageFault.NewerVersion,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Name} {Location} has schema version {version}, this release knows {migrations.Count}. Run the newer release."));
        }

        for (int next = (int)version; next < migrations.Count; next++)
        {
            Execute(migrations[next]);
            Execute("INSERT INTO schema_version (version, applied_at) VALUES (@p0, @p1)", next + 1L, now.ToUnixTimeMilliseconds());
        }
    }

    /// <summary>Closes the connection.</summary>
    protected virtual void Dispose(bool disposing) => _connection.Dispose();

    private protected virtual StorageException Refused(string why, Exception? cause) => new(
        StorageFault.Refused,
        $"{Name} {Location}: {why} Nothing of the transaction was kept; it can be tried again. Check free space and rights.",
        cause);

    private T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception cause) when (cause is DbException or IOException or TimeoutException)
        {
            throw Refused(cause.Message, cause);
        }
    }

    private DbCommand Command(string sql, ReadOnlySpan<object?> values)
    {
        DbCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = _transaction;
        for (int i = 0; i < values.Length; i++)
        {
            DbParameter parameter = command.CreateParameter();
            parameter.ParameterName = string.Create(CultureInfo.InvariantCulture, $"@p{i}");
            parameter.Value = values[i] ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private static IEnumerable<T> Rows<T>(DbCommand command, Func<DbDataReader, T> read)
    {
        using (command)
        {
            using DbDataReader reader = command.ExecuteReader();
            while (reader.Read())
            {
                yield return read(reader);
            }
        }
    }
}
