using System.Runtime.CompilerServices;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Rated ids, by UTC day of the usage. The window moves with the newest day rated and never with a clock, so the same input gives the same
/// result whenever it is read. Days that fall out of the window are dropped whole.
/// </summary>
internal sealed class DedupWindow
{
    public const int NoDay = int.MinValue;
    private const long MillisecondsPerDay = 86_400_000;

    private readonly Dictionary<int, IdSet> _days = [];
    private readonly List<int> _touched = [];
    private IdSet? _handedOut;
    private int _newestCommitted = NoDay;
    private int _lastDay = NoDay;
    private IdSet? _lastSet;

    /// <summary>Newest day with a claimed id; <see cref="NoDay"/> for none.</summary>
    public int NewestDay { get; private set; } = NoDay;

    /// <summary>Whether all ids that were frozen are stored or handed out.</summary>
    public bool IsTaken => _days.Values.All(day => !day.HasChunk);

    /// <summary>Number of ids claimed since the last commit.</summary>
    public int OpenCount { get; private set; }

    public long Count => _days.Values.Sum(day => (long)day.Count);

    public long AllocatedOctets => _days.Values.Sum(day => day.AllocatedOctets);

    public static int DayOf(long milliseconds) => (int)Math.DivRem(milliseconds, MillisecondsPerDay, out long rest) - (rest < 0 ? 1 : 0);

    /// <summary>The ids of a day, null when there are none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public IdSet? Find(int day) => day == _lastDay ? _lastSet : FindOther(day);

    /// <summary>Moves the window to a day of which no ids are kept.</summary>
    public void PassDay(int day) => NewestDay = Math.Max(NewestDay, day);

    public void Claim(int day, UInt128 id)
    {
        IdSet set = Find(day) ?? Create(day);
        if (!set.IsOpen)
        {
            _touched.Add(day);
        }

        set.Claim(id);
        OpenCount++;
        NewestDay = Math.Max(NewestDay, day);
    }

    public void Restore(int day, long chunk, ReadOnlySpan<UInt128> ids)
    {
        (Find(day) ?? Create(day)).Restore(chunk, ids);
        NewestDay = _newestCommitted = Math.Max(NewestDay, day);
    }

    /// <summary>Freezes the ids that are committed now; <see cref="TakeChunk"/> hands them out.</summary>
    public void Freeze()
    {
        foreach (IdSet set in _days.Values)
        {
            set.Freeze();
        }
    }

    /// <summary>Hands out at most one chunk between two commits; none when there is none left.</summary>
    public ReadOnlySpan<UInt128> TakeChunk(out int day, out long chunk)
    {
        (day, chunk) = (NoDay, 0);
        if (_handedOut is not null)
        {
            return default;
        }

        (day, _handedOut) = _days.FirstOrDefault(entry => entry.Value.HasChunk);
        return _handedOut is null ? default : _handedOut.TakeChunk(out chunk);
    }

    public IdSet Create(int day)
    {
        IdSet made = new();
        _days.Add(day, made);
        _lastDay = NoDay;
        return made;
    }

    /// <summary>Keeps the claimed ids, and removes the days before <paramref name="oldestDay"/>.</summary>
    public void Commit(int oldestDay, List<(int Day, IdSet Ids)> dropped)
    {
        foreach (int day in _touched)
        {
            _days[day].Commit();
        }

        _handedOut?.Commit();
        _handedOut = null;
        _touched.Clear();
        OpenCount = 0;
        _newestCommitted = NewestDay;
        foreach (int day in _days.Keys)
        {
            if (day < oldestDay && _days.Remove(day, out IdSet? set))
            {
                dropped.Add((day, set));
                _lastDay = NoDay;
            }
        }
    }

    public void Abort()
    {
        foreach (int day in _touched)
        {
            _days[day].Abort();
        }

        _handedOut?.Abort();
        _handedOut = null;
        _touched.Clear();
        OpenCount = 0;
        NewestDay = _newestCommitted;
    }

    private IdSet? FindOther(int day)
    {
        if (!_days.TryGetValue(day, out IdSet? set))
        {
            return null;
        }

        _lastDay = day;
        _lastSet = set;
        return set;
    }
}
