using System.Numerics;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>What the versions of an offering say of usage at an instant, found by looking through all of them.</summary>
/// <param name="versions">The versions.</param>
/// <param name="members">Who has the offering on which account, from and to when.</param>
/// <param name="topUps">The top-ups of all subscribers.</param>
internal sealed class SlowTariff(
    IReadOnlyList<OfferingVersion> versions, IReadOnlyList<SlowMember> members, IReadOnlyList<SlowTopUp> topUps)
{
    private readonly Dictionary<SlowTopUp, IReadOnlyList<SlowGrant>> _brought = [];

    /// <summary>
    /// What a month grants of units: what each member of the account brings, for the days on which it has the offering, each rounded up
    /// to the step (docs/catalogue.md); or that of the days on which anybody has it.
    /// </summary>
    public BigInteger Granted(Bundle bundle, BigInteger units, string account, DateTime month)
    {
        if (!IsMonthly(bundle) || !bundle.Shared || (!bundle.Contributed && bundle.ProRataStep == 0))
        {
            return units;
        }

        DateTime[] days = [.. Enumerable.Range(0, DateTime.DaysInMonth(month.Year, month.Month)).Select(day => month.AddDays(day))];
        SlowMember[] own = [.. members.Where(member => member.Account == account)];
        IEnumerable<int> active = bundle.Contributed
            ? own.Select(member => days.Count(day => Has(member, day)))
            : [days.Count(day => own.Any(member => Has(member, day)))];
        return active.Aggregate(BigInteger.Zero, (sum, count) => sum + PartOf(count));

        BigInteger PartOf(int count)
        {
            if (bundle.ProRataStep == 0)
            {
                return count > 0 ? units : 0;
            }

            BigInteger steps = 0;
            while (steps * bundle.ProRataStep * days.Length < units * count)
            {
                BigInteger missing = (units * count) - (steps * bundle.ProRataStep * days.Length);
                steps += BigInteger.Max(1, missing / (bundle.ProRataStep * days.Length));
            }

            return steps * bundle.ProRataStep;
        }

        static bool Has(SlowMember member, DateTime day) =>
            (member.From ?? long.MinValue) < SlowCalendar.Midnight(day.AddDays(1))
            && (member.To ?? long.MaxValue) > SlowCalendar.Midnight(day);
    }

    /// <summary>
    /// The version in force: of those that have begun the one that began last, of several the highest, and none when that one has ended
    /// (D-15, docs/catalogue.md: an earlier version never comes back, and a correction stands in the place of what it corrects).
    /// </summary>
    public OfferingVersion? VersionAt(long milliseconds) =>
        versions.Where(version => version.ValidFrom.ToUnixTimeMilliseconds() <= milliseconds)
            .MaxBy(version => (version.ValidFrom.ToUnixTimeMilliseconds(), version.Version)) is { } begun
            && (begun.ValidTo is not { } end || milliseconds < end.ToUnixTimeMilliseconds())
            ? begun
            : null;

    /// <summary>
    /// Whether the offering has no price list (docs/rating-state.md): one price for each kind, direction, network and rating group, and one
    /// bundle of a kind. Beside an add-on it is rated as if it had one (docs/catalogue.md). What it zero-rates, it zero-rates by the start
    /// of the usage.
    /// </summary>
    public bool IsPlain => versions.All(version => version.PriceBasis == PriceBasis.Net
        && version.Destinations.Count + version.Bands.Count + version.TopUps.Count + version.AddOnTo.Count == 0
        && version.Bundles.All(bundle => bundle is { Id: "", Priority: 0, Shared: false, Unlimited: false, ValidFrom: null, ValidTo: null })
        && version.Prices.All(price => price is
        {
            Id: "", Model: PriceModel.Unit, Split: VolumeSplit.ByStart, MinimumCharge: null, MaximumCharge: null,
            Steps.Count: 0, Zones.Count: 0, ServiceIdentifiers.Count: 0, DataNetworks.Count: 0, Slices.Count: 0, RatTypes.Count: 0,
            Kind: not UsageKind.Event, AboveFairUse.Count: 0,
        }));

    /// <summary>
    /// The usage with what is known of who was called (docs/catalogue.md, calledIn): another subscriber of the account at the start of the
    /// call.
    /// </summary>
    public SlowUsage WithGroup(SlowUsage usage, string account, long callStart) => usage with
    {
        IsInGroup = usage.Called is null
            ? null
            : usage.Called != usage.Subscriber && members.Any(member => member.Name == usage.Called && member.Account == account
                && (member.From ?? long.MinValue) <= callStart && callStart < (member.To ?? long.MaxValue)),
    };

    /// <summary>
    /// The first price that fits decides; null when none does. A price for a group fits when nobody knows who was called, too: then it
    /// cannot be told whether it decides.
    /// </summary>
    public static int? FirstPrice(OfferingVersion version, SlowUsage usage, long milliseconds)
    {
        string? zone = Zone(version, usage.Network);
        string? destination = Destination(version, usage.CalledNumber);
        for (int index = 0; index < version.Prices.Count && zone is not null; index++)
        {
            OfferingPrice price = version.Prices[index];
            IReadOnlyList<string> zones = price.Zone.Length == 0 ? price.Zones : [price.Zone, .. price.Zones];
            if (price.Kind == usage.Kind
                && (price.Direction == Direction.NotApplicable || price.Direction == usage.Direction)
                && (zones.Count == 0 || zones.Contains(zone))
                && (!price.CalledInGroup || usage.IsInGroup != false)
                && (price.Destinations.Count == 0 || (destination is not null && price.Destinations.Contains(destination)))
                && (price.RatingGroups.Count == 0 || (usage.RatingGroup is { } group && price.RatingGroups.Contains(group)))
                && (price.ServiceIdentifiers.Count == 0
                    || (usage.ServiceIdentifier is { } service && price.ServiceIdentifiers.Contains(service)))
                && (price.DataNetworks.Count == 0 || price.DataNetworks.Contains(usage.DataNetwork.ToLowerInvariant()))
                && (price.Slices.Count == 0 || price.Slices.Contains(usage.Slice))
                && (price.RatTypes.Count == 0 || (usage.RatType != 0 && price.RatTypes.Contains(usage.RatType)))
                && (price.Bands.Count == 0 || BandAt(version, price, milliseconds) is not null))
            {
                return index;
            }
        }

        return null;
    }

    /// <summary>The band by which a price was chosen; null for a price that holds at all times.</summary>
    public static string? BandAt(OfferingVersion version, OfferingPrice price, long milliseconds) =>
        price.Bands.FirstOrDefault(
            name => SlowCalendar.Holds(version.Bands.Single(band => band.Name == name), version.Holidays, milliseconds));

    /// <summary>
    /// The zone of the serving network: a zone that names the network, else one that names its country, else the one of any other; no
    /// serving network is home (D-18).
    /// </summary>
    public static string? Zone(OfferingVersion version, string network) => network.Length == 0
        ? RoamingZone.Home
        : (version.Zones.FirstOrDefault(zone => zone.Plmns.Contains(network))
            ?? version.Zones.FirstOrDefault(zone => zone.Plmns.Contains(network[..3]))
            ?? version.Zones.FirstOrDefault(zone => zone.Plmns.Contains("*")))?.Name;

    /// <summary>A short number as it is dialled, whole; else the longest prefix over all destinations (D-17).</summary>
    public static string? Destination(OfferingVersion version, string number)
    {
        if (number.Length == 0)
        {
            return null;
        }

        if (version.Destinations.FirstOrDefault(destination => destination.ShortNumbers.Contains(number)) is { } dialled)
        {
            return dialled.Name;
        }

        return version.Destinations
            .SelectMany(destination => destination.Prefixes.Select(prefix => (destination.Name, prefix)))
            .Where(one => number.StartsWith(one.prefix, StringComparison.Ordinal))
            .OrderByDescending(one => one.prefix.Length)
            .Select(one => one.Name)
            .FirstOrDefault();
    }

    /// <summary>
    /// The bundles that usage may draw from at an instant, in the order of draw (D-13): lower priority number, soonest end, own before
    /// shared, earliest begin, id. A bundle without dates of its own is that of the month of the event (D-08). What top-ups brought is
    /// drawn with the others, each by itself (docs/balances.md).
    /// </summary>
    public IReadOnlyList<Bundle> BundlesAt(OfferingVersion version, SlowUsage usage, long milliseconds, DateTime month)
    {
        string? zone = Zone(version, usage.Network);
        string? destination = Destination(version, usage.CalledNumber);
        return [
            .. version.Bundles.Concat(topUps.Where(topUp => topUp.Subscriber == usage.Subscriber)
                .SelectMany(BroughtBy).Select(granted => granted.Bundle))
                .Where(bundle => bundle.Kind == usage.Kind
                    && (bundle.Zones.Count == 0 || (zone is not null && bundle.Zones.Contains(zone)))
                    && (bundle.Destinations.Count == 0 || (destination is not null && bundle.Destinations.Contains(destination)))
                    && (bundle.ValidFrom is not { } from || from.ToUnixTimeMilliseconds() <= milliseconds)
                    && (bundle.ValidTo is not { } to || milliseconds < to.ToUnixTimeMilliseconds()))
                .OrderBy(bundle => bundle.Priority)
                .ThenBy(bundle => bundle.ValidTo?.ToUnixTimeMilliseconds()
                    ?? (IsMonthly(bundle) ? SlowCalendar.Midnight(month.AddMonths(1)) : long.MaxValue))
                .ThenBy(bundle => bundle.Shared)
                .ThenBy(bundle => bundle.ValidFrom?.ToUnixTimeMilliseconds()
                    ?? (IsMonthly(bundle) ? SlowCalendar.Midnight(month) : long.MinValue))
                .ThenBy(bundle => bundle.Id, StringComparer.Ordinal)];
    }

    /// <summary>
    /// What a top-up brings: of bundles with one id the one for the highest amount, by the version in force at its instant, for elapsed
    /// time from there.
    /// </summary>
    private IReadOnlyList<SlowGrant> BroughtBy(SlowTopUp topUp) => _brought.TryGetValue(topUp, out IReadOnlyList<SlowGrant>? known)
        ? known
        : _brought[topUp] =
        [
            .. (VersionAt(topUp.At)?.TopUps ?? []).Where(granted => granted.AtLeast <= topUp.Amount)
                .GroupBy(granted => granted.Bundle.Id)
                .Select(same => same.OrderBy(granted => granted.AtLeast).Last())
                .Select(granted => new SlowGrant(
                    topUp.Number,
                    $"version {VersionAt(topUp.At)!.Version} from {granted.AtLeast}",
                    granted.Bundle with
                    {
                        ValidFrom = DateTimeOffset.FromUnixTimeMilliseconds(topUp.At),
                        ValidTo = DateTimeOffset.FromUnixTimeMilliseconds(topUp.At + (granted.ValiditySeconds * 1000)),
                    })),
        ];

    /// <summary>When the bundles of a subscriber's top-ups begin and end, milliseconds since 1970-01-01 UTC.</summary>
    public IEnumerable<long> GrantInstants(string subscriber) => topUps.Where(topUp => topUp.Subscriber == subscriber)
        .SelectMany(BroughtBy)
        .SelectMany(granted => new[] { granted.Bundle.ValidFrom, granted.Bundle.ValidTo })
        .Select(instant => instant!.Value.ToUnixTimeMilliseconds());

    /// <summary>What brought a bundle; null for a bundle of the version.</summary>
    public SlowGrant? GrantOf(Bundle bundle) =>
        _brought.Values.SelectMany(granted => granted).FirstOrDefault(one => ReferenceEquals(one.Bundle, bundle));

    /// <summary>Whether a bundle is given anew each month.</summary>
    public static bool IsMonthly(Bundle bundle) => bundle.ValidFrom is null && bundle.ValidTo is null;

    /// <summary>An amount in nano-units.</summary>
    public static BigInteger Nanos(decimal amount) => (BigInteger)(amount * 1_000_000_000);

    /// <summary>A quotient, rounded once, half away from zero (D-01).</summary>
    public static BigInteger Round(BigInteger dividend, BigInteger divisor)
    {
        BigInteger twice = (BigInteger.Abs(dividend) * 2) + divisor;
        return twice / (divisor * 2) * dividend.Sign;
    }
}

/// <summary>Who has the offering on an account.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Account">The account.</param>
/// <param name="From">First millisecond since 1970-01-01 UTC at which it has it; null for always.</param>
/// <param name="To">First millisecond after it; null while it goes on.</param>
internal sealed record SlowMember(string Name, string Account, long? From, long? To);

/// <summary>A top-up of prepaid money.</summary>
/// <param name="Number">Tells it from the others.</param>
/// <param name="Subscriber">Whose.</param>
/// <param name="At">When, milliseconds since 1970-01-01 UTC.</param>
/// <param name="Amount">How much.</param>
internal sealed record SlowTopUp(int Number, string Subscriber, long At, decimal Amount);

/// <summary>A bundle that a top-up brought.</summary>
/// <param name="TopUp">Number of the top-up.</param>
/// <param name="Terms">Which terms of which version it has.</param>
/// <param name="Bundle">The bundle, with its time.</param>
internal sealed record SlowGrant(int TopUp, string Terms, Bundle Bundle);
