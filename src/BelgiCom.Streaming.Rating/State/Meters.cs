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
    private const int None = MeterIndex.None;

    // Stands in the place of the next meter of a list: the meter's room is free.
    private const int Free = -2;

    // Most meters looked at in one call: sessions that went on since are many, and the search must not stall rating.
    private const int MostAtOnce = 65_536;

    private readonly ChunkedArray<MeterRoom> _meters = new();
    private readonly MeterIndex _index;
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

    private int _rooms;

    public Meters() => _index = new MeterIndex(_meters);

    /// <summary>Number of meters.</summary>
    public int Count => _index.Count;

    /// <summary>Octets held.</summary>
    public long AllocatedOctets =>
        _meters.AllocatedOctets + _changed.AllocatedOctets + _index.AllocatedOctets
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
        int number = _index.Find(in key);
        return number == None || _meters[number].UntilDay < oldestDay ? default : _meters[number].Reading;
    }

    /// <summary>Loads what says where the meters of owners are, so that it is there when their events are rated a little later.</summary>
    public void Hint(ReadOnlySpan<UInt128> owners)
    {
        if (Count == 0)
        {
            return;
        }

        foreach (ref readonly UInt128 owner in owners)
        {
            _index.HintOwner(owner);
        }

        foreach (ref readonly UInt128 owner in owners)
        {
            _index.HintMeters(owner);
        }
    }

    /// <summary>Makes room for more meters.</summary>
    public void EnsureRoom(int more)
    {
        _index.EnsureRoom(more);
        for (int left = more - _free.Count; left > 0; left--)
        {
            _meters.GetOrCreate(_rooms + left - 1);
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
        int number = _index.Find(in key);
        bool isNew = number == None;
        if (isNew)
        {
            number = Add(in key);
        }

        ref MeterRoom meter = ref _meters[number];
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
            ref MeterRoom meter = ref _meters[_changed[_handedOut++]];
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
            ref MeterRoom meter = ref _meters[change.Number];
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
        int number = _index.Find(in key);
        if (number == None)
        {
            number = Add(in key);
            _meters[number].UntilDay = entry.UntilDay;
            Link(number);
        }

        ref MeterRoom meter = ref _meters[number];
        (meter.Reading, meter.UntilDay) = (new MeterReading(entry.Units, entry.Nanos), entry.UntilDay);
    }

    /// <summary>Empties a stored meter again, because a later record of the store deletes it.</summary>
    public void Forget(in MeterKey key)
    {
        int number = _index.Find(in key);
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

            ref MeterRoom meter = ref _meters[change.Number];
            (meter.Reading, meter.UntilDay) = (change.Before, change.UntilBefore);
        }

        _changes.RemoveRange(first, _changes.Count - first);
    }

    private int Add(in MeterKey key)
    {
        int number = _free.TryPop(out int free) ? free : _rooms++;
        _meters.GetOrCreate(number) = new MeterRoom { Key = key, Next = None };
        _index.Add(in key, number);
        return number;
    }

    /// <summary>Removes a meter that is in no list.</summary>
    private void Remove(int number)
    {
        _index.Remove(in _meters[number].Key);
        _meters[number] = new MeterRoom { Next = Free };
        _free.Push(number);
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
        ref MeterRoom meter = ref _meters[number];
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
        ref MeterRoom meter = ref _meters[number];
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

    private readonly record struct Change(int Number, bool IsNew, int UntilBefore, MeterReading Before);
}

/// <summary>A meter in its room: one cache line.</summary>
internal struct MeterRoom
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

/// <summary>What is counted, and for whom.</summary>
/// <param name="Owner">Reference of the subscriber on an account, or of the account.</param>
/// <param name="Id">Kind and name of what is counted.</param>
/// <param name="From">Beginning of what is counted.</param>
internal readonly record struct MeterKey(UInt128 Owner, ulong Id, long From);

/// <summary>What a meter holds.</summary>
/// <param name="Units">Octets, seconds, messages, units, or how many.</param>
/// <param name="Nanos">An amount in nano-units, or a second number.</param>
internal readonly record struct MeterReading(long Units, long Nanos);
