using System.Collections.Immutable;
using System.Runtime.InteropServices;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Rates usage by price lists: a session in whole increments, what bundles do not cover by its price; a pass; a share of a value. An event
/// is priced whole or not at all: when a part of it has no price, nothing of it is charged. (decisions D-01 to D-16)
/// </summary>
internal sealed class PriceListCharging
{
    /// <summary>
    /// No call lasts so long, and no container is open so long. A record that says so would take as long to split at its bounds.
    /// </summary>
    public const long MostMilliseconds = 400L * 86_400_000;

    private const long MillisecondsPerSecond = 1000;
    private const long NanosPerUnit = 1_000_000_000;
    private const int PercentPerWhole = 100;

    private readonly UsageInHand _hand;
    private readonly TermsInForce _terms;
    private readonly EventParts _parts;
    private readonly BundleDraws _bundles;
    private readonly MonthlyGrants _grants;
    private readonly PassCharging _passes;
    private readonly SessionCharging _sessions;
    private readonly List<MeterEntry> _metersAfter = [];
    private int _event;

    /// <param name="subscribers">Who has which offering when.</param>
    /// <param name="members">The same of all members of the accounts.</param>
    /// <param name="sessionDaysLess">How many days earlier than late usage the sessions are forgotten that have no new record.</param>
    public PriceListCharging(SubscriberTable subscribers, AccountMembers members, int sessionDaysLess = 0)
    {
        _hand = new UsageInHand(sessionDaysLess);
        _terms = new TermsInForce(_hand, members);
        _parts = new EventParts(_terms);
        SessionInHand session = new(_hand);
        _grants = new MonthlyGrants(_hand, _terms, subscribers, members);
        _bundles = new BundleDraws(_hand, _terms, _parts, session, _grants);
        _passes = new PassCharging(_hand, _terms, _parts);
        _sessions = new SessionCharging(_hand, _terms, _parts, session, _bundles);
    }

    /// <summary>The meters.</summary>
    public Meters Meters => _hand.Meters;

    /// <summary>Units that the event drew from the bundle that the month's balance counts.</summary>
    public long DrawnFromBalance => _bundles.DrawnFromBalance;

    /// <summary>The parts of the event that was rated last.</summary>
    /// <param name="result">Its result.</param>
    public ReadOnlySpan<RatedPart> PartsOf(in RatingResult result)
    {
        Expect(result.PartCount == 0 || result.ListEvent == _event);
        return _parts.All[..result.PartCount];
    }

    /// <summary>What the event that was rated last left in the meters that it changed.</summary>
    /// <param name="result">Its result.</param>
    public ReadOnlySpan<MeterEntry> MetersAfter(scoped in RatingResult result)
    {
        Expect(result.MeterCount == 0 || result.ListEvent == _event);
        return CollectionsMarshal.AsSpan(_metersAfter)[..result.MeterCount];
    }

    /// <summary>Rates one event, in the place of the one before: of that, parts and meters are no longer known.</summary>
    /// <param name="usage">The event.</param>
    /// <param name="tariffs">Tariffs to use.</param>
    /// <param name="account">Hash of the account that pays.</param>
    /// <param name="holder">Number of who holds its balance.</param>
    /// <param name="bundleUsed">Units that the month's balance says are drawn from the bundle of the kind.</param>
    /// <param name="oldestDay">Oldest day of usage that is not late: what no usage may need any more is not read.</param>
    /// <param name="ofMember">Days that another session counted, which has the subscription; null when this one has it.</param>
    /// <param name="granted">What top-ups brought.</param>
    /// <param name="result">Has the version in force at the start and the month; gets the rest.</param>
    public ChargingFault Rate(
        in UsageRecord usage, TariffSnapshot tariffs, ulong account, int holder, long bundleUsed, int oldestDay,
        MemberDays? ofMember, ImmutableArray<GrantedBundle> granted, ref RatingResult result)
    {
        _hand.Take(in usage, account, oldestDay, result.PeriodStartDays, granted);
        _terms.Begin(tariffs, result.VersionIndex);
        BeginEvent();
        _bundles.BeginEvent(bundleUsed);
        _grants.BeginEvent(holder, ofMember);
        ChargingFault fault = Charge(ref result);
        if (fault == ChargingFault.None && _parts.TrySum(ref result))
        {
            Meters.CopyChanged(_metersAfter);
            (result.MeterCount, result.ListEvent) = (_metersAfter.Count, _event);
            return ChargingFault.None;
        }

        TakeBack(ref result);
        return fault == ChargingFault.None ? ChargingFault.Overflow : fault;
    }

    /// <summary>
    /// Units of a bundle that are drawn, and those that usage now could still draw; of its fair use the volume and what is used; nothing is
    /// changed.
    /// </summary>
    /// <param name="usage">Usage of the subscriber, now.</param>
    /// <param name="tariffs">Tariffs to use.</param>
    /// <param name="version">The version in force.</param>
    /// <param name="account">Hash of the account that pays.</param>
    /// <param name="holder">Number of who holds its balance.</param>
    /// <param name="bundleUsed">Units that the month's balance says are drawn from the bundle of the kind.</param>
    /// <param name="oldestDay">Oldest day of usage that is not late.</param>
    /// <param name="monthStart">First day of the month, days since 1970-01-01.</param>
    /// <param name="ofMember">Days that another session counted, which has the subscription; null when this one has it.</param>
    /// <param name="bundle">The bundle.</param>
    public (long Drawn, long Left, (long Volume, long Used)? FairUse) Look(
        in UsageRecord usage, TariffSnapshot tariffs, int version, ulong account, int holder, long bundleUsed, int oldestDay,
        int monthStart, MemberDays? ofMember, PriceList.BundleTerms bundle)
    {
        int before = Meters.ChangeCount;
        _hand.Take(in usage, account, oldestDay, monthStart, []);
        _terms.Begin(tariffs, version);
        BeginEvent();
        _bundles.BeginEvent(bundleUsed);
        _grants.BeginEvent(holder, ofMember);
        (long Drawn, long Left, (long Volume, long Used)? FairUse) look = _bundles.Look(bundle);
        TakeBackTo(before);
        return look;
    }

    /// <summary>Undoes the event that was rated last.</summary>
    public void TakeBack(ref RatingResult result)
    {
        Meters.UndoEvent();
        _parts.UndoEvent();
        _metersAfter.Clear();
        (result.PartCount, result.MeterCount) = (0, 0);
        (result.AmountNanos, result.ChargedUnits, result.BundleUnits) = (0, 0, 0);
    }

    /// <summary>
    /// Sets a meter beside those of the price list, for the event that was rated last, also on the short way, where no price list began it.
    /// </summary>
    /// <param name="key">Which.</param>
    /// <param name="reading">What it holds from now on.</param>
    /// <param name="untilDay">Last day of usage that may need it.</param>
    /// <param name="result">Result of the event.</param>
    public void Write(in MeterKey key, MeterReading reading, int untilDay, ref RatingResult result)
    {
        Meters.Write(in key, reading, untilDay);
        if (result.MeterCount + result.PartCount == 0)
        {
            BeginEvent();
            result.ListEvent = _event;
        }

        result.MeterCount++;
        _metersAfter.Add(new MeterEntry(key.Owner, key.Id, key.From, reading.Units, reading.Nanos, untilDay));
    }

    /// <summary>Undoes all events since the meters had an earlier count of changes.</summary>
    public void TakeBackTo(int changes)
    {
        Meters.UndoSince(changes);
        _parts.UndoEvent();
        _metersAfter.Clear();
    }

    private static void Expect(bool isOfLastEvent)
    {
        if (!isOfLastEvent)
        {
            throw new InvalidOperationException("The parts and meters of an event are known until the next event is rated.");
        }
    }

    private void BeginEvent()
    {
        _event++;
        _parts.BeginEvent();
        _metersAfter.Clear();
    }

    private ChargingFault Charge(ref RatingResult result)
    {
        ref readonly UsageRecord usage = ref _hand.Usage;
        if (usage.DurationSeconds > MostMilliseconds / MillisecondsPerSecond
            || usage.EndTimeMilliseconds - usage.EventTimeMilliseconds > MostMilliseconds)
        {
            return ChargingFault.Overflow;
        }

        if (!_terms.TryEnter(usage.EventTimeMilliseconds))
        {
            return _terms.Missing;
        }

        PriceList.Row row = _terms.Row;
        (result.VersionIndex, result.ZoneIndex, result.PriceIndex) = (_terms.VersionIndex, _terms.Zone, row.Index);
        long units = usage.UnitsOf(row.Unit);
        if (units == 0 && row.Model != PriceModel.Percentage)
        {
            return ChargingFault.NoUsage;
        }

        // Free units count for their session where another price can follow: what it pays then depends on them, and on its start.
        if (row.IsFree && (units < 0 || (row.Model == PriceModel.Zero && _terms.Until == long.MaxValue)))
        {
            _parts.Add(new RatedPart { Component = PartComponent.ZeroRated, Units = Math.Max(0, units) });
            return ChargingFault.None;
        }

        switch (row.Model)
        {
            case PriceModel.Percentage:
                return ChargePercentage(in usage, row);
            case PriceModel.Pass when units > 0:
                _passes.Charge();
                return ChargingFault.None;
            default:
                return units < 0 ? ChargingFault.NotMeasured : _sessions.Charge(units);
        }
    }

    private ChargingFault ChargePercentage(in UsageRecord usage, PriceList.Row row)
    {
        if (usage.ValueNanos < 0)
        {
            return ChargingFault.NotMeasured;
        }

        if (usage.ValueNanos == 0)
        {
            return ChargingFault.NoUsage;
        }

        if (usage.ValueCurrency != _terms.Version.Currency)
        {
            return ChargingFault.Currency;
        }

        if (!RoundingPolicy.TryPrice(usage.ValueNanos, row.PercentNanos, PercentPerWhole * NanosPerUnit, out long amount))
        {
            return ChargingFault.Overflow;
        }

        amount = Math.Min(Math.Max(amount + row.FixedNanos, row.MinimumChargeNanos), row.MaximumChargeNanos);
        _parts.Add(new RatedPart { Component = PartComponent.Usage, AmountNanos = amount });
        return ChargingFault.None;
    }
}
