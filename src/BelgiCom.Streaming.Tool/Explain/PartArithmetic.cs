using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Computes the parts of an event again: from the published prices, from what was measured, and from what the event left in its meters. It
/// walks through the parts in their order, so that it knows before each what the month and the session had counted. What these do not say
/// is taken as it is stored, and said to be.
/// </summary>
internal sealed class PartArithmetic
{
    private readonly RatedUsage _usage;
    private readonly Func<string, int?, OfferingVersion?> _versionOf;
    private readonly Dictionary<string, MeterNames> _names = [];
    private readonly Dictionary<long, long> _places = [];
    private readonly SessionCount? _session;

    // What the session has used and charged before the part in hand: its units, its amount, and what a minimum raised and a maximum took
    // off. The units are those of a price per session, whose parts have what was used.
    private long _used;
    private long _amount;
    private long _raised;
    private long _capped;

    private PartArithmetic(RatedUsage usage, Func<string, int?, OfferingVersion?> versionOf)
    {
        (_usage, _versionOf) = (usage, versionOf);
        _session = SessionOf(usage);
        if (_session is { AmountNanos: { } amount })
        {
            _used = _session.Used - AfterReversal().Sum(part => part.Units);
            _amount = amount - SumOf(IsOfSession);
            _raised = _session.RaisedNanos - SumOf(part => part.Component == PartComponent.MinimumCharge);
            _capped = _session.CappedNanos - SumOf(part => part.Component == PartComponent.MaximumCharge);
        }

        foreach (UsagePart part in usage.Parts.Where(IsOfMonth))
        {
            if (CounterOf(part) is { } counter)
            {
                _places[counter.Id] = _places.GetValueOrDefault(counter.Id, counter.Units) - part.Units;
            }
        }
    }

    /// <summary>The parts of an event that rating told apart.</summary>
    /// <param name="usage">The event.</param>
    /// <param name="versionOf">A version of an offering by its number, or the one in force when the event began; null for one that is not
    /// known.</param>
    public static IReadOnlyList<ExplainedPart> Of(RatedUsage usage, Func<string, int?, OfferingVersion?> versionOf)
    {
        PartArithmetic arithmetic = new(usage, versionOf);
        return [.. usage.Parts.Select(arithmetic.Next)];
    }

    /// <summary>
    /// The parts of a line of a correction. A reversal is the exact negative of what was charged, so it is shown as it is stored; so is
    /// what the usage's other lines decide, as tiers and sessions.
    /// </summary>
    /// <param name="usage">The line.</param>
    /// <param name="versionOf">A version of an offering by its number; null for one that is not known.</param>
    public static IReadOnlyList<ExplainedPart> OfCorrection(RatedUsage usage, Func<string, int?, OfferingVersion?> versionOf)
    {
        if (usage.Parts.Count == 0)
        {
            return usage.IsReversal
                ? [new ExplainedPart("reversal", Words($"{usage.ChargedUnits:N0} units; as stored"), usage.AmountNanos)]
                : [.. ExplainedPart.OfWhole(usage, PriceOf(versionOf(usage.Offering, usage.Version), usage.PriceIndex))];
        }

        return
        [
            .. usage.Parts.Select(
                part => OfCorrection(
                    part, usage.IsReversal,
                    PriceOf(
                        versionOf(part.Offering.Length > 0 ? part.Offering : usage.Offering, part.OfferingVersion), part.PriceIndex))),
        ];
    }

    private static ExplainedPart OfCorrection(UsagePart part, bool isReversal, OfferingPrice? price)
    {
        long stored = Nanos.FromDecimal(part.Amount);
        string units = ExplainedPart.Units(part.Units, price);
        return part.Component switch
        {
            PartComponent.Usage when !isReversal && price is { Model: PriceModel.Unit } => Unit(part, price, stored),
            PartComponent.Bundle when part.UnitSize == 0 => Computed("bundle", $"{units} of bundle '{part.Bundle}'", 0, stored),
            _ => new ExplainedPart(isReversal ? "reversal" : NameOf(part.Component), $"{units}; as stored", stored),
        };
    }

    /// <summary>
    /// The units that the price gives for what was measured; null where they hang on more, such as earlier records of the session.
    /// </summary>
    /// <param name="usage">The event.</param>
    /// <param name="versionOf">A version of an offering by its number, or the one in force when the event began.</param>
    /// <param name="measured">What was measured, in the unit of a price.</param>
    public static long? UnitsOf(RatedUsage usage, Func<string, int?, OfferingVersion?> versionOf, Func<PriceUnit, long> measured)
    {
        PartArithmetic arithmetic = new(usage, versionOf);
        UsagePart[] counted = [.. usage.Parts.Where(part => part.Units != 0)];
        if (counted.Length == 0 || counted.Any(part => IsOfWholeSession(part) || part.Component == PartComponent.FreeBeforePass)
            || counted.Any(part => (part.Offering, part.OfferingVersion, part.PriceIndex)
                != (counted[0].Offering, counted[0].OfferingVersion, counted[0].PriceIndex))
            || arithmetic.PriceOf(counted[0]) is not { } price
            || price.Model is PriceModel.Flat or PriceModel.Pass or PriceModel.Percentage)
        {
            return null;
        }

        // What earlier records of the session were charged may be by another price, so only the first one tells by itself.
        long used = measured(price.Unit);
        return used <= 0 || (arithmetic._session?.Used ?? used) != used ? null : ChargedFor(price, used);
    }

    /// <summary>What bundles had before and after the event, a sentence for each that it drew from.</summary>
    /// <param name="usage">The event.</param>
    /// <param name="versionOf">A version of an offering by its number, or the one in force when the event began.</param>
    public static IEnumerable<string> Bundles(RatedUsage usage, Func<string, int?, OfferingVersion?> versionOf)
    {
        PartArithmetic arithmetic = new(usage, versionOf);
        foreach (IGrouping<(string Offering, int Version, string Id), UsagePart> drawn in usage.Parts
            .Where(part => part.Component == PartComponent.Bundle)
            .GroupBy(part => (part.Offering, part.OfferingVersion, part.Bundle)))
        {
            if (arithmetic.BundleWords(drawn.First(), drawn.Sum(part => part.Units)) is { } words)
            {
                yield return words;
            }
        }
    }

    private ExplainedPart Next(UsagePart part)
    {
        ExplainedPart explained = Explain(part, Nanos.FromDecimal(part.Amount));
        if (IsOfWholeSession(part))
        {
            // What follows is the session, charged anew from its first record on.
            (_used, _amount, _raised, _capped) = (0, 0, 0, 0);
        }
        else if (IsOfSession(part))
        {
            _amount += explained.StoredNanos;
            _used += part.Units;
        }

        return explained;
    }

    private ExplainedPart Explain(UsagePart part, long stored)
    {
        OfferingPrice? price = PriceOf(part);
        string units = ExplainedPart.Units(part.Units, price);
        switch (part.Component)
        {
            case PartComponent.Bundle when part.UnitSize > 0:
                return Surcharge(part, price, stored);
            case PartComponent.Bundle:
                string bundle = part.Bundle.Length > 0 ? $"bundle '{part.Bundle}'" : "a bundle";
                return Computed("bundle", part.Units < 0 ? $"{units} go back to {bundle}" : $"{units} covered by {bundle}", 0, stored);
            case PartComponent.Pass:
                return Computed("pass", "a pass that is open covers it", 0, stored);
            case PartComponent.FreeBeforePass:
                return Computed("free", $"{units} free before a pass is opened{FreeWords(part, price)}", 0, stored);
            case PartComponent.ZeroRated:
                return Computed("free", $"{units} cost nothing", 0, stored);
            case PartComponent.Reversal when IsOfWholeSession(part):
                return new ExplainedPart(
                    "reversal", $"takes back what the session had paid ({units}), because its records came in another order; as stored",
                    stored);
        }

        if (price is null)
        {
            return new ExplainedPart(NameOf(part.Component), $"{units}; the price is not published any more: as stored", stored);
        }

        return part.Component switch
        {
            PartComponent.ConnectFee => Computed("connect fee", "once for the session", Nanos.FromDecimal(price.ConnectFee), stored),
            PartComponent.MinimumCharge => Minimum(Nanos.FromDecimal(price.MinimumCharge ?? 0), stored),
            PartComponent.MaximumCharge => Maximum(Nanos.FromDecimal(price.MaximumCharge ?? 0), stored),
            PartComponent.PassOpened => PassOpened(part, price, stored),
            _ => price.Model switch
            {
                PriceModel.Graduated => Tier(part, price, stored, Graduated),
                PriceModel.Volume => Tier(part, price, stored, Volume),
                PriceModel.Package => Tier(part, price, stored, Packages),
                PriceModel.Flat => Flat(price, units, stored),
                PriceModel.Percentage => new ExplainedPart(
                    "percentage", Words($"{price.Percent:0.#########} % of the value, and {price.Fixed ?? 0:0.#########}; as stored: ")
                        + "the value is not on the rated record", stored),
                _ => Unit(part, price, stored),
            },
        };
    }

    /// <summary>Units at the price of the version, or of the step that they are in.</summary>
    private static ExplainedPart Unit(UsagePart part, OfferingPrice price, long stored)
    {
        (decimal UnitPrice, long UnitSize)[] prices = price.Steps.Count == 0
            ? [(price.UnitPrice, price.UnitSize)]
            : [.. price.Steps.Select(step => (step.UnitPrice, step.UnitSize))];
        int step = Array.IndexOf(prices, (part.UnitPrice, part.UnitSize));
        string band = part.Band.Length > 0 ? $" in band '{part.Band}'" : "";
        string where = price.Steps.Count == 0 ? "" : Words($" in step {step + 1} of {prices.Length}");

        // Where the version has no such price, what its first one gives is no sum of the event's: it shows the difference.
        (decimal unitPrice, long unitSize) = prices[Math.Max(0, step)];
        return ExplainedPart.Priced("usage", part.Units, price, unitPrice, unitSize, band + where) with { StoredNanos = stored };
    }

    /// <summary>Units that a bundle covers above its fair use volume, at the surcharge of the version.</summary>
    private static ExplainedPart Surcharge(UsagePart part, OfferingPrice? price, long stored)
    {
        bool isPublished = price?.AboveFairUse.Any(one => (one.UnitPrice, one.UnitSize) == (part.UnitPrice, part.UnitSize)) == true;
        ExplainedPart priced = ExplainedPart.Priced(
            "surcharge", part.Units, price, part.UnitPrice, part.UnitSize,
            $", covered by bundle '{part.Bundle}' above its fair use volume");
        return isPublished
            ? priced with { StoredNanos = stored }
            : new ExplainedPart("surcharge", priced.Arithmetic + "; the version does not have it: as stored", stored);
    }

    private ExplainedPart Minimum(long least, long stored)
    {
        long computed = Math.Max(0, least - _amount) - _raised;
        string words = $"at least {ExplainedPart.Money(least)} for the session, which has {ExplainedPart.Money(_amount)}";
        _raised += stored;
        return Computed("minimum", words, computed, stored);
    }

    private ExplainedPart Maximum(long most, long stored)
    {
        long computed = Math.Min(0, most - _amount) - _capped;
        string words = $"at most {ExplainedPart.Money(most)} for the session, which has {ExplainedPart.Money(_amount)}";
        _capped += stored;
        return Computed("maximum", words, computed, stored);
    }

    private ExplainedPart PassOpened(UsagePart part, OfferingPrice price, long stored)
    {
        long? opened = MeterOf(part, MeterKind.Passes)?.Units;
        int most = price.Pass?.MaximumPerMonth ?? 0;
        bool isCharged = most == 0 || opened is not { } number ? part.Packages > 0 : number <= most;
        string words = Words($"opens pass '{price.Pass?.Id}', number {opened ?? 0} of the month");
        return Computed(
            "pass", isCharged ? words : words + Words($", of which {most} are charged"),
            isCharged ? Nanos.FromDecimal(price.UnitPrice) : 0, stored);
    }

    private ExplainedPart Flat(OfferingPrice price, string units, long stored)
    {
        bool isFirst = _used == 0;
        return Computed(
            "flat", isFirst ? $"{units}, at one price for the session" : $"{units}; an earlier record of the session paid",
            isFirst ? Nanos.FromDecimal(price.UnitPrice) : 0, stored);
    }

    private ExplainedPart Tier(
        UsagePart part, OfferingPrice price, long stored, Func<UsagePart, OfferingPrice, long, (string Words, long? Nanos)> compute)
    {
        string component = NameOf(part.Component);
        if (CounterOf(part) is not { } counter)
        {
            return new ExplainedPart(
                component, Words($"{ExplainedPart.Units(part.Units, price)}; what the month counted is not known: as stored"), stored);
        }

        long place = _places[counter.Id];
        (string words, long? nanos) = compute(part, price, place);
        _places[counter.Id] = place + part.Units;
        words += Words($"; the month had {place:N0} before, {place + part.Units:N0} after");
        return nanos is { } computed
            ? Computed(component, words, computed, stored)
            : new ExplainedPart(component, words + "; as stored", stored);
    }

    private static (string Words, long? Nanos) Graduated(UsagePart part, OfferingPrice price, long place)
    {
        int number = part.Tier - 1;
        if (number < 0 || number >= price.Tiers.Count)
        {
            return (Words($"tier {part.Tier}, which the version does not have"), null);
        }

        PriceTier tier = price.Tiers[number];
        long lower = number == 0 ? 0 : price.Tiers[number - 1].UpTo;
        long upper = number == price.Tiers.Count - 1 ? long.MaxValue : tier.UpTo;
        if (place < lower || place + part.Units > upper)
        {
            return (Words($"tier {part.Tier}, in which the month's units are not"), null);
        }

        long? nanos = tier.Package == 0
            ? PriceIn(tier, part.Units)
            : PriceIn(tier, place - lower + part.Units) - PriceIn(tier, place - lower);
        return (TierWords(part, price, tier), nanos + (place == lower ? Nanos.FromDecimal(tier.Flat) : 0));
    }

    /// <summary>All units of the month at the tier reached, less what was charged for them before.</summary>
    private (string Words, long? Nanos) Volume(UsagePart part, OfferingPrice price, long place)
    {
        int number = Math.Clamp(part.Tier - 1, 0, price.Tiers.Count - 1);
        long? before = AllAt(price, place);
        long? after = AllAt(price, place + part.Units);
        string words = part.Units < 0
            ? $"takes back what the month {OfAccount(price)}was charged at the tier before"
            : TierWords(part, price, price.Tiers[number])
                + $", for all units of the month {OfAccount(price)}less what they were charged before";

        // Another version may have charged the month until now; its prices are then what is taken off.
        long stored = Nanos.FromDecimal(part.Amount);
        if (after - before != stored && place != 0)
        {
            foreach (int version in Enumerable.Range(1, Math.Max(0, part.OfferingVersion - 1)).Reverse())
            {
                OfferingPrice? former = _versionOf(OfferingOf(part), version)?.Prices
                    .FirstOrDefault(one => one.Id == price.Id && one.Kind == price.Kind);
                if (former is { Model: PriceModel.Volume } && after - AllAt(former, place) == stored)
                {
                    return (words + Words($" by version {version}"), stored);
                }
            }
        }

        return (words, after - before);
    }

    private static string OfAccount(OfferingPrice price) => price.CountsAccount ? "of the account " : "";

    private static (string Words, long? Nanos) Packages(UsagePart part, OfferingPrice price, long place)
    {
        long opened = PackagesOf(price, place + part.Units) - PackagesOf(price, place);
        string words = Words($"{ExplainedPart.Units(part.Units, price)} open {opened:N0} packages {OfAccount(price)}")
            + Words($"of {price.Package:N0} at {price.UnitPrice:0.#########}")
            + Words($"{(price.FreeUnits > 0 ? Words($", after {price.FreeUnits:N0} free") : "")}");
        return (words, opened * Nanos.FromDecimal(price.UnitPrice));
    }

    private static string TierWords(UsagePart part, OfferingPrice price, PriceTier tier)
    {
        string per = tier.Package > 0
            ? Words($"package of {tier.Package:N0}")
            : ExplainedPart.Units(tier.UnitSize, price);
        string flat = tier.Flat == 0 ? "" : Words($", and {tier.Flat:0.#########} once for the tier");
        string whose = price.CountsAccount ? " of the account" : "";
        return Words($"{ExplainedPart.Units(part.Units, price)} in tier {part.Tier}{whose} × ")
            + Words($"{tier.UnitPrice:0.#########} per {per}{flat}");
    }

    private static long? AllAt(OfferingPrice price, long units)
    {
        if (units == 0)
        {
            return 0;
        }

        PriceTier tier = price.Tiers.FirstOrDefault(one => one.UpTo < 0 || units <= one.UpTo) ?? price.Tiers[^1];
        return PriceIn(tier, units) + Nanos.FromDecimal(tier.Flat);
    }

    private static long? PriceIn(PriceTier tier, long units)
    {
        long price = Nanos.FromDecimal(tier.UnitPrice);
        bool fits = tier.Package == 0
            ? RoundingPolicy.TryPrice(units, price, tier.UnitSize, out long nanos)
            : RoundingPolicy.TryPrice(BlocksOf(units, tier.Package), price, 1, out nanos);
        return fits && units >= 0 ? nanos : null;
    }

    private static long PackagesOf(OfferingPrice price, long units) =>
        BlocksOf(Math.Max(0, units - price.FreeUnits), Math.Max(1, price.Package));

    private static long BlocksOf(long units, long size) => (units / size) + (units % size == 0 ? 0 : 1);

    /// <summary>Whole increments for the units of a session, its minimum included.</summary>
    private static long ChargedFor(OfferingPrice price, long used)
    {
        if (used <= 0)
        {
            return 0;
        }

        long target = Math.Max(used, price.Minimum);
        (long From, long Increment)[] steps = price.Steps.Count == 0
            ? [(0, Math.Max(1, price.Increment))]
            : [.. price.Steps.Select(step => (step.From, Math.Max(1, step.Increment)))];
        long charged = 0;
        for (int step = 0; step < steps.Length && charged < target; step++)
        {
            long end = step + 1 < steps.Length ? Math.Min(target, steps[step + 1].From) : target;
            charged += BlocksOf(Math.Max(0, end - charged), steps[step].Increment) * steps[step].Increment;
        }

        return charged;
    }

    private string FreeWords(UsagePart part, OfferingPrice? price) =>
        MeterOf(part, MeterKind.FreeMessages) is { } free && price?.Pass is { } pass
            ? Words($": {free.Nanos - part.Units:N0} of {pass.FreeMessages:N0} used before, {free.Nanos:N0} after")
            : "";

    private string? BundleWords(UsagePart part, long drawn)
    {
        if (VersionOfBundle(part) is not { } published)
        {
            return null;
        }

        (string _, string id) = BundleNameOf(part);
        int index = published.Bundles.Index().FirstOrDefault(one => one.Item.Id == id && one.Item.Kind == _usage.Kind, (-1, null!)).Index;
        if (index < 0)
        {
            return TopUpWords(published, id, drawn);
        }

        Bundle bundle = published.Bundles[index];
        bool isMonthly = bundle.ValidFrom is null && bundle.ValidTo is null;
        bool isOfBalance = isMonthly && id.Length == 0 && !bundle.Shared && bundle.Kind != UsageKind.Event;
        UsageMeter? meter = isOfBalance
            ? new UsageMeter { Units = UsedOfBalance() }
            : NamesOf(published).Find(
                _usage.Meters, MeterKind.Bundle, index, isMonthly ? _usage.PeriodStart.DayNumber - Epoch.DayNumber : null);
        string name = id.Length > 0 ? $"'{part.Bundle}'" : $"of {bundle.Kind.ToString().ToLowerInvariant()}";
        string whose = bundle.Shared ? ", shared by the account" : "";
        if (meter is null)
        {
            return $"{name}{whose}: {Units(drawn)} drawn; what it had is not known";
        }

        string counts = $"{Units(meter.Units - drawn)} drawn before, {Units(meter.Units)} after";
        if (bundle.Unlimited)
        {
            return $"{name}{whose}: {counts}, without a limit";
        }

        if (bundle.Contributed)
        {
            string days = bundle.ProRataStep > 0 ? ", for its days of the month" : "";
            return $"{name}{whose}: {counts}, of {Units(bundle.Units)} for each subscription of the account{days}";
        }

        if (bundle.ProRataStep > 0)
        {
            return $"{name}{whose}: {counts}, of the part of {Units(bundle.Units)} for the days of the month";
        }

        // What was carried in from the months before is drawn first; what was carried out counts as drawn.
        long granted = bundle.Units + (bundle.RolloverMaximum > 0 ? meter.Nanos : 0);
        string carried = granted > bundle.Units
            ? $" and {Units(granted - bundle.Units)} from {(bundle.RolloverPeriods == 1 ? "the month" : "months")} before"
            : "";
        return $"{name}{whose}: {Units(Math.Max(0, granted - meter.Units + drawn))} left before, "
            + $"{Units(Math.Max(0, granted - meter.Units))} after, of {Units(bundle.Units)}{carried}";

        string Units(long units) => ExplainedPart.Units(units, published.Prices.FirstOrDefault(price => price.Kind == bundle.Kind));
    }

    /// <summary>What is left of the bundles of an id that top-ups brought, and that the usage drew from.</summary>
    private string TopUpWords(OfferingVersion published, string id, long drawn)
    {
        List<string> left = [];
        foreach (UsageMeter meter in _usage.Meters)
        {
            if (NamesOf(published).Find(meter) is { Kind: MeterKind.TopUp } named && named.Name == id)
            {
                Bundle bundle = published.TopUps[named.Index].Bundle;
                left.Add(bundle.Unlimited
                    ? $"{Units(meter.Units, bundle)} drawn of one without a limit"
                    : $"{Units(Math.Max(0, bundle.Units - meter.Units), bundle)} left after, of {Units(bundle.Units, bundle)}");
            }
        }

        Bundle? any = published.TopUps.FirstOrDefault(topUp => topUp.Bundle.Id == id)?.Bundle;
        string amount = any is null ? Words($"{drawn:N0} units") : Units(drawn, any);
        return $"'{id}', brought by a top-up: {amount} drawn; "
            + (left.Count == 0 ? "what it had is not known" : string.Join("; ", left));

        string Units(long units, Bundle bundle) =>
            ExplainedPart.Units(units, published.Prices.FirstOrDefault(price => price.Kind == bundle.Kind));
    }

    private static readonly DateOnly Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch);

    private long UsedOfBalance() => _usage.Kind switch
    {
        UsageKind.Data => _usage.BundleOctetsUsed,
        UsageKind.Voice => _usage.BundleSecondsUsed,
        _ => _usage.BundleMessagesUsed,
    };

    private UsageMeter? CounterOf(UsagePart part) => PriceOf(part) is { } price && NamesOf(part) is { } names
        ? _usage.Meters.FirstOrDefault(meter => names.Find(meter) is { Kind: MeterKind.Period } named
            && (named.Index == part.PriceIndex || (price.Id.Length > 0 && named.Name == price.Id)))
        : null;

    private UsageMeter? MeterOf(UsagePart part, MeterKind kind) => PriceOf(part)?.Pass is { } pass
        && NamesOf(part) is { } names
            ? _usage.Meters.FirstOrDefault(meter => names.Find(meter) is { } named && named.Kind == kind && named.Name == pass.Id)
            : null;

    /// <summary>
    /// What the session of an event has charged: a meter that none of the offerings has which priced or covered a part.
    /// </summary>
    private SessionCount? SessionOf(RatedUsage usage)
    {
        OfferingVersion?[] versions =
        [
            _versionOf(usage.Offering, usage.Version),
            .. usage.Parts.SelectMany(part => new[] { VersionOf(part), VersionOfBundle(part) }),
        ];
        MeterNames[] names = [.. versions.OfType<OfferingVersion>().Select(NamesOf).Distinct()];
        return names.Length == 0
            ? null
            : names[0].SessionOf(usage.Meters.Where(meter => Array.TrueForAll(names, one => one.Find(meter) is null)));
    }

    private string OfferingOf(UsagePart part) => part.Offering.Length > 0 ? part.Offering : _usage.Offering;

    private OfferingVersion? VersionOf(UsagePart part) => _versionOf(OfferingOf(part), part.OfferingVersion);

    /// <summary>The version of the bundle that covered a part, which may be of another offering than its price.</summary>
    private OfferingVersion? VersionOfBundle(UsagePart part)
    {
        (string offering, string _) = BundleNameOf(part);
        return offering.Length == 0 ? VersionOf(part)
            : offering == _usage.Offering ? _versionOf(offering, _usage.Version)
            : _versionOf(offering, null);
    }

    /// <summary>The offering of a bundle, empty where it is that of the price, and its id, which may have any letters.</summary>
    private (string Offering, string Id) BundleNameOf(UsagePart part)
    {
        int end = part.Bundle.IndexOf('/', StringComparison.Ordinal);
        return end < 0 || VersionOf(part) is not { } version
            || version.Bundles.Concat(version.TopUps.Select(topUp => topUp.Bundle)).Any(bundle => bundle.Id == part.Bundle)
                ? ("", part.Bundle)
                : (part.Bundle[..end], part.Bundle[(end + 1)..]);
    }

    private MeterNames? NamesOf(UsagePart part) => VersionOf(part) is { } version ? NamesOf(version) : null;

    private MeterNames NamesOf(OfferingVersion version)
    {
        if (!_names.TryGetValue(version.Key, out MeterNames? names))
        {
            names = new MeterNames(version);
            _names.Add(version.Key, names);
        }

        return names;
    }

    private OfferingPrice? PriceOf(UsagePart part) => PriceOf(VersionOf(part), part.PriceIndex);

    private static OfferingPrice? PriceOf(OfferingVersion? version, int index) =>
        version is not null && index >= 0 && index < version.Prices.Count ? version.Prices[index] : null;

    private long SumOf(Func<UsagePart, bool> isMeant) =>
        AfterReversal().Where(isMeant).Sum(part => Nanos.FromDecimal(part.Amount));

    /// <summary>The parts of the event, or those of the session that was charged anew.</summary>
    private IEnumerable<UsagePart> AfterReversal() =>
        _usage.Parts.Skip(_usage.Parts.ToList().FindLastIndex(IsOfWholeSession) + 1);

    /// <summary>Whether the part takes back all that its session had paid, and not a tier of the month.</summary>
    private static bool IsOfWholeSession(UsagePart part) => part is { Component: PartComponent.Reversal, Tier: 0 };

    private bool IsOfMonth(UsagePart part) => part.Component is PartComponent.Usage or PartComponent.Reversal
        && PriceOf(part)?.Model is PriceModel.Graduated or PriceModel.Volume or PriceModel.Package;

    private static bool IsOfSession(UsagePart part) =>
        !IsOfWholeSession(part) && part.Component is not (PartComponent.MinimumCharge or PartComponent.MaximumCharge);

    private static ExplainedPart Computed(string component, string arithmetic, long computed, long stored) =>
        new(component, arithmetic, stored) { AmountNanos = computed, IsComputed = true };

    private static string NameOf(PartComponent component) => component switch
    {
        PartComponent.ConnectFee => "connect fee",
        PartComponent.MinimumCharge => "minimum",
        PartComponent.MaximumCharge => "maximum",
        PartComponent.Reversal => "reversal",
        PartComponent.PassOpened => "pass",
        _ => "usage",
    };

    private static string Words(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
