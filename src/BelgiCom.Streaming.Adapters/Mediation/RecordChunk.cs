using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// The Kafka records of one transaction, and their totals. The chunk keeps them until they are committed, so that they can be sent again;
/// then it is cleared and filled again. The mediation that fills it keeps it within its limits.
/// </summary>
/// <param name="maxEvents">Usage events, or records of the file, after which the chunk is full.</param>
/// <param name="maxOctets">Octets of keys and values after which the chunk is full.</param>
/// <param name="topics">The topics that records may go to, each with the wire-format header (schema id) of its values.</param>
/// <param name="initialOctets">Room for octets that it begins with.</param>
public sealed class RecordChunk(
    int maxEvents, int maxOctets, IReadOnlyList<(string Topic, byte[] Header)> topics, int initialOctets = 1 << 20)
{
    private readonly List<Entry> _entries = [];
    private byte[] _octets = new byte[initialOctets];
    private int _length;
    private Entry _open;

    /// <summary>Kafka records held.</summary>
    public int Count => _entries.Count;

    /// <summary>Octets of keys and values held.</summary>
    public int Octets => _length;

    /// <summary>True when no more should be added: the limits are reached.</summary>
    public bool IsFull => Totals.Events >= maxEvents || Cdrs >= maxEvents || _length >= maxOctets;

    /// <summary>Records of the file that the chunk covers, good and quarantined.</summary>
    public int Cdrs { get; set; }

    /// <summary>Quarantined records held.</summary>
    public int Quarantined { get; private set; }

    /// <summary>Records whose local time was ambiguous, so that the source's setting decided it.</summary>
    public int AmbiguousTimes { get; set; }

    /// <summary>Fields skipped because nobody needs them or the decoder does not know them.</summary>
    public long SkippedFields { get; set; }

    /// <summary>Fields that could not be read and that no price looks at; their usage is charged.</summary>
    public long UnreadableFields { get; set; }

    /// <summary>Kinds of usage that may be charged from another format as well.</summary>
    public UnmatchedUsage Unmatched { get; set; }

    /// <summary>The numbers that the records have from their nodes.</summary>
    public RecordNumbers Numbers { get; } = new();

    /// <summary>Totals of what the records say.</summary>
    public ControlTotals Totals { get; set; }

    /// <summary>
    /// One sentence about the fault of the file as a whole that is among the quarantined records; empty when there is none.
    /// </summary>
    public string FileFault { get; set; } = "";

    /// <summary>Topic of a record.</summary>
    public string TopicAt(int index) => topics[_entries[index].Topic].Topic;

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
        SkippedFields = UnreadableFields = 0;
        Totals = default;
        Unmatched = default;
        Numbers.Clear();
        FileFault = "";
    }

    /// <summary>Begins a record. <see cref="Commit"/> adds it to the chunk; a record without a commit is forgotten.</summary>
    /// <param name="topic">One of the chunk's topics.</param>
    /// <param name="key">Key, copied.</param>
    /// <param name="maxBody">Most octets of the body.</param>
    /// <returns>Room for the body: the value without its wire-format header.</returns>
    /// <exception cref="ArgumentException">The chunk has no such topic.</exception>
    public Span<byte> Begin(string topic, ReadOnlySpan<byte> key, int maxBody)
    {
        int number = NumberOf(topic);
        byte[] header = topics[number].Header;
        int prefix = key.Length + header.Length;
        if (_length + prefix + maxBody > _octets.Length)
        {
            Array.Resize(ref _octets, Math.Max(_octets.Length * 2, _length + prefix + maxBody));
        }

        key.CopyTo(_octets.AsSpan(_length));
        header.CopyTo(_octets.AsSpan(_length + key.Length));
        _open = new Entry(_length, key.Length, header.Length, number);
        return _octets.AsSpan(_length + prefix, maxBody);
    }

    /// <summary>Keeps the record that was begun.</summary>
    /// <param name="bodyLength">Octets written of its body.</param>
    public void Commit(int bodyLength)
    {
        Entry entry = _open with { ValueLength = _open.ValueLength + bodyLength };
        _entries.Add(entry);
        _length += entry.KeyLength + entry.ValueLength;
        Quarantined += topics[entry.Topic].Topic == Topics.Quarantine ? 1 : 0;
    }

    /// <summary>There are only a few topics, and their names are constants, so comparing with each in turn is faster than a hash.</summary>
    private int NumberOf(string topic)
    {
        for (int i = 0; i < topics.Count; i++)
        {
            if (topics[i].Topic == topic)
            {
                return i;
            }
        }

        throw new ArgumentException($"The chunk is not for the topic {topic}.", nameof(topic));
    }

    private readonly record struct Entry(int Start, int KeyLength, int ValueLength, int Topic);
}
