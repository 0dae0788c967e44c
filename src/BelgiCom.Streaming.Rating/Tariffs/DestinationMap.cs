using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Finds the destination of a called number: a short number that matches whole, else the longest E.164 prefix. A prefix says where a number
/// was given out, and never who serves it today, because numbers are ported.
/// </summary>
internal sealed class DestinationMap
{
    public const int None = -1;

    private const int Digits = 10;

    private static readonly CalledNumber FreeByLaw = CalledNumber.Of("0"u8);
    private static readonly CalledNumber Emergency = CalledNumber.Of("112"u8);

    // A tree of digits: ten places for each node, which hold the number of the next node, or 0.
    private readonly int[] _next;
    private readonly int[] _destination;
    private readonly Dictionary<ulong, int> _short = [];

    /// <summary>Compiles the destinations; throws <see cref="ArgumentException"/> with a sentence when two of them contradict.</summary>
    public DestinationMap(IReadOnlyList<Destination> destinations)
    {
        List<int> next = [.. new int[Digits]];
        List<int> found = [None];
        for (int index = 0; index < destinations.Count; index++)
        {
            foreach (string prefix in destinations[index].Prefixes)
            {
                Add(next, found, prefix, index, destinations[index].Name);
            }

            foreach (string number in destinations[index].ShortNumbers)
            {
                if (!CalledNumber.TryParse(number, out CalledNumber parsed) || parsed.IsUnknown)
                {
                    throw new ArgumentException($"'{number}' in destination '{destinations[index].Name}' is no number of 1 to 15 digits.");
                }

                if (!_short.TryAdd(parsed.Packed, index))
                {
                    throw new ArgumentException($"'{number}' is in two destinations; keep it in one.");
                }
            }
        }

        (_next, _destination) = ([.. next], [.. found]);
    }

    /// <summary>
    /// The destination of a number; <see cref="None"/> when the number is not known, when none fits, and when only its beginning is known
    /// and it could be that of several.
    /// </summary>
    public int Find(CalledNumber number)
    {
        if (number.IsUnknown)
        {
            return None;
        }

        if (!number.IsBeginning && _short.TryGetValue(number.Packed, out int whole))
        {
            return whole;
        }

        // Usage says of every number that is free by law only that it is one (usage.received.v1, shortNumber).
        if (number == FreeByLaw)
        {
            return _short.GetValueOrDefault(Emergency.Packed, None);
        }

        int node = 0;
        int found = _destination[0];
        for (int place = 0; place < number.Length; place++)
        {
            node = _next[(node * Digits) + number[place]];
            if (node == 0)
            {
                return found;
            }

            found = _destination[node] == None ? found : _destination[node];
        }

        return number.IsBeginning && LeadsElsewhere(node, found) ? None : found;
    }

    /// <summary>The destination of a whole number, and how many of its digits say so.</summary>
    public int Find(CalledNumber number, out int digits)
    {
        digits = number.Length;
        int found = Find(number);
        if (found == None || _short.ContainsKey(number.Packed))
        {
            return found;
        }

        digits = 0;
        int node = 0;
        for (int place = 0; place < number.Length && (node = _next[(node * Digits) + number[place]]) != 0; place++)
        {
            digits = _destination[node] == None ? digits : place + 1;
        }

        return found;
    }

    /// <summary>Whether further digits could lead to another destination.</summary>
    private bool LeadsElsewhere(int node, int found)
    {
        for (int digit = 0; digit < Digits; digit++)
        {
            int next = _next[(node * Digits) + digit];
            if (next != 0 && ((_destination[next] != None && _destination[next] != found) || LeadsElsewhere(next, found)))
            {
                return true;
            }
        }

        return false;
    }

    private static void Add(List<int> next, List<int> destinations, string prefix, int destination, string name)
    {
        int node = 0;
        foreach (char digit in prefix)
        {
            if (!char.IsAsciiDigit(digit))
            {
                throw new ArgumentException($"'{prefix}' in destination '{name}' is no prefix: digits only, without + or 00.");
            }

            int place = (node * Digits) + digit - '0';
            if (next[place] == 0)
            {
                next[place] = destinations.Count;
                destinations.Add(None);
                next.AddRange(new int[Digits]);
            }

            node = next[place];
        }

        if (destinations[node] != None)
        {
            throw new ArgumentException($"the prefix '{prefix}' is in two destinations; keep it in one.");
        }

        destinations[node] = destination;
    }
}
