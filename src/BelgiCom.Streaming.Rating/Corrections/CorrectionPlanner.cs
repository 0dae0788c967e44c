using System.Runtime.InteropServices;
using System.Text;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>Which usage is to be rated again.</summary>
/// <param name="FromMilliseconds">Usage that began then or later, milliseconds since 1970-01-01 UTC.</param>
/// <param name="ToMilliseconds">Usage that began before.</param>
/// <param name="Offering">Usage that is charged under this offering before or after; null for all.</param>
public sealed record RerateSelection(long FromMilliseconds, long ToMilliseconds, string? Offering = null);

/// <summary>How rating is set: what <see cref="RatingSession"/> takes.</summary>
/// <param name="DedupDays">Days of which ids are kept.</param>
/// <param name="LateDays">Days after which usage is late.</param>
/// <param name="SessionDays">Days for which a silent session is remembered.</param>
public readonly record struct RerateWindow(int DedupDays, int LateDays, int SessionDays);

/// <summary>
/// Rates the history of a subscriber again, by the code that rates everything, in the order of event time, from the first month of the
/// window on, and says what differs (D-29). The plan leads from the state that the history left to the one that rating in this order from
/// the beginning leaves: its records hold it, as those of all rated usage do, and restoring reads them as any other.
/// </summary>
/// <param name="tariffs">Tariffs to rate with.</param>
/// <param name="offerings">Numbers of the offerings, shared with the tariffs.</param>
/// <param name="window">How rating is set.</param>
/// <param name="selection">Which usage.</param>
/// <param name="historyFromMilliseconds">When the oldest record was written that the topics still have; the smallest number when they have
/// all.</param>
/// <param name="decision">Who has the usage rated again, when and why.</param>
/// <param name="members">The subscriptions of everybody, where something depends on the members of accounts (<see
/// cref="OfferingIndex.DependingOnMembers"/>).</param>
public sealed class CorrectionPlanner(
    TariffSnapshot tariffs, OfferingIndex offerings, RerateWindow window, RerateSelection selection, long historyFromMilliseconds,
    CorrectionDecision decision, AccountMembers? members = null)
{
    private const long MillisecondsPerDay = 86_400_000;

    // Most octets of the two records: with the usage itself they must fit in a record of a topic.
    private const int MostOctets = 900_000;

    private static readonly ulong CorrectionsId = MeterId.Of(MeterKind.Corrections, "");

    private readonly CorrectionRecords _records = new(decision);

    // Offerings of which usage is paid from prepaid money at any time: a correction does not reach that.
    private readonly HashSet<string> _prepaid =
    [
        .. Enumerable.Range(0, tariffs.Count).Select(tariffs.Version).Where(version => version.IsPrepaid)
            .Select(version => Encoding.UTF8.GetString(version.OfferingUtf8)),
    ];

    private readonly int _firstMonth = BelgianCalendar.MonthOf(selection.FromMilliseconds);

    /// <summary>Plans the corrections of a subscriber.</summary>
    /// <param name="history">The subscriber's usage.</param>
    /// <param name="periods">The subscriber's subscription.</param>
    public CorrectionPlan Plan(SubscriberHistory history, IReadOnlyList<SubscriptionPeriod> periods)
    {
        UsageOfHistory[] usage =
        [
            // What a late policy put in the month after its own is rated with that month.
            .. history.Usage.Where(one => one.Month >= _firstMonth)
                .OrderBy(one => one.Month).ThenBy(one => one.EventTimeMilliseconds).ThenBy(one => one.Place),
        ];
        if (!Array.Exists(usage, IsMeant))
        {
            return CorrectionPlan.Nothing;
        }

        RerateRefusal refusal = RefusalOf(history, usage);
        if (refusal != RerateRefusal.None)
        {
            return CorrectionPlan.Refused(refusal);
        }

        RatingSession session = new(window.DedupDays, window.LateDays, sessionDays: window.SessionDays, members: members);
        session.SetSubscription(UsageEvents.ToNumber(history.Subscriber), periods, offerings);
        StateOfRecords before = new();
        StateOfRecords after = new();
        foreach (RecordOfHistory record in history.Records)
        {
            UsageRatedView.TryRead(record.Body, out UsageRatedView view);
            before.Take(in view);
            if (record.Month < _firstMonth)
            {
                after.Take(in view);
                Seed(session, in view);
            }
        }

        session.Commit();
        List<Difference> differences = [];
        foreach (UsageOfHistory one in usage)
        {
            RejectedReason? notRated = RateAgain(session, one, after, out byte[] charge, out bool isShared);
            if (notRated is not null)
            {
                return isShared ? CorrectionPlan.Refused(RerateRefusal.SharedBundle)
                    : CorrectionPlan.Refused(RerateRefusal.NotRated, notRated);
            }

            UsageRatedView.TryRead(one.Charged, out UsageRatedView charged);
            UsageRatedView.TryRead(charge, out UsageRatedView anew);
            if (!IsSame(in charged, in anew))
            {
                if (_prepaid.Contains(OfferingOf(one.Charged)) || _prepaid.Contains(OfferingOf(charge)))
                {
                    return CorrectionPlan.Refused(RerateRefusal.ChargedOnline);
                }

                differences.Add(new Difference(one, charge));
            }
        }

        if (!differences.Exists(IsMeant))
        {
            return CorrectionPlan.Nothing;
        }

        return differences.TrueForAll(IsMeant)
            ? Write(history, differences, new Change(before, after, NoticeIds(periods)))
            : CorrectionPlan.Refused(RerateRefusal.OutsideSelection);
    }

    private bool IsMeant(UsageOfHistory usage) =>
        usage.EventTimeMilliseconds >= selection.FromMilliseconds && usage.EventTimeMilliseconds < selection.ToMilliseconds
        && (selection.Offering is null || OfferingOf(usage.Charged) == selection.Offering);

    private bool IsMeant(Difference difference) =>
        difference.Usage.EventTimeMilliseconds >= selection.FromMilliseconds
        && difference.Usage.EventTimeMilliseconds < selection.ToMilliseconds
        && (selection.Offering is null || OfferingOf(difference.Usage.Charged) == selection.Offering
            || OfferingOf(difference.Charge) == selection.Offering);

    private static string OfferingOf(byte[] body)
    {
        UsageRatedView.TryRead(body, out UsageRatedView view);
        return Encoding.UTF8.GetString(view.Offering);
    }

    /// <summary>Why the usage cannot be rated as if from the beginning, as far as the topics say it.</summary>
    private RerateRefusal RefusalOf(SubscriberHistory history, UsageOfHistory[] usage)
    {
        if (history.HasRatedTwice)
        {
            return RerateRefusal.NotBilledOnce;
        }

        if (Array.Exists(usage, one => one.IsOnline))
        {
            return RerateRefusal.ChargedOnline;
        }

        if (Array.Exists(usage, one => one.Received is null) || !IsWhole(usage))
        {
            return RerateRefusal.UsageGone;
        }

        return IsEntangled(history, usage.Min(one => one.Place)) ? RerateRefusal.LateUsage : RerateRefusal.None;
    }

    /// <summary>
    /// Whether the topics have all that the months depend on: no usage of a month is taken before it begins, and what a session or a bundle
    /// counted before is on the records that are kept.
    /// </summary>
    private bool IsWhole(UsageOfHistory[] usage)
    {
        if (historyFromMilliseconds == long.MinValue)
        {
            return true;
        }

        long begin = BelgianCalendar.StartMilliseconds(_firstMonth);
        HashSet<string> names = [.. usage.Select(one => OfferingOf(one.Charged))];
        bool outlasts = false;
        bool keepsSessions = false;
        for (int index = 0; index < tariffs.Count; index++)
        {
            TariffVersion version = tariffs.Version(index);
            bool isUsed = names.Contains(Encoding.UTF8.GetString(version.OfferingUtf8));
            outlasts |= isUsed && version.PriceList.OutlastsMonth;
            keepsSessions |= isUsed && version.KeepsSessions;
        }

        long needed = begin - (MillisecondsPerDay * (keepsSessions ? Math.Min(window.SessionDays, window.LateDays) + 1 : 1));
        return !outlasts && historyFromMilliseconds <= needed;
    }

    /// <summary>
    /// Whether usage of an earlier month was rated after usage of the window and changed a meter that this changed, too: what the window
    /// began with is not known then.
    /// </summary>
    private bool IsEntangled(SubscriberHistory history, int firstPlace)
    {
        HashSet<MeterKey> ofWindow = [];
        foreach (RecordOfHistory record in history.Records.Where(record => record.Month >= _firstMonth))
        {
            AddKeys(record.Body, ofWindow);
        }

        HashSet<MeterKey> ofLate = [];
        foreach (RecordOfHistory record in history.Records.Skip(firstPlace).Where(record => record.Month < _firstMonth))
        {
            AddKeys(record.Body, ofLate);
        }

        return ofWindow.Overlaps(ofLate);
    }

    private static void AddKeys(byte[] body, HashSet<MeterKey> keys)
    {
        UsageRatedView.TryRead(body, out UsageRatedView view);
        foreach (UsageMeterView meter in new AvroItems<UsageMeterView>(view.MetersOctets))
        {
            MeterEntry entry = UsageEvents.ToEntry(in meter);
            keys.Add(new MeterKey(entry.Owner, entry.Id, entry.From));
        }
    }

    private static void Seed(RatingSession session, scoped in UsageRatedView view)
    {
        BalanceEntry balance = new(UsageEvents.ToNumber(view.SubscriberRef), view.PeriodStartDays, StateCodec.BalanceAfter(in view));
        session.RepeatBalance(view.Account, in balance);
        foreach (UsageMeterView meter in new AvroItems<UsageMeterView>(view.MetersOctets))
        {
            session.RepeatMeter(UsageEvents.ToEntry(in meter));
        }
    }

    /// <summary>
    /// The numbers of all steps of limits that may have been sent: those of all versions, and of the amounts that were chosen.
    /// </summary>
    private HashSet<ulong> NoticeIds(IReadOnlyList<SubscriptionPeriod> periods)
    {
        HashSet<ulong> ids = [];
        LimitChoice[] choices = [.. periods.SelectMany(period => period.Limits)];
        for (int index = 0; index < tariffs.Count; index++)
        {
            foreach (SpendLimit limit in tariffs.Version(index).AllLimits)
            {
                ids.UnionWith(SpendLimits.NumbersOf(limit));
                foreach (LimitChoice choice in choices.Where(choice => choice.Limit == limit.Id && choice.Amount is not null))
                {
                    ids.UnionWith(SpendLimits.NumbersOf(limit with { AmountNanos = Nanos.FromDecimal(choice.Amount!.Value) }));
                }
            }
        }

        return ids;
    }

    /// <summary>Rates usage; null when that gave a record.</summary>
    private RejectedReason? RateAgain(
        RatingSession session, UsageOfHistory usage, StateOfRecords after, out byte[] charge, out bool isShared)
    {
        charge = [];
        UsageReceivedView.TryRead(usage.Received, out UsageReceivedView received);
        UsageRecord record = UsageEvents.ToRecord(in received, usage.TakenMilliseconds, tariffs.UsesDetails);
        isShared = received.HasHistory && !received.History.Account.IsEmpty;
        if (isShared)
        {
            return RejectedReason.Other;
        }

        session.RateAgain(in record, tariffs, usage.Month, out RatingResult result);
        isShared = result.IsOfAccount;
        if (result.Outcome is not (RatingOutcome.Rated or RatingOutcome.ZeroRated))
        {
            return result.RejectedReason;
        }

        UsageRatedView.TryRead(usage.Charged, out UsageRatedView charged);
        UsageEvents.ToRated(
            in received, record.Fingerprint, in result, session, tariffs, charged.ReceivedPartition, charged.ReceivedOffset,
            out UsageRatedView view);
        view.LatePolicy = charged.LatePolicy;
        after.Take(in view);
        charge = CorrectionRecords.BodyOf(in view);
        session.Commit();
        return null;
    }

    /// <summary>Whether two records put the same on the bill, and draw the same from the same bundles.</summary>
    private static bool IsSame(scoped in UsageRatedView one, scoped in UsageRatedView other)
    {
        if (one.Outcome != other.Outcome)
        {
            return false;
        }

        return one.Outcome == RatedOutcome.ZeroRated
            || (one.AmountNanos == other.AmountNanos && one.ChargedUnits == other.ChargedUnits && one.BundleUnits == other.BundleUnits
                && one.Account.SequenceEqual(other.Account) && one.Offering.SequenceEqual(other.Offering)
                && one.Currency.SequenceEqual(other.Currency) && one.PriceBasis == other.PriceBasis
                && (one.VatPermille == other.VatPermille || one.VatPermille < 0)
                && Ascii.Equals(one.Zone, RoamingZone.Home) == Ascii.Equals(other.Zone, RoamingZone.Home)
                && HasSameDraws(one.PartsOctets, other.PartsOctets));
    }

    /// <summary>Units drawn from each bundle. A record in one part names no bundle: there is only one of its kind.</summary>
    private static bool HasSameDraws(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        if (one.IsEmpty || other.IsEmpty)
        {
            return true;
        }

        Dictionary<string, long> draws = [];
        Add(one, 1);
        Add(other, -1);
        return draws.Values.All(units => units == 0);

        void Add(ReadOnlySpan<byte> parts, int sign)
        {
            foreach (UsagePartView part in new AvroItems<UsagePartView>(parts))
            {
                if (part.Component == PartComponent.Bundle)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(draws, Encoding.UTF8.GetString(part.Bundle), out _) += sign * part.Units;
                }
            }
        }
    }

    private static CorrectionReason ReasonOf(scoped in UsageRatedView charged, scoped in UsageRatedView anew) =>
        !charged.Account.SequenceEqual(anew.Account) || !charged.Offering.SequenceEqual(anew.Offering) ? CorrectionReason.Subscription
        : charged.OfferingVersion != anew.OfferingVersion ? CorrectionReason.Tariff
        : CorrectionReason.Follows;

    private static CorrectedCharge ChargeOf(scoped in UsageRatedView view) => new(
        Encoding.UTF8.GetString(view.Offering), view.OfferingVersion, view.Outcome == RatedOutcome.Rated,
        Encoding.UTF8.GetString(view.Currency), view.AmountNanos, view.BundleUnits);

    /// <summary>Makes the records: the first sets all meters, and each the balances that none before it has set.</summary>
    private CorrectionPlan Write(SubscriberHistory history, List<Difference> differences, Change change)
    {
        using CorrectionDigest digest = new();
        Dictionary<int, long> counts = [];
        List<MeterEntry> meters = [.. change.Meters()];
        List<CorrectionStep> steps = [];
        foreach ((UsageOfHistory usage, byte[] charge) in differences)
        {
            UsageRatedView.TryRead(usage.Charged, out UsageRatedView charged);
            UsageRatedView.TryRead(charge, out UsageRatedView anew);
            CorrectionReason reason = ReasonOf(in charged, in anew);

            // Each correction of a month counts one more, so that none is taken twice, nor two that were planned for the same state.
            MeterKey counter = new(UsageEvents.ToNumber(history.Subscriber), CorrectionsId, anew.PeriodStartDays);
            long count = counts.GetValueOrDefault(anew.PeriodStartDays, change.CountOf(in counter));
            counts[anew.PeriodStartDays] = count + 1;
            meters.Add(new MeterEntry(
                counter.Owner, counter.Id, counter.From, count + 1, 0,
                UsageInHand.LastDayBefore(BelgianCalendar.StartMilliseconds(usage.Month + 1))));

            byte[]? reversal = null;
            if (charged.Outcome == RatedOutcome.Rated)
            {
                (Balance heldBefore, Balance targetBefore) = change.Of(in charged);
                reversal = _records.Reverse(in charged, usage.UsageId, reason, in targetBefore);
                digest.Add(in heldBefore);
            }

            (Balance held, Balance target) = change.Of(in anew);
            digest.Add(in held);
            foreach (MeterEntry meter in meters)
            {
                MeterReading reading = change.Held(meter);
                digest.Add(meter.Id == CorrectionsId ? count : reading.Units, meter.Id == CorrectionsId ? 0 : reading.Nanos);
            }

            byte[] body = _records.Charge(
                in anew, charged.UsageId, usage.UsageId, reason, in target, CollectionsMarshal.AsSpan(meters));
            if (body.Length + (reversal?.Length ?? 0) + usage.Received!.Length > MostOctets)
            {
                return CorrectionPlan.Refused(RerateRefusal.TooLarge);
            }

            steps.Add(new CorrectionStep
            {
                UsageId = usage.UsageId,
                FormerId = charged.UsageId,
                Received = usage.Received,
                Reversal = reversal,
                Charge = body,
                Expects = digest.Finish(),
                EventTimeMilliseconds = usage.EventTimeMilliseconds,
                Reason = reason,
                Before = ChargeOf(in charged),
                After = ChargeOf(in anew),
            });
            meters.Clear();
            change.Made(reversal is not null, in charged, in anew);
        }

        return new CorrectionPlan(RerateRefusal.None, steps);
    }

    /// <summary>Usage that is charged otherwise, and the body of the record with what is charged now.</summary>
    private readonly record struct Difference(UsageOfHistory Usage, byte[] Charge);

    /// <summary>From which state to which a subscriber's corrections lead.</summary>
    private sealed class Change(StateOfRecords before, StateOfRecords after, HashSet<ulong> notices)
    {
        private readonly HashSet<(string, int)> _made = [];

        /// <summary>
        /// The meters that change. A step of a limit that was sent stays sent, and one that is reached by a correction is sent with the
        /// next usage: a correction tells nobody anything (D-27).
        /// </summary>
        public IEnumerable<MeterEntry> Meters()
        {
            foreach (MeterKey key in before.Meters.Keys.Union(after.Meters.Keys))
            {
                MeterReading target = after.Read(in key);
                if (key.Id == CorrectionsId || notices.Contains(key.Id) || before.Read(in key) == target)
                {
                    continue;
                }

                MeterEntry entry = after.Meters.TryGetValue(key, out MeterEntry known) ? known : before.Meters[key];
                yield return entry with { Units = target.Units, Nanos = target.Nanos };
            }
        }

        /// <summary>What a meter held before the corrections.</summary>
        public MeterReading Held(in MeterEntry meter) => before.Read(new MeterKey(meter.Owner, meter.Id, meter.From));

        /// <summary>How many corrections of a month were taken before.</summary>
        public long CountOf(in MeterKey counter) => before.Read(in counter).Units;

        /// <summary>The balance of a record's account and month before a step, and after it.</summary>
        public (Balance Held, Balance Target) Of(scoped in UsageRatedView record)
        {
            (string, int) key = KeyOf(in record);
            Balance held = before.Balances.GetValueOrDefault(key);
            Balance target = after.Balances.GetValueOrDefault(key);
            target.Notified = held.Notified | (target.Notified & ThresholdKinds.OtherRoamingSpend);
            return (_made.Contains(key) ? target : held, target);
        }

        /// <summary>Notes that a step has set the balances of its records.</summary>
        public void Made(bool hasReversal, scoped in UsageRatedView charged, scoped in UsageRatedView anew)
        {
            _made.Add(KeyOf(in anew));
            _ = hasReversal && _made.Add(KeyOf(in charged));
        }

        private static (string, int) KeyOf(scoped in UsageRatedView record) =>
            (Encoding.UTF8.GetString(record.Account), record.PeriodStartDays);
    }
}
