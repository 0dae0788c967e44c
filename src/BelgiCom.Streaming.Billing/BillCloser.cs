using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Billing;

/// <summary>
/// Closes billing months: groups the lines and rounds each group once (docs/money.md, half away from zero, so that a reversal mirrors its
/// charge).
/// </summary>
internal static class BillCloser
{
    // From 10⁻⁹ to 10⁻². Integer division cuts towards zero in both databases, so half is added to the magnitude first.
    private const string RoundToCents =
        "CASE WHEN sum(amount_nanos) < 0 THEN -1 ELSE 1 END * ((abs(CAST(sum(amount_nanos) AS BIGINT)) + 5000000) / 10000000)";

    /// <summary>Closes a month; in a transaction.</summary>
    public static BillClose Close(Database database, int period, DateTimeOffset now)
    {
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
            INSERT INTO bill_line (bill_close, account, offering, kind, period, currency, usage_events, charged_units, amount_nanos,
              amount_cents)
            SELECT @p0, account, offering, kind, period, currency, count(*), sum(charged_units), sum(amount_nanos), {RoundToCents}
            FROM billed_line WHERE bill_close = @p0 GROUP BY account, offering, kind, period, currency
            """,
            number);
        return new BillClose(number, period, lines, usageEvents);
    }

    /// <summary>The lines of a close.</summary>
    public static IReadOnlyList<BillLine> Lines(Database database, long close) => database.Query(
        """
        SELECT account, offering, kind, period, currency, usage_events, charged_units, amount_nanos, amount_cents
        FROM bill_line WHERE bill_close = @p0 ORDER BY account, offering, kind, period, currency
        """,
        reader => new BillLine(
            reader.GetString(0),
            reader.GetString(1),
            (UsageKind)reader.GetInt64(2),
            (int)reader.GetInt64(3),
            reader.GetString(4),
            reader.GetInt64(5),
            reader.GetInt64(6),
            Nanos.ToDecimal(reader.GetInt64(7)),
            new decimal(reader.GetInt64(8)) / 100m),
        close);
}
