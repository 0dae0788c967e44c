using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Billing;

/// <summary>Everything that the ledger must say differently to SQLite and to PostgreSQL.</summary>
internal abstract class LedgerDialect(Database database) : IDisposable
{
    protected const string Name = "Billing ledger";

    /// <summary>Columns of a line, in the order in which both dialects write them.</summary>
    protected const string Columns =
        """
        stream, rated_offset, usage_id, account, offering, offering_version, kind, event_time, charged_units, bundle_units,
        amount_nanos, currency, rounding_policy, period, received_partition, received_offset, source_file, record_index, container_index,
        content_fingerprint, price_basis, vat_permille, price_index
        """;

    /// <summary>The database.</summary>
    public Database Database { get; } = database;

    /// <summary>Column types and phrases that the schema needs.</summary>
    public abstract SchemaWords Words { get; }

    /// <summary>The words that make a SELECT lock its rows until the transaction ends.</summary>
    public abstract string ForUpdate { get; }

    /// <summary>Opens the database that the options name: SQLite unless the connection string begins with <c>Host=</c>.</summary>
    /// <exception cref="StorageException">It cannot be opened.</exception>
    public static LedgerDialect Open(BillingOptions options) =>
        options.UsesPostgreSql
            ? PostgreSqlDialect.Open(options.ConnectionString, options.Password())
            : SqliteDialect.Open(options.SqliteFile);

    /// <summary>
    /// Writes the lines at <paramref name="rows"/> of the batch, in a transaction. A line whose usage id the ledger has already is not
    /// written and becomes <see cref="LedgerOutcome.LedgerDuplicate"/> when both have the same content. With other content it is kept
    /// beside the lines and becomes <see cref="LedgerOutcome.LedgerConflict"/>.
    /// </summary>
    public abstract void InsertLines(LedgerBatch batch, ReadOnlySpan<int> rows, ReadOnlySpan<long> streamIds, ReadOnlySpan<long> fileIds);

    /// <inheritdoc/>
    public virtual void Dispose() => Database.Dispose();
}

/// <summary>The words that differ between the schemas of the two databases.</summary>
/// <param name="Blob">Type of octets.</param>
/// <param name="Identity">Type and key of a column that numbers its rows.</param>
/// <param name="ClusteredTable">Clause after a table that is stored in the order of its key.</param>
/// <param name="Sum">Type of a sum of 64-bit numbers, which has up to 128 bits.</param>
/// <param name="SumOfUnits">Exact sum of charged_units over a group, as <paramref name="Sum"/>.</param>
/// <param name="SumOfNanos">Exact sum of amount_nanos over a group, as <paramref name="Sum"/>.</param>
/// <param name="DecimalOfNanos">Expression for amount_nanos as an exact decimal.</param>
/// <param name="DecimalOfCents">Expression for amount_cents as an exact decimal.</param>
/// <param name="DecimalOfCentsSum">The same where amount_cents is a <paramref name="Sum"/>.</param>
/// <param name="NanosOfCents">Expression for amount_cents, which is a <paramref name="Sum"/>, in 10⁻⁹ of the unit.</param>
/// <param name="DecimalOfRoundedSum">Expression for rounded_nanos, which is a <paramref name="Sum"/>, as an exact decimal, of 2
/// places where that is enough.</param>
/// <param name="TimeOfMilliseconds">Expression for event_time as a date and time in UTC.</param>
internal sealed record SchemaWords(
    string Blob,
    string Identity,
    string ClusteredTable,
    string Sum,
    string SumOfUnits,
    string SumOfNanos,
    string DecimalOfNanos,
    string DecimalOfCents,
    string DecimalOfCentsSum,
    string NanosOfCents,
    string DecimalOfRoundedSum,
    string TimeOfMilliseconds);
