using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Billing;

/// <summary>The ledger in one SQLite file, for the embedded default: one flush to disk per batch.</summary>
internal sealed class SqliteDialect : LedgerDialect
{
    private const string InsertLine =
        """
        INSERT INTO billed_line (stream, rated_offset, usage_id, account, offering, offering_version, kind, event_time, charged_units,
          bundle_units,
            amount_nanos, currency, rounding_policy, period, received_partition, received_offset, source_file, record_index,
            container_index)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (usage_id) DO NOTHING
        """;

    private readonly SqliteDatabase _file;
    private SqliteStatement? _insertLine;

    private SqliteDialect(SqliteDatabase file)
        : base(file) => _file = file;

    /// <inheritdoc/>
    public override SchemaWords Words { get; } = new(
        Blob: "BLOB",
        Identity: "INTEGER PRIMARY KEY",
        ClusteredTable: "WITHOUT ROWID",
        DecimalOfNanos: "printf('%s%d.%09d', CASE WHEN l.amount_nanos < 0 THEN '-' ELSE '' END, abs(l.amount_nanos) / 1000000000, "
            + "abs(l.amount_nanos) % 1000000000)",
        DecimalOfCents: "printf('%s%d.%02d', CASE WHEN amount_cents < 0 THEN '-' ELSE '' END, abs(amount_cents) / 100, abs(amount_cents) "
            + "% 100)",
        TimeOfMilliseconds: "strftime('%Y-%m-%dT%H:%M:%fZ', l.event_time / 1000.0, 'unixepoch')");

    /// <inheritdoc/>
    // BEGIN IMMEDIATE locks the whole file, so no single rows need a lock.
    public override string ForUpdate => "";

    /// <summary>Opens the file and makes it when it is not there.</summary>
    public static SqliteDialect Open(string file) => new(SqliteDatabase.Open(
        file, Name, "Billing:ConnectionString and Billing:DataDirectory",
        "cache_size = -65536", "wal_autocheckpoint = 16384"));

    /// <inheritdoc/>
    public override void InsertLines(LedgerBatch batch, ReadOnlySpan<int> rows, ReadOnlySpan<long> streamIds, ReadOnlySpan<long> fileIds)
    {
        _insertLine ??= _file.Prepare(InsertLine);
        Span<LedgerLine> lines = batch.Lines;
        Span<byte> usageId = stackalloc byte[16];
        foreach (int row in rows)
        {
            ref LedgerLine line = ref lines[row];
            line.UsageId.CopyTo(usageId);
            _insertLine.Set(1, streamIds[line.Stream]);
            _insertLine.Set(2, line.Offset);
            _insertLine.SetOctets(3, usageId);
            _insertLine.SetText(4, batch.Text(line.Account));
            _insertLine.SetText(5, batch.Text(line.Offering));
            _insertLine.Set(6, line.OfferingVersion);
            _insertLine.Set(7, (int)line.Kind);
            _insertLine.Set(8, line.EventTimeMilliseconds);
            _insertLine.Set(9, line.ChargedUnits);
            _insertLine.Set(10, line.BundleUnits);
            _insertLine.Set(11, line.AmountNanos);
            _insertLine.SetText(12, batch.Text(line.Currency));
            _insertLine.Set(13, line.RoundingPolicy);
            _insertLine.Set(14, line.Period);
            _insertLine.Set(15, line.ReceivedPartition);
            _insertLine.Set(16, line.ReceivedOffset);
            _insertLine.Set(17, fileIds[line.File]);
            _insertLine.Set(18, line.RecordIndex);
            _insertLine.Set(19, line.ContainerIndex);
            if (_insertLine.Execute() == 0)
            {
                line.Outcome = LedgerOutcome.LedgerDuplicate;
            }
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _insertLine?.Dispose();
        base.Dispose();
    }
}
