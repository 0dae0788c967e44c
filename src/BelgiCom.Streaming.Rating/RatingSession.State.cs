using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The state of a session: filled on assignment, undone on abort, forgotten by age. The rated usage already holds its id and the balance
/// after it, so these are not stored a second time with every batch. Instead, a checkpoint stores from time to time, in portions, what
/// changed since the one before, and restoring reads the rated usage since then again.
/// </summary>
public sealed partial class RatingSession
{
    /// <summary>Most ids in one stored chunk, so that its record stays below a broker's usual 1 MB.</summary>
    public const int MaxIdsPerChunk = 32_768;

    /// <summary>Number of subscribers known.</summary>
    public int SubscriberCount => _subscribers.Count;

    /// <summary>Number of ids remembered.</summary>
    public long IdCount => _ids.Count;

    /// <summary>Number of meters of price lists.</summary>
    public int MeterCount => _lists.Meters.Count;

    /// <summary>Octets held by subscriptions, balances and meters.</summary>
    public long SubscriberOctets => _subscribers.AllocatedOctets + _balances.AllocatedOctets + _lists.Meters.AllocatedOctets;

    /// <summary>Octets held by ids.</summary>
    public long IdOctets => _ids.AllocatedOctets;

    /// <summary>Usage rated and committed since the last checkpoint was begun.</summary>
    public long RatedSinceCheckpoint { get; private set; }

    /// <summary>Whether a checkpoint was begun and is not stored completely.</summary>
    public bool IsCheckpointing { get; private set; }

    /// <summary>Whether all of the checkpoint is stored or was handed out since the last commit; the next commit then ends it.</summary>
    public bool IsCheckpointTaken => _balances.IsTaken && _ids.IsTaken && _lists.Meters.IsTaken;

    /// <summary>Whether <see cref="TakeExpired"/> has keys to hand out.</summary>
    public bool HasExpired => !_expired.IsEmpty;

    /// <summary>
    /// Replaces a subscriber's periods; without any, the subscription ends. Call it only between batches.
    /// </summary>
    /// <param name="subscriber">Whose.</param>
    /// <param name="periods">Billing account (TMF666) of at most 254 octets and offering, or another subscriber, each half-open in time;
    /// ordered and not overlapping.</param>
    /// <param name="offerings">Numbers of the offerings, shared with the tariffs.</param>
    /// <exception cref="ArgumentException">The periods are not as they must be; the earlier ones stay.</exception>
    public void SetSubscription(UInt128 subscriber, IReadOnlyList<SubscriptionPeriod> periods, OfferingIndex offerings)
    {
        _subscribers.SetPeriods(_subscribers.GetOrAdd(subscriber), periods, offerings);
        if (_followsMembers)
        {
            _members.Set(subscriber, periods, offerings);
        }
    }

    /// <summary>
    /// Takes the subscription of a member of an account, whose own usage another session rates: what the account shares depends on it.
    /// </summary>
    /// <param name="subscriber">Whose.</param>
    /// <param name="periods">Its periods, ordered and not overlapping.</param>
    /// <param name="offerings">Numbers of the offerings, shared with the tariffs.</param>
    public void SetMember(UInt128 subscriber, IReadOnlyList<SubscriptionPeriod> periods, OfferingIndex offerings) =>
        _members.Set(subscriber, periods, offerings);

    /// <summary>
    /// Begins a checkpoint of what changed since the one before. Call it only between batches, and when none is in progress. Usage rated
    /// from now on is not part of it. A balance is stored as it is at the time of storing, which may be later: restoring repeats the later
    /// usage over it.
    /// </summary>
    public void BeginCheckpoint()
    {
        if (IsCheckpointing)
        {
            throw new InvalidOperationException("The checkpoint before is not stored yet.");
        }

        _balances.Freeze();
        _ids.Freeze();
        _lists.Meters.Freeze();
        RatedSinceCheckpoint = 0;
        IsCheckpointing = true;
    }

    /// <summary>
    /// Hands out balances of the checkpoint to be stored, at most as many as fit. After an abort, those of the aborted batch are handed out
    /// again.
    /// </summary>
    /// <returns>How many were written.</returns>
    public int TakeBalances(Span<BalanceEntry> entries) => _balances.Take(entries);

    /// <summary>
    /// Hands out meters of the checkpoint to be stored, as <see cref="TakeBalances"/> does balances.
    /// </summary>
    /// <returns>How many were written.</returns>
    public int TakeMeters(Span<MeterEntry> entries) => _lists.Meters.Take(entries);

    /// <summary>
    /// Hands out ids of the checkpoint to be stored, at most <see cref="MaxIdsPerChunk"/>, once per batch. After an abort, the same ids are
    /// handed out again.
    /// </summary>
    /// <param name="day">Their UTC day (days since 1970-01-01).</param>
    /// <param name="chunk">Number to store them under.</param>
    /// <returns>The ids, valid until the next event is rated; empty when all are stored.</returns>
    public ReadOnlySpan<UInt128> TakeIds(out int day, out long chunk) => _ids.TakeChunk(out day, out chunk);

    /// <summary>
    /// Hands out keys of stored state that is too old to be used again, at most as many as fit. They stay the same until the next commit,
    /// which forgets them. The caller deletes them from its store in the same transaction.
    /// </summary>
    /// <returns>How many were written.</returns>
    public int TakeExpired(Span<ExpiredKey> keys) => _expired.Take(keys);

    /// <summary>
    /// Keeps what changed since the last commit, takes what was handed out as stored, and then sets aside what has become too old.
    /// </summary>
    public void Commit()
    {
        _expired.Commit();
        RatedSinceCheckpoint += _ids.OpenCount;
        int oldestDay = _ids.NewestDay == DedupWindow.NoDay ? DedupWindow.NoDay : _ids.NewestDay - _dedupDays;
        _ids.Commit(oldestDay, _expired.Days);
        int oldestUsed = _ids.NewestDay == DedupWindow.NoDay ? int.MinValue : _ids.NewestDay - _lateDays;
        _balances.Commit(oldestUsed == int.MinValue ? long.MinValue : oldestUsed * MillisecondsPerDay);
        _lists.Meters.Commit(oldestUsed);
        _spend.Forget();
        _quotas.Commit();
        _operations.Commit();
        IsCheckpointing = IsCheckpointing && !IsCheckpointTaken;
    }

    /// <summary>Undoes what changed since the last commit.</summary>
    public void Abort()
    {
        _expired.Abort();
        _ids.Abort();
        _balances.Abort();
        _lists.Meters.Abort();
        _spend.Forget();
        _quotas.Abort();
        _operations.Abort();
    }

    /// <summary>Puts back a stored balance.</summary>
    /// <exception cref="ArgumentException">No month of the calendar starts on the day.</exception>
    public void RestoreBalance(in BalanceEntry entry)
    {
        ref Balance balance = ref _balances.GetOrCreate(MonthOf(in entry), _subscribers.GetOrAddHolder(entry.Subscriber, entry.Account));
        balance = entry.Balance;
        balance.ChangedInBatch = 0;
    }

    /// <summary>
    /// Repeats what rating did with one event, from its rated usage: for usage rated after the last checkpoint. A <see cref="Commit"/> ends
    /// it, as it ends a batch.
    /// </summary>
    /// <param name="usageId">Its id.</param>
    /// <param name="fingerprint">Fingerprint of its content; 0 when the release that rated it kept none.</param>
    /// <param name="eventTimeMilliseconds">When the usage began, milliseconds since 1970-01-01 UTC.</param>
    /// <param name="account">Account it was charged to, in UTF-8.</param>
    /// <param name="after">The balance after it. Its currency is unknown when the event had no amount; the balance then keeps the one it
    /// has.</param>
    /// <exception cref="ArgumentException">No month of the calendar starts on the day.</exception>
    public void Repeat(UInt128 usageId, uint fingerprint, long eventTimeMilliseconds, ReadOnlySpan<byte> account, in BalanceEntry after)
    {
        int day = DedupWindow.DayOf(eventTimeMilliseconds);
        if (!_keepsIds)
        {
            _ids.PassDay(day);
        }
        else if (_ids.Find(day) is not { } known || !known.Contains(usageId))
        {
            _ids.Claim(day, fingerprint == 0 ? usageId : UsageClaim.Of(usageId, fingerprint));
        }

        RepeatBalance(account, in after);
    }

    /// <summary>
    /// Sets a balance, as <see cref="Repeat"/> does, and knows no id: a record of a correction has one that no usage has.
    /// </summary>
    internal void RepeatBalance(ReadOnlySpan<byte> account, in BalanceEntry after)
    {
        int month = MonthOf(in after);
        int holder = _subscribers.GetOrAddHolder(_subscribers.GetOrAdd(after.Subscriber), account);
        ref Balance balance = ref _balances.GetOrCreate(month, holder);
        _balances.KeepForAbort(month, holder, ref balance);
        Currency before = balance.Currency;
        after.Balance.CopyTo(ref balance);
        balance.Currency = balance.Currency.IsUnknown ? before : balance.Currency;
    }

    /// <summary>Repeats what rating did to a meter with one event, from its rated usage, as <see cref="Repeat"/> does.</summary>
    public void RepeatMeter(in MeterEntry after) => _lists.Meters.Write(
        new MeterKey(after.Owner, after.Id, after.From), new MeterReading(after.Units, after.Nanos), after.UntilDay);

    /// <summary>Puts back a stored meter.</summary>
    public void RestoreMeter(in MeterEntry entry) => _lists.Meters.Restore(in entry);

    /// <summary>Removes a stored meter again, because a later record of the store deletes it.</summary>
    public void ForgetMeter(UInt128 owner, ulong id, long from) => _lists.Meters.Forget(new MeterKey(owner, id, from));

    /// <summary>Removes a stored balance again, because a later record of the store deletes it.</summary>
    public void ForgetBalance(UInt128 subscriber, int periodStartDays)
    {
        int month = BelgianCalendar.MonthStartingOn(periodStartDays);
        if (month >= 0)
        {
            _balances.GetOrCreate(month, _subscribers.GetOrAdd(subscriber)) = default;
        }
    }

    /// <summary>Puts back stored ids of a day.</summary>
    public void RestoreIds(int day, long chunk, ReadOnlySpan<UInt128> ids)
    {
        if (_keepsIds)
        {
            _ids.Restore(day, chunk, ids);
        }
        else
        {
            _ids.PassDay(day);
        }
    }

    /// <summary>Makes room for events of a day, so that rating them allocates nothing.</summary>
    public void Reserve(int day, int events)
    {
        (_ids.Find(day) ?? _ids.Create(day)).EnsureRoom(events);
        _balances.EnsureRoom(Math.Min(events, _subscribers.Count));

        // Sessions come and go, so a day's usage makes few meters more than there are already.
        _lists.Meters.EnsureRoom(Math.Min(events, MeterCount / 4));
    }

    private static int MonthOf(in BalanceEntry entry)
    {
        int month = BelgianCalendar.MonthStartingOn(entry.PeriodStartDays);
        return month >= 0
            ? month
            : throw new ArgumentException($"No calendar month starts on day {entry.PeriodStartDays} since 1970-01-01.", nameof(entry));
    }
}
