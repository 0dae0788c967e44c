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

    // A tree of digits: ten places for each node, which hold the number of the next node, or 0.
    private readonly List<int> _next = [.. new int[Digits]];
    private readonly List<int> _destination = [None];
    private readonly Dictionary<ulong, int> _short = [];

    /// <summary>Compiles the destinations; throws <see cref="ArgumentException"/> with a sentence when two of them contradict.</summary>
    public DestinationMap(IReadOnlyList<Destination> destinations)
    {
        for (int index = 0; index < destinations.Count; index++)
        {
            foreach (string prefix in destinations[index].Prefixes)
            {
                Add(prefix, index, destinations[index].Name);
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
    }

    /// <summary>The destination of a number, or <see cref="None"/>.</summary>
    public int Find(CalledNumber number)
    {
        if (_short.TryGetValue(number.Packed, out int found))
        {
            return found;
        }

        int node = 0;
        found = _destination[0];
        for (int place = 0; place < number.Length && (node = _next[(node * Digits) + number[place]]) != 0; place++)
        {
            found = _destination[node] == None ? found : _destination[node];
        }

        return found;
    }

    private void Add(string prefix, int destination, string name)
    {
        int node = 0;
        foreach (char digit in prefix)
        {
            if (!char.IsAsciiDigit(digit))
            {
                throw new ArgumentException($"'{prefix}' in destination '{name}' is no prefix: digits only, without + or 00.");
            }

            int place = (node * Digits) + digit - '0';
            if (_next[place] == 0)
            {
                _next[place] = _destination.Count;
                _destination.Add(None);
                _next.AddRange(new int[Digits]);
            }

            node = _next[place];
        }

        if (_destination[node] != None)
        {
            throw new ArgumentException($"the prefix '{prefix}' is in two destinations; keep it in one.");
        }

        _destination[node] = destination;
    }
}
