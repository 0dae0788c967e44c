using System.Text;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Numbers offering ids, so that subscriptions and tariffs are matched without comparing text. A main offering with add-ons beside it has a
/// number of its own, too. A number is never used again; subscriptions may come before their offering and the other way round. All sessions
/// and snapshots of a process share it; safe for several threads.
/// </summary>
public sealed class OfferingIndex
{
    private const int Unknown = -1;
    private const int LongestName = 1024;

    // Between a main offering and its add-ons in the name of both together; no id of an offering has it.
    private const char Beside = '+';

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly HashSet<int> _dependOnMembers = [];
    private readonly List<string> _names = [];

    // For the number of a main offering with add-ons their numbers, the main offering's last; null for an offering alone. Replaced when one
    // is added, so that it is read without the lock.
    private volatile int[]?[] _offeringsOf = [];
    private bool _askForGroups;

    /// <summary>
    /// How many things depend on the members of accounts: offerings that share among them, and prices for calls within an account together.
    /// It never falls; when it has risen, all subscriptions must be read again.
    /// </summary>
    public int DependingOnMembers
    {
        get
        {
            lock (_lock)
            {
                return _dependOnMembers.Count + (_askForGroups ? 1 : 0);
            }
        }
    }

    /// <summary>Whether a price of any version that was seen asks if the called number is of the caller's account.</summary>
    internal bool AskForGroups
    {
        get
        {
            lock (_lock)
            {
                return _askForGroups;
            }
        }
    }

    /// <summary>Notes that a price asks if the called number is of the caller's account.</summary>
    internal void NoteAskForGroups()
    {
        lock (_lock)
        {
            _askForGroups = true;
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
                number = Add(offering);
            }

            return number;
        }
    }

    /// <summary>The number of a main offering with add-ons beside it, in whatever order they are named.</summary>
    /// <param name="offering">Id of the main offering.</param>
    /// <param name="addOns">Ids of the add-ons; none for the main offering alone.</param>
    public int GetOrAdd(string offering, IReadOnlyList<string> addOns)
    {
        if (addOns.Count == 0)
        {
            return GetOrAdd(offering);
        }

        string[] ordered = [.. addOns.Order(StringComparer.Ordinal)];
        string name = string.Join(Beside, [offering, .. ordered]);
        lock (_lock)
        {
            if (_numbers.TryGetValue(name, out int number))
            {
                return number;
            }

            int[] offerings = [.. ordered.Select(GetOrAdd), GetOrAdd(offering)];
            number = Add(name);
            int[]?[] known = new int[]?[number + 1];
            _offeringsOf.CopyTo(known, 0);
            known[number] = offerings;
            _offeringsOf = known;
            return number;
        }
    }

    /// <summary>
    /// The numbers of the offerings that a number stands for: the add-ons in the order of their ids, and the main offering last; null for
    /// an offering alone.
    /// </summary>
    internal int[]? OfferingsOf(int number)
    {
        int[]?[] known = _offeringsOf;
        return (uint)number < (uint)known.Length ? known[number] : null;
    }

    /// <summary>The same, and for an offering alone its own number.</summary>
    internal int[] AllOf(int number) => OfferingsOf(number) ?? [number];

    /// <summary>Whether a number is that of an offering, or of a main offering and add-ons of which it is one.</summary>
    internal bool Has(int number, int offering) =>
        number == offering || (OfferingsOf(number) is { } offerings && Array.IndexOf(offerings, offering) >= 0);

    /// <summary>What was numbered: an offering id, or one with those of its add-ons.</summary>
    internal string NameOf(int number)
    {
        lock (_lock)
        {
            return _names[number];
        }
    }

    private int Add(string name)
    {
        int number = _numbers.Count;
        _numbers.Add(name, number);
        _names.Add(name);
        return number;
    }

    /// <summary>
    /// The number of an offering id in UTF-8, or of one with those of its add-ons; -1 when it was never seen. Allocates nothing, unless
    /// nobody of this process has these add-ons yet.
    /// </summary>
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
            if (_numbers.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out int number))
            {
                return number;
            }
        }

        if (!name.Contains(Beside))
        {
            return Unknown;
        }

        string[] offerings = name.ToString().Split(Beside);
        return GetOrAdd(offerings[0], offerings[1..]);
    }
}
