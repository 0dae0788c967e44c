using System.Globalization;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Billing;

/// <summary>
/// What a close bills beside usage: the charges of the month, those of earlier months that late usage changes, and the fees of the month
/// after it that are due in advance; each less what earlier closes billed of it.
/// </summary>
internal sealed class BillCharges(Database database, SchemaWords words, long number, ClosingTerms terms)
{
    // Fee, discount and commitment. Usage and what prepaid money paid of it come with the usage of each close.
    private const string Charges = "1, 2, 3";

    private readonly Dictionary<LineKey, (Int128 Nanos, string Words)> _due = [];

    /// <summary>The lines of a close.</summary>
    /// <param name="period">The month that is closed.</param>
    /// <param name="closed">Months that were closed before.</param>
    /// <param name="late">Earlier months of which the close has usage.</param>
    /// <exception cref="BillRefusedException">The terms needed are not there.</exception>
    public IEnumerable<BillLine> Of(int period, List<int> closed, List<int> late)
    {
        int[] whole = [period, .. late.Where(closed.Contains)];
        DateOnly next = BillingPeriod.FirstDay(period).AddMonths(1);
        int[] inAdvance = closed.Contains(BillingPeriod.Of(next)) ? [] : [BillingPeriod.Of(next)];
        Dictionary<LineKey, Int128> billed = Billed([.. whole, .. inAdvance]);
        ThrowUnlessKnown(billed.Keys);
        KeepTerms();
        foreach (int month in whole)
        {
            AddMonth(month);
        }

        foreach (int month in inAdvance)
        {
            foreach (((string account, string offering), List<ActiveDays> days) in terms.Subscriptions)
            {
                Add(account, offering, month, PeriodCharges.InAdvance(terms.VersionsOf(offering), BillingPeriod.FirstDay(month), days));
            }
        }

        return _due.Keys.Union(billed.Keys)
            .Select(key => Line(key, _due.GetValueOrDefault(key, (0, "not due any more")), billed.GetValueOrDefault(key)))
            .Where(line => line.ExactNanos != 0);
    }

    private static BillLine Line(LineKey key, (Int128 Nanos, string Words) due, Int128 billed) => BillCloser.Rounded(new BillLine(
        key.Account, key.Period, key.Kind, key.Offering, key.Version, key.Item, UsageKind.Unknown, key.Terms, 0, 0, due.Nanos - billed, 0,
        billed == 0
            ? due.Words
            : $"{due.Words}; less {Nanos.ToDecimal(billed).ToString("#,0.00#######", CultureInfo.InvariantCulture)} on earlier bills"));

    private void AddMonth(int month)
    {
        Dictionary<(string, string), List<PeriodUsage>> usage = Usage(month);
        foreach ((string Account, string Offering) key in terms.Subscriptions.Keys.Union(usage.Keys))
        {
            try
            {
                Add(
                    key.Account, key.Offering, month,
                    PeriodCharges.Of(
                        terms.VersionsOf(key.Offering), BillingPeriod.FirstDay(month), terms.Subscriptions.GetValueOrDefault(key) ?? [],
                        usage.GetValueOrDefault(key) ?? []));
            }
            catch (ArgumentException refused)
            {
                throw new BillRefusedException([$"Offering '{key.Offering}': {refused.Message}"]);
            }
        }
    }

    private void Add(string account, string offering, int month, IReadOnlyList<PeriodCharge> charges)
    {
        foreach (PeriodCharge charge in charges)
        {
            PeriodTerms version = terms.VersionsOf(offering).First(one => one.Version == charge.Version);
            LineKey key = new(
                account, month, charge.Kind, offering, charge.Version, charge.Item,
                new AmountTerms(version.Currency, version.Basis, version.VatPermille));
            (Int128 nanos, string words) = _due.GetValueOrDefault(key, (0, ""));
            _due[key] = (nanos + charge.Nanos, words.Length == 0 ? charge.Words : $"{words}; {charge.Words}");
        }
    }

    /// <summary>
    /// What closes took of a month's usage, by price, of the offerings whose month depends on it. Usage of several prices has its parts.
    /// </summary>
    private Dictionary<(string Account, string Offering), List<PeriodUsage>> Usage(int month)
    {
        string[] offerings = [.. terms.OfferingsWithRules];
        if (offerings.Length == 0)
        {
            return [];
        }

        string names = string.Join(", ", offerings.Select((_, index) => $"@p{(index + 1).ToString(CultureInfo.InvariantCulture)}"));
        const string where = "l.period = @p0 AND l.bill_close IS NOT NULL";
        const string ofPart = "CASE p.offering WHEN '' THEN l.offering ELSE p.offering END";
        List<((string, string) Key, PeriodUsage Usage)> rows = database.Query(
            $"""
            SELECT account, offering, version, price_index, CAST({words.SumOfUnits} AS TEXT), CAST({words.SumOfNanos} AS TEXT)
            FROM (
                SELECT l.account, l.offering, l.offering_version AS version, l.price_index,
                       l.charged_units - l.bundle_units AS charged_units, l.amount_nanos
                FROM billed_line l
                WHERE {where} AND l.offering IN ({names}) AND l.price_index <> {LedgerPart.Several.ToString(CultureInfo.InvariantCulture)}
                UNION ALL
                SELECT l.account, {ofPart}, p.offering_version, p.price_index, p.priced_units, p.amount_nanos
                FROM billed_line l JOIN billed_part p ON p.stream = l.stream AND p.rated_offset = l.rated_offset
                WHERE {where} AND {ofPart} IN ({names})) AS used
            GROUP BY account, offering, version, price_index ORDER BY account, offering, version, price_index
            """,
            reader => (
                (reader.GetString(0), reader.GetString(1)),
                new PeriodUsage(
                    (int)reader.GetInt64(2),
                    (int)reader.GetInt64(3),
                    checked((long)BillingLedger.ReadSum(reader, 4)),
                    checked((long)BillingLedger.ReadSum(reader, 5)))),
            [(long)month, .. offerings]);
        if (rows.Exists(row => row.Usage is { PriceIndex: < 0, Nanos: not 0 }))
        {
            throw new BillRefusedException(
                [$"Usage of {month} was billed by a release that did not keep its price, and discounts or commitments depend on it: close "
                    + "this month with a catalogue without them, and bill them by hand."]);
        }

        return rows.GroupBy(row => row.Key).ToDictionary(group => group.Key, group => group.Select(row => row.Usage).ToList());
    }

    /// <summary>What earlier closes billed of months beside usage.</summary>
    private Dictionary<LineKey, Int128> Billed(int[] months)
    {
        Dictionary<LineKey, Int128> billed = [];
        foreach (int month in months)
        {
            foreach ((LineKey key, Int128 nanos) in database.Query(
                $"""
                SELECT account, line_kind, offering, offering_version, item, {AmountTerms.Columns}, CAST(amount_nanos AS TEXT)
                FROM bill_line WHERE period = @p0 AND line_kind IN ({Charges})
                """,
                reader => (
                    new LineKey(
                        reader.GetString(0), month, (PeriodChargeKind)reader.GetInt64(1), reader.GetString(2), (int)reader.GetInt64(3),
                        reader.GetString(4), AmountTerms.Read(reader, 5)),
                    BillingLedger.ReadSum(reader, 8)),
                (long)month))
            {
                billed[key] = billed.GetValueOrDefault(key) + nanos;
            }
        }

        return billed;
    }

    /// <summary>
    /// Refuses when usage, subscriptions or earlier bills name what the terms do not have. A file with half of the subscriptions would pay
    /// back the fees of the other half.
    /// </summary>
    private void ThrowUnlessKnown(IEnumerable<LineKey> billed)
    {
        List<string> reasons =
        [
            .. database.Query(
                "SELECT DISTINCT offering, offering_version FROM billed_line WHERE bill_close = @p0 ORDER BY offering, offering_version",
                reader => (Offering: reader.GetString(0), Version: reader.GetInt64(1)), number)
                .Where(used => !terms.VersionsOf(used.Offering).Any(version => version.Version == used.Version))
                .Select(used =>
                    $"Usage was rated by offering '{used.Offering}' version {used.Version.ToString(CultureInfo.InvariantCulture)}, "
                    + "which the catalogue does not have: add it, or name the folder that has it."),
            .. terms.Subscriptions.Keys.Select(key => key.Offering).Distinct().Order(StringComparer.Ordinal)
                .Where(offering => terms.VersionsOf(offering).Count == 0)
                .Select(offering =>
                    $"Subscriptions have offering '{offering}', which the catalogue does not have: add it, or correct them."),
        ];
        HashSet<string> accounts = terms.Accounts;
        int unknown = database.Query(
                "SELECT DISTINCT account FROM billed_line WHERE bill_close = @p0", reader => reader.GetString(0), number)
            .Union(billed.Select(key => key.Account)).Count(account => !accounts.Contains(account));
        if (unknown > 0)
        {
            reasons.Add(
                $"{unknown.ToString("N0", CultureInfo.InvariantCulture)} accounts have usage or earlier bills, and no subscription, not "
                + "even an ended one: give all subscriptions.");
        }

        if (reasons.Count > 0)
        {
            throw new BillRefusedException(reasons);
        }
    }

    /// <summary>
    /// Keeps the terms of each version with the first close that uses them, and refuses others for the same version: what was promised
    /// changes by a new version only, and a bill can be computed again years later.
    /// </summary>
    private void KeepTerms()
    {
        Dictionary<(string, long), string> kept = database.Query(
                "SELECT offering, offering_version, terms FROM bill_terms",
                reader => (Key: (reader.GetString(0), reader.GetInt64(1)), Terms: reader.GetString(2)))
            .ToDictionary(row => row.Key, row => row.Terms);
        IEnumerable<string> used = terms.Subscriptions.Keys.Select(key => key.Offering)
            .Union(database.Query(
                "SELECT DISTINCT offering FROM billed_line WHERE bill_close = @p0", reader => reader.GetString(0), number));
        foreach (PeriodTerms version in used.SelectMany(terms.VersionsOf))
        {
            string text = JsonSerializer.Serialize(version);
            if (!kept.TryGetValue((version.Offering, version.Version), out string? before))
            {
                database.Execute(
                    "INSERT INTO bill_terms (offering, offering_version, bill_close, terms) VALUES (@p0, @p1, @p2, @p3)",
                    version.Offering, (long)version.Version, number, text);
            }
            else if (JsonSerializer.Serialize(JsonSerializer.Deserialize<PeriodTerms>(before)) != text)
            {
                throw new BillRefusedException(
                    [$"Offering '{version.Offering}' version {version.Version.ToString(CultureInfo.InvariantCulture)} has other terms than "
                        + "those that an earlier close billed by: restore them, and add a version."]);
            }
        }
    }

    /// <summary>What a line is of; a month has one of each, over all closes.</summary>
    private readonly record struct LineKey(
        string Account, int Period, PeriodChargeKind Kind, string Offering, int Version, string Item, AmountTerms Terms);
}
