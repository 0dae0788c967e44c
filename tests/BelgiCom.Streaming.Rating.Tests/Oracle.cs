using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// The same rules written a second time the slow and obvious way: decimal money, dictionaries, the time-zone database. It shares nothing
/// with the core but the input types, so that a mistake would have to be made twice.
/// </summary>
internal sealed class Oracle(IReadOnlyList<OfferingVersion> offerings, int dedupDays, int lateDays)
{
    private static readonly TimeZoneInfo Brussels = TimeZoneInfo.FindSystemTimeZoneById("Europe/Brussels");

    private const string Ceiling = "CEILING_REACHED";
    private readonly HashSet<UInt128> _ids = [];
    private readonly Dictionary<(UInt128 Subscriber, DateOnly Month), Account> _accounts = [];
    private DateOnly? _newest;

    public Dictionary<UInt128, List<(string Offering, long From, long To)>> Subscriptions { get; } = [];

    public (
        RatingOutcome Outcome, Enum? Reason, long Charged, long Bundle, decimal Amount, decimal Spend, decimal Roaming,
        ThresholdKinds Crossed, string Notices) Rate(
        UsageRecord usage)
    {
        DateTimeOffset time = DateTimeOffset.FromUnixTimeMilliseconds(usage.EventTimeMilliseconds);
        DateOnly day = DateOnly.FromDateTime(time.UtcDateTime);
        bool isInWindow = _newest is not { } newestSeen || day >= newestSeen.AddDays(-dedupDays);
        if (isInWindow && _ids.Contains(usage.UsageId))
        {
            return End(RatingOutcome.Duplicate, RejectedReason.AlreadyRated);
        }

        if (_newest is { } newest && day < newest.AddDays(-lateDays))
        {
            return End(RatingOutcome.Late, RejectedReason.TooLate);
        }

        if (!Subscriptions.TryGetValue(usage.Subscriber, out List<(string Offering, long From, long To)>? periods) || periods.Count == 0)
        {
            return End(RatingOutcome.Suspended, RejectedReason.UnknownSubscriber);
        }

        (
            string Offering, long From,
            long To) period = periods.FirstOrDefault(
                period => usage.EventTimeMilliseconds >= period.From && usage.EventTimeMilliseconds < period.To);
        if (period == default)
        {
            return End(RatingOutcome.Suspended, RejectedReason.NoSubscriptionAtEventTime);
        }

        OfferingVersion? offering = InForce(period.Offering, time);
        if (offering is null)
        {
            return End(RatingOutcome.Suspended, RejectedReason.NoTariff);
        }

        DateTime local = TimeZoneInfo.ConvertTime(time, Brussels).DateTime;
        DateOnly month = new(local.Year, local.Month, 1);
        if (!_accounts.TryGetValue((usage.Subscriber, month), out Account? account))
        {
            _accounts.Add((usage.Subscriber, month), account = new Account());
        }

        return Price(usage, offering, account, day);
    }

    private (RatingOutcome, Enum?, long, long, decimal, decimal, decimal, ThresholdKinds, string) Price(
        UsageRecord usage, OfferingVersion offering, Account account, DateOnly day)
    {
        if (usage.IsSecondaryView)
        {
            Accept(usage, day);
            return (RatingOutcome.ZeroRated, ZeroRatedReason.SecondaryChargingView, 0, 0, 0, account.Spend, account.Roaming, 0, "");
        }

        OfferingPrice? price = Find(offering, usage, out string? zone);
        if (price is null)
        {
            return End(RatingOutcome.Suspended, RejectedReason.NoPrice);
        }

        long units = price.Unit == PriceUnit.Octet
            ? usage.TotalOctets
            : price.Unit == PriceUnit.Second ? usage.DurationSeconds : usage.Messages;
        if (units == 0 || price.ZeroRated)
        {
            Accept(usage, day);
            ZeroRatedReason reason = price.ZeroRated ? ZeroRatedReason.Tariff : ZeroRatedReason.EmptyUsage;
            return (RatingOutcome.ZeroRated, reason, 0, 0, 0, account.Spend, account.Roaming, 0, "");
        }

        if (units < 0)
        {
            // Nobody knows how much was used, which matters unless any amount costs nothing and takes nothing from a bundle.
            if (price.UnitPrice > 0 || price.ConnectFee > 0 || price.Bundle)
            {
                return End(RatingOutcome.Suspended, RejectedReason.NotMeasured);
            }

            Accept(usage, day);
            return (RatingOutcome.ZeroRated, ZeroRatedReason.Tariff, 0, 0, 0, account.Spend, account.Roaming, 0, "");
        }

        if (!TryCharge(usage, offering, price, units, account, out decimal charged, out decimal covered, out decimal amount))
        {
            return End(RatingOutcome.Suspended, RejectedReason.NoPrice);
        }

        Bundle? bundle = BundleOf(offering, price, zone!);
        account.Used[usage.Kind] = account.Used.GetValueOrDefault(usage.Kind) + covered;
        account.Spend += amount;
        bool roaming = usage.Kind == UsageKind.Data && zone != "home";
        account.Roaming += roaming ? amount : 0;
        account.Domestic += zone == "home" ? amount : 0;
        ThresholdKinds crossed = Crossed(usage.Kind, bundle, account);
        string notices = amount == 0 ? "" : Notices(offering, account, roaming, zone == "home");
        Accept(usage, day);
        return (RatingOutcome.Rated, null, (long)charged, (long)covered, amount, account.Spend, account.Roaming, crossed, notices);
    }

    /// <summary>
    /// Charges whole increments until they cover the units. An increment of a call has the version, price and bundle in force when it
    /// begins; octets and messages have those of the event's start. What one version prices is one part and is rounded once; the fee is
    /// that of the start, due when something is priced.
    /// </summary>
    private bool TryCharge(
        UsageRecord usage, OfferingVersion first, OfferingPrice atStart, long units, Account account, out decimal charged,
        out decimal covered, out decimal amount)
    {
        charged = covered = amount = 0;
        decimal target = Math.Max(units, atStart.Minimum);
        bool isPriced = false;
        while (charged < target)
        {
            DateTimeOffset time = DateTimeOffset.FromUnixTimeMilliseconds(usage.EventTimeMilliseconds);
            time = atStart.Unit == PriceUnit.Second ? time.AddSeconds((double)charged) : time;
            OfferingVersion? version = InForce(first.Offering, time);
            string? zone = null;
            OfferingPrice? price = version is null ? null : Find(version, usage, out zone);
            if (price is null || price.Unit != atStart.Unit)
            {
                return false;
            }

            decimal run = target - charged;
            DateTimeOffset change = offerings
                .Where(other => other.Offering == first.Offering)
                .SelectMany(other => new[] { other.ValidFrom, other.ValidTo ?? DateTimeOffset.MaxValue })
                .Where(bound => bound > time)
                .DefaultIfEmpty(DateTimeOffset.MaxValue)
                .Min();
            if (atStart.Unit == PriceUnit.Second && change < DateTimeOffset.MaxValue)
            {
                run = Math.Min(run, Math.Ceiling((decimal)(change - time).TotalMilliseconds / 1000));
            }

            run = Math.Ceiling(run / price.Increment) * price.Increment;
            Bundle? bundle = BundleOf(version!, price, zone!);
            decimal used = account.Used.GetValueOrDefault(usage.Kind) + covered;
            decimal taken = bundle is null || price.ZeroRated ? 0 : Math.Min(run, Math.Max(0, bundle.Units - used));
            decimal rest = price.ZeroRated ? 0 : run - taken;
            isPriced |= rest > 0;
            amount += Math.Round(rest * price.UnitPrice / price.UnitSize, 9, MidpointRounding.AwayFromZero);
            covered += taken;
            charged += run;
        }

        amount += isPriced ? atStart.ConnectFee : 0;
        return true;
    }

    private OfferingVersion? InForce(string offering, DateTimeOffset time)
    {
        OfferingVersion? begun = offerings
            .Where(version => version.Offering == offering && time >= version.ValidFrom)
            .MaxBy(version => version.Version);
        return begun is null || time >= begun.ValidTo ? null : begun;
    }

    private static OfferingPrice? Find(OfferingVersion offering, UsageRecord usage, out string? zone)
    {
        string? found = zone = Zone(offering, usage.ServingPlmn);
        return found is null ? null : offering.Prices.FirstOrDefault(price => price.Kind == usage.Kind
            && (price.Zone == "" || price.Zone == found)
            && (price.RatingGroups.Count == 0 || price.RatingGroups.Contains(usage.RatingGroup))
            && (price.Direction == Direction.NotApplicable || price.Direction == usage.Direction));
    }

    private static Bundle? BundleOf(OfferingVersion offering, OfferingPrice price, string zone) => price.Bundle
        ? offering.Bundles.FirstOrDefault(bundle => bundle.Kind == price.Kind && (bundle.Zones.Count == 0 || bundle.Zones.Contains(zone)))
        : null;

    private static ThresholdKinds Crossed(UsageKind kind, Bundle? bundle, Account account)
    {
        ThresholdKinds reached = 0;
        if (bundle is not null)
        {
            decimal share = account.Used[kind] / bundle.Units;
            reached |= kind == UsageKind.Data && share >= 0.8m ? ThresholdKinds.DataBundle80Percent : 0;
            reached |= share < 1 ? 0 : kind switch
            {
                UsageKind.Data => ThresholdKinds.DataBundleUsedUp,
                UsageKind.Voice => ThresholdKinds.VoiceBundleUsedUp,
                _ => ThresholdKinds.SmsBundleUsedUp,
            };
        }

        ThresholdKinds crossed = reached & ~account.Notified;
        account.Notified |= reached;
        return crossed;
    }

    /// <summary>The law's limits: roaming data without VAT, or the amount that the offering names; at home with VAT.</summary>
    private static string Notices(OfferingVersion offering, Account account, bool roaming, bool home)
    {
        decimal limit = offering.RoamingDataLimit is > 0 and { } named ? named : 50;
        (string Message, bool IsReached)[] steps =
        [
            ("WARN_80", roaming && account.Roaming > 0 && account.Roaming >= 0.8m * limit),
            ("STOP_100", roaming && account.Roaming > 0 && account.Roaming >= limit),
            (Ceiling, home && account.Domestic * (1000 + offering.VatPermille) >= 50_000),
        ];
        return string.Join(' ', steps
            .Where(step => step.IsReached && account.Sent.Add(step.Message == Ceiling ? Ceiling : step.Message + limit))
            .Select(step => step.Message));
    }

    private static string? Zone(OfferingVersion offering, Plmn network)
    {
        if (network.IsUnknown)
        {
            return "home";
        }

        return offering.Zones
            .SelectMany(zone => zone.Plmns.Select(prefix => (zone.Name, Prefix: prefix)))
            .Where(entry => entry.Prefix == "*"
                || (Plmn.TryParsePrefix(entry.Prefix, out Plmn prefix)
                    && (prefix == network || (prefix.IsCountry && prefix.Mcc == network.Mcc))))
            .OrderByDescending(entry => entry.Prefix.Length)
            .Select(entry => entry.Name)
            .FirstOrDefault();
    }

    private static (RatingOutcome, Enum?, long, long, decimal, decimal, decimal, ThresholdKinds, string) End(
        RatingOutcome outcome, RejectedReason reason) =>
        (outcome, reason, 0, 0, 0, 0, 0, 0, "");

    private void Accept(UsageRecord usage, DateOnly day)
    {
        _ids.Add(usage.UsageId);
        _newest = _newest is { } newest && newest > day ? newest : day;
    }

    private sealed class Account
    {
        public decimal Spend { get; set; }

        public decimal Roaming { get; set; }

        public decimal Domestic { get; set; }

        public ThresholdKinds Notified { get; set; }

        public HashSet<string> Sent { get; } = [];

        public Dictionary<UsageKind, decimal> Used { get; } = [];
    }
}
