namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Balances by month and subscriber number. A month is one array, so a look-up needs no key, and forgetting a month is dropping its array.
/// The first change of a balance in a batch is kept, so that an abort can put it back; the first since a checkpoint was begun, so that the next one
/// stores the balance.
/// </summary>
internal sealed class BalanceMonths(int firstBatch = 1)
{
    private readonly Dictionary<int, ChunkedArray<Balance>> _months = [];
    private Change[] _changes = new Change[64];
    private int _changeCount;

    // Batches are numbered: a balance was changed since the checkpoint was begun when the batch that changed it last is not before that checkpoint's first.
    private int _batch = firstBatch;
    private int _checkpointBatch = firstBatch;
    private List<(int Month, int Subscriber)> _changed = [];
    private List<(int Month, int Subscriber)> _frozen = [];
    private int _stored;
    private int _handedOut;

    /// <summary>Whether all balances that were frozen are stored or handed out.</summary>
    public bool IsTaken => _handedOut == _frozen.Count;

    public long AllocatedOctets => _months.Values.Sum(month => month.AllocatedOctets);

    /// <summary>Balances of a month, made when there are none.</summary>
    public ChunkedArray<Balance> Month(int month)
    {
        if (!_months.TryGetValue(month, out ChunkedArray<Balance>? balances))
        {
            balances = new ChunkedArray<Balance>();
            _months.Add(month, balances);
        }

        return balances;
    }

    /// <summary>Makes room for changes, in one batch or more.</summary>
    public void EnsureRoom(int changes) => _changed.EnsureCapacity(_changed.Count + changes);

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

        // Field by field in its place: a copy made on the stack first would have to wait for the stores before it.
        ref Change change = ref _changes[_changeCount++];
        change.Month = month;
        change.Subscriber = subscriber;
        change.Before = balance;
        balance.ChangedInBatch = _batch;
    }

    /// <summary>What is committed now and not in a checkpoint is what <see cref="Take"/> hands out.</summary>
    public void Freeze()
    {
        (_frozen, _changed) = (_changed, _frozen);
        _changed.Clear();
        _stored = _handedOut = 0;
        _checkpointBatch = _batch;
    }

    /// <summary>Hands out the next frozen balances, as they are now; the same ones again after <see cref="Abort"/>.</summary>
    /// <returns>How many were written.</returns>
    public int Take(Span<BalanceEntry> entries, SubscriberTable subscribers)
    {
        int count = 0;
        while (_handedOut < _frozen.Count && count < entries.Length)
        {
            (int month, int subscriber) = _frozen[_handedOut++];

            // A month that has been forgotten since takes its balances with it.
            if (_months.TryGetValue(month, out ChunkedArray<Balance>? balances) && balances.Exists(subscriber) && !balances[subscriber].IsUntouched)
            {
                entries[count++] = new BalanceEntry(subscribers.KeyOf(subscriber), BrusselsCalendar.StartDays(month), balances[subscriber]);
            }
        }

        return count;
    }

    /// <summary>Keeps what was changed and takes out the months that end on or before an instant.</summary>
    public void Commit(long oldestMilliseconds, List<(int Month, ChunkedArray<Balance> Balances)> dropped)
    {
        foreach (ref readonly Change change in _changes.AsSpan(0, _changeCount))
        {
            if (change.Before.ChangedInBatch < _checkpointBatch)
            {
                _changed.Add((change.Month, change.Subscriber));
            }
        }

        _stored = _handedOut;
        NextBatch();
        foreach (int month in _months.Keys)
        {
            if (BrusselsCalendar.StartMilliseconds(month + 1) <= oldestMilliseconds && _months.Remove(month, out ChunkedArray<Balance>? balances))
            {
                dropped.Add((month, balances));
            }
        }
    }

    public void Abort()
    {
        foreach (ref readonly Change change in _changes.AsSpan(0, _changeCount))
        {
            _months[change.Month][change.Subscriber] = change.Before;
        }

        _handedOut = _stored;
        NextBatch();
    }

    private void NextBatch()
    {
        _changeCount = 0;
        if (_batch == int.MaxValue)
        {
            // Numbers start again, and every change counts as one of long ago: a balance that is to be stored anyway may then be stored twice.
            foreach (ChunkedArray<Balance> month in _months.Values)
            {
                month.ForEach(static (ref balance) => balance.ChangedInBatch = 0);
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
