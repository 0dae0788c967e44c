using System.Runtime.CompilerServices;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Balances by month and subscriber number. The balance of a subscriber's newest month lies beside the subscriber's entry, which rating has
/// just read. Each earlier month has an array of its own, so a look-up needs no key, and a month is forgotten by dropping its array. Before
/// the first change of a balance in a batch it is copied, so that an abort can put it back; the first change since a checkpoint was begun
/// is noted, so that the next checkpoint stores the balance.
/// </summary>
internal sealed class BalanceMonths(SubscriberTable subscribers, int firstBatch = 1)
{
    private readonly Dictionary<int, ChunkedArray<Balance>> _months = [];
    private Change[] _changes = new Change[64];
    private int _changeCount;

    // Batches are numbered. A balance was changed since the checkpoint was begun when the last batch that changed it is not before the
    // checkpoint's first batch.
    private int _batch = firstBatch;
    private int _checkpointBatch = firstBatch;

    // Balances that are not stored, in the order of their first changes: handed out | frozen | changed since.
    private readonly Backlog<(int Month, int Subscriber)> _changed = new();
    private int _frozen;
    private int _handedOut;

    /// <summary>Whether all balances that were frozen are stored or handed out.</summary>
    public bool IsTaken => _handedOut == _frozen;

    /// <summary>Octets of memory, without the table of subscribers.</summary>
    public long AllocatedOctets => _months.Values.Sum(month => month.AllocatedOctets) + _changed.AllocatedOctets;

    /// <summary>Months that were forgotten. The owner of the store takes keys from it, deletes them, and so empties it.</summary>
    public List<(int Month, ChunkedArray<Balance> Balances)> Forgotten { get; } = [];

    /// <summary>
    /// The balance of a month, which is made when there is none. The reference is valid until a balance of another month of the same
    /// subscriber is asked for.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref Balance GetOrCreate(int month, int subscriber)
    {
        ref MonthBalance newest = ref subscribers.NewestBalance(subscriber);
        return ref newest.Month == month ? ref newest.Balance : ref GetOrCreateOther(month, subscriber, ref newest);
    }

    /// <summary>Makes room for this number of changes, in one batch or more.</summary>
    public void EnsureRoom(int changes) => _changed.EnsureRoom(changes);

    /// <summary>Must be called before a balance is changed.</summary>
    public void KeepForAbort(int month, int subscriber, ref Balance balance)
    {
        if (balance.ChangedInBatch == _batch)
        {
            return;
        }

        if (_changeCount == _changes.Length)
        {
            Array.Resize(ref _changes, _changes.Length * 2);
        }

        // Copied field by field into its place: a copy on the stack would have to wait for the stores before it.
        ref Change change = ref _changes[_changeCount++];
        change.Month = month;
        change.Subscriber = subscriber;
        change.Before = balance;
        balance.ChangedInBatch = _batch;
    }

    /// <summary>Freezes the balances that are committed and in no checkpoint; <see cref="Take"/> hands them out.</summary>
    public void Freeze()
    {
        _frozen = _changed.Count;
        _checkpointBatch = _batch;
    }

    /// <summary>Hands out the next frozen balances, with their present values; after <see cref="Abort"/>, the same ones again.</summary>
    /// <returns>How many were written.</returns>
    public int Take(Span<BalanceEntry> entries)
    {
        int count = 0;
        while (_handedOut < _frozen && count < entries.Length)
        {
            (int month, int subscriber) = _changed[_handedOut++];

            // The balances of a month that was forgotten since are forgotten with it.
            if (_months.TryGetValue(month, out ChunkedArray<Balance>? earlier)
                && Find(month, subscriber, earlier) is { IsUntouched: false } balance)
            {
                entries[count++] = new BalanceEntry(
                    subscribers.KeyOf(subscriber), BelgianCalendar.StartDays(month), balance, subscribers.OwnerOf(subscriber));
            }
        }

        return count;
    }

    /// <summary>A balance of a month; an unused one when there is none or the month was forgotten.</summary>
    /// <param name="month">The month.</param>
    /// <param name="subscriber">Whose.</param>
    /// <param name="earlier">The month's array.</param>
    public Balance Find(int month, int subscriber, ChunkedArray<Balance> earlier)
    {
        ref MonthBalance newest = ref subscribers.NewestBalance(subscriber);
        return newest.Month == month ? newest.Balance : earlier.Exists(subscriber) ? earlier[subscriber] : default;
    }

    /// <summary>Keeps the changes, and forgets the months that end on or before an instant.</summary>
    public void Commit(long oldestMilliseconds)
    {
        foreach (ref readonly Change change in _changes.AsSpan(0, _changeCount))
        {
            if (change.Before.ChangedInBatch < _checkpointBatch)
            {
                _changed.Add((change.Month, change.Subscriber));
            }
        }

        _changed.RemoveFirst(_handedOut);
        _frozen -= _handedOut;
        _handedOut = 0;
        NextBatch();
        foreach (int month in _months.Keys)
        {
            if (BelgianCalendar.StartMilliseconds(month + 1) <= oldestMilliseconds
                && _months.Remove(month, out ChunkedArray<Balance>? earlier))
            {
                Forgotten.Add((month, earlier));
            }
        }
    }

    public void Abort()
    {
        foreach (ref readonly Change change in _changes.AsSpan(0, _changeCount))
        {
            GetOrCreate(change.Month, change.Subscriber) = change.Before;
        }

        _handedOut = 0;
        NextBatch();
    }

    /// <summary>
    /// The balance of a month that is earlier than the subscriber's newest, or becomes the newest. A subscriber's newest month only moves
    /// forward, also when the change that moved it is undone; so each balance is in exactly one place.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ref Balance GetOrCreateOther(int month, int subscriber, ref MonthBalance newest)
    {
        if (!_months.TryGetValue(month, out ChunkedArray<Balance>? earlier))
        {
            earlier = new ChunkedArray<Balance>();
            _months.Add(month, earlier);
        }

        if (month < newest.Month)
        {
            return ref earlier.GetOrCreate(subscriber);
        }

        if (!newest.Balance.IsUntouched || newest.Balance.ChangedInBatch == _batch)
        {
            MoveToArray(subscriber, in newest);
        }

        newest.Month = month;
        newest.Balance = default;
        return ref newest.Balance;
    }

    private void MoveToArray(int subscriber, in MonthBalance balance)
    {
        int month = balance.Month;

        // A month that is in neither place was forgotten, and its keys are deleted from the store.
        ChunkedArray<Balance>? array = _months.GetValueOrDefault(month) ?? Forgotten.Find(forgotten => forgotten.Month == month).Balances;
        if (array is not null)
        {
            array.GetOrCreate(subscriber) = balance.Balance;
        }
    }

    private void NextBatch()
    {
        _changeCount = 0;
        if (_batch == int.MaxValue)
        {
            // Batch numbers start again, and every change then counts as old. So a balance that is to be stored anyway may be stored twice.
            foreach (ChunkedArray<Balance> month in _months.Values)
            {
                month.ForEach(static (ref balance) => balance.ChangedInBatch = 0);
            }

            for (int subscriber = 0; subscriber < subscribers.Count; subscriber++)
            {
                subscribers.NewestBalance(subscriber).Balance.ChangedInBatch = 0;
            }

            _batch = 0;
            _checkpointBatch = 1;
        }

        _batch++;
    }

    private struct Change
    {
        public int Month;
        public int Subscriber;
        public Balance Before;
    }
}
