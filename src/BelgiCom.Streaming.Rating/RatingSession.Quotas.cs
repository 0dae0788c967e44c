using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Online charging: accounts with money and quotas, and the question what usage would be charged, which is answered by charging it and
/// taking it back.
/// </summary>
public sealed partial class RatingSession
{
    private readonly QuotaBook _quotas = new();

    // The balances that the open trial changed, as they were before it.
    private readonly List<(int Month, int Holder, Balance Before)> _tried = [];

    /// <summary>Number of accounts that are charged online.</summary>
    public int QuotaAccountCount => _quotas.Count;

    /// <summary>Owners of the online accounts that the open batch changed: each is to be stored with it.</summary>
    public IReadOnlyCollection<UInt128> ChangedQuotaAccounts => _quotas.Changed;

    /// <summary>The owner of a subscriber's online account at an instant; false when no subscription names an account.</summary>
    /// <param name="subscriber">Whose.</param>
    /// <param name="milliseconds">When, milliseconds since 1970-01-01 UTC.</param>
    /// <param name="owner">The owner, as meters have it.</param>
    public bool TryFindOwner(UInt128 subscriber, long milliseconds, out UInt128 owner)
    {
        owner = default;
        int number = _subscribers.Find(subscriber);
        if (number == SubscriberTable.NotFound || !_subscribers.TryGuide(number, milliseconds, out _, out _, out int holder, out _))
        {
            return false;
        }

        owner = subscriber ^ _subscribers.OwnerOf(holder);
        return true;
    }

    /// <summary>Whether this very usage was rated, as far as ids are remembered.</summary>
    public bool IsRated(in UsageRecord usage)
    {
        RatingResult known = default;
        return WasClaimedOn(DedupWindow.DayOf(usage.EventTimeMilliseconds), in usage, ref known)
            && known.Outcome == RatingOutcome.Duplicate;
    }

    /// <summary>An online account; null when the owner has none.</summary>
    public QuotaAccount? FindQuotaAccount(UInt128 owner) => _quotas.Find(owner);

    /// <summary>Sets an online account until commit or abort; an empty one is removed.</summary>
    public void SetQuotaAccount(UInt128 owner, QuotaAccount account) => _quotas.Set(owner, account);

    /// <summary>
    /// Forgets the sessions that are silent for too long, until commit or abort. It looks at every account, so it is not for every batch.
    /// </summary>
    /// <param name="policy">How long sessions live.</param>
    /// <param name="milliseconds">Now, milliseconds since 1970-01-01 UTC.</param>
    public void ForgetSilentSessions(QuotaPolicy policy, long milliseconds)
    {
        foreach (UInt128 owner in _quotas.WithSessions.ToArray())
        {
            QuotaAccount account = _quotas.Find(owner)!;
            QuotaAccount aged = QuotaExchange.Aged(account, policy, milliseconds);
            if (aged.Sessions.Count < account.Sessions.Count)
            {
                _quotas.Set(owner, aged);
            }
        }
    }

    /// <summary>Puts back a stored online account; null when a later record of the store deletes it.</summary>
    public void RestoreQuotaAccount(UInt128 owner, QuotaAccount? account) => _quotas.Restore(owner, account);

    /// <summary>Begins a trial, which ends with <see cref="EndTrial"/>. Between the two, nothing but trials may be rated.</summary>
    internal TrialMark MarkTrial() => new(_lists.Meters.ChangeCount, _spend.Notices.Length, _tried.Count);

    /// <summary>
    /// Charges usage provisionally, without asking whether its id is known, and without debiting prepaid money. What is charged of it holds
    /// for the trials that follow.
    /// </summary>
    /// <param name="usage">The usage.</param>
    /// <param name="tariffs">Tariffs to use.</param>
    /// <param name="result">What it would be charged.</param>
    /// <param name="isCutOff">Whether a limit that stops the service is reached with it.</param>
    internal void Try(in UsageRecord usage, TariffSnapshot tariffs, out RatingResult result, out bool isCutOff)
    {
        isCutOff = false;
        if (TryGuideUnasked(in usage, tariffs, out result, out int holder))
        {
            _tried.Add((_month, holder, _balances.GetOrCreate(_month, holder)));
            TariffVersion version = tariffs.Version(result.VersionIndex);
            Price(in usage, tariffs, holder, ref result);
            isCutOff = result.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated
                && IsCutOff(in usage, version, holder, in result);
            NamePublished(version, tariffs, ref result);
        }
    }

    /// <summary>Takes back everything that was tried since a mark.</summary>
    internal void EndTrial(TrialMark mark)
    {
        _lists.TakeBackTo(mark.Changes);
        _spend.UndoTo(mark.Notices);
        for (int index = _tried.Count - 1; index >= mark.Balances; index--)
        {
            (int month, int holder, Balance before) = _tried[index];
            before.CopyTo(ref _balances.GetOrCreate(month, holder));
        }

        _tried.RemoveRange(mark.Balances, _tried.Count - mark.Balances);
    }

    /// <summary>
    /// Whether the spend after usage has reached a limit that stops what the usage belongs to; <see cref="WatchSpend"/> sends its steps.
    /// </summary>
    private bool IsCutOff(in UsageRecord usage, TariffVersion version, int holder, in RatingResult result)
    {
        SpendLimits limits = _subscribers.ChoicesIn(result.SubscriptionPeriod)?.LimitsAt(usage.EventTimeMilliseconds, version)
            ?? version.Limits;
        ref Balance balance = ref _balances.GetOrCreate(_month, holder);
        bool isRoaming = ZoneOf(in usage, version, in result) != version.HomeZone;
        if (isRoaming && usage.Kind == UsageKind.Data && limits.IsCutOff(SpendScope.RoamingData, balance.RoamingDataSpendNanos))
        {
            return true;
        }

        UInt128 owner = usage.Subscriber ^ _subscribers.OwnerOf(holder);
        SpendPeriod period = new(_monthStartDays, _monthUntilDay, OldestDayWith(usage.EventTimeMilliseconds));
        if (!isRoaming && limits.Watches(SpendScope.Domestic))
        {
            bool hasOther = (balance.Notified & ThresholdKinds.OtherRoamingSpend) != ThresholdKinds.None;
            long other = hasOther ? _spend.OtherOf(owner, period) : 0;
            if (limits.IsCutOff(SpendScope.Domestic, balance.SpendNanos - balance.RoamingDataSpendNanos - other))
            {
                return true;
            }
        }

        for (int index = 0; index < version.Measures.Length; index++)
        {
            MeasureInForce measured = version.Measures[index];
            if (measured.Counts(usage.Kind, ZoneOf(in usage, version, measured.Version, in result))
                && SpendLimits.IsCutOff(limits.ReachedOfMeasure(index, _spend.SpendOf(
                    OwnerOf(measured.Measure, usage.Subscriber, holder), measured.Measure.Meter, period))))
            {
                return true;
            }
        }

        return limits.IsCutOff(SpendScope.All, balance.SpendNanos);
    }

    private bool IsOfMoneysCurrency(in UsageRecord usage, TariffVersion version, int holder)
    {
        Currency currency = _quotas.CurrencyOf(usage.Subscriber ^ _subscribers.OwnerOf(holder));
        return currency.IsUnknown || currency == version.Currency;
    }

    /// <summary>Debits what usage costs from the prepaid money, below zero if it must: the usage has happened.</summary>
    private void Pay(in UsageRecord usage, TariffVersion version, int holder, long nanos) =>
        _quotas.Debit(usage.Subscriber ^ _subscribers.OwnerOf(holder), nanos, version.Currency);

    internal readonly record struct TrialMark(int Changes, int Notices, int Balances);
}
