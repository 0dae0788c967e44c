using System.Text;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// The numbers that the records of a chunk have from the nodes that made them, as stretches of consecutive ones. A file that is in order
/// has one stretch for each node, so that the ledger follows millions of records by a few stretches.
/// </summary>
public sealed class RecordNumbers
{
    // Names of nodes that are kept from chunk to chunk, so that their octets are copied once.
    private const int NodesKeptMax = 1024;

    private readonly Dictionary<byte[], int> _nodes = new(Utf8NameComparer.Instance);
    private readonly List<Stretch> _stretches = [];
    private int[] _lastOfNode = new int[16];
    private byte[] _lastNode = [];
    private int _lastNodeNumber;

    /// <summary>How many stretches there are.</summary>
    internal int Count => _stretches.Count;

    /// <summary>Adds the number of a record.</summary>
    /// <param name="node">Name of the node, UTF-8; nothing is followed without it, because nobody knows who counted.</param>
    /// <param name="number">Its number; one of more than 32 bits, or below 0, is none.</param>
    /// <param name="closedAt">When the record was closed, milliseconds since 1970-01-01 UTC; null when it does not say.</param>
    internal void Add(ReadOnlySpan<byte> node, long number, long? closedAt)
    {
        if (node.IsEmpty || number is < 0 or > uint.MaxValue)
        {
            return;
        }

        int of = NumberOf(node);
        int last = _lastOfNode[of];
        if (last >= 0 && _stretches[last] is { } open && (uint)number == open.Span.Last + 1)
        {
            _stretches[last] = open with { Span = open.Span with { Last = (uint)number, LastAt = closedAt } };
            return;
        }

        _lastOfNode[of] = _stretches.Count;
        _stretches.Add(new Stretch(of, new NumberSpan((uint)number, (uint)number, closedAt, closedAt)));
    }

    /// <summary>The stretches by node, those of a node in the order in which they came.</summary>
    internal IEnumerable<(string Node, IEnumerable<NumberSpan> Spans)> ByNode()
    {
        foreach ((byte[] name, int number) in _nodes)
        {
            if (_lastOfNode[number] >= 0)
            {
                yield return (
                    Encoding.UTF8.GetString(name),
                    _stretches.Where(stretch => stretch.Node == number).Select(stretch => stretch.Span));
            }
        }
    }

    /// <summary>Forgets all numbers.</summary>
    internal void Clear()
    {
        _stretches.Clear();
        if (_nodes.Count > NodesKeptMax)
        {
            _nodes.Clear();
            _lastNode = [];
        }

        _lastOfNode.AsSpan().Fill(-1);
    }

    private int NumberOf(ReadOnlySpan<byte> node)
    {
        if (_lastNode.Length > 0 && node.SequenceEqual(_lastNode))
        {
            return _lastNodeNumber;
        }

        Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> nodes = _nodes.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!nodes.TryGetValue(node, out byte[]? name, out int number))
        {
            (name, number) = (node.ToArray(), _nodes.Count);
            _nodes.Add(name, number);
            if (number == _lastOfNode.Length)
            {
                Array.Resize(ref _lastOfNode, number * 2);
            }

            _lastOfNode[number] = -1;
        }

        (_lastNode, _lastNodeNumber) = (name, number);
        return number;
    }

    private readonly record struct Stretch(int Node, NumberSpan Span);

    private sealed class Utf8NameComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static Utf8NameComparer Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            HashCode hash = default;
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}

/// <summary>Numbers that follow each other and came in this order.</summary>
/// <param name="First">First number.</param>
/// <param name="Last">Last number; lower than the first when 0 follows 4294967295 between them.</param>
/// <param name="FirstAt">Time of the first, milliseconds since 1970-01-01 UTC; null when it has none.</param>
/// <param name="LastAt">Time of the last.</param>
internal readonly record struct NumberSpan(uint First, uint Last, long? FirstAt, long? LastAt)
{
    /// <summary>How many numbers they are.</summary>
    public long Count => (long)(Last - First) + 1;
}
