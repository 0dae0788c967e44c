using System.Runtime.CompilerServices;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Rates the usage of one partition: guide, rate, charge. It owns the partition's subscriptions, balances and rated ids, and uses no Kafka,
/// clock, log or file. Its results depend only on the usage, the tariffs and this state. Changes are provisional until <see cref="Commit"/>
/// or <see cref="Abort"/>. Used by one thread.
/// </summary>
public sealed partial class RatingSession
{
    /// <summary>
    /// Number of events to prepare together: enough that their cache misses overlap, few enough that the loaded memory is still in the
    /// cache when it is used.
    /// </summary>
    public const int PrepareLength = 64;

    private const long MillisecondsPerSecond = 1000;
    private const long MillisecondsPerDay = 86_400_000;
    private const long MaxRatingGroup = uint.MaxValue;

    // Stands in the place of a subscription that another session has.
    private const int GuidedPeriod = int.MinValue;

    // No subscriber uses a petabyte, or a second of every year since the continents were one. A record that says so is refused whatever
    // its price is, because the sums of everybody must not be spoilt by one absurd number.
    internal const long MaxQuantity = 1_000_000_000_000_000;

    private readonly int _lateDays;
    private readonly LatePolicy? _late;
    private readonly int _dedupDays;
    private readonly bool _keepsIds;
    private readonly SubscriberTable _subscribers = new();
    private readonly AccountMembers _members;
    private readonly bool _followsMembers;
    private readonly BalanceMonths _balances;
    private readonly DedupWindow _ids = new();
    private readonly ExpiredKeys _expired;
    private readonly PriceListCharging _lists;
    private readonly SpendCounter _spend;
    private readonly RatedPart[] _shortParts = new RatedPart[3];
    private readonly RatedArrays _arrays = new();

    // Account, offering and what else the subscription says of the event in hand, or of the one before, where another session guided it.
    private readonly byte[] _guidedAccount = new byte[SubscriptionChecks.MaxAccountOctets];
    private readonly MemberChoices _memberChoices = new();
    private SpendChoices? _guidedChoices;
    private MemberDays _guidedDays;
    private bool _isGuided;
    private int _guidedLength;
    private UInt128 _guidedKey;
    private int _guidedOffering;

    // The month of the event before, which is nearly always that of the next one.
    private int _month = -1;
    private long _monthStart = long.MaxValue;
    private long _monthEnd = long.MinValue;
    private int _monthStartDays;
    private int _monthUntilDay;

    /// <summary>Makes an empty session.</summary>
    /// <param name="dedupDays">Days of usage, back from the newest day rated, of which ids are kept; 1 to 3,660.</param>
    /// <param name="lateDays">Usage that is more than this number of days older than the newest day rated is late; 0 to <paramref
    /// name="dedupDays"/>, because duplicates of older usage could not be recognised.</param>
    /// <param name="late">What becomes of younger usage that comes late; null charges all of it.</param>
    /// <param name="sessionDays">Days of usage for which a session without a new record is remembered; at least 0, and as long as usage is
    /// not late when it is more.</param>
    /// <param name="keepsIds">Whether ids are kept, without which no usage may be rated: only balances are asked for.</param>
    /// <param name="members">Members of the accounts on all partitions; null when this session has the subscriptions of all of them.
    /// </param>
    public RatingSession(
        int dedupDays, int lateDays, LatePolicy? late = null, int sessionDays = int.MaxValue, bool keepsIds = true,
        AccountMembers? members = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dedupDays);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dedupDays, 3660);
        ArgumentOutOfRangeException.ThrowIfNegative(lateDays);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lateDays, dedupDays);
        ArgumentOutOfRangeException.ThrowIfNegative(sessionDays);
        _dedupDays = dedupDays;
        _lateDays = lateDays;
        _late = late;
        _keepsIds = keepsIds;
        (_members, _followsMembers) = (members ?? new AccountMembers(), members is null);
        _lists = new PriceListCharging(_subscribers, _members, Math.Max(0, lateDays - sessionDays));
        _balances = new BalanceMonths(_subscribers);
        _expired = new ExpiredKeys(_balances, _subscribers, _lists.Meters);
        _spend = new SpendCounter(_lists);
    }

    /// <summary>
    /// Rates a batch in its order. It allocates nothing per event; the state grows only with new subscribers, sessions and ids. Whoever
    /// wants the parts and meters of each event rates them one by one.
    /// </summary>
    /// <param name="usage">The events.</param>
    /// <param name="tariffs">Tariffs to use for all of them.</param>
    /// <param name="results">One result for each event; at least as long as <paramref name="usage"/>.</param>
    public void Rate(ReadOnlySpan<UsageRecord> usage, TariffSnapshot tariffs, Span<RatingResult> results)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(results.Length, usage.Length, nameof(results));
        Span<UsageKey> keys = stackalloc UsageKey[PrepareLength];
        for (int start = 0; start < usage.Length; start += PrepareLength)
        {
            ReadOnlySpan<UsageRecord> chunk = usage.Slice(start, Math.Min(PrepareLength, usage.Length - start));
            for (int index = 0; index < chunk.Length; index++)
            {
                keys[index] = new UsageKey(chunk[index].UsageId, chunk[index].Subscriber);
            }

            Prepare(keys[..chunk.Length]);
            for (int index = 0; index < chunk.Length; index++)
            {
                Rate(in chunk[index], tariffs, out results[start + index]);
            }
        }
    }

    /// <summary>
    /// Loads the memory that rating these events will need, all at once, so that the cache misses overlap. It changes no result. It pays
    /// for <see cref="PrepareLength"/> events or fewer, shortly before they are rated.
    /// </summary>
    public void Prepare(ReadOnlySpan<UsageKey> keys)
    {
        IdSet? newest = _ids.Find(_ids.NewestDay);
        foreach (ref readonly UsageKey key in keys)
        {
            _subscribers.HintIndex(key.Subscriber);
            newest?.Hint(key.UsageId);
        }

        foreach (ref readonly UsageKey key in keys)
        {
            _subscribers.HintEntry(key.Subscriber);
        }

        if (MeterCount > 0)
        {
            HintMeters(keys);
        }
    }

    /// <summary>Loads all meters of the subscribers, because which of them an event needs is not known before it is decoded.</summary>
    private void HintMeters(ReadOnlySpan<UsageKey> keys)
    {
        Span<UInt128> owners = stackalloc UInt128[PrepareLength];
        for (; !keys.IsEmpty; keys = keys[Math.Min(PrepareLength, keys.Length)..])
        {
            int count = Math.Min(PrepareLength, keys.Length);
            for (int index = 0; index < count; index++)
            {
                owners[index] = _subscribers.NewestOwner(keys[index].Subscriber);
            }

            _lists.Meters.Hint(owners[..count]);
        }
    }

    /// <summary>Rates one event: guide, rate, charge.</summary>
    /// <param name="usage">The event.</param>
    /// <param name="tariffs">Tariffs to use.</param>
    /// <param name="result">Its result.</param>
    public void Rate(in UsageRecord usage, TariffSnapshot tariffs, out RatingResult result)
    {
        result = default;
        result.PriceIndex = -1;
        if (!IsValid(in usage) || !EnterMonth(usage.EventTimeMilliseconds))
        {
            result.Reject(IsAbsurd(in usage) ? RejectedReason.AmountOverflow : RejectedReason.InvalidUsage);
            return;
        }

        result.PeriodStartDays = _monthStartDays;
        int day = DedupWindow.DayOf(usage.EventTimeMilliseconds);
        int age = _ids.NewestDay == DedupWindow.NoDay ? 0 : _ids.NewestDay - day;

        // Ids older than the window are forgotten between batches. If they were asked for, the result would depend on where batches end.
        if (age <= _dedupDays && _ids.Find(day) is { } known && MayHaveClaimed(known, in usage) && WasClaimed(known, in usage, ref result))
        {
            return;
        }

        if (usage.IsTimeOfReport && (WasClaimedOn(day - 1, in usage, ref result) || WasClaimedOn(day + 1, in usage, ref result)))
        {
            return;
        }

        if (age > _lateDays)
        {
            // Recycled usage came in time, so it stays a debt that somebody sees. It is not rated, because the balance of its month and the
            // ids of its day may be forgotten: a bundle would be granted again.
            result.Reject(usage.IsRecycled ? RejectedReason.OutsideWindow : RejectedReason.TooLate);
        }
        else if (_late is not null && age > 0 && IsHeldBack(in usage, age, ref result))
        {
            return;
        }
        else if (Guide(in usage, tariffs, ref result, out int holder))
        {
            TariffVersion version = tariffs.Version(result.VersionIndex);
            if (version.IsPrepaid && !IsOfMoneysCurrency(in usage, version, holder))
            {
                result.Reject(RejectedReason.Currency);
                NamePublished(version, tariffs, ref result);
                return;
            }

            Price(in usage, tariffs, holder, ref result);
            if (version.Layers is not null)
            {
                NamePublished(version, tariffs, ref result);
            }

            if (result.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated)
            {
                _ids.Claim(day, UsageClaim.Of(usage.UsageId, usage.Fingerprint));
            }

            if (version.IsPrepaid && result.AmountNanos != 0)
            {
                Pay(in usage, version, holder, result.AmountNanos);
            }
        }
    }

    /// <summary>
    /// Names a version that was published where several stand together: what has no price is under the main offering's. Usage that another
    /// session must rate is still under all of them.
    /// </summary>
    private static void NamePublished(TariffVersion version, TariffSnapshot tariffs, ref RatingResult result)
    {
        if (version.Layers is { } layers && !result.IsOfAccount && ReferenceEquals(tariffs.Version(result.VersionIndex), version))
        {
            result.VersionIndex = layers[^1];
        }
    }

    /// <summary>
    /// The subscriber who has the subscription of a reference that is only another name of this subscriber, at an instant. Usage under the
    /// other name must be rated under the subscriber's own reference, where its balance is.
    /// </summary>
    /// <returns>False when the reference names nobody at that time.</returns>
    public bool TryFindNamed(UInt128 reference, long milliseconds, out UInt128 subscriber) =>
        _subscribers.TryFindNamed(reference, milliseconds, out subscriber);

    /// <summary>
    /// Rates one event of a member for the account for which its offering counts (<see cref="AccountTerms"/>). The session that has the
    /// subscription guided it
    /// (<see cref="RatingResult.IsOfAccount"/>); this one has the account's meters, and those of its members.
    /// </summary>
    /// <param name="usage">The event.</param>
    /// <param name="member">What the session that guided it said of the subscription.</param>
    /// <param name="tariffs">Tariffs to use.</param>
    /// <param name="result">Its result.</param>
    public void RateForAccount(in UsageRecord usage, in Membership member, TariffSnapshot tariffs, out RatingResult result)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(member.Account.Length, _guidedAccount.Length, nameof(member));
        member.Account.CopyTo(_guidedAccount);
        (_isGuided, _guidedLength, _guidedKey, _guidedOffering) = (true, member.Account.Length, member.AccountKey, member.Offering);
        _guidedDays = new MemberDays(member.ActiveDays, member.ActiveDaysBefore, member.ActiveDaysEarlier);
        _guidedChoices = _memberChoices.Of(usage.Subscriber, member.Choices);
        Rate(in usage, tariffs, out result);
        (_isGuided, _guidedChoices) = (false, null);
    }

    /// <summary>What this session, which has the subscription, says of it to the session of the account that must rate the usage.</summary>
    /// <param name="usage">The event.</param>
    /// <param name="result">Its result here, which is <see cref="RatingResult.IsOfAccount"/>.</param>
    /// <param name="tariffs">Tariffs that gave the result.</param>
    /// <param name="keys">Keys of accounts.</param>
    public Membership MemberOf(in UsageRecord usage, in RatingResult result, TariffSnapshot tariffs, AccountKeys keys)
    {
        int period = result.SubscriptionPeriod;
        int offering = tariffs.OfferingOf(result.VersionIndex);
        ReadOnlySpan<byte> account = _subscribers.Account(period);
        MemberDays days = MemberDaysOf(usage.Subscriber, offering, period, tariffs.Version(result.VersionIndex).PriceList);
        return new Membership
        {
            Account = account,
            AccountKey = keys.Of(account),
            Offering = offering,
            ActiveDays = days.Days,
            ActiveDaysBefore = days.DaysBefore,
            ActiveDaysEarlier = days.Earlier,
            Choices = _subscribers.ChoicesIn(period)?.Octets,
        };
    }

    /// <summary>Days of the month in hand, and of those before it, on which a subscription has an offering.</summary>
    private MemberDays MemberDaysOf(UInt128 subscriber, int offering, int period, PriceList list)
    {
        offering = _subscribers.MainOf(offering);
        int holder = _subscribers.HolderIn(period);
        long earlier = 0;
        for (int ago = list.OwnRolloverPeriods; ago > 1; ago--)
        {
            earlier = (earlier << MemberDays.BitsOfMonth) | (uint)DaysOf(ago);
        }

        return new MemberDays(DaysOf(0), DaysOf(1), earlier);

        int DaysOf(int ago) => _month < ago ? 0 : _subscribers.ActiveDays(
            subscriber, offering, holder, BelgianCalendar.StartDays(_month - ago), BelgianCalendar.StartDays(_month - ago + 1));
    }

    /// <summary>
    /// Billing account in UTF-8 of an event that was guided; valid until subscriptions change or the next event is rated.
    /// </summary>
    public ReadOnlySpan<byte> Account(in RatingResult result) => result.SubscriptionPeriod == GuidedPeriod
        ? _guidedAccount.AsSpan(0, _guidedLength)
        : _subscribers.Account(result.SubscriptionPeriod);

    /// <summary>Version of the late policy under which usage was charged, UTF-8; empty for usage that came in time.</summary>
    internal ReadOnlySpan<byte> LatePolicyUtf8(in RatingResult result) => result.IsChargedLate ? _late!.VersionUtf8 : default;

    /// <summary>Whether usage may be rated for an account of this name: a longer one is no account's.</summary>
    public static bool IsAccount(ReadOnlySpan<byte> account) => account.Length is > 0 and <= SubscriptionChecks.MaxAccountOctets;

    /// <summary>The meters that a rated event changed, as they were after it; valid until the next event is rated.</summary>
    /// <param name="result">Its result.</param>
    public ReadOnlySpan<MeterEntry> Meters(scoped in RatingResult result) => _lists.MetersAfter(in result);

    /// <summary>The steps of limits that a rated event reached for the first time in the period, in rising order.</summary>
    /// <param name="result">Its result, of the batch that is open.</param>
    public ReadOnlySpan<SentNotice> Notices(scoped in RatingResult result) =>
        _spend.Notices.Slice(result.FirstNotice, result.NoticeCount);

    /// <summary>The parts of a rated event; valid until the next event is rated.</summary>
    /// <param name="result">Its result.</param>
    /// <param name="tariffs">Tariffs that it was rated with.</param>
    public ReadOnlySpan<RatedPart> Parts(in RatingResult result, TariffSnapshot tariffs)
    {
        if (result.PartCount > 0 || result.Outcome != RatingOutcome.Rated || result.ChargedUnits == 0)
        {
            return _lists.PartsOf(in result);
        }

        // On the short way: what the bundle covered, what was priced, and the fee.
        ref readonly TariffVersion.Price price = ref tariffs.Version(result.VersionIndex).PriceAt(result.PriceIndex);
        long priced = result.ChargedUnits - result.BundleUnits;
        long fee = priced == 0 ? 0 : price.ConnectFeeNanos;
        RatedPart part = new()
        {
            VersionIndex = result.VersionIndex,
            PriceIndex = result.PriceIndex,
            BandIndex = RatedPart.None,
            BundleIndex = RatedPart.None,
            BundleVersionIndex = RatedPart.None,
        };
        int count = 0;
        if (result.BundleUnits > 0)
        {
            _shortParts[count++] = part with
            {
                Component = PartComponent.Bundle,
                BundleIndex = tariffs.Version(result.VersionIndex).BundleOf(price.Kind),
                Units = result.BundleUnits,
            };
        }

        if (priced > 0)
        {
            _shortParts[count++] = part with
            {
                Component = PartComponent.Usage,
                Units = priced,
                UnitPriceNanos = price.UnitPriceNanos,
                UnitSize = price.UnitSize,
                AmountNanos = result.AmountNanos - fee,
            };
        }

        if (fee > 0)
        {
            _shortParts[count++] = part with { Component = PartComponent.ConnectFee, AmountNanos = fee };
        }

        return _shortParts.AsSpan(0, count);
    }

    /// <summary>Gives an event that was rated in parts its parts and meters; valid until the next one is given them.</summary>
    internal void WriteArrays(in RatingResult result, TariffSnapshot tariffs, ref UsageRatedView view)
    {
        view.PartsOctets = _arrays.Parts(_lists.PartsOf(in result), result.VersionIndex, tariffs);
        view.MetersOctets = _arrays.Meters(Meters(in result));
    }

    /// <summary>Whether the day knows the usage's id, or the one under an earlier key form. It knows nearly none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool MayHaveClaimed(IdSet known, in UsageRecord usage) =>
        known.Contains(usage.UsageId) || (usage.FormerUsageId != UInt128.Zero && known.Contains(usage.FormerUsageId));

    /// <summary>
    /// Whether the day knows usage of this id, or of the id that it had under an earlier key form: the same content makes it a duplicate,
    /// other content a conflict. Usage of which somebody decided that it is of its own, was charged under an id of its own, and is a
    /// duplicate of that when it comes again.
    /// </summary>
    private static bool WasClaimed(IdSet known, in UsageRecord usage, ref RatingResult result)
    {
        if (known.TryFind(usage.UsageId, out UInt128 claimed))
        {
            bool isSame = UsageClaim.IsSameUsage(claimed, usage.UsageId, usage.Fingerprint)
                || known.Contains(UsageFingerprint.OwnIdOf(usage.UsageId, usage.Subscriber, usage.Fingerprint));
            result.Reject(isSame ? RejectedReason.AlreadyRated : RejectedReason.Conflict);
            return true;
        }

        // Former key forms were not unique. So a former id of which another fingerprint is known says nothing.
        if (usage.FormerUsageId == UInt128.Zero
            || !known.TryFind(usage.FormerUsageId, out claimed)
            || !UsageClaim.IsSameUsage(claimed, usage.FormerUsageId, usage.Fingerprint))
        {
            return false;
        }

        result.Reject(RejectedReason.AlreadyRated);
        return true;
    }

    /// <summary>Usage that names no time may have been reported before on the other side of midnight; ids are kept by day.</summary>
    private bool WasClaimedOn(int day, in UsageRecord usage, ref RatingResult result) =>
        _ids.NewestDay - (long)day <= _dedupDays && _ids.Find(day) is { } known && WasClaimed(known, in usage, ref result);

    /// <summary>Finds account, offering and the version in force when the usage began, and who holds the account's balance.</summary>
    private bool Guide(in UsageRecord usage, TariffSnapshot tariffs, ref RatingResult result, out int holder)
    {
        int offering;
        int period;
        if (_isGuided)
        {
            // The session that has the subscription found it. The member's own balance and meters are here, too.
            (offering, period) = (_guidedOffering, GuidedPeriod);
            holder = _subscribers.GetOrAddHolder(_subscribers.GetOrAdd(usage.Subscriber), _guidedKey);
        }
        else
        {
            int subscriber = holder = _subscribers.Find(usage.Subscriber);
            bool hasAny = false;
            if (subscriber == SubscriberTable.NotFound
                || !_subscribers.TryGuide(subscriber, usage.EventTimeMilliseconds, out offering, out period, out holder, out hasAny))
            {
                result.Reject(hasAny ? RejectedReason.NoSubscriptionAtEventTime : RejectedReason.UnknownSubscriber);
                return false;
            }
        }

        result.SubscriptionPeriod = period;
        result.VersionIndex = tariffs.FindVersion(offering, usage.EventTimeMilliseconds);
        if (result.VersionIndex < 0)
        {
            result.Reject(RejectedReason.NoTariff);
            return false;
        }

        return true;
    }

    private void Price(in UsageRecord usage, TariffSnapshot tariffs, int holder, ref RatingResult result)
    {
        TariffVersion version = tariffs.Version(result.VersionIndex);
        if (version.IsOfAccount && !_isGuided && !usage.IsSecondaryView)
        {
            // Whoever does not pass it on must not price it either: what the account shares is not counted here.
            result.Reject(RejectedReason.NoPrice);
            result.IsOfAccount = true;
            return;
        }

        ref Balance balance = ref _balances.GetOrCreate(_month, holder);
        result.SetBalance(in balance);
        result.ZoneIndex = version.FindZone(usage.ServingPlmn);
        if (usage.IsSecondaryView)
        {
            result.ZeroRate(ZeroRatedReason.SecondaryChargingView);
            return;
        }

        if (!version.IsShort)
        {
            PriceByList(in usage, tariffs, holder, ref result);
            return;
        }

        result.PriceIndex = result.ZoneIndex < 0 ? -1 : version.FindPrice(in usage, result.ZoneIndex);
        if (result.PriceIndex < 0)
        {
            result.Reject(RejectedReason.NoPrice);
            return;
        }

        ref readonly TariffVersion.Price price = ref version.PriceAt(result.PriceIndex);
        long units = usage.UnitsOf(price.Unit);
        if (units == 0 || price.IsZeroRated)
        {
            result.ZeroRate(price.IsZeroRated ? ZeroRatedReason.Tariff : ZeroRatedReason.EmptyUsage);
        }
        else if (units < 0)
        {
            // Nobody measured what the price counts. Only where every measure costs nothing is the charge known all the same.
            if (price.IsFree)
            {
                result.ZeroRate(ZeroRatedReason.Tariff);
            }
            else
            {
                result.Reject(RejectedReason.NotMeasured);
            }
        }
        else if (IsMoreThanOnePart(in usage, version, in price))
        {
            PriceByList(in usage, tariffs, holder, ref result);
        }
        else if (!TryCharge(in usage, version, in price, units, holder, ref balance, out RejectedReason refused, ref result))
        {
            result.Reject(refused);
        }
    }

    /// <summary>
    /// Whether the short way would not do: a call goes on under a later version, or a session is charged in increments, a minimum or a fee,
    /// which count through all its records.
    /// </summary>
    private static bool IsMoreThanOnePart(in UsageRecord usage, TariffVersion version, in TariffVersion.Price price) =>
        (usage.Session != UInt128.Zero && version.KeepsSessions && price.CountsThroughSession)
        || (price.Unit == PriceUnit.Second
            && version.ChangesAtMilliseconds - usage.EventTimeMilliseconds
                < Math.Max(usage.DurationSeconds, price.Minimum) * MillisecondsPerSecond);

    /// <summary>
    /// Oldest day of usage that will not be late once this usage is rated. It depends on the order of the usage alone, and not on where
    /// batches end.
    /// </summary>
    private int OldestDayWith(long milliseconds) =>
        Math.Max(_ids.NewestDay == DedupWindow.NoDay ? int.MinValue : _ids.NewestDay, DedupWindow.DayOf(milliseconds)) - _lateDays;

    /// <summary>Rates by the price list of the version: in parts, with bundles, tiers and sessions.</summary>
    private void PriceByList(in UsageRecord usage, TariffSnapshot tariffs, int holder, ref RatingResult result)
    {
        long used = _balances.GetOrCreate(_month, holder).BundleUsed(usage.Kind);
        TariffVersion version = tariffs.Version(result.VersionIndex);
        ChargingFault fault = _lists.Rate(
            in usage, tariffs, _subscribers.OwnerOf(holder), holder, used, OldestDayWith(usage.EventTimeMilliseconds),
            _isGuided ? _guidedDays : null,
            version.PriceList.TopUps.Length == 0 ? [] : _quotas.GrantedTo(usage.Subscriber ^ _subscribers.OwnerOf(holder)), ref result);
        ref Balance balance = ref _balances.GetOrCreate(_month, holder);
        if (fault == ChargingFault.None
            && (result.AmountNanos > Nanos.Max - balance.SpendNanos || result.AmountNanos < -Nanos.Max - balance.SpendNanos))
        {
            fault = ChargingFault.Overflow;
        }

        if (fault == ChargingFault.None && result.AmountNanos != 0 && balance.Currency != version.SpendCurrency && balance.SpendNanos != 0
            && !balance.Currency.IsUnknown)
        {
            fault = ChargingFault.Currency;
        }

        switch (fault)
        {
            case ChargingFault.None:
                Apply(in usage, version, holder, ref balance, ref result);
                return;
            case ChargingFault.NoUsage:
                result.ZeroRate(ZeroRatedReason.EmptyUsage);
                return;
            case ChargingFault.NotMeasured:
                result.Reject(RejectedReason.NotMeasured);
                return;
            case ChargingFault.NoPrice:
                result.Reject(RejectedReason.NoPrice);
                return;
            case ChargingFault.CalledUnknown:
                result.Reject(RejectedReason.CalledUnknown);
                return;
            case ChargingFault.Currency:
                _lists.TakeBack(ref result);
                result.Reject(RejectedReason.Currency);
                return;
            default:
                _lists.TakeBack(ref result);
                result.Reject(RejectedReason.AmountOverflow);
                return;
        }
    }

    private void Apply(in UsageRecord usage, TariffVersion version, int holder, ref Balance balance, ref RatingResult result)
    {
        bool isRoamingData = usage.Kind == UsageKind.Data && ZoneOf(in usage, version, in result) != version.HomeZone;
        long drawn = _lists.DrawnFromBalance;
        bool draws = version.Layers is null ? version.PriceAt(result.PriceIndex).BundleZones[result.ZoneIndex] : drawn != 0;
        long allowance = draws ? version.BundleUnits[(int)usage.Kind] : 0;
        result.Crossed = Thresholds.Reached(usage.Kind, allowance, balance.BundleUsed(usage.Kind) + drawn) & ~balance.Notified;
        _balances.KeepForAbort(_month, holder, ref balance);
        balance.SpendNanos += result.AmountNanos;
        balance.Currency = result.AmountNanos == 0 ? balance.Currency : version.SpendCurrency;
        balance.RoamingDataSpendNanos += isRoamingData ? result.AmountNanos : 0;
        balance.Notified |= result.Crossed;
        balance.AddBundleUsed(usage.Kind, drawn);
        Watch(in usage, version, holder, ref balance, ref result);
        result.SetBalance(in balance);
    }

    /// <summary>
    /// Zone of usage under the version in force; where add-ons stand beside it, the result holds the zone of whichever has the price.
    /// </summary>
    private static int ZoneOf(in UsageRecord usage, TariffVersion version, in RatingResult result) =>
        ZoneOf(in usage, version, version, in result);

    /// <summary>The same under a version that stands in the one in force.</summary>
    private static int ZoneOf(in UsageRecord usage, TariffVersion version, TariffVersion under, in RatingResult result) =>
        version.Layers is null ? result.ZoneIndex : under.FindZone(usage.ServingPlmn);

    /// <summary>
    /// Counts the charge against limits. What costs nothing counts against none; only where the customer chose limits it is asked whether
    /// one is reached now, because a choice below the spend is.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Watch(in UsageRecord usage, TariffVersion version, int holder, ref Balance balance, ref RatingResult result)
    {
        if (result.AmountNanos != 0 || _subscribers.HasChoices || _guidedChoices is not null)
        {
            WatchSpend(in usage, version, holder, ref balance, ref result);
        }
    }

    private void WatchSpend(in UsageRecord usage, TariffVersion version, int holder, ref Balance balance, ref RatingResult result)
    {
        SpendChoices? choices = _isGuided ? _guidedChoices : _subscribers.ChoicesIn(result.SubscriptionPeriod);
        if (result.AmountNanos == 0 && choices is null)
        {
            return;
        }

        SpendLimits limits = choices is null ? version.Limits : choices.LimitsAt(usage.EventTimeMilliseconds, version);
        UInt128 owner = usage.Subscriber ^ _subscribers.OwnerOf(holder);
        SpendPeriod period = new(_monthStartDays, _monthUntilDay, OldestDayWith(usage.EventTimeMilliseconds));
        bool isRoaming = ZoneOf(in usage, version, in result) != version.HomeZone;
        bool isRoamingData = isRoaming && usage.Kind == UsageKind.Data;
        if (isRoaming && !isRoamingData && result.AmountNanos != 0)
        {
            // Nothing counts this spend by itself, but what is domestic is known by it.
            _spend.AddOther(owner, result.AmountNanos, period, ref result);
            balance.Notified |= ThresholdKinds.OtherRoamingSpend;
        }

        if (isRoamingData)
        {
            long spend = balance.RoamingDataSpendNanos;
            _spend.Send(limits.Reached(SpendScope.RoamingData, spend), owner, spend, period, balance.Notified, ref result);
        }
        else if (!isRoaming && limits.Watches(SpendScope.Domestic))
        {
            bool hasOther = (balance.Notified & ThresholdKinds.OtherRoamingSpend) != ThresholdKinds.None;
            long spend = balance.SpendNanos - balance.RoamingDataSpendNanos - (hasOther ? _spend.OtherOf(owner, period) : 0);
            _spend.Send(limits.Reached(SpendScope.Domestic, spend), owner, spend, period, ThresholdKinds.None, ref result);
        }

        _spend.Send(
            limits.Reached(SpendScope.All, balance.SpendNanos), owner, balance.SpendNanos, period, ThresholdKinds.None, ref result);
        if (version.Measures.Length > 0)
        {
            WatchMeasures(in usage, version, limits, holder, period, ref result);
        }
    }

    /// <summary>
    /// Counts the charge for limits over some kinds and zones, or over passes. It counts for them whatever the customer chose, so that a
    /// choice that ends in the month finds what was spent.
    /// </summary>
    private void WatchMeasures(
        in UsageRecord usage, TariffVersion version, SpendLimits limits, int holder, SpendPeriod period, ref RatingResult result)
    {
        for (int index = 0; index < version.Measures.Length; index++)
        {
            ref readonly MeasureInForce measured = ref version.Measures[index];
            if (!measured.Counts(usage.Kind, ZoneOf(in usage, version, measured.Version, in result)))
            {
                continue;
            }

            UInt128 owner = OwnerOf(measured.Measure, usage.Subscriber, holder);
            long nanos = measured.Measure.IsOfPasses ? PassNanos(in result) : result.AmountNanos;
            _spend.TryAdd(owner, measured.Measure.Meter, nanos, period, out long spend, ref result);
            _spend.Send(limits.ReachedOfMeasure(index, spend), owner, spend, period, ThresholdKinds.None, ref result);
        }
    }

    /// <summary>Whose meters count a measure: those of the subscriber on its account, or of the account.</summary>
    private UInt128 OwnerOf(SpendMeasure measure, UInt128 subscriber, int holder) => measure.IsOfAccount
        ? UsageInHand.AccountOwner(_subscribers.OwnerOf(holder))
        : subscriber ^ _subscribers.OwnerOf(holder);

    /// <summary>What an event is charged for the pass that it opened.</summary>
    private long PassNanos(in RatingResult result)
    {
        long nanos = 0;
        foreach (ref readonly RatedPart part in _lists.PartsOf(in result))
        {
            nanos += part.Component == PartComponent.PassOpened ? part.AmountNanos : 0;
        }

        return nanos;
    }

    /// <summary>
    /// Applies minimum, increment, bundle and price, and changes the balance; false, with nothing changed, when a number does not fit or
    /// the balance has amounts in another currency.
    /// </summary>
    private bool TryCharge(
        in UsageRecord usage, TariffVersion version, in TariffVersion.Price price, long units, int holder, ref Balance balance,
        out RejectedReason refused, ref RatingResult result)
    {
        refused = RejectedReason.AmountOverflow;
        if (!RoundingPolicy.TryRoundUp(Math.Max(units, price.Minimum), price.Increment, out long charged))
        {
            return false;
        }

        long allowance = price.BundleZones[result.ZoneIndex] ? version.BundleUnits[(int)usage.Kind] : 0;
        long covered = Math.Min(charged, Math.Max(0, allowance - balance.BundleUsed(usage.Kind)));
        long amount = 0;
        if (covered < charged)
        {
            if (!RoundingPolicy.TryPrice(charged - covered, price.UnitPriceNanos, price.UnitSize, out amount))
            {
                return false;
            }

            amount += price.ConnectFeeNanos;
            if (amount > Nanos.Max - balance.SpendNanos)
            {
                return false;
            }

            if (balance.Currency != version.SpendCurrency && balance.SpendNanos != 0 && !balance.Currency.IsUnknown)
            {
                // Amounts of two currencies, or with and without VAT, have no sum, and so no limit.
                refused = RejectedReason.Currency;
                return false;
            }
        }

        result.ChargedUnits = charged;
        result.BundleUnits = covered;
        result.AmountNanos = amount;
        bool isRoamingData = usage.Kind == UsageKind.Data && result.ZoneIndex != version.HomeZone;
        result.Crossed = Thresholds.Reached(usage.Kind, allowance, balance.BundleUsed(usage.Kind) + covered) & ~balance.Notified;
        if ((covered | amount) != 0 || result.Crossed != ThresholdKinds.None)
        {
            _balances.KeepForAbort(_month, holder, ref balance);
            balance.SpendNanos += amount;
            balance.Currency = amount == 0 ? balance.Currency : version.SpendCurrency;
            balance.RoamingDataSpendNanos += isRoamingData ? amount : 0;
            balance.Notified |= result.Crossed;
            balance.AddBundleUsed(usage.Kind, covered);
        }

        Watch(in usage, version, holder, ref balance, ref result);
        result.SetBalance(in balance);
        return true;
    }

    private static bool IsValid(in UsageRecord usage) =>
        usage.UsageId != UInt128.Zero
        && IsQuantity(usage.TotalOctets)
        && IsQuantity(usage.DurationSeconds)
        && IsQuantity(usage.Messages)
        && usage.RatingGroup is >= -1 and <= MaxRatingGroup
        && IsQuantity(usage.ServiceUnits)
        && usage.Kind is UsageKind.Data or UsageKind.Voice or UsageKind.Sms or UsageKind.Event
        && (uint)usage.Direction <= (uint)Direction.Terminating
        && !usage.ServingPlmn.IsInvalid
        && (usage.ReceivedTimeMilliseconds <= 0 || usage.EventTimeMilliseconds - usage.ReceivedTimeMilliseconds <= MillisecondsPerDay);

    /// <summary>Whether it is -1 (not measured) or a number of units that somebody can use.</summary>
    private static bool IsQuantity(long units) => (ulong)(units + 1) <= MaxQuantity + 1;

    private static bool IsAbsurd(in UsageRecord usage) =>
        usage.TotalOctets > MaxQuantity || usage.DurationSeconds > MaxQuantity || usage.Messages > MaxQuantity
        || usage.ServiceUnits > MaxQuantity;

    /// <summary>
    /// Whether the late policy keeps usage from being charged; what is charged late, is noted, and put in the month that the policy says.
    /// Recycled usage came in time, or a person has decided on it.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool IsHeldBack(in UsageRecord usage, int age, ref RatingResult result)
    {
        if (usage.IsRecycled)
        {
            return false;
        }

        // The month ends on the local midnight before the UTC day that is the first of the next.
        int sinceMonthEnd = _ids.NewestDay - (DedupWindow.DayOf(_monthEnd) + 1);
        LateAction? action = _late!.Decide(usage.LateRules, age, sinceMonthEnd);
        result.IsChargedLate = action is not null || sinceMonthEnd >= 0;
        switch (action)
        {
            case LateAction.Suspend:
                result.Reject(RejectedReason.OutsideWindow);
                return true;
            case LateAction.Refuse:
                result.Reject(RejectedReason.TooLate);
                return true;
            case LateAction.NextPeriod when sinceMonthEnd >= 0:
                // At noon, the newest UTC day is in one month, whatever the clock in Brussels says at its ends.
                EnterMonth((_ids.NewestDay * MillisecondsPerDay) + (MillisecondsPerDay / 2));
                result.PeriodStartDays = _monthStartDays;
                return false;
            default:
                return false;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool EnterMonth(long milliseconds) =>
        (milliseconds >= _monthStart && milliseconds < _monthEnd) || EnterOtherMonth(milliseconds);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool EnterOtherMonth(long milliseconds)
    {
        int month = BelgianCalendar.MonthOf(milliseconds);
        if (month < 0)
        {
            return false;
        }

        _month = month;
        _monthStart = BelgianCalendar.StartMilliseconds(month);
        _monthEnd = BelgianCalendar.StartMilliseconds(month + 1);
        _monthStartDays = BelgianCalendar.StartDays(month);
        _monthUntilDay = Math.Min(MeterEntry.NoEnd, DedupWindow.DayOf(_monthEnd - 1));
        return true;
    }
}
