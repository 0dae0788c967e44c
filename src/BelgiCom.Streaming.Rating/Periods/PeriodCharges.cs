using System.Globalization;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>What a charge of a month is.</summary>
public enum PeriodChargeKind
{
    /// <summary>Usage.</summary>
    Usage,

    /// <summary>A recurring or single fee.</summary>
    Fee,

    /// <summary>A discount.</summary>
    Discount,

    /// <summary>What is missing to a minimum, or above a maximum.</summary>
    Commitment,

    /// <summary>Usage that was paid before it happened: taken off the bill again.</summary>
    Prepaid,
}

/// <summary>What an account used in a month at one price of one version.</summary>
/// <param name="Version">Version of the offering.</param>
/// <param name="PriceIndex">Index of the price in it; -1 for none.</param>
/// <param name="PricedUnits">Units that no bundle covered.</param>
/// <param name="Nanos">Their amount on the version's basis.</param>
public readonly record struct PeriodUsage(int Version, int PriceIndex, long PricedUnits, long Nanos);

/// <summary>A charge of a month that is no usage.</summary>
/// <param name="Kind">Fee, discount or commitment.</param>
/// <param name="Item">Id of the fee, discount or commitment.</param>
/// <param name="Version">Version of the offering whose currency, basis and rate of VAT it has.</param>
/// <param name="Nanos">Amount on the version's basis, exact to the ninth decimal; less than 0 for a discount.</param>
/// <param name="Words">How it was computed, for a person.</param>
public sealed record PeriodCharge(PeriodChargeKind Kind, string Item, int Version, long Nanos, string Words);

/// <summary>
/// Charges an account for a month of an offering, beside its usage: fees, discounts in the order of D-22 (free units, price, percentage,
/// fixed amount), then maxima and minima (D-23). It knows nothing of earlier bills: the same month gives the same charges, however often
/// it is computed.
/// </summary>
public sealed class PeriodCharges
{
    private const int AllDecimals = 9;

    private readonly PeriodTerms[] _versions;
    private readonly DateOnly _from;
    private readonly DateOnly _to;
    private readonly IReadOnlyList<ActiveDays> _subscriptions;
    private readonly List<PeriodCharge> _charges = [];
    private readonly List<Charged> _charged = [];

    private PeriodCharges(IReadOnlyList<PeriodTerms> versions, DateOnly month, IReadOnlyList<ActiveDays> subscriptions)
    {
        _versions = [.. versions.OrderBy(version => version.ValidFrom)];
        _from = month;
        _to = month.AddMonths(1);
        _subscriptions = subscriptions;
    }

    /// <summary>Everything that is due for a month when it is over.</summary>
    /// <param name="versions">All versions of the offering.</param>
    /// <param name="month">First day of the month.</param>
    /// <param name="subscriptions">The account's subscriptions to the offering.</param>
    /// <param name="usage">What they used in the month, by version and price.</param>
    /// <exception cref="ArgumentException">Usage names a version that is not there, or a discount changes a price that is no price of
    /// units.</exception>
    public static IReadOnlyList<PeriodCharge> Of(
        IReadOnlyList<PeriodTerms> versions, DateOnly month, IReadOnlyList<ActiveDays> subscriptions, IReadOnlyList<PeriodUsage> usage)
    {
        PeriodCharges charges = new(versions, month, subscriptions);
        charges.AddUsage(usage);
        charges.AddFees(isOnlyInAdvance: false);
        if (charges.VersionOfMonth() is { } terms)
        {
            charges.AddDiscounts(terms);
            charges.AddCommitments(terms);
        }

        return charges._charges;
    }

    /// <summary>The fees that are due when a month begins.</summary>
    /// <param name="versions">All versions of the offering.</param>
    /// <param name="month">First day of the month.</param>
    /// <param name="subscriptions">The account's subscriptions to the offering.</param>
    public static IReadOnlyList<PeriodCharge> InAdvance(
        IReadOnlyList<PeriodTerms> versions, DateOnly month, IReadOnlyList<ActiveDays> subscriptions)
    {
        PeriodCharges charges = new(versions, month, subscriptions);
        charges.AddFees(isOnlyInAdvance: true);
        return charges._charges;
    }

    private void AddUsage(IReadOnlyList<PeriodUsage> usage)
    {
        foreach (PeriodUsage used in usage)
        {
            PeriodTerms terms = _versions.FirstOrDefault(version => version.Version == used.Version)
                ?? throw new ArgumentException($"Usage names version {used.Version}, which the offering does not have.", nameof(usage));
            PriceOfPeriod? price = terms.Prices.ElementAtOrDefault(used.PriceIndex);
            _charged.Add(new Charged(price?.Id ?? "", price, used.Version) { Units = used.PricedUnits, Nanos = used.Nanos });
        }
    }

    /// <summary>A version's fees, by the days on which it was in force for each subscription.</summary>
    private void AddFees(bool isOnlyInAdvance)
    {
        int counted = _subscriptions.Where(days => DaysOf(days, _from, _to) > 0).Select(days => days.Subscription).Distinct().Count();
        HashSet<(int Subscription, string Fee)> paid = [];
        foreach (PeriodTerms terms in _versions)
        {
            (DateOnly from, DateOnly to) = DaysOf(terms);
            foreach (FeeTerms fee in terms.Fees.Where(fee => !isOnlyInAdvance || (fee.IsMonthly && fee.IsInAdvance)))
            {
                long price = Nanos.FromDecimal(fee.Price ?? PriceOfTier(fee, counted));
                List<int> shares = [];
                foreach (ActiveDays subscription in _subscriptions)
                {
                    int days = fee.IsMonthly ? DaysOf(subscription, from, to)
                        : subscription.Begins && subscription.From >= from && subscription.From < to ? 1
                        : 0;

                    // A fee that is not by days is due once, whatever else begins in the month.
                    if (days > 0 && (fee.IsByDays || !fee.IsMonthly || paid.Add((subscription.Subscription, fee.Id))))
                    {
                        shares.Add(fee.IsMonthly && fee.IsByDays ? days : _to.DayNumber - _from.DayNumber);
                    }
                }

                AddFee(fee, terms.Version, price, shares, counted);
            }
        }
    }

    private void AddFee(FeeTerms fee, int version, long price, List<int> shares, int counted)
    {
        if (shares.Count == 0)
        {
            return;
        }

        int ofDays = _to.DayNumber - _from.DayNumber;
        long sum = 0;
        List<string> words = [];
        foreach (IGrouping<int, int> same in shares.GroupBy(days => days).OrderByDescending(same => same.Key))
        {
            long each = new PeriodShare(same.Key, ofDays).OfAmount(price);
            long all = checked(each * same.Count());
            sum = checked(sum + all);
            string share = same.Key == ofDays ? "" : $" × {Number(same.Key)} of {Number(ofDays)} days";
            words.Add($"{Number(same.Count())} × {Amount(price)}{share} = {Amount(all)}");
        }

        string tier = fee.Tiers.Count == 0 ? "" : $"price of {Number(counted)} {fee.Counts}: ";
        Add(PeriodChargeKind.Fee, fee.Id, version, sum, tier + string.Join("; ", words));
        _charged.Add(new Charged(fee.Id, Price: null, version) { Nanos = sum });
    }

    private static decimal PriceOfTier(FeeTerms fee, int counted) =>
        fee.Tiers.FirstOrDefault(tier => tier.UpTo is null || counted <= tier.UpTo).Price;

    /// <summary>
    /// The discounts of the version that the month ends with. Each lowers what is left of the charges, in the order of D-22, whatever their
    /// order in the file.
    /// </summary>
    private void AddDiscounts(PeriodTerms terms)
    {
        foreach (DiscountTerms discount in terms.Discounts.OrderBy(OrderOf))
        {
            Charged[] charges = [.. _charged.Where(charge => Counts(discount.Of, charge))];
            if (discount.FreeUnits is { } free)
            {
                MakeFree(discount, free, charges);
            }
            else if (discount.Price is { } price)
            {
                Lower(
                    discount, charges,
                    [.. charges.Select(charge => Math.Max(0, charge.PriceOf(charge.Units) - charge.PriceOf(charge.Units, price)))],
                    $"units at {Amount(Nanos.FromDecimal(price))}");
            }
            else if (discount.Percent is { } percent)
            {
                Discount rule = new() { PercentNanos = Nanos.FromDecimal(percent) };
                Lower(
                    discount, charges, [.. charges.Select(charge => -rule.Of(charge.Nanos, 0).PercentNanos)],
                    $"{Number(percent)} % of {Amount(Sum(charges))}");
            }
            else if (discount.Fixed is { } off)
            {
                int decimals = Currency.Of(System.Text.Encoding.ASCII.GetBytes(terms.Currency)).Decimals;
                long[] rounded = [.. charges.Select(charge => (long)RoundingPolicy.BillLine(charge.Nanos, decimals))];
                Lower(
                    discount, charges, [.. Discount.Spread(Nanos.FromDecimal(off), rounded, decimals).Select(part => -part)],
                    $"{Amount(Nanos.FromDecimal(off))} off {Amount(Sum(charges))}");
            }
        }
    }

    private void MakeFree(DiscountTerms discount, long free, Charged[] charges)
    {
        Discount rule = new() { FreeUnits = free };
        long before = 0;
        List<long> off = [];
        foreach (Charged charge in charges)
        {
            long units = rule.FreeOf(charge.Units, before);
            before += charge.Units;
            charge.Units -= units;
            off.Add(charge.PriceOf(units));
        }

        Lower(discount, charges, off, $"{Number(Math.Min(free, before))} units free");
    }

    private void Lower(DiscountTerms discount, Charged[] charges, IReadOnlyList<long> off, string words)
    {
        foreach ((Charged charge, long nanos) in charges.Zip(off))
        {
            charge.Nanos = checked(charge.Nanos - nanos);
        }

        AddByVersion(PeriodChargeKind.Discount, discount.Id, charges, [.. off.Select(nanos => -nanos)], words);
    }

    private void AddCommitments(PeriodTerms terms)
    {
        foreach (CommitmentTerms commitment in terms.Commitments.Where(commitment => commitment.Maximum is not null))
        {
            Charged[] charges = [.. _charged.Where(charge => Counts(commitment.Of, charge))];
            (long most, string words) = AmountOf(commitment, one => one.Maximum);
            long sum = Sum(charges);
            long above = -Commitment.MaximumDiscount(most, 0, sum);
            IReadOnlyList<long> off = Discount.Spread(above, [.. charges.Select(charge => charge.Nanos)], AllDecimals);
            foreach ((Charged charge, long nanos) in charges.Zip(off))
            {
                charge.Nanos = checked(charge.Nanos + nanos);
            }

            AddByVersion(PeriodChargeKind.Commitment, commitment.Id, charges, off, $"at most {words}; charged {Amount(sum)}");
        }

        foreach (CommitmentTerms commitment in terms.Commitments.Where(commitment => commitment.Minimum is not null))
        {
            (long least, string words) = AmountOf(commitment, one => one.Minimum);
            long sum = Sum([.. _charged.Where(charge => Counts(commitment.Of, charge))]);
            long missing = Commitment.TrueUp(least, PeriodShare.Whole, sum);
            Add(
                PeriodChargeKind.Commitment, commitment.Id, terms.Version, missing,
                $"at least {words}; charged {Amount(sum)}, missing {Amount(missing)}");
        }
    }

    /// <summary>
    /// The minimum or maximum of the month: that of the version it ends with, or by days the sum of the shares of all versions that were in
    /// force for the account.
    /// </summary>
    private (long Nanos, string Words) AmountOf(CommitmentTerms commitment, Func<CommitmentTerms, decimal?> bound)
    {
        long whole = Nanos.FromDecimal(bound(commitment)!.Value);
        if (!commitment.IsByDays)
        {
            return (whole, Amount(whole));
        }

        int ofDays = _to.DayNumber - _from.DayNumber;
        long sum = 0;
        List<string> words = [];
        foreach (PeriodTerms terms in _versions)
        {
            decimal? amount = terms.Commitments.Where(one => one.Id == commitment.Id).Select(bound).FirstOrDefault();
            PeriodShare share = new(ActiveDaysOf(terms), ofDays);
            if (amount is { } nanos && share.Days > 0)
            {
                sum = checked(sum + share.OfAmount(Nanos.FromDecimal(nanos)));
                words.Add(
                    Amount(Nanos.FromDecimal(nanos))
                    + (share.Days == ofDays ? "" : $" × {Number(share.Days)} of {Number(ofDays)} days"));
            }
        }

        return (sum, words.Count == 1 && sum == whole ? words[0] : $"{string.Join(" + ", words)} = {Amount(sum)}");
    }

    /// <summary>The version in force on the last day of the month on which the account has the offering; null when it never has.</summary>
    private PeriodTerms? VersionOfMonth() => _versions.LastOrDefault(terms => ActiveDaysOf(terms) > 0)
        ?? _versions.LastOrDefault(terms => _charged.Exists(charge => charge.Version == terms.Version));

    /// <summary>Days of the month on which a version is in force and the account has at least one subscription.</summary>
    private int ActiveDaysOf(PeriodTerms terms)
    {
        (DateOnly from, DateOnly to) = DaysOf(terms);
        int days = 0;
        DateOnly counted = from;
        foreach ((DateOnly first, DateOnly end) in _subscriptions.Select(one => one.Within(from, to)).OrderBy(one => one.From))
        {
            DateOnly start = first > counted ? first : counted;
            days += Math.Max(0, end.DayNumber - start.DayNumber);
            counted = end > counted ? end : counted;
        }

        return days;
    }

    /// <summary>Days of the month on which a version is in force; the day on which the next begins is the next one's.</summary>
    private (DateOnly From, DateOnly To) DaysOf(PeriodTerms terms)
    {
        int next = Array.IndexOf(_versions, terms) + 1;
        DateOnly end = ActiveDays.EndOf(terms.ValidTo);
        DateOnly begin = next < _versions.Length ? ActiveDays.BeginOf(_versions[next].ValidFrom) : DateOnly.MaxValue;
        return new ActiveDays(0, ActiveDays.BeginOf(terms.ValidFrom), end < begin ? end : begin, Begins: false).Within(_from, _to);
    }

    private static int DaysOf(ActiveDays subscription, DateOnly from, DateOnly to)
    {
        (DateOnly first, DateOnly end) = subscription.Within(from, to);
        return end.DayNumber - first.DayNumber;
    }

    private void AddByVersion(PeriodChargeKind kind, string item, Charged[] charges, IReadOnlyList<long> nanos, string words)
    {
        foreach (IGrouping<int, (Charged Charge, long Nanos)> version in charges.Zip(nanos).GroupBy(one => one.First.Version))
        {
            Add(kind, item, version.Key, version.Aggregate(0L, (sum, one) => checked(sum + one.Nanos)), words);
        }
    }

    private void Add(PeriodChargeKind kind, string item, int version, long nanos, string words)
    {
        if (nanos != 0)
        {
            _charges.Add(new PeriodCharge(kind, item, version, nanos, words));
        }
    }

    private static bool Counts(IReadOnlyList<string> of, Charged charge) =>
        of.Count == 0 || (charge.Price is not null && of.Contains(charge.Item));

    private static int OrderOf(DiscountTerms discount) =>
        discount.FreeUnits is not null ? 0 : discount.Price is not null ? 1 : discount.Percent is not null ? 2 : 3;

    private static long Sum(Charged[] charges) => charges.Aggregate(0L, (sum, charge) => checked(sum + charge.Nanos));

    private static string Number(decimal number) => number.ToString("#,0.#########", CultureInfo.InvariantCulture);

    private static string Amount(long nanos) => Nanos.ToDecimal(nanos).ToString("#,0.00#######", CultureInfo.InvariantCulture);

    /// <summary>What is left of a charge after the discounts so far.</summary>
    private sealed record Charged(string Item, PriceOfPeriod? Price, int Version)
    {
        public long Units { get; set; }

        public long Nanos { get; set; }

        /// <summary>What units cost by themselves.</summary>
        public long PriceOf(long units, decimal? instead = null) => Price switch
        {
            null => 0,
            { IsOfUnits: true } => (long)RoundingPolicy.Divide(
                (Int128)units * Contracts.Nanos.FromDecimal(instead ?? Price.UnitPrice), Price.UnitSize),
            _ => throw new ArgumentException(
                $"Price '{Item}' has steps, tiers or a charge of its own, so free units and another price for its units have no amount."),
        };
    }
}
