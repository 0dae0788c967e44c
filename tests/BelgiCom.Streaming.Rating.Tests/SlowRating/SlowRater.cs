using System.Collections.Immutable;
using System.Numerics;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// An independent opinion of what usage costs. It is written from the decisions D-01 … D-30 behind the golden cases and from
/// docs/rating-state.md alone, by somebody who has not read the code that rates in production. It counts one increment after another, with
/// numbers that have no bound, and looks through everything each time.
/// </summary>
/// <param name="tariffs">The versions of the offering of each subscriber.</param>
/// <param name="accounts">The account of each subscriber; members of one draw from its shared bundles.</param>
/// <param name="lateDays">Usage that is more days older than the newest rated day is late.</param>
/// <param name="devices">Further members of the accounts, which use nothing.</param>
/// <param name="topUps">Top-ups, all of them made before any usage comes.</param>
internal sealed class SlowRater(
    IReadOnlyDictionary<string, IReadOnlyList<OfferingVersion>> tariffs, IReadOnlyDictionary<string, string> accounts, int lateDays,
    IReadOnlyList<SlowMember>? devices = null, IReadOnlyList<SlowTopUp>? topUps = null)
{
    private const long Day = 86_400_000;
    private const long QuantityMax = 1_000_000_000_000_000;

    private readonly Dictionary<int, string> _rated = [];
    private readonly Dictionary<string, ImmutableList<SlowUsage>> _sessions = [];
    private readonly Dictionary<string, SlowSession> _charged = [];
    private readonly Dictionary<string, SlowTariff> _tariffs = [];
    private readonly Dictionary<string, BigInteger> _sums = [];
    private long? _newestDay;

    /// <summary>What is counted beyond an event: bundles, tiers, packages and passes.</summary>
    public SlowCounts Counts { get; private set; } = SlowCounts.Empty;

    /// <summary>Rates one event.</summary>
    public SlowResult Rate(SlowUsage usage)
    {
        // D-30: every bad input has a typed outcome.
        if (usage.Units < 0 || usage.Network is not ("" or { Length: 5 or 6 }))
        {
            return Not(RatingOutcome.Rejected, RejectedReason.InvalidUsage);
        }

        // A petabyte, or as many seconds, nobody uses (docs/money.md, rule 6).
        if (usage.Units > QuantityMax)
        {
            return Not(RatingOutcome.Rejected, RejectedReason.AmountOverflow);
        }

        // docs/rating-state.md, "Late usage", "Duplicates and conflicts".
        long day = Math.DivRem(usage.Start, Day, out long rest) - (rest < 0 ? 1 : 0);
        if (day < _newestDay - lateDays)
        {
            return Not(RatingOutcome.Late, RejectedReason.TooLate);
        }

        if (_rated.TryGetValue(usage.Id, out string? content))
        {
            return content == usage.Content
                ? Not(RatingOutcome.Duplicate, RejectedReason.AlreadyRated)
                : Not(RatingOutcome.Conflict, RejectedReason.Conflict);
        }

        if (!tariffs.TryGetValue(usage.Subscriber, out IReadOnlyList<OfferingVersion>? versions))
        {
            return Not(RatingOutcome.Suspended, RejectedReason.UnknownSubscriber);
        }

        if (!_tariffs.TryGetValue(usage.Subscriber, out SlowTariff? tariff))
        {
            // One for all of its usage, so that a bundle of a top-up is the same each time.
            _tariffs[usage.Subscriber] = tariff = new SlowTariff(versions, Members, topUps ?? []);
        }

        SlowResult result = Price(tariff, usage);
        if (result.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated)
        {
            _rated[usage.Id] = usage.Content;
            _newestDay = Math.Max(_newestDay ?? day, day);
        }

        return result;
    }

    private IReadOnlyList<SlowMember> Members =>
        [.. accounts.Select(one => new SlowMember(one.Key, one.Value, null, null)), .. devices ?? []];

    private SlowResult Price(SlowTariff tariff, SlowUsage usage)
    {
        // D-15: nothing is priced before the first version or in a gap.
        if (tariff.VersionAt(usage.Start) is not { } version)
        {
            return Not(RatingOutcome.Suspended, RejectedReason.NoTariff);
        }

        if (usage.IsSecondaryView)
        {
            return new SlowResult(RatingOutcome.ZeroRated) { ZeroRated = ZeroRatedReason.SecondaryChargingView };
        }

        usage = tariff.WithGroup(usage, accounts.GetValueOrDefault(usage.Subscriber, ""), usage.Start);

        // D-17, D-18: what no price fits waits for one.
        if (SlowTariff.FirstPrice(version, usage, usage.Start) is not { } index)
        {
            return Not(RatingOutcome.Suspended, RejectedReason.NoPrice);
        }

        OfferingPrice price = version.Prices[index];
        if (price.CalledInGroup && usage.IsInGroup is null)
        {
            return Not(RatingOutcome.Suspended, RejectedReason.CalledUnknown);
        }

        // A price counts what its usage has (docs/catalogue.md): a percentage counts a value, all others units.
        BigInteger? measured = price.Model == PriceModel.Percentage ? usage.ValueNanos : usage.Units;

        if (price.ZeroRated && tariff.IsPlain)
        {
            return new SlowResult(RatingOutcome.ZeroRated) { ZeroRated = ZeroRatedReason.Tariff };
        }

        // D-03: usage of 0 costs 0.
        if (measured == 0)
        {
            return new SlowResult(RatingOutcome.ZeroRated) { ZeroRated = ZeroRatedReason.EmptyUsage };
        }

        // Usage that nobody measured waits, unless every quantity is free (docs/catalogue.md).
        if (measured is null)
        {
            return IsFree(price)
                ? new SlowResult(RatingOutcome.ZeroRated) { ZeroRated = ZeroRatedReason.Tariff }
                : Not(RatingOutcome.Suspended, RejectedReason.NotMeasured);
        }

        // D-25: no conversion while rating; it waits, as in the case CUR-01.
        if (price.Model == PriceModel.Percentage && usage.Currency != version.Currency)
        {
            return Not(RatingOutcome.Suspended, RejectedReason.Currency);
        }

        return Charge(tariff, usage);
    }

    /// <summary>
    /// Charges a record of a session after those before it (D-04). One whose place is before a record that was charged takes back what the
    /// session was charged, charges all of it anew in its order, and has the difference (docs/rating-state.md, "Records of a session that
    /// come out of order").
    /// </summary>
    private SlowResult Charge(SlowTariff tariff, SlowUsage usage)
    {
        string key = usage.Session is null ? $"event {usage.Id}" : $"{usage.Subscriber} {usage.Session}";
        ImmutableList<SlowUsage> before = _sessions.GetValueOrDefault(key, []);
        SlowSession session = _charged.GetValueOrDefault(key) ?? SlowSession.New(accounts.GetValueOrDefault(usage.Subscriber, ""));
        try
        {
            (ImmutableList<SlowUsage> records, SlowCounts counts, IReadOnlyList<SlowPart> parts) = (before.Add(usage), Counts, []);
            bool isAnew = before.Count > 0 && before[^1].Start > usage.Start;
            if (!isAnew)
            {
                (session, counts, parts) = session.Add(tariff, usage, counts);
            }
            else
            {
                counts = session.Return(counts);
                parts = [.. session.Parts.Select(SlowSession.Reverse)];
                session = SlowSession.New(session.Account);
                records = [.. records.OrderBy(record => record.Start)];
                foreach (SlowUsage record in records)
                {
                    (session, counts, IReadOnlyList<SlowPart> own) = session.Add(tariff, record, counts);
                    parts = [.. parts, .. own];
                }
            }

            // docs/money.md, rule 6: the month's sum is an amount, too.
            string month = $"{usage.Subscriber} {SlowCalendar.Month(usage.Start):yyyy-MM}";
            BigInteger sum = _sums.GetValueOrDefault(month) + SlowResult.Sum(parts, part => part.Nanos);
            if (sum > SlowSession.AmountMax)
            {
                throw new SlowRefusal(RejectedReason.AmountOverflow);
            }

            _sums[month] = sum;
            (Counts, _sessions[key], _charged[key]) = (counts, records, session);
            return new SlowResult(RatingOutcome.Rated) { Parts = parts, IsAnew = isAnew };
        }
        catch (SlowRefusal refusal)
        {
            // An event is priced whole or not at all (D-15).
            return Not(RejectedReasons.OutcomeOf(refusal.Reason), refusal.Reason);
        }
    }

    private static bool IsFree(OfferingPrice price) => price.ZeroRated || price.Model == PriceModel.Zero
        || (price is { Model: PriceModel.Unit, ConnectFee: 0, Bundle: false, MinimumCharge: null or 0 }
            && (price.Steps.Count == 0 ? price.UnitPrice == 0 : price.Steps.All(step => step.UnitPrice == 0)));

    private static SlowResult Not(RatingOutcome outcome, RejectedReason reason) => new(outcome) { Rejected = reason };
}

/// <summary>Usage that cannot be priced whole.</summary>
internal sealed class SlowRefusal(RejectedReason reason) : Exception(reason.ToString())
{
    public RejectedReason Reason => reason;
}
