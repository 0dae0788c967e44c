using System.Text;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Numbers offering ids, so that subscriptions and tariffs are matched without comparing text. A number is never used again; subscriptions
/// may come before their offering and the other way round. All sessions and snapshots of a process share it; safe for several threads.
/// </summary>
public sealed class OfferingIndex
{
    private const int Unknown = -1;
    private const int LongestName = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly HashSet<int> _dependOnMembers = [];

    /// <summary>How many offerings share what depends on the members of the account; it never falls.</summary>
    public int DependingOnMembers
    {
        get
        {
            lock (_lock)
            {
                return _dependOnMembers.Count;
            }
        }
    }

    /// <summary>Notes that what an offering shares depends on the members of the account.</summary>
    internal void NoteDependsOnMembers(int offering)
    {
        lock (_lock)
        {
            _dependOnMembers.Add(offering);
        }
    }

    /// <summary>Whether what an offering shares depends on the members of the account, in any version that was seen.</summary>
    internal bool DependsOnMembers(int offering)
    {
        lock (_lock)
        {
            return _dependOnMembers.Contains(offering);
        }
    }

    /// <summary>The number of an offering id, new when it was not seen before.</summary>
    public int GetOrAdd(string offering)
    {
        lock (_lock)
        {
            if (!_numbers.TryGetValue(offering, out int number))
            {
                number = _numbers.Count;
                _numbers.Add(offering, number);
            }

            return number;
        }
    }

    /// <summary>The number of an offering id in UTF-8; -1 when it was never seen. Allocates nothing.</summary>
    public int Find(ReadOnlySpan<byte> offering)
    {
        if (offering.Length > LongestName)
        {
            return Unknown;
        }

        Span<char> name = stackalloc char[LongestName];
        name = name[..Encoding.UTF8.GetChars(offering, name)];
        lock (_lock)
        {
            return _numbers.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out int number) ? number : Unknown;
        }
    }
}
