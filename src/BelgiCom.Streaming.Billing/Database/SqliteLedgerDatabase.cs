using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace BelgiCom.Streaming.Billing;

/// <summary>
/// The ledger in one SQLite file, for the embedded default. Write-ahead log with <c>synchronous=FULL</c>: one flush to disk per batch, so
/// that a line survives power loss before the offset of its record is committed to Kafka; <c>NORMAL</c> would lose the newest batches while
/// Kafka no longer sends them.
/// </summary>
internal sealed class SqliteLedgerDatabase : LedgerDatabase
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

    private sqlite3_stmt? _insertLine;

    private SqliteLedgerDatabase(SqliteConnection connection, string file)
        : base(connection, file)
    {
    }

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
    // BEGIN IMMEDIATE holds the whole file; there are no single rows to hold.
    public override string ForUpdate => "";

    private sqlite3 Handle => ((SqliteConnection)Connection).Handle
        ?? throw new LedgerException($"Ledger {Description} is closed.");

    /// <summary>Opens the file and creates it, with its folder, when it is not there.</summary>
    public static SqliteLedgerDatabase Open(string file)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
            connection.Open();
            SqliteLedgerDatabase database = new(connection, file);
            database.Execute(
                null,
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -65536; PRAGMA "
                + "wal_autocheckpoint = 16384;");
            return database;
        }
        catch (Exception cause) when (cause is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new LedgerException(
                $"Ledger {file} could not be opened: {cause.Message} Check Billing:ConnectionString and Billing:DataDirectory.", cause);
        }
    }

    /// <inheritdoc/>
    public override DbTransaction Begin() => ((SqliteConnection)Connection).BeginTransaction(deferred: false);

    /// <inheritdoc/>
    // Straight to SQLite's C interface: through ADO.NET parameters, one line costs some twenty boxed values and as many dictionary
    // look-ups.
    public override void InsertLines(
        DbTransaction transaction, LedgerBatch batch, ReadOnlySpan<int> rows, ReadOnlySpan<long> streamIds, ReadOnlySpan<long> fileIds)
    {
        sqlite3_stmt statement = _insertLine ??= Prepare();
        Span<LedgerLine> lines = batch.Lines;
        Span<byte> usageId = stackalloc byte[16];
        foreach (int row in rows)
        {
            ref LedgerLine line = ref lines[row];
            line.UsageId.CopyTo(usageId);
            raw.sqlite3_bind_int64(statement, 1, streamIds[line.Stream]);
            raw.sqlite3_bind_int64(statement, 2, line.Offset);
            raw.sqlite3_bind_blob(statement, 3, usageId);
            raw.sqlite3_bind_text(statement, 4, batch.Text(line.Account));
            raw.sqlite3_bind_text(statement, 5, batch.Text(line.Offering));
            raw.sqlite3_bind_int64(statement, 6, line.OfferingVersion);
            raw.sqlite3_bind_int64(statement, 7, (int)line.Kind);
            raw.sqlite3_bind_int64(statement, 8, line.EventTimeMilliseconds);
            raw.sqlite3_bind_int64(statement, 9, line.ChargedUnits);
            raw.sqlite3_bind_int64(statement, 10, line.BundleUnits);
            raw.sqlite3_bind_int64(statement, 11, line.AmountNanos);
            raw.sqlite3_bind_text(statement, 12, batch.Text(line.Currency));
            raw.sqlite3_bind_int64(statement, 13, line.RoundingPolicy);
            raw.sqlite3_bind_int64(statement, 14, line.Period);
            raw.sqlite3_bind_int64(statement, 15, line.ReceivedPartition);
            raw.sqlite3_bind_int64(statement, 16, line.ReceivedOffset);
            raw.sqlite3_bind_int64(statement, 17, fileIds[line.File]);
            raw.sqlite3_bind_int64(statement, 18, line.RecordIndex);
            raw.sqlite3_bind_int64(statement, 19, line.ContainerIndex);
            Step(statement);
            if (raw.sqlite3_changes(Handle) == 0)
            {
                line.Outcome = LedgerOutcome.LedgerDuplicate;
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _insertLine?.Dispose();
        base.Dispose(disposing);
    }

    private sqlite3_stmt Prepare()
    {
        Check(raw.sqlite3_prepare_v2(Handle, InsertLine, out sqlite3_stmt? statement));
        return statement;
    }

    private void Step(sqlite3_stmt statement)
    {
        int result = raw.sqlite3_step(statement);
        raw.sqlite3_reset(statement);
        if (result != raw.SQLITE_DONE)
        {
            Check(result);
        }
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            throw new LedgerException(string.Create(
                CultureInfo.InvariantCulture,
                $"Ledger {Description}: SQLite error {result}, {raw.sqlite3_errmsg(Handle).utf8_to_string()}. Check free space and "
                + $"rights; the batch will be tried again."));
        }
    }
}
