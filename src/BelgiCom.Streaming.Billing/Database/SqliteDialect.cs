using System.Globalization;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Billing;

/// <summary>The ledger in one SQLite file, for the embedded default: one flush to disk per batch.</summary>
internal sealed class SqliteDialect : LedgerDialect
{
    private const string InsertLine =
        $"""
        INSERT INTO billed_line ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (usage_id) DO NOTHING
        """;

    // Content that decides what is billed. Two lines of one usage id that differ in it are a conflict. The fingerprint knows whose usage it
    // is; 0 is that of a release which kept none, and so is -1 of the rate of VAT.
    private const string SameUsage =
        "usage_id = ?3 AND account = ?4 AND kind = ?7 AND event_time = ?8 AND charged_units = ?9 AND amount_nanos = ?11 AND currency = ?12 "
        + "AND price_basis = ?21 AND (vat_permille = ?22 OR vat_permille = -1 OR ?22 = -1) "
        + "AND (content_fingerprint = ?20 OR content_fingerprint = 0 OR ?20 = 0)";

    // Changes a row only when no line, and no conflict kept before, says the same of the usage.
    private const string InsertConflict =
        $"""
        INSERT INTO conflicting_line ({Columns})
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
               ?22, ?23
        WHERE NOT EXISTS (SELECT 1 FROM billed_line WHERE {SameUsage}) AND NOT EXISTS (SELECT 1 FROM conflicting_line WHERE {SameUsage})
        """;

    private readonly SqliteDatabase _file;
    private SqliteStatement? _insertLine;
    private SqliteStatement? _insertConflict;

    private SqliteDialect(SqliteDatabase file)
        : base(file) => _file = file;

    /// <inheritdoc/>
    public override SchemaWords Words { get; } = new(
        Blob: "BLOB",
        Identity: "INTEGER PRIMARY KEY",
        ClusteredTable: "WITHOUT ROWID",
        Sum: "TEXT",
        SumOfUnits: ExactSum("charged_units"),
        SumOfNanos: ExactSum("amount_nanos"),
        DecimalOfNanos: "printf('%s%d.%09d', CASE WHEN l.amount_nanos < 0 THEN '-' ELSE '' END, abs(l.amount_nanos) / 1000000000, "
            + "abs(l.amount_nanos) % 1000000000)",
        DecimalOfCents: "printf('%s%d.%02d', CASE WHEN amount_cents < 0 THEN '-' ELSE '' END, abs(amount_cents) / 100, abs(amount_cents) "
            + "% 100)",
        DecimalOfCentsSum: "CASE WHEN amount_cents LIKE '-%' THEN '-' ELSE '' END || printf('%s.%s', "
            + "CASE WHEN length(ltrim(amount_cents, '-')) > 2 THEN substr(ltrim(amount_cents, '-'), 1, "
            + "length(ltrim(amount_cents, '-')) - 2) ELSE '0' END, substr('0' || ltrim(amount_cents, '-'), -2))",
        NanosOfCents: "CASE WHEN amount_cents IN ('0', '-0') THEN '0' ELSE amount_cents || '0000000' END",
        DecimalOfRoundedSum: "CASE WHEN rounded_nanos LIKE '-%' THEN '-' ELSE '' END || CASE WHEN length(ltrim(rounded_nanos, '-')) > 9 "
            + "THEN substr(ltrim(rounded_nanos, '-'), 1, length(ltrim(rounded_nanos, '-')) - 9) ELSE '0' END || '.' "
            + "|| CASE WHEN substr('0000000' || rounded_nanos, -7) = '0000000' "
            + "THEN substr('00000000' || ltrim(rounded_nanos, '-'), -9, 2) ELSE substr('00000000' || ltrim(rounded_nanos, '-'), -9) END",
        TimeOfMilliseconds: "strftime('%Y-%m-%dT%H:%M:%fZ', l.event_time / 1000.0, 'unixepoch')");

    /// <inheritdoc/>
    // BEGIN IMMEDIATE locks the whole file, so no single rows need a lock.
    public override string ForUpdate => "";

    /// <summary>Opens the file and makes it when it is not there.</summary>
    public static SqliteDialect Open(string file)
    {
        SqliteDatabase database = SqliteDatabase.Open(
            file, Name, "Billing:ConnectionString and Billing:DataDirectory",
            "cache_size = -65536", "wal_autocheckpoint = 16384");
        database.AddFunction(
            "sum_of_halves", (high, low) => ((Int128.Parse(high, Exact) << 32) + Int128.Parse(low, Exact)).ToString(Exact));
        return new SqliteDialect(database);
    }

    /// <summary>
    /// SQLite adds in 64 bits and refuses a sum that does not fit, so the upper and the lower 32 bits are summed apart, which fits for 2³¹
    /// lines, and put together in 128 bits.
    /// </summary>
    private static string ExactSum(string column) => $"sum_of_halves(sum({column} >> 32), sum({column} & 4294967295))";

    private static readonly CultureInfo Exact = CultureInfo.InvariantCulture;

    /// <inheritdoc/>
    public override void InsertLines(LedgerBatch batch, ReadOnlySpan<int> rows, ReadOnlySpan<long> streamIds, ReadOnlySpan<long> fileIds)
    {
        _insertLine ??= _file.Prepare(InsertLine);
        Span<LedgerLine> lines = batch.Lines;
        foreach (int row in rows)
        {
            ref LedgerLine line = ref lines[row];
            Set(_insertLine, batch, line, streamIds, fileIds);
            if (_insertLine.Execute() == 0)
            {
                line.Outcome = TryKeepConflict(batch, line, streamIds, fileIds)
                    ? LedgerOutcome.LedgerConflict
                    : LedgerOutcome.LedgerDuplicate;
            }
        }
    }

    /// <summary>Keeps a line whose usage id is billed with other content; false when it says nothing new.</summary>
    private bool TryKeepConflict(LedgerBatch batch, in LedgerLine line, ReadOnlySpan<long> streamIds, ReadOnlySpan<long> fileIds)
    {
        _insertConflict ??= _file.Prepare(InsertConflict);
        Set(_insertConflict, batch, line, streamIds, fileIds);
        return _insertConflict.Execute() > 0;
    }

    private static void Set(
        SqliteStatement statement, LedgerBatch batch, in LedgerLine line, ReadOnlySpan<long> streamIds, ReadOnlySpan<long> fileIds)
    {
        Span<byte> usageId = stackalloc byte[16];
        line.UsageId.CopyTo(usageId);
        statement.Set(1, streamIds[line.Stream]);
        statement.Set(2, line.Offset);
        statement.SetOctets(3, usageId);
        statement.SetText(4, batch.Text(line.Account));
        statement.SetText(5, batch.Text(line.Offering));
        statement.Set(6, line.OfferingVersion);
        statement.Set(7, (int)line.Kind);
        statement.Set(8, line.EventTimeMilliseconds);
        statement.Set(9, line.ChargedUnits);
        statement.Set(10, line.BundleUnits);
        statement.Set(11, line.AmountNanos);
        statement.SetText(12, batch.Text(line.Currency));
        statement.Set(13, line.RoundingPolicy);
        statement.Set(14, line.Period);
        statement.Set(15, line.ReceivedPartition);
        statement.Set(16, line.ReceivedOffset);
        statement.Set(17, fileIds[line.File]);
        statement.Set(18, line.RecordIndex);
        statement.Set(19, line.ContainerIndex);
        statement.Set(20, line.ContentFingerprint);
        statement.Set(21, (int)line.PriceBasis);
        statement.Set(22, line.VatPermille);
        statement.Set(23, line.PriceIndex);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _insertConflict?.Dispose();
        _insertLine?.Dispose();
        base.Dispose();
    }
}
