using System.Numerics;
using System.Runtime.CompilerServices;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What price lists count beyond a month's balance: draws of bundles, tiers, packages, passes, sessions. Changes are provisional until <see
/// cref="Commit"/> or <see cref="Abort"/>; those of one event can be undone alone. A meter that changed since a checkpoint was begun is
/// noted, so that the next checkpoint stores it. A meter is forgotten when usage of its last day is late: until its key is deleted from the
/// store, a few per batch, it only takes room, because whoever asks for it is told that there is none.
/// </summary>
internal sealed class Meters
{
    private const int SmallestIndex = 64;
    private const int None = -1;

    // Stands in the place of the next meter of a list: the meter's room is free.
    private const int Free = -2;

    // Most meters looked at in one call: sessions that went on since are many, and the search must not stall rating.
    private const int MostAtOnce = 65_536;

    private readonly ChunkedArray<Meter> _meters = new();
    private readonly List<Change> _changes = [];

    // How many changes are of earlier events.
    private int _earlier;
    private readonly Stack<int> _free = [];

    // The first meter of each day in which the last usage falls that may need it. A meter whose day moved on stays in its list until that
    // day is looked at.
    private readonly SortedDictionary<int, int> _byDay = [];

    // Meters whose keys are to be deleted; the first were handed out in this batch.
    private readonly List<int> _expired = [];
    private int _expiredTaken;
    private int _oldestDay = int.MinValue;

    // Meters that are not stored, in the order of their first changes: handed out | frozen | changed since.
    private readonly Backlog<int> _changed = new();
    private int _checkpoint = 1;
    private int _frozen;
    private int _handedOut;

    private int[] _index = new int[SmallestIndex];
    private int _rooms;

    /// <summary>Number of meters.</summary>
    public int Count { get; private set; }

    /// <summary>Octets held.</summary>
    public long AllocatedOctets =>
        _meters.AllocatedOctets + _changed.AllocatedOctets + ((long)_index.Length * sizeof(int))
        + ((long)_changes.Capacity * Unsafe.SizeOf<Change>());

    /// <summary>Whether all meters that were frozen are stored or handed out.</summary>
    public bool IsTaken => _handedOut == _frozen;

    /// <summary>Whether there may be keys to delete.</summary>
    public bool HasExpired => _expired.Count > 0 || FirstDay() < _oldestDay;

    /// <summary>What a meter holds; zeros when there is none, or none that usage of this age may still need.</summary>
    /// <param name="key">Which.</param>
    /// <param name="oldestDay">Oldest day of usage that is not late.</param>
    public MeterReading Read(in MeterKey key, int oldestDay)
    {
        int number = Find(in key, out _);
        return number == None || _meters[number].UntilDay < oldestDay ? default : _meters[number].Reading;
    }

    /// <summary>Loads the place of a meter in the index, so that it is there when the meter is read a little later.</summary>
    public void Hint(in MeterKey key) => CacheHint.Load(ref _index[Hash(in key) & (_index.Length - 1)]);

    /// <summary>Loads what the place of a meter in the index says, after <see cref="Hint"/> has loaded the place.</summary>
    public void HintEntry(in MeterKey key)
    {
        int entry = _index[Hash(in key) & (_index.Length - 1)];
        if (entry != 0)
        {
            CacheHint.Load(ref _meters[entry - 1]);
        }
    }

    /// <summary>Takes the changes that follow as those of one event.</summary>
    public void BeginEvent() => _earlier = _changes.Count;

    /// <summary>Sets a meter.</summary>
    /// <param name="key">Which.</param>
    /// <param name="reading">What it holds from now on.</param>
    /// <param name="untilDay">Last day of usage that may need it. Only a later day than that of the meter counts.</param>
    public void Write(in MeterKey key, MeterReading reading, int untilDay)
    {
        int number = Find(in key, out int place);
        bool isNew = number == None;
        if (isNew)
        {
            number = Add(in key, place);
        }

        ref Meter meter = ref _meters[number];
        int last = meter.LastChange;
        if (last < _earlier || last >= _changes.Count || _changes[last].Number != number)
        {
            meter.LastChange = _changes.Count;
            _changes.Add(new Change(number, isNew, meter.UntilDay, meter.Reading));
        }

        meter.Reading = reading;
        meter.UntilDay = isNew ? untilDay : Math.Max(meter.UntilDay, untilDay);
    }

    /// <summary>Takes back the changes of the event.</summary>
    public void UndoEvent() => UndoTo(_earlier);

    /// <summary>How many changes were made since the last commit, for <see cref="UndoSince"/>.</summary>
    public int ChangeCount => _changes.Count;

    /// <summary>Takes back all changes after an earlier count of them.</summary>
    public void UndoSince(int changes)
    {
        UndoTo(changes);
        _earlier = Math.Min(_earlier, changes);
    }

    /// <summary>Adds the meters that the event changed to a list, as they are now.</summary>
    public void CopyChanged(List<MeterEntry> entries)
    {
        for (int index = _earlier; index < _changes.Count; index++)
        {
            entries.Add(_meters[_changes[index].Number].Entry);
        }
    }

    /// <summary>Freezes the meters that are committed and in no checkpoint; <see cref="Take"/> hands them out.</summary>
    public void Freeze()
    {
        _frozen = _changed.Count;
        _checkpoint++;
    }

    /// <summary>Hands out the next frozen meters, as they are now; after <see cref="Abort"/>, the same ones again.</summary>
    /// <returns>How many were written.</returns>
    public int Take(Span<MeterEntry> entries)
    {
        int count = 0;
        while (_handedOut < _frozen && count < entries.Length)
        {
            ref Meter meter = ref _meters[_changed[_handedOut++]];
            if (meter.Next != Free)
            {
                entries[count++] = meter.Entry;
            }
        }

        return count;
    }

    /// <summary>
    /// Hands out the keys of meters that nobody may need any more, as many as fit; after <see cref="Abort"/>, the same ones again. Nothing
    /// may be written between this and the end of the batch.
    /// </summary>
    /// <returns>How many were written.</returns>
    public int TakeExpired(Span<ExpiredKey> keys)
    {
        // What was written since its day was looked at is needed again.
        for (int index = _expired.Count - 1; index >= 0; index--)
        {
            KeepIfNeeded(index);
        }

        for (int left = MostAtOnce; left > 0 && _expired.Count < keys.Length && FirstDay() < _oldestDay; left--)
        {
            int day = FirstDay();
            int number = _byDay[day];
            Unlink(day, number);
            _expired.Add(number);
            KeepIfNeeded(_expired.Count - 1);
        }

        _expiredTaken = Math.Min(keys.Length, _expired.Count);
        for (int index = 0; index < _expiredTaken; index++)
        {
            keys[index] = ExpiredKey.Of(_meters[_expired[index]].Key);
        }

        return _expiredTaken;
    }

    /// <summary>Keeps the changes, removes the meters whose keys were handed out for deletion, and moves the bound of age.</summary>
    /// <param name="oldestDay">Oldest day of usage that is not late.</param>
    public void Commit(int oldestDay)
    {
        foreach (Change change in _changes)
        {
            ref Meter meter = ref _meters[change.Number];
            if (change.IsNew)
            {
                Link(change.Number);
            }

            if (meter.Checkpoint != _checkpoint)
            {
                meter.Checkpoint = _checkpoint;
                _changed.Add(change.Number);
            }
        }

        _changes.Clear();
        _earlier = 0;
        _changed.RemoveFirst(_handedOut);
        _frozen -= _handedOut;
        _handedOut = 0;
        for (int index = 0; index < _expiredTaken; index++)
        {
            Remove(_expired[index]);
        }

        _expired.RemoveRange(0, _expiredTaken);
        _expiredTaken = 0;
        _oldestDay = oldestDay;
    }

    public void Abort()
    {
        UndoTo(0);
        _earlier = 0;
        _handedOut = 0;
        _expiredTaken = 0;
    }

    /// <summary>Puts back a stored meter.</summary>
    public void Restore(in MeterEntry entry)
    {
        MeterKey key = new(entry.Owner, entry.Id, entry.From);
        int number = Find(in key, out int place);
        if (number == None)
        {
            number = Add(in key, place);
            _meters[number].UntilDay = entry.UntilDay;
            Link(number);
        }

        ref Meter meter = ref _meters[number];
        (meter.Reading, meter.UntilDay) = (new MeterReading(entry.Units, entry.Nanos), entry.UntilDay);
    }

    /// <summary>Empties a stored meter again, because a later record of the store deletes it.</summary>
    public void Forget(in MeterKey key)
    {
        int number = Find(in key, out _);
        if (number != None)
        {
            (_meters[number].Reading, _meters[number].UntilDay) = (default, int.MinValue);
        }
    }

    private void UndoTo(int first)
    {
        for (int index = _changes.Count - 1; index >= first; index--)
        {
            Change change = _changes[index];
            if (change.IsNew)
            {
                Remove(change.Number);
                continue;
            }

            ref Meter meter = ref _meters[change.Number];
            (meter.Reading, meter.UntilDay) = (change.Before, change.UntilBefore);
        }

        _changes.RemoveRange(first, _changes.Count - first);
    }

    private static uint Hash(in MeterKey key)
    {
        ulong hash = ((ulong)key.Owner ^ (ulong)(key.Owner >> 64)) * 0xD6E8FEB86659FD93;
        return (uint)(((hash ^ key.Id ^ BitOperations.RotateLeft((ulong)key.From, 23)) * 0x9E3779B97F4A7C15) >> 32);
    }

    /// <summary>The number of a meter, or none and the place in the index where it would be.</summary>
    private int Find(in MeterKey key, out int place)
    {
        int mask = _index.Length - 1;
        for (place = (int)(Hash(in key) & mask); _index[place] != 0; place = (place + 1) & mask)
        {
            if (_meters[_index[place] - 1].Key == key)
            {
                return _index[place] - 1;
            }
        }

        return None;
    }

    private int Add(in MeterKey key, int place)
    {
        int number = _free.TryPop(out int free) ? free : _rooms++;
        _meters.GetOrCreate(number) = new Meter { Key = key, Next = None };
        _index[place] = number + 1;
        Count++;
        if (Count >= _index.Length / 4 * 3)
        {
            Grow();
        }

        return number;
    }

    /// <summary>Removes a meter that is in no list. Those behind it in its run of the index move to where they are found.</summary>
    private void Remove(int number)
    {
        Find(in _meters[number].Key, out int gap);
        int mask = _index.Length - 1;
        for (int place = (gap + 1) & mask; _index[place] != 0; place = (place + 1) & mask)
        {
            int home = (int)(Hash(in _meters[_index[place] - 1].Key) & mask);
            if (((place - home) & mask) >= ((place - gap) & mask))
            {
                _index[gap] = _index[place];
                gap = place;
            }
        }

        _index[gap] = 0;
        _meters[number] = new Meter { Next = Free };
        _free.Push(number);
        Count--;
    }

    private void Grow()
    {
        int[] former = _index;
        _index = new int[former.Length * 2];
        int mask = _index.Length - 1;
        foreach (int entry in former)
        {
            int place = entry == 0 ? 0 : (int)(Hash(in _meters[entry - 1].Key) & mask);
            while (entry != 0 && _index[place] != 0)
            {
                place = (place + 1) & mask;
            }

            _index[place] = entry == 0 ? _index[place] : entry;
        }
    }

    private int FirstDay()
    {
        foreach (int day in _byDay.Keys)
        {
            return day;
        }

        return int.MaxValue;
    }

    /// <summary>Puts a meter into the list of its day.</summary>
    private void Link(int number)
    {
        ref Meter meter = ref _meters[number];
        meter.Next = _byDay.GetValueOrDefault(meter.UntilDay, None);
        _byDay[meter.UntilDay] = number;
    }

    /// <summary>Puts a meter back into the list of its day, when usage that is not late may need it.</summary>
    private void KeepIfNeeded(int index)
    {
        int number = _expired[index];
        if (_meters[number].UntilDay >= _oldestDay)
        {
            _expired.RemoveAt(index);
            Link(number);
        }
    }

    /// <summary>Takes the first meter of a day out of its list.</summary>
    private void Unlink(int day, int number)
    {
        ref Meter meter = ref _meters[number];
        if (meter.Next == None)
        {
            _byDay.Remove(day);
        }
        else
        {
            _byDay[day] = meter.Next;
        }

        meter.Next = None;
    }

    private struct Meter
    {
        public MeterKey Key;
        public MeterReading Reading;
        public int UntilDay;

        // Number of the checkpoint that it waits for, or that stored it last.
        public int Checkpoint;

        // The next in the list of its day.
        public int Next;

        // Place of its last change in the list of changes, if that is there.
        public int LastChange;

        public readonly MeterEntry Entry => new(Key.Owner, Key.Id, Key.From, Reading.Units, Reading.Nanos, UntilDay);
    }

    private readonly record struct Change(int Number, bool IsNew, int UntilBefore, MeterReading Before);
}

/// <summary>What is counted, and for whom.</summary>
/// <param name="Owner">Reference of the subscriber on an account, or of the account.</param>
/// <param name="Id">Kind and name of what is counted.</param>
/// <param name="From">Beginning of what is counted.</param>
internal readonly record struct MeterKey(UInt128 Owner, ulong Id, long From);

/// <summary>What a meter holds.</summary>
/// <param name="Units">Octets, seconds, messages, units, or how many.</param>
/// <param name="Nanos">An amount in nano-units, or a second number.</param>
internal readonly record struct MeterReading(long Units, long Nanos);
