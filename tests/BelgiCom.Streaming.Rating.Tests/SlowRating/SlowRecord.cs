using System.Numerics;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Walks over a record of a session, one increment after another.</summary>
internal sealed class SlowRecord(SlowTariff tariff, SlowUsage usage, SlowSession session, SlowCounts counts)
{
    private const long Second = 1000;

    private static readonly BigInteger Never = BigInteger.Pow(10, 40);

    private readonly List<SlowRun> _runs = [];
    private readonly DateTime _month = SlowCalendar.Month(usage.Start);
    private readonly BigInteger _units = usage.Units ?? 0;

    /// <summary>Counts after the record.</summary>
    public SlowCounts Counts { get; private set; } = counts;

    /// <summary>Where the next increment begins.</summary>
    public BigInteger Charged { get; private set; } = session.Charged;

    /// <summary>What it drew from bundles.</summary>
    public List<(string Bundle, BigInteger Units)> Draws { get; } = [];

    /// <summary>Its parts, without what belongs to the whole session.</summary>
    public List<SlowPart> Parts { get; } = [];

    /// <summary>Start of the session's first record.</summary>
    public long SessionStart { get; } = session.First is null ? usage.Start : session.Start;

    /// <summary>Price at the session's start.</summary>
    public OfferingPrice First { get; } = session.First ?? Find(tariff, usage, usage.Start).Price;

    /// <summary>Charges the record.</summary>
    public void Walk()
    {
        // An event lasts at most 400 days (docs/money.md).
        if (usage.Kind == UsageKind.Voice && _units > 400 * 86_400)
        {
            throw new SlowRefusal(RejectedReason.AmountOverflow);
        }

        (OfferingVersion version, OfferingPrice price, int index) = Find(tariff, usage, usage.Start);
        if (price.Model is PriceModel.Percentage or PriceModel.Pass or PriceModel.Flat || usage.Units is null)
        {
            // A percentage is of a value, a pass covers usage that begins inside it (D-14), and a flat price is of the call, however
            // long it is (FLT-02): units play no part.
            _runs.Add(new SlowRun(version, price, index, SlowTariff.BandAt(version, price, usage.Start)) { Units = _units });
        }
        else
        {
            // D-02: the minimum is of the session, by the price at its start. D-04: units count through its records.
            foreach ((long instant, BigInteger until) in Spread())
            {
                BigInteger used = session.Used + until;
                WalkAt(instant, until == _units ? BigInteger.Max(used, First.Minimum) : used);
            }
        }

        foreach (SlowRun run in _runs)
        {
            PriceRun(run);
        }
    }

    /// <summary>
    /// When the units of the record were used: all at its start; or spread over its time, whole octets until each bound, the rest after
    /// the last (D-06b).
    /// </summary>
    private List<(long Instant, BigInteger Until)> Spread()
    {
        OfferingPrice price = Find(tariff, usage, usage.Start).Price;
        if (price.Split != VolumeSplit.Proportional || usage.Kind != UsageKind.Data || usage.End is not { } end || end <= usage.Start)
        {
            return [(usage.Start, _units)];
        }

        // Bands and versions change at whole seconds, and people top up at any time.
        SortedSet<long> instants =
            [.. tariff.GrantInstants(usage.Subscriber).Where(instant => usage.Start < instant && instant < end)];
        for (long second = (usage.Start / Second * Second) + Second; second < end; second += Second)
        {
            instants.Add(second);
        }

        List<(long Instant, BigInteger Until)> spread = [];
        (long from, string marks) = (usage.Start, Marks(usage.Start));
        foreach (long instant in instants)
        {
            if (Marks(instant) is { } other && other != marks)
            {
                spread.Add((from, _units * (instant - usage.Start) / (end - usage.Start)));
                (from, marks) = (instant, other);
            }
        }

        return [.. spread, (from, _units)];
    }

    /// <summary>What can be other at two instants: version, price, band and bundles.</summary>
    private string Marks(long instant) => tariff.VersionAt(instant) is not { } version
        ? "none"
        : SlowTariff.FirstPrice(version, usage, instant) is not { } index
            ? $"{version.Version}"
            : $"{version.Version} {index} {SlowTariff.BandAt(version, version.Prices[index], instant)} "
                + string.Join(' ', tariff.BundlesAt(version, usage, instant, _month).Select(KeyOf))
                + version.Prices[index].AboveFairUse.Count(one => one.From.ToUnixTimeMilliseconds() <= instant);

    private void WalkAt(long start, BigInteger target)
    {
        while (Charged < target)
        {
            // D-06: an increment has the price in force when it begins.
            long instant = usage.Kind == UsageKind.Voice ? start + ((long)(Charged - session.Used) * Second) : start;
            (OfferingVersion version, OfferingPrice price, int index) = Find(tariff, usage, instant);
            PriceStep? step = price.Steps.LastOrDefault(step => step.From <= Charged);
            BigInteger increment = step?.Increment ?? price.Increment;
            BigInteger until = price.Steps.FirstOrDefault(step => step.From > Charged) is { } next
                ? BigInteger.Min(next.From, target)
                : target;

            // Seconds pass, so each increment is looked at alone; what has one instant has as many increments as it takes.
            BigInteger charged = usage.Kind == UsageKind.Voice ? increment : Ceiling(until - Charged, increment) * increment;
            SlowRun run = new(version, price, index, SlowTariff.BandAt(version, price, instant))
            {
                UnitPrice = SlowTariff.Nanos(step?.UnitPrice ?? price.UnitPrice),
                UnitSize = step?.UnitSize ?? price.UnitSize,
            };
            Take(run, charged, instant);
            Charged += charged;
        }
    }

    /// <summary>The bundle first, drawn by charged units; the rest is priced (D-12).</summary>
    private void Take(SlowRun run, BigInteger units, long instant)
    {
        BigInteger left = units;
        IReadOnlyList<Bundle> bundles = run.Price.Bundle && !run.Price.ZeroRated
            ? tariff.BundlesAt(run.Version, usage, instant, _month)
            : [];
        foreach (Bundle bundle in bundles)
        {
            string key = KeyOf(bundle);
            BigInteger rest = bundle.Unlimited
                ? Never
                : tariff.Granted(bundle, bundle.Units, session.Account, _month) - Counts.Drawn.GetValueOrDefault(key);
            BigInteger drawn = BigInteger.Max(BigInteger.Min(left, rest), 0);
            if (drawn > 0)
            {
                Counts = Counts.Draw(key, drawn);
                Draws.Add((key, drawn));
                Cover(
                    run with { Bundle = bundle.Id, Terms = tariff.GrantOf(bundle)?.Terms, UnitPrice = 0, UnitSize = 0 },
                    bundle, key, drawn, instant);
                left -= drawn;
            }
        }

        if (left > 0)
        {
            Run(run, left);
        }
    }

    /// <summary>Tells a bundle from all others of its owner.</summary>
    private string KeyOf(Bundle bundle) => (bundle.Shared ? $"account {session.Account}" : $"subscriber {usage.Subscriber}")
        + $" {(bundle.Id.Length > 0 ? bundle.Id : bundle.Kind)} {(SlowTariff.IsMonthly(bundle) ? $"{_month:yyyy-MM}" : "")}"
        + (tariff.GrantOf(bundle) is { } granted ? $" of top-up {granted.TopUp}" : "");

    /// <summary>
    /// What a bundle covers in its fair use zone counts against the volume of the period; above it the surcharge is due, exactly from the
    /// first unit above on (D-19, docs/catalogue.md).
    /// </summary>
    private void Cover(SlowRun run, Bundle bundle, string key, BigInteger units, long instant)
    {
        BigInteger above = 0;
        if (bundle.FairUseZone.Length > 0 && SlowTariff.Zone(run.Version, usage.Network) == bundle.FairUseZone)
        {
            BigInteger volume = (bundle.FairUse.LastOrDefault(one => one.From.ToUnixTimeMilliseconds() <= SlowCalendar.Midnight(_month))
                ?? bundle.FairUse[0]).Units;
            volume = tariff.Granted(bundle, volume, session.Account, _month);
            BigInteger before = Counts.Drawn.GetValueOrDefault($"fair use {key}");
            above = BigInteger.Min(units, BigInteger.Max(before + units - volume, 0));
            Counts = Counts.Draw($"fair use {key}", units);
        }

        if (units > above)
        {
            Run(run, units - above);
        }

        if (above > 0)
        {
            FairUseSurcharge? surcharge = run.Price.AboveFairUse.LastOrDefault(one => one.From.ToUnixTimeMilliseconds() <= instant)
                ?? (run.Price.AboveFairUse is [FairUseSurcharge first, ..] ? first : null);
            Run(
                surcharge is null ? run : run with { UnitPrice = SlowTariff.Nanos(surcharge.UnitPrice), UnitSize = surcharge.UnitSize },
                above);
        }
    }

    /// <summary>A part is the longest run with one price, band, version, tier and bundle (D-01).</summary>
    private void Run(SlowRun run, BigInteger units)
    {
        if (_runs.Count > 0 && _runs[^1].IsSameAs(run))
        {
            _runs[^1] = _runs[^1] with { Units = _runs[^1].Units + units };
        }
        else
        {
            _runs.Add(run with { Units = units });
        }
    }

    private void PriceRun(SlowRun run)
    {
        if (run.Bundle is not null)
        {
            Parts.Add(Part(PartComponent.Bundle, run) with
            {
                Units = run.Units,
                Bundle = run.Bundle,
                UnitPrice = run.UnitPrice,
                UnitSize = run.UnitSize,
                Nanos = run.UnitSize.IsZero ? 0 : SlowTariff.Round(run.Units * run.UnitPrice, run.UnitSize),
            });
            return;
        }

        switch (run.Price.ZeroRated ? PriceModel.Zero : run.Price.Model)
        {
            case PriceModel.Zero:
                Parts.Add(Part(PartComponent.ZeroRated, run) with { Units = run.Units });
                break;
            case PriceModel.Unit:
                Parts.Add(Part(PartComponent.Usage, run) with
                {
                    Units = run.Units,
                    UnitPrice = run.UnitPrice,
                    UnitSize = run.UnitSize,
                    Nanos = SlowTariff.Round(run.Units * run.UnitPrice, run.UnitSize),
                });
                break;
            case PriceModel.Flat:
                // Once for the session, however long it is.
                bool isFirst = !session.Parts.Concat(Parts).Any(part => part.Component == PartComponent.Usage);
                Parts.Add(Part(PartComponent.Usage, run) with
                {
                    Units = run.Units,
                    Nanos = isFirst ? SlowTariff.Nanos(run.Price.UnitPrice) : 0,
                });
                break;
            case PriceModel.Percentage:
                PricePercentage(run);
                break;
            case PriceModel.Package:
                PricePackages(run);
                break;
            case PriceModel.Graduated:
                PriceGraduated(run);
                break;
            case PriceModel.Volume:
                PriceVolume(run);
                break;
            default:
                PricePass(run);
                break;
        }
    }

    /// <summary>Of the value, plus fixed; then minimum, then maximum (D-16).</summary>
    private void PricePercentage(SlowRun run)
    {
        BigInteger percent = SlowTariff.Nanos(run.Price.Percent ?? 0);
        BigInteger exact = ((usage.ValueNanos ?? 0) * percent) + (SlowTariff.Nanos(run.Price.Fixed ?? 0) * 100_000_000_000);
        BigInteger nanos = SlowTariff.Round(exact, 100_000_000_000);
        nanos = BigInteger.Max(nanos, SlowTariff.Nanos(run.Price.MinimumCharge ?? 0));
        nanos = run.Price.MaximumCharge is { } most ? BigInteger.Min(nanos, SlowTariff.Nanos(most)) : nanos;
        Parts.Add(Part(PartComponent.Usage, run) with { Nanos = nanos });
    }

    /// <summary>A package is a block begun over the period, after its free units; the event that opens it pays it (D-09).</summary>
    private void PricePackages(SlowRun run)
    {
        (string key, BigInteger before, BigInteger after) = Count(run);
        BigInteger opened = Begun(after) - Begun(before);
        Counts = Counts with { Counted = Counts.Counted.SetItem(key, after) };
        Parts.Add(Part(PartComponent.Usage, run) with
        {
            Units = run.Units,
            Packages = opened,
            Nanos = opened * SlowTariff.Nanos(run.Price.UnitPrice),
        });

        BigInteger Begun(BigInteger units) => Ceiling(BigInteger.Max(units - run.Price.FreeUnits, 0), run.Price.Package);
    }

    /// <summary>
    /// Tiers count the priced units of the period, their upper bounds are inclusive, and a flat amount is due with the first unit of its
    /// tier (D-10).
    /// </summary>
    private void PriceGraduated(SlowRun run)
    {
        (string key, BigInteger before, BigInteger after) = Count(run);
        BigInteger bound = 0;
        for (int index = 0; index < run.Price.Tiers.Count; index++)
        {
            PriceTier tier = run.Price.Tiers[index];
            BigInteger end = index == run.Price.Tiers.Count - 1 ? Never : tier.UpTo;
            BigInteger from = BigInteger.Max(before, bound);
            BigInteger to = BigInteger.Min(after, end);
            if (from < to)
            {
                BigInteger flat = from == bound ? SlowTariff.Nanos(tier.Flat) : 0;
                BigInteger packages = tier.Package == 0 ? 0 : Ceiling(to - bound, tier.Package) - Ceiling(from - bound, tier.Package);
                Parts.Add(Part(PartComponent.Usage, run) with
                {
                    Tier = index + 1,
                    Units = to - from,
                    Nanos = flat + (tier.Package == 0
                        ? SlowTariff.Round((to - from) * SlowTariff.Nanos(tier.UnitPrice), tier.UnitSize)
                        : packages * SlowTariff.Nanos(tier.UnitPrice)),
                });
            }

            bound = end;
        }

        Counts = Counts with { Counted = Counts.Counted.SetItem(key, after) };
    }

    /// <summary>
    /// All units have the price of the tier reached: what was charged before is taken back, and the new amount set (D-11).
    /// </summary>
    private void PriceVolume(SlowRun run)
    {
        (string key, BigInteger before, BigInteger after) = Count(run);
        BigInteger charged = Counts.Charged.GetValueOrDefault(key);
        (int tierBefore, int tier) = (before == 0 ? 0 : TierOf(before), TierOf(after));
        BigInteger amount = AmountOf(run.Price.Tiers[tier - 1], after);
        if (tierBefore == 0 || tierBefore == tier)
        {
            Parts.Add(Part(PartComponent.Usage, run) with { Tier = tier, Units = run.Units, Nanos = amount - charged });
        }
        else
        {
            Parts.Add(Part(PartComponent.Reversal, run) with { Tier = tierBefore, Units = -before, Nanos = -charged });
            Parts.Add(Part(PartComponent.Usage, run) with { Tier = tier, Units = after, Nanos = amount });
        }

        Counts = Counts with { Counted = Counts.Counted.SetItem(key, after), Charged = Counts.Charged.SetItem(key, amount) };

        int TierOf(BigInteger units)
        {
            int last = run.Price.Tiers.Count - 1;
            return Enumerable.Range(0, last).Where(index => units <= run.Price.Tiers[index].UpTo).DefaultIfEmpty(last).First() + 1;
        }

        static BigInteger AmountOf(PriceTier tier, BigInteger units) => SlowTariff.Nanos(tier.Flat) + (tier.Package == 0
            ? SlowTariff.Round(units * SlowTariff.Nanos(tier.UnitPrice), tier.UnitSize)
            : Ceiling(units, tier.Package) * SlowTariff.Nanos(tier.UnitPrice));
    }

    /// <summary>
    /// A pass opens with use, lasts its validity, and is charged at most so many times in a month; free messages before it count per
    /// validity from the first of them; usage that begins inside is covered (D-14), record by record, as
    /// containers are priced by their start (D-06b). Its hours are elapsed hours (D-07).
    /// </summary>
    private void PricePass(SlowRun run)
    {
        Pass pass = run.Price.Pass!;
        string key = $"{usage.Subscriber} {pass.Id}";
        long at = usage.Start;
        long end = pass.ValiditySeconds > 0
            ? at + (pass.ValiditySeconds * 1000)
            : SlowCalendar.Midnight(SlowCalendar.Local(at).Date.AddDays(pass.ValidityDays));
        IReadOnlyList<(long From, long To, bool Charged)> passes = Counts.Passes.GetValueOrDefault(key, []);
        if (passes.Any(one => one.From <= at && at < one.To))
        {
            Parts.Add(Part(PartComponent.Pass, run));
            return;
        }

        System.Collections.Immutable.ImmutableList<(long From, long To, long Count)> free = Counts.Free.GetValueOrDefault(key, []);
        int window = free.FindIndex(one => one.From <= at && at < one.To);
        if (usage.Kind == UsageKind.Sms && (window < 0 ? 0 : free[window].Count) + run.Units <= pass.FreeMessages)
        {
            free = window < 0
                ? free.Add((at, end, (long)run.Units))
                : free.SetItem(window, free[window] with { Count = free[window].Count + (long)run.Units });
            Counts = Counts with { Free = Counts.Free.SetItem(key, free) };
            Parts.Add(Part(PartComponent.FreeBeforePass, run) with { Units = run.Units });
            return;
        }

        int charged = passes.Count(one => one.Charged && SlowCalendar.Month(one.From) == SlowCalendar.Month(at));
        bool isCharged = pass.MaximumPerMonth == 0 || charged < pass.MaximumPerMonth;
        Counts = Counts with { Passes = Counts.Passes.SetItem(key, [.. passes, (at, end, isCharged)]) };
        Parts.Add(Part(PartComponent.PassOpened, run) with
        {
            Packages = isCharged ? 1 : 0,
            Nanos = isCharged ? SlowTariff.Nanos(run.Price.UnitPrice) : 0,
        });
    }

    /// <summary>Periods count on under the id of a price through new versions, else under its kind and place (D-15).</summary>
    private (string Key, BigInteger Before, BigInteger After) Count(SlowRun run)
    {
        string name = run.Price.Id.Length > 0 ? run.Price.Id : $"{run.Price.Kind} {run.Index}";
        string owner = run.Price.CountsAccount ? $"account {session.Account}" : usage.Subscriber;
        string key = $"{owner} {name} {_month:yyyy-MM}";
        BigInteger before = Counts.Counted.GetValueOrDefault(key);
        return (key, before, before + run.Units);
    }

    private static SlowPart Part(PartComponent component, SlowRun run) => new(component)
    {
        Version = run.Version.Version,
        Price = run.Index,
        Band = run.Band,
    };

    private static BigInteger Ceiling(BigInteger dividend, BigInteger divisor) => (dividend + divisor - 1) / divisor;

    private static (OfferingVersion Version, OfferingPrice Price, int Index) Find(SlowTariff tariff, SlowUsage usage, long instant) =>
        tariff.VersionAt(instant) is { } version && SlowTariff.FirstPrice(version, usage, instant) is { } index
            ? version.Prices[index].CalledInGroup && usage.IsInGroup is null
                ? throw new SlowRefusal(RejectedReason.CalledUnknown)
                : (version, version.Prices[index], index)
            : throw new SlowRefusal(RejectedReason.NoPrice);

    /// <summary>Units in a row that have everything in common.</summary>
    private sealed record SlowRun(OfferingVersion Version, OfferingPrice Price, int Index, string? Band)
    {
        public BigInteger UnitPrice { get; init; }

        public BigInteger UnitSize { get; init; }

        public string? Bundle { get; init; }

        /// <summary>Terms of a bundle that a top-up brought; those of two top-ups under the same terms are one part.</summary>
        public string? Terms { get; init; }

        public BigInteger Units { get; init; }

        public bool IsSameAs(SlowRun other) =>
            ReferenceEquals(Version, other.Version) && Index == other.Index && Band == other.Band && Bundle == other.Bundle
            && Terms == other.Terms && UnitPrice == other.UnitPrice && UnitSize == other.UnitSize;
    }
}
