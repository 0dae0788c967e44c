using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace BelgiCom.Streaming.Retention;

/// <summary>
/// Records of one class and day on their way into a block. Layout before compression, little-endian: class and purpose (each 1-octet length
/// and UTF-8), then per record: person 16 · start of period 8 (milliseconds since 1970 UTC) · hold id (1-octet length, ASCII; 0 for none) ·
/// topic (1-octet length, UTF-8) · partition 4 · offset 8 · value (4-octet length).
/// </summary>
internal sealed class BlockBuilder
{
    // More than a record has beside its value.
    private const int RecordOctetsBesideValue = 1024;

    private readonly ArrayBufferWriter<byte> _raw = new(1024);
    private readonly HashSet<long> _persons = [];

    public BlockBuilder(string retentionClass, string purpose)
    {
        RetentionClass = retentionClass;
        Purpose = purpose;
        Clear();
    }

    public string RetentionClass { get; }

    public string Purpose { get; }

    public int Records { get; private set; }

    /// <summary>What is compressed and encrypted.</summary>
    public ReadOnlySpan<byte> Raw => _raw.WrittenSpan;

    /// <summary>Index keys of the persons with a record in the block.</summary>
    public IReadOnlyCollection<long> Persons => _persons;

    /// <summary>
    /// Whether the block must be written before a record with such a value, because both together could not be read again.
    /// </summary>
    public bool IsFullFor(ReadOnlySpan<byte> value) =>
        Records > 0 && Raw.Length + RecordOctetsBesideValue + (long)value.Length > SegmentFile.RawOctetsMax;

    public void Clear()
    {
        _raw.ResetWrittenCount();
        _persons.Clear();
        Records = 0;
        Text(RetentionClass);
        Text(Purpose);
    }

    public void Add(
        PersonRef person, long startOfPeriodMilliseconds, string? legalHoldId, string topic, int partition, long offset,
        ReadOnlySpan<byte> value)
    {
        person.CopyTo(_raw.GetSpan(PersonRef.Size));
        _raw.Advance(PersonRef.Size);
        Long(startOfPeriodMilliseconds);
        Text(legalHoldId ?? "");
        Text(topic);
        Int(partition);
        Long(offset);
        Int(value.Length);
        _raw.Write(value);
        _persons.Add(person.IndexKey);
        Records++;
    }

    private void Text(string text)
    {
        Span<byte> span = _raw.GetSpan(256);
        int length = Encoding.UTF8.GetBytes(text, span[1..256]);
        span[0] = (byte)length;
        _raw.Advance(1 + length);
    }

    private void Int(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_raw.GetSpan(4), value);
        _raw.Advance(4);
    }

    private void Long(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_raw.GetSpan(8), value);
        _raw.Advance(8);
    }
}
