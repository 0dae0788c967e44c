using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What subscribers have, for a reader that restores the state and follows it beside the one that rates. A question may make room for what
/// it asks for, so the session that rates is never asked.
/// </summary>
public sealed partial class RatingSession
{
    /// <summary>Account and offering of a subscriber at an instant; false when it has no subscription then.</summary>
    /// <param name="subscriber">Whose.</param>
    /// <param name="tariffs">Tariffs in force.</param>
    /// <param name="atMilliseconds">When, milliseconds since 1970-01-01 UTC.</param>
    /// <param name="guided">Account and offering.</param>
    public bool TryGuide(UInt128 subscriber, TariffSnapshot tariffs, long atMilliseconds, out GuidedSubscriber guided)
    {
        guided = default;
        int number = _subscribers.Find(subscriber);
        if (number == SubscriberTable.NotFound
            || !_subscribers.TryGuide(number, atMilliseconds, out int offering, out int period, out _, out _))
        {
            return false;
        }

        int version = tariffs.FindVersion(offering, atMilliseconds);
        bool isOfAccount = version >= 0 && tariffs.Version(version).IsOfAccount;
        guided = new GuidedSubscriber(System.Text.Encoding.UTF8.GetString(_subscribers.Account(period)), offering, isOfAccount)
        {
            Choices = _subscribers.ChoicesIn(period),
            Days = isOfAccount && EnterMonth(atMilliseconds)
                ? MemberDaysOf(subscriber, offering, period, tariffs.Version(version).PriceList)
                : null,
        };
        return true;
    }

    /// <summary>
    /// Prepaid money of a subscriber at an instant: 0 before the first top-up; null for who pays with the bill and has nothing left from
    /// before.
    /// </summary>
    /// <param name="subscriber">Whose.</param>
    /// <param name="tariffs">Tariffs in force.</param>
    /// <param name="policy">How long sessions hold money.</param>
    /// <param name="atMilliseconds">When, milliseconds since 1970-01-01 UTC.</param>
    public MoneyBalance? MoneyOf(UInt128 subscriber, TariffSnapshot tariffs, QuotaPolicy policy, long atMilliseconds)
    {
        int number = _subscribers.Find(subscriber);
        if (number == SubscriberTable.NotFound
            || !_subscribers.TryGuide(number, atMilliseconds, out int offering, out _, out int holder, out _))
        {
            return null;
        }

        int version = tariffs.FindVersion(offering, atMilliseconds);
        bool isPrepaid = version >= 0 && tariffs.Version(version).IsPrepaid;
        QuotaAccount account = _quotas.Find(subscriber ^ _subscribers.OwnerOf(holder)) ?? QuotaAccount.Empty;
        if (account.Currency.IsUnknown && !isPrepaid)
        {
            return null;
        }

        account = QuotaExchange.Aged(account, policy, atMilliseconds);
        return new MoneyBalance(
            account.Currency.IsUnknown ? tariffs.Version(version).Currency : account.Currency, account.Reservation.MoneyNanos ?? 0,
            HeldOf(account, subscriber, tariffs, atMilliseconds));
    }

    /// <summary>
    /// What a subscriber has; null when no version of the offering is in force. Of an offering that shares a bundle, the session of the
    /// account's partition is asked.
    /// </summary>
    /// <param name="subscriber">Whose.</param>
    /// <param name="guided">Its account and offering.</param>
    /// <param name="tariffs">Tariffs in force.</param>
    /// <param name="policy">How long sessions hold units.</param>
    /// <param name="atMilliseconds">When, milliseconds since 1970-01-01 UTC.</param>
    public SubscriberBalances? BalancesOf(
        UInt128 subscriber, GuidedSubscriber guided, TariffSnapshot tariffs, QuotaPolicy policy, long atMilliseconds)
    {
        int index = tariffs.FindVersion(guided.Offering, atMilliseconds);
        if (index < 0 || !EnterMonth(atMilliseconds))
        {
            return null;
        }

        TariffVersion version = tariffs.Version(index);
        byte[] account = System.Text.Encoding.UTF8.GetBytes(guided.Account);
        int holder = _subscribers.GetOrAddHolder(_subscribers.GetOrAdd(subscriber), account);
        BundleInHand[] before = ReadBundles(subscriber, holder, index, tariffs, guided.Days, atMilliseconds);
        TrialMark mark = MarkTrial();
        HoldUnits(subscriber, holder, tariffs, policy, atMilliseconds);
        BundleInHand[] beside = ReadBundles(subscriber, holder, index, tariffs, guided.Days, atMilliseconds);
        EndTrial(mark);

        Balance balance = _balances.GetOrCreate(_month, holder);
        return new SubscriberBalances(
            System.Text.Encoding.UTF8.GetString(version.OfferingUtf8) + "/" + version.Version, version.Currency, version.Basis,
            DateTimeOffset.FromUnixTimeMilliseconds(_monthStart), DateTimeOffset.FromUnixTimeMilliseconds(_monthEnd), balance.SpendNanos,
            [.. before.Select((bundle, place) => Of(bundle, beside[place], tariffs))],
            LimitsOf(subscriber, holder, version, guided.Choices, in balance, atMilliseconds));
    }

    private BundleBalance Of(BundleInHand bundle, BundleInHand beside, TariffSnapshot tariffs)
    {
        PriceList.BundleTerms terms = bundle.Terms;
        bool isEndless = terms.Units == long.MaxValue;
        return new BundleBalance(
            tariffs.NameOf(terms), terms.Kind, terms.IsShared,
            isEndless ? null : terms.HasMonthlyTerms ? bundle.Used + bundle.Left : terms.Units,
            bundle.Used, beside.Used - bundle.Used, isEndless ? null : bundle.Left,
            terms.IsMonthly ? DateTimeOffset.FromUnixTimeMilliseconds(_monthStart) : ToTime(terms.FromMilliseconds),
            terms.IsMonthly ? DateTimeOffset.FromUnixTimeMilliseconds(_monthEnd) : ToTime(terms.ToMilliseconds),
            bundle.FairUse,
            terms.IsGranted ? terms.CountedFrom : null);
    }

    private static DateTimeOffset? ToTime(long milliseconds) =>
        milliseconds is long.MinValue or long.MaxValue ? null : DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    /// <summary>Charges what open quotas may still use, as granting does.</summary>
    private void HoldUnits(UInt128 subscriber, int holder, TariffSnapshot tariffs, QuotaPolicy policy, long at)
    {
        if (_quotas.Find(subscriber ^ _subscribers.OwnerOf(holder)) is not { } account)
        {
            return;
        }

        foreach (SessionReservation quota in QuotaExchange.Aged(account, policy, at).Reservation.Sessions.Values)
        {
            if ((quota.HeldNanos | quota.HeldUnits) != 0)
            {
                UsageRecord held = QuotaExchange.Quantity(quota.Usage, quota.Unit, quota.Answer.GrantedUnits, at);
                Try(in held, tariffs, out _, out _);
            }
        }
    }

    private BundleInHand[] ReadBundles(
        UInt128 subscriber, int holder, int version, TariffSnapshot tariffs, MemberDays? ofMember, long at)
    {
        Balance balance = _balances.GetOrCreate(_month, holder);
        UsageRecord usage = new()
        {
            Subscriber = subscriber,
            EventTimeMilliseconds = at,
            EndTimeMilliseconds = at,
        };
        int oldest = OldestDayWith(at);
        IEnumerable<PriceList.BundleTerms> granted = _quotas.GrantedTo(subscriber ^ _subscribers.OwnerOf(holder))
            .Select(one => one.TermsIn(tariffs.Version(version).PriceList)).OfType<PriceList.BundleTerms>();
        return
        [
            .. tariffs.Version(version).PriceList.Bundles.Concat(granted)
                .Where(terms => terms.IsMonthly || (at >= terms.FromMilliseconds && at < terms.ToMilliseconds))
                .Select(terms =>
                {
                    if (terms.IsOfBalance && !terms.HasMonthlyTerms)
                    {
                        long used = balance.BundleUsed(terms.Kind);
                        return new BundleInHand(terms, used, Math.Max(0, terms.Units - used), null);
                    }

                    (long drawn, long left, (long, long)? fairUse) = _lists.Look(
                        in usage, tariffs, version, _subscribers.OwnerOf(holder), holder, balance.BundleUsed(terms.Kind), oldest,
                        _monthStartDays, ofMember, terms);
                    return new BundleInHand(terms, drawn, left, fairUse);
                }),
        ];
    }

    private List<LimitBalance> LimitsOf(
        UInt128 subscriber, int holder, TariffVersion version, SpendChoices? choices, in Balance balance, long at)
    {
        SpendLimits limits = choices is null ? version.Limits : choices.LimitsAt(at, version);
        SpendPeriod month = new(_monthStartDays, _monthUntilDay, OldestDayWith(at));
        long other = _spend.OtherOf(subscriber ^ _subscribers.OwnerOf(holder), month);
        List<LimitBalance> all = [];
        foreach (SpendLimit limit in limits.All)
        {
            long spent = limit.Scope switch
            {
                _ when limit.Measure is { } measure => _spend.SpendOf(OwnerOf(measure, subscriber, holder), measure.Meter, month),
                SpendScope.RoamingData => balance.RoamingDataSpendNanos,
                SpendScope.Domestic => balance.SpendNanos - balance.RoamingDataSpendNanos - other,
                _ => balance.SpendNanos,
            };
            all.Add(new LimitBalance(
                limit.Id, limit.Scope, limit.AmountNanos, limit.Basis, spent, version.ReachedFrom(limit), limit.IsChosen));
        }

        return all;
    }

    private readonly record struct BundleInHand(PriceList.BundleTerms Terms, long Used, long Left, (long Volume, long Used)? FairUse);
}
