using System.Data.Common;

namespace BelgiCom.Streaming.Billing;

/// <summary>
/// The database under the ledger: what differs between SQLite and PostgreSQL, and nothing else. One connection, one transaction at a time,
/// one thread at a time.
/// </summary>
internal abstract class LedgerDatabase(DbConnection connection, string description) : IDisposable
{
    /// <summary>The open connection.</summary>
    public DbConnection Connection { get; } = connection;

    /// <summary>Where the ledger is, for people and logs; never a password.</summary>
    public string Description { get; } = description;

    /// <summary>Column types and phrases of this database that the schema needs.</summary>
    public abstract SchemaWords Words { get; }

    /// <summary>What makes a SELECT hold its rows until the transaction ends.</summary>
    public abstract string ForUpdate { get; }

    /// <summary>Opens the database that the options name: SQLite unless the connection string begins with <c>Host=</c>.</summary>
    public static LedgerDatabase Open(BillingOptions options) =>
        options.UsesPostgreSql
            ? PostgreSqlLedgerDatabase.Open(options.ConnectionString)
            : SqliteLedgerDatabase.Open(options.SqliteFile);

    /// <summary>Begins a transaction that no other writer can change what it read.</summary>
    public abstract DbTransaction Begin();

    /// <summary>Begins a transaction that waits for any other of this kind: two workers may start on one empty database.</summary>
    public virtual DbTransaction BeginMigration() => Begin();

    /// <summary>
    /// Writes the lines at <paramref name="rows"/> of the batch. A line whose usage id the ledger has already is not written
    /// and becomes <see cref="LedgerOutcome.LedgerDuplicate"/>.
    /// </summary>
    public abstract void InsertLines(
        DbTransaction transaction, LedgerBatch batch, ReadOnlySpan<int> rows, ReadOnlySpan<long> streamIds, ReadOnlySpan<long> fileIds);

    /// <summary>A command with its parameters named @0, @1, ….</summary>
    public DbCommand Command(DbTransaction? transaction, string sql, params ReadOnlySpan<object> values)
    {
        DbCommand command = Connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        for (int i = 0; i < values.Length; i++)
        {
            DbParameter parameter = command.CreateParameter();
            parameter.ParameterName = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"@p{i}");
            parameter.Value = values[i];
            command.Parameters.Add(parameter);
        }

        return command;
    }

    /// <summary>Runs a statement and returns how many rows it changed.</summary>
    public int Execute(DbTransaction? transaction, string sql, params ReadOnlySpan<object> values)
    {
        using DbCommand command = Command(transaction, sql, values);
        return command.ExecuteNonQuery();
    }

    /// <summary>Runs a query for one whole number; null when there is no row or no value.</summary>
    public long? QueryLong(DbTransaction? transaction, string sql, params ReadOnlySpan<object> values)
    {
        using DbCommand command = Command(transaction, sql, values);
        object? value = command.ExecuteScalar();
        return value is null or DBNull ? null : Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the connection.</summary>
    protected virtual void Dispose(bool disposing) => Connection.Dispose();
}

/// <summary>The words in which the two databases' schemas differ.</summary>
/// <param name="Blob">Type of octets.</param>
/// <param name="Identity">Type and key of a column that numbers its rows.</param>
/// <param name="ClusteredTable">What follows a table that is stored in the order of its key.</param>
/// <param name="DecimalOfNanos">Expression for amount_nanos as an exact decimal.</param>
/// <param name="DecimalOfCents">Expression for amount_cents as an exact decimal.</param>
/// <param name="TimeOfMilliseconds">Expression for event_time as a date and time in UTC.</param>
internal sealed record SchemaWords(
    string Blob,
    string Identity,
    string ClusteredTable,
    string DecimalOfNanos,
    string DecimalOfCents,
    string TimeOfMilliseconds);
