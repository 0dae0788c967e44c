using System.Data.Common;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Billing;

/// <summary>The ledger's table of corrections: from each of their lines to the usage that it corrects, and to who decided that.</summary>
internal static class CorrectionTable
{
    private const int Columns = 9;
    private const int RowsPerInsert = 500;

    /// <summary>
    /// Writes the corrections among the lines of a batch, in the transaction that moves the positions. One that is known, from a topic that
    /// was made anew, stays as it is.
    /// </summary>
    /// <param name="database">The ledger.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="fresh">Rows of the batch that were not read before.</param>
    /// <param name="streamIds">Numbers of the batch's partitions.</param>
    public static void Insert(Database database, LedgerBatch batch, IReadOnlyList<int> fresh, long[] streamIds)
    {
        if (batch.Corrections.Count == 0)
        {
            return;
        }

        HashSet<int> rowsToWrite = [.. fresh];
        foreach (LedgerCorrected[] rows in batch.Corrections.Where(one => rowsToWrite.Contains(one.Line)).Chunk(RowsPerInsert))
        {
            string places = string.Join(
                ", ",
                rows.Select((_, row) => $"({string.Join(", ", Enumerable.Range(row * Columns, Columns).Select(value => $"@p{value}"))})"));
            database.Execute(
                "INSERT INTO correction (line_id, stream, rated_offset, usage_id, is_reversal, reason, decided_at, decided_by, because) "
                + $"VALUES {places} ON CONFLICT (line_id) DO NOTHING",
                [.. rows.SelectMany(row => Values(batch, row, streamIds))]);
        }
    }

    /// <summary>All lines of the corrections of a usage event, in the order in which they were made.</summary>
    /// <param name="database">The ledger.</param>
    /// <param name="id">Id of the usage, or of one of these lines.</param>
    public static IReadOnlyList<LedgerCorrection> Read(Database database, UsageId id) => database.Query(
        """
        SELECT c.line_id, c.usage_id, c.is_reversal, c.reason, c.decided_at, c.decided_by, c.because, p.topic, p.partition, c.rated_offset,
               l.account, l.offering, l.offering_version, l.period, l.charged_units, l.bundle_units, l.amount_nanos, l.currency,
               l.bill_close
        FROM correction c JOIN position p ON p.stream = c.stream LEFT JOIN billed_line l ON l.usage_id = c.line_id
        WHERE c.usage_id = @p0 OR c.usage_id = (SELECT usage_id FROM correction WHERE line_id = @p0)
        ORDER BY c.decided_at, c.stream, c.rated_offset
        """,
        ReadOne, id.ToByteArray());

    private static object?[] Values(LedgerBatch batch, LedgerCorrected row, long[] streamIds)
    {
        ref readonly LedgerLine line = ref batch.Lines[row.Line];
        return
        [
            line.UsageId.ToByteArray(), streamIds[line.Stream], line.Offset, row.UsageId.ToByteArray(), row.IsReversal ? 1L : 0L,
            row.Reason.ToString(), row.DecidedAtMilliseconds, batch.String(row.DecidedBy), batch.String(row.Because),
        ];
    }

    private static LedgerCorrection ReadOne(DbDataReader reader) => new(
        UsageId.FromBytes((byte[])reader[0]),
        UsageId.FromBytes((byte[])reader[1]),
        reader.GetInt64(2) != 0,
        Enum.Parse<CorrectionReason>(reader.GetString(3)),
        DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(4)),
        reader.GetString(5),
        reader.GetString(6),
        reader.GetString(7),
        (int)reader.GetInt64(8),
        reader.GetInt64(9),
        reader.IsDBNull(10)
            ? null
            : new CorrectedLine(
                reader.GetString(10), reader.GetString(11), reader.GetInt64(12), reader.GetInt64(13), reader.GetInt64(14),
                reader.GetInt64(15), reader.GetInt64(16), reader.GetString(17), reader.IsDBNull(18) ? null : reader.GetInt64(18)));
}
