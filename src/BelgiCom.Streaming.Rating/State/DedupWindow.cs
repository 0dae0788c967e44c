using System.Runtime.CompilerServices;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Ids already rated, by UTC day of the usage. The window moves with the newest day rated, never with a clock: the same input gives the same result
/// whenever it is read. Days that fall out of the window are dropped whole.
/// </summary>
internal sealed class DedupWindow
{
    public const int NoDay = int.MinValue;
    private const long MillisecondsPerDay = 86_400_000;

    private readonly Dictionary<int, IdSet> _days = [];
    private readonly List<int> _touched = [];
    private int _newestCommitted = NoDay;
    private int _lastDay = NoDay;
    private IdSet? _lastSet;

    /// <summary>Newest day of which an id is claimed; <see cref="NoDay"/> for none.</summary>
    public int NewestDay { get; private set; } = NoDay;

    /// <summary>Days with ids claimed since the last commit.</summary>
    public List<int> Touched => _touched;

    public long Count => _days.Values.Sum(day => (long)day.Count);

    public long AllocatedOctets => _days.Values.Sum(day => day.AllocatedOctets);

    public static int DayOf(long milliseconds) => (int)Math.DivRem(milliseconds, MillisecondsPerDay, out long rest) - (rest < 0 ? 1 : 0);

    /// <summary>The ids of a day, null when there are none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public IdSet? Find(int day) => day == _lastDay ? _lastSet : FindOther(day);

    public void Claim(int day, UInt128 id)
    {
        IdSet set = Find(day) ?? Create(day);
        if (set.Claimed.Count == 0)
        {
            _touched.Add(day);
        }

        set.Claim(id);
        NewestDay = Math.Max(NewestDay, day);
    }

    public void Restore(int day, long chunk, ReadOnlySpan<UInt128> ids)
    {
        IdSet set = Find(day) ?? Create(day);
        foreach (UInt128 id in ids)
        {
            set.Restore(id);
        }

        set.Chunks.Add(chunk);
        NewestDay = _newestCommitted = Math.Max(NewestDay, day);
    }

    public IdSet Create(int day)
    {
        IdSet made = new();
        _days.Add(day, made);
        _lastDay = NoDay;
        return made;
    }

    /// <summary>Keeps what was claimed and takes out the days before <paramref name="oldestDay"/>.</summary>
    public void Commit(long chunk, int oldestDay, List<(int Day, IdSet Ids)> dropped)
    {
        foreach (int day in _touched)
        {
            _days[day].Commit(chunk);
        }

        _touched.Clear();
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

        _touched.Clear();
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
