using BelgiCom.Streaming.Storage;
using Npgsql;
using NpgsqlTypes;

namespace BelgiCom.Streaming.Billing;

/// <summary>
/// The ledger in PostgreSQL: lines go by binary COPY into a temporary table, and from there into the ledger unless it has them already.
/// </summary>
internal sealed class PostgreSqlDialect : LedgerDialect
{
    // Content that decides what is billed. Two lines of one usage id that differ in it are a conflict. The fingerprint knows whose usage it
    // is; 0 is that of a release which kept none, and so is -1 of the rate of VAT.
    private const string SameContent =
        "((i.account, i.kind, i.event_time, i.charged_units, i.amount_nanos, i.currency, i.price_basis) = "
        + "(l.account, l.kind, l.event_time, l.charged_units, l.amount_nanos, l.currency, l.price_basis) "
        + "AND (i.vat_permille = l.vat_permille OR -1 IN (i.vat_permille, l.vat_permille)) "
        + "AND (i.content_fingerprint = l.content_fingerprint OR 0 IN (i.content_fingerprint, l.content_fingerprint)))";

    // The same content, one column after another, for what names columns.
    private const string Content =
        "usage_id, account, kind, event_time, charged_units, amount_nanos, currency, price_basis, vat_permille, content_fingerprint";

    private readonly PostgreSqlDatabase _server;

    private PostgreSqlDialect(PostgreSqlDatabase server)
        : base(server) => _server = server;

    /// <inheritdoc/>
    public override SchemaWords Words { get; } = new(
        Blob: "BYTEA",
        Identity: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        ClusteredTable: "",
        Sum: "NUMERIC(39)",
        SumOfUnits: "sum(charged_units)",
        SumOfNanos: "sum(amount_nanos)",
        DecimalOfNanos: "(l.amount_nanos * 0.000000001::numeric)",
        DecimalOfCents: "(amount_cents * 0.01::numeric)",
        DecimalOfCentsSum: "(amount_cents * 0.01::numeric)",
        NanosOfCents: "amount_cents * 10000000",
        DecimalOfRoundedSum: "CASE WHEN rounded_nanos % 10000000 = 0 THEN round(rounded_nanos * 0.000000001::numeric, 2) "
            + "ELSE rounded_nanos * 0.000000001::numeric END",
        TimeOfMilliseconds: "(to_timestamp(l.event_time / 1000.0) AT TIME ZONE 'UTC')");

    /// <inheritdoc/>
    public override string ForUpdate => "FOR UPDATE";

    /// <summary>Connects.</summary>
    public static PostgreSqlDialect Open(string connectionString, string? password) =>
        new(PostgreSqlDatabase.Open(connectionString, password, Name, "Billing:ConnectionString"));

    /// <inheritdoc/>
    public override void InsertLines(LedgerBatch batch, ReadOnlySpan<int> rows, ReadOnlySpan<long> streamIds, ReadOnlySpan<long> fileIds)
    {
        // Made again for each batch, because a rollback of the transaction that made the table removes the table as well.
        Database.Execute(
            $"CREATE TEMPORARY TABLE IF NOT EXISTS incoming_line ON COMMIT DELETE ROWS AS SELECT 0::bigint AS row, {Columns} FROM "
            + $"billed_line LIMIT 0");
        using (NpgsqlBinaryImporter copy = _server.BeginCopy($"COPY incoming_line (row, {Columns}) FROM STDIN (FORMAT BINARY)"))
        {
            foreach (int row in rows)
            {
                Write(copy, row, batch, batch.Lines[row], streamIds, fileIds);
            }

            copy.Complete();
        }

        // Inserted in the order of the topic, so that of two lines with one usage id the earlier is kept.
        int inserted = Database.Execute(
            $"INSERT INTO billed_line ({Columns}) SELECT {Columns} FROM incoming_line ORDER BY stream, rated_offset ON CONFLICT "
            + $"(usage_id) DO NOTHING");
        if (inserted < rows.Length)
        {
            SetAside(batch);
        }
    }

    /// <summary>
    /// Of the lines that were not written, the usage id is in the ledger under another position: with the same content they are duplicates,
    /// else conflicts. Of conflicts that say the same, the first is kept.
    /// </summary>
    private void SetAside(LedgerBatch batch)
    {
        Mark(batch, LedgerOutcome.LedgerDuplicate, "billed_line", "l.stream <> i.stream OR l.rated_offset <> i.rated_offset");
        Database.Execute(
            $"""
            INSERT INTO conflicting_line ({Columns})
            SELECT DISTINCT ON ({Content}) {Columns}
            FROM incoming_line i
            WHERE EXISTS (SELECT 1 FROM billed_line l WHERE l.usage_id = i.usage_id AND NOT {SameContent})
              AND NOT EXISTS (SELECT 1 FROM conflicting_line l WHERE l.usage_id = i.usage_id AND {SameContent})
            ORDER BY {Content}, stream, rated_offset
            """);
        Mark(batch, LedgerOutcome.LedgerConflict, "conflicting_line", "l.stream = i.stream AND l.rated_offset = i.rated_offset");
    }

    private void Mark(LedgerBatch batch, LedgerOutcome outcome, string table, string where)
    {
        foreach (long row in Database.Query(
            $"SELECT i.row FROM incoming_line i JOIN {table} l ON l.usage_id = i.usage_id WHERE {where}", reader => reader.GetInt64(0)))
        {
            batch.Lines[(int)row].Outcome = outcome;
        }
    }

    private static void Write(
        NpgsqlBinaryImporter copy, int row, LedgerBatch batch, in LedgerLine line, ReadOnlySpan<long> streamIds, ReadOnlySpan<long> fileIds)
    {
        byte[] usageId = new byte[16];
        line.UsageId.CopyTo(usageId);
        copy.StartRow();
        copy.Write((long)row, NpgsqlDbType.Bigint);
        copy.Write(streamIds[line.Stream], NpgsqlDbType.Bigint);
        copy.Write(line.Offset, NpgsqlDbType.Bigint);
        copy.Write(usageId, NpgsqlDbType.Bytea);
        copy.Write(batch.String(line.Account), NpgsqlDbType.Text);
        copy.Write(batch.String(line.Offering), NpgsqlDbType.Text);
        copy.Write((long)line.OfferingVersion, NpgsqlDbType.Bigint);
        copy.Write((long)line.Kind, NpgsqlDbType.Bigint);
        copy.Write(line.EventTimeMilliseconds, NpgsqlDbType.Bigint);
        copy.Write(line.ChargedUnits, NpgsqlDbType.Bigint);
        copy.Write(line.BundleUnits, NpgsqlDbType.Bigint);
        copy.Write(line.AmountNanos, NpgsqlDbType.Bigint);
        copy.Write(batch.String(line.Currency), NpgsqlDbType.Text);
        copy.Write((long)line.RoundingPolicy, NpgsqlDbType.Bigint);
        copy.Write((long)line.Period, NpgsqlDbType.Bigint);
        copy.Write((long)line.ReceivedPartition, NpgsqlDbType.Bigint);
        copy.Write(line.ReceivedOffset, NpgsqlDbType.Bigint);
        copy.Write(fileIds[line.File], NpgsqlDbType.Bigint);
        copy.Write((long)line.RecordIndex, NpgsqlDbType.Bigint);
        copy.Write((long)line.ContainerIndex, NpgsqlDbType.Bigint);
        copy.Write(line.ContentFingerprint, NpgsqlDbType.Bigint);
        copy.Write((long)line.PriceBasis, NpgsqlDbType.Bigint);
        copy.Write((long)line.VatPermille, NpgsqlDbType.Bigint);
        copy.Write((long)line.PriceIndex, NpgsqlDbType.Bigint);
    }
}
