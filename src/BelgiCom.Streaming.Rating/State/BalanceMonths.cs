namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Balances by month and subscriber number. A month is one array, so a look-up needs no key, and forgetting a month is dropping its array.
/// The first change of a balance in a batch is kept, so that an abort can put it back.
/// </summary>
internal sealed class BalanceMonths
{
    private readonly Dictionary<int, ChunkedArray<Balance>> _months = [];
    private Change[] _changes = new Change[64];
    private int _batch = 1;

    /// <summary>Number of balances changed since the last commit.</summary>
    public int ChangeCount { get; private set; }

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

    /// <summary>Must be called before a balance is changed.</summary>
    public void KeepForAbort(int month, int subscriber, ref Balance balance)
    {
        if (balance.ChangedInBatch == _batch)
        {
            return;
        }

        if (ChangeCount == _changes.Length)
        {
            Array.Resize(ref _changes, _changes.Length * 2);
        }

        // Field by field in its place: a copy made on the stack first would have to wait for the stores before it.
        ref Change change = ref _changes[ChangeCount++];
        change.Month = month;
        change.Subscriber = subscriber;
        change.Before = balance;
        balance.ChangedInBatch = _batch;
    }

    /// <summary>A changed balance: whose, of which month, and as it is now.</summary>
    public (int Month, int Subscriber, Balance Balance) Changed(int index)
    {
        Change change = _changes[index];
        return (change.Month, change.Subscriber, _months[change.Month][change.Subscriber]);
    }

    /// <summary>Keeps what was changed and takes out the months that end on or before an instant.</summary>
    public void Commit(long oldestMilliseconds, List<(int Month, ChunkedArray<Balance> Balances)> dropped)
    {
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
        for (int index = 0; index < ChangeCount; index++)
        {
            Change change = _changes[index];
            _months[change.Month][change.Subscriber] = change.Before;
        }

        NextBatch();
    }

    private void NextBatch()
    {
        ChangeCount = 0;
        _batch = _batch == int.MaxValue ? 1 : _batch + 1;
    }

    private struct Change
    {
        public int Month;
        public int Subscriber;
        public Balance Before;
    }
}
