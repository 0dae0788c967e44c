using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Billing;

/// <summary>
/// Closes billing months: groups the lines and rounds each group once (docs/money.md, half away from zero, so that a reversal mirrors its
/// charge).
/// </summary>
internal static class BillCloser
{
    /// <summary>Closes a month; in a transaction.</summary>
    public static BillClose Close(LedgerDialect dialect, int period, DateTimeOffset now)
    {
        Database database = dialect.Database;
        long number = (database.QueryLong("SELECT max(bill_close) FROM bill_close") ?? 0) + 1;
        int usageEvents = database.Execute(
            "UPDATE billed_line SET bill_close = @p0 WHERE bill_close IS NULL AND period <= @p1", number, (long)period);
        if (usageEvents == 0)
        {
            return new BillClose(0, period, 0, 0);
        }

        database.Execute(
            "INSERT INTO bill_close (bill_close, period, closed_at) VALUES (@p0, @p1, @p2)", number, (long)period,
            now.ToUnixTimeMilliseconds());
        int lines = database.Execute(
            $"""
            INSERT INTO bill_line (bill_close, account, offering, kind, period, {AmountTerms.Columns}, usage_events, charged_units,
              amount_nanos, amount_cents)
            SELECT @p0, account, offering, kind, period, {AmountTerms.Columns}, count(*), {dialect.Words.SumOfUnits},
                   {dialect.Words.SumOfNanos}, {dialect.Words.CentsOfNanos}
            FROM billed_line WHERE bill_close = @p0 GROUP BY account, offering, kind, period, {AmountTerms.Columns}
            """,
            number);
        return new BillClose(number, period, lines, usageEvents);
    }

    /// <summary>The lines of a close.</summary>
    public static IReadOnlyList<BillLine> Lines(Database database, long close) => database.Query(
        $"""
        SELECT account, offering, kind, period, {AmountTerms.Columns}, usage_events, CAST(charged_units AS TEXT),
               CAST(amount_nanos AS TEXT), CAST(amount_cents AS TEXT)
        FROM bill_line WHERE bill_close = @p0 ORDER BY account, offering, kind, period, {AmountTerms.Columns}
        """,
        reader => new BillLine(
            reader.GetString(0),
            reader.GetString(1),
            (UsageKind)reader.GetInt64(2),
            (int)reader.GetInt64(3),
            AmountTerms.Read(reader, 4),
            reader.GetInt64(7),
            BillingLedger.ReadSum(reader, 8),
            BillingLedger.ReadSum(reader, 9),
            (decimal)BillingLedger.ReadSum(reader, 10) / 100m),
        close);
}
