using System.Data.Common;
using System.Globalization;
using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Billing;

/// <summary>
/// Closes billing months, inside one transaction: groups usage into lines, adds what the month costs beside usage, and rounds each line
/// once (docs/money.md, half away from zero, so that a reversal mirrors its charge).
/// </summary>
/// <remarks>
/// Nothing is billed twice, because a month's charges are always computed whole, and only what differs from the lines of earlier closes
/// becomes a line.
/// </remarks>
internal sealed class BillCloser(LedgerDialect dialect, int period, DateTimeOffset now)
{
    private const int RowsPerInsert = 100;

    private const string Key =
        $"account, period, line_kind, offering, offering_version, item, kind, {AmountTerms.Columns}";

    private readonly Database _database = dialect.Database;
    private readonly long _number = (dialect.Database.QueryLong("SELECT max(bill_close) FROM bill_close") ?? 0) + 1;

    /// <summary>Closes the month.</summary>
    /// <param name="terms">What it is closed by; null for usage alone.</param>
    /// <exception cref="BillRefusedException">The terms needed are not there, or are not those of an earlier close.</exception>
    public BillClose Close(ClosingTerms? terms)
    {
        List<int> closed = Periods("SELECT DISTINCT period FROM bill_close");
        List<int> late = Periods($"SELECT DISTINCT period FROM billed_line WHERE bill_close IS NULL AND period < {Text(period)}");
        int usageEvents = _database.Execute(
            "UPDATE billed_line SET bill_close = @p0 WHERE bill_close IS NULL AND period <= @p1", _number, (long)period);
        List<BillLine> lines = UsageLines();
        if (terms is not null)
        {
            lines.AddRange(lines.Where(line => terms.IsPrepaid(line.Offering, line.Version)).Select(Debited).ToList());
            lines.AddRange(new BillCharges(_database, dialect.Words, _number, terms).Of(period, closed, late));
        }

        if (lines.Count == 0 && (terms is null || closed.Contains(period)))
        {
            return new BillClose(0, period, 0, 0);
        }

        _database.Execute(
            "INSERT INTO bill_close (bill_close, period, closed_at) VALUES (@p0, @p1, @p2)", _number, (long)period,
            now.ToUnixTimeMilliseconds());
        foreach (BillLine[] rows in lines.Chunk(RowsPerInsert))
        {
            Insert(rows);
        }

        return new BillClose(_number, period, lines.Count, usageEvents);
    }

    /// <summary>The lines of a close.</summary>
    public static IReadOnlyList<BillLine> Lines(Database database, long close) => database.Query(
        $"""
        SELECT {Key}, usage_events, CAST(charged_units AS TEXT), CAST(amount_nanos AS TEXT), CAST(rounded_nanos AS TEXT), words
        FROM bill_line WHERE bill_close = @p0 ORDER BY {Key}
        """,
        reader => Read(reader, BillingLedger.ReadSum(reader, 13), reader.GetString(14)),
        close);

    private List<BillLine> UsageLines() => _database.Query(
        $"""
        SELECT account, period, 0, offering, offering_version, '', kind, {AmountTerms.Columns}, count(*),
               CAST({dialect.Words.SumOfUnits} AS TEXT), CAST({dialect.Words.SumOfNanos} AS TEXT)
        FROM billed_line WHERE bill_close = @p0 GROUP BY account, period, offering, offering_version, kind, {AmountTerms.Columns}
        """,
        reader => Rounded(Read(reader, 0, "")),
        _number);

    /// <summary>What the money has paid of a line of usage: all of it.</summary>
    private static BillLine Debited(BillLine usage) => usage with
    {
        LineKind = PeriodChargeKind.Prepaid,
        Item = "money",
        UsageEvents = 0,
        ChargedUnits = 0,
        ExactNanos = -usage.ExactNanos,
        RoundedNanos = -usage.RoundedNanos,
        Words = "debited from prepaid money",
    };

    private static BillLine Read(DbDataReader reader, Int128 rounded, string words) => new(
        reader.GetString(0),
        (int)reader.GetInt64(1),
        (PeriodChargeKind)Convert.ToInt64(reader[2], CultureInfo.InvariantCulture),
        reader.GetString(3),
        (int)reader.GetInt64(4),
        reader.GetString(5),
        (UsageKind)reader.GetInt64(6),
        AmountTerms.Read(reader, 7),
        reader.GetInt64(10),
        BillingLedger.ReadSum(reader, 11),
        BillingLedger.ReadSum(reader, 12),
        rounded,
        words);

    internal static BillLine Rounded(BillLine line) => line with
    {
        RoundedNanos = RoundingPolicy.BillLine(
            line.ExactNanos, Currency.Of(Encoding.ASCII.GetBytes(line.Terms.Currency)).Decimals),
    };

    private List<int> Periods(string query) => _database.Query(query, reader => (int)reader.GetInt64(0));

    private void Insert(BillLine[] lines)
    {
        List<object?> values = [];
        StringBuilder rows = new();
        foreach (BillLine line in lines)
        {
            object?[] row =
            [
                _number, line.Account, (long)line.Period, (long)line.LineKind, line.Offering, (long)line.Version, line.Item,
                (long)line.Kind, line.Terms.Currency, (long)line.Terms.Basis, (long)line.Terms.VatPermille, line.UsageEvents,
                line.ChargedUnits.ToString(CultureInfo.InvariantCulture), line.ExactNanos.ToString(CultureInfo.InvariantCulture),
                line.RoundedNanos.ToString(CultureInfo.InvariantCulture), line.Words,
            ];
            string parameters = string.Join(
                ", ", row.Select((_, column) => column is 12 or 13 or 14
                    ? $"CAST(@p{Text(values.Count + column)} AS {dialect.Words.Sum})"
                    : $"@p{Text(values.Count + column)}"));
            rows.Append(values.Count == 0 ? "" : ", ").Append('(').Append(parameters).Append(')');
            values.AddRange(row);
        }

        _database.Execute(
            $"""
            INSERT INTO bill_line (bill_close, {Key}, usage_events, charged_units, amount_nanos, rounded_nanos, words) VALUES {rows}
            """,
            [.. values]);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
