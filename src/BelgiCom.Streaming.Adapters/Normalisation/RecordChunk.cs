using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// The Kafka records that one transaction is to hold, kept until it is committed so that it can be sent again. Reused for the next
/// chunk; bounded by whoever fills it.
/// </summary>
public sealed class RecordChunk
{
    private readonly List<Entry> _entries = [];
    private byte[] _octets = new byte[1 << 20];
    private int _length;

    /// <summary>Records held.</summary>
    public int Count => _entries.Count;

    /// <summary>Octets of keys and values held.</summary>
    public int Octets => _length;

    /// <summary>CDRs held, good and quarantined.</summary>
    public int Cdrs { get; internal set; }

    /// <summary>Quarantined records held.</summary>
    public int Quarantined { get; private set; }

    /// <summary>Records whose ambiguous local time was decided by the source's setting.</summary>
    public int AmbiguousTimes { get; internal set; }

    /// <summary>Fields skipped because usage does not need or the decoder does not know them.</summary>
    public long SkippedFields { get; internal set; }

    /// <summary>Totals of the usage events held.</summary>
    public ControlTotals Totals { get; internal set; }

    /// <summary>Topic of a record: <see cref="Topics.UsageReceived"/> or <see cref="Topics.Quarantine"/>.</summary>
    public string TopicAt(int index) => _entries[index].IsQuarantine ? Topics.Quarantine : Topics.UsageReceived;

    /// <summary>Key of a record.</summary>
    public ReadOnlySpan<byte> KeyAt(int index) => _octets.AsSpan(_entries[index].Start, _entries[index].KeyLength);

    /// <summary>Value of a record, wire-format header included.</summary>
    public ReadOnlySpan<byte> ValueAt(int index) =>
        _octets.AsSpan(_entries[index].Start + _entries[index].KeyLength, _entries[index].ValueLength);

    /// <summary>Empties the chunk for the next one.</summary>
    public void Clear()
    {
        _entries.Clear();
        _length = 0;
        Cdrs = Quarantined = AmbiguousTimes = 0;
        SkippedFields = 0;
        Totals = default;
    }

    /// <summary>Room for a key and a value of at most these sizes, until <see cref="Commit"/>.</summary>
    internal Span<byte> Reserve(int size)
    {
        if (_length + size > _octets.Length)
        {
            Array.Resize(ref _octets, Math.Max(_octets.Length * 2, _length + size));
        }

        return _octets.AsSpan(_length, size);
    }

    /// <summary>Keeps what was written into the reserved room.</summary>
    internal void Commit(int keyLength, int valueLength, bool isQuarantine)
    {
        _entries.Add(new Entry(_length, keyLength, valueLength, isQuarantine));
        _length += keyLength + valueLength;
        Quarantined += isQuarantine ? 1 : 0;
    }

    private readonly record struct Entry(int Start, int KeyLength, int ValueLength, bool IsQuarantine);
}
