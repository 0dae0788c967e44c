using System.Runtime.InteropServices;

namespace BelgiCom.Streaming.Rating;

/// <summary>What a session owns: filled on assignment, stored batch by batch, undone on abort, forgotten by age.</summary>
public sealed partial class RatingSession
{
    /// <summary>Most ids in one stored chunk, so that its record stays below a broker's usual 1 MB; each further chunk of a batch adds so much to the number.</summary>
    public const int MaxIdsPerChunk = 32_768;

    private readonly ExpiredKeys _expired = new();

    /// <summary>Number of subscribers known.</summary>
    public int SubscriberCount => _subscribers.Count;

    /// <summary>Number of ids remembered.</summary>
    public long IdCount => _ids.Count;

    /// <summary>Octets held by subscriptions and balances.</summary>
    public long SubscriberOctets => _subscribers.AllocatedOctets + _balances.AllocatedOctets;

    /// <summary>Octets held by ids.</summary>
    public long IdOctets => _ids.AllocatedOctets;

    /// <summary>Number of balances changed since the last commit; each is one <see cref="ChangedBalance"/>.</summary>
    public int ChangedCount => _balances.ChangeCount;

    /// <summary>UTC days (days since 1970-01-01) of which ids were claimed since the last commit.</summary>
    public IReadOnlyList<int> ClaimedDays => _ids.Touched;

    /// <summary>Replaces a subscriber's periods, ordered and not overlapping; none ends the subscription. Only between batches.</summary>
    public void SetSubscription(UInt128 subscriber, ReadOnlySpan<SubscriptionPeriod> periods) =>
        _subscribers.SetPeriods(_subscribers.GetOrAdd(subscriber), periods);

    /// <summary>A balance changed since the last commit, as it is now.</summary>
    /// <param name="index">0 to <see cref="ChangedCount"/> - 1.</param>
    public BalanceEntry ChangedBalance(int index)
    {
        (int month, int subscriber, Balance balance) = _balances.Changed(index);
        return new BalanceEntry(_subscribers.KeyOf(subscriber), BrusselsCalendar.StartDays(month), balance);
    }

    /// <summary>Ids of a day claimed since the last commit.</summary>
    public ReadOnlySpan<UInt128> ClaimedIds(int day) => CollectionsMarshal.AsSpan(_ids.Find(day)?.Claimed);

    /// <summary>
    /// Keys of stored state that is too old to be used again, at most as many as fit; the same ones until the next commit, which forgets them.
    /// The caller deletes them from its store in the same transaction.
    /// </summary>
    /// <returns>How many were written.</returns>
    public int TakeExpired(Span<ExpiredKey> keys) => _expired.Take(keys, _subscribers);

    /// <summary>Keeps what changed since the last commit, then sets aside what has become too old.</summary>
    /// <param name="chunk">Number under which the caller stored the claimed ids of each day; of more than <see cref="MaxIdsPerChunk"/> ids, the first.</param>
    public void Commit(long chunk)
    {
        _expired.Commit();
        int oldestDay = _ids.NewestDay == DedupWindow.NoDay ? DedupWindow.NoDay : _ids.NewestDay - _dedupDays;
        _ids.Commit(chunk, oldestDay, _expired.Days);
        long oldestUsed = _ids.NewestDay == DedupWindow.NoDay ? long.MinValue : (_ids.NewestDay - _lateDays) * MillisecondsPerDay;
        _balances.Commit(oldestUsed, _expired.Months);
        LeaveMonth();
    }

    /// <summary>Undoes what changed since the last commit.</summary>
    public void Abort()
    {
        _expired.Abort();
        _ids.Abort();
        _balances.Abort();
    }

    /// <summary>Puts back a stored balance.</summary>
    /// <exception cref="ArgumentException">No month of the calendar starts on the day.</exception>
    public void RestoreBalance(in BalanceEntry entry)
    {
        int month = BrusselsCalendar.MonthStartingOn(entry.PeriodStartDays);
        if (month < 0)
        {
            throw new ArgumentException($"No calendar month starts on day {entry.PeriodStartDays} since 1970-01-01.", nameof(entry));
        }

        ref Balance balance = ref _balances.Month(month).GetOrCreate(_subscribers.GetOrAdd(entry.Subscriber));
        balance = entry.Balance;
        balance.ChangedInBatch = 0;
    }

    /// <summary>Takes a stored balance back again, because its record was deleted later in the store.</summary>
    public void ForgetBalance(UInt128 subscriber, int periodStartDays)
    {
        int month = BrusselsCalendar.MonthStartingOn(periodStartDays);
        if (month >= 0)
        {
            _balances.Month(month).GetOrCreate(_subscribers.GetOrAdd(subscriber)) = default;
        }
    }

    /// <summary>Puts back stored ids of a day.</summary>
    public void RestoreIds(int day, long chunk, ReadOnlySpan<UInt128> ids) => _ids.Restore(day, chunk, ids);

    /// <summary>Makes room for ids of a day, so that rating them allocates nothing.</summary>
    public void ReserveIds(int day, int count) => (_ids.Find(day) ?? _ids.Create(day)).EnsureRoom(count);
}
