using System.Buffers.Binary;
using System.Text;

namespace BelgiCom.Streaming.Retention;

/// <summary>Reads the records of a block that has been decrypted; layout in <see cref="BlockBuilder"/>.</summary>
/// <remarks>
/// The block's tag was checked, so an overrun here is a defect of ours and no attack; the span checks still turn it into an exception.
/// </remarks>
internal ref struct BlockRecords
{
    private readonly ReadOnlySpan<byte> _raw;
    private int _position;

    public BlockRecords(ReadOnlySpan<byte> raw)
    {
        _raw = raw;
        RetentionClass = Text();
        Purpose = Text();
    }

    public string RetentionClass { get; }

    public string Purpose { get; }

    public PersonRef Person { get; private set; }

    public long StartOfPeriodMilliseconds { get; private set; }

    public string LegalHoldId { get; private set; } = "";

    public string Topic { get; private set; } = "";

    public int Partition { get; private set; }

    public long Offset { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Goes to the next record; false at the end.</summary>
    public bool Next()
    {
        if (_position == _raw.Length)
        {
            return false;
        }

        Person = PersonRef.FromBytes(Take(PersonRef.Size));
        StartOfPeriodMilliseconds = BinaryPrimitives.ReadInt64LittleEndian(Take(8));
        LegalHoldId = Text();
        Topic = Text();
        Partition = BinaryPrimitives.ReadInt32LittleEndian(Take(4));
        Offset = BinaryPrimitives.ReadInt64LittleEndian(Take(8));
        Value = Take(BinaryPrimitives.ReadInt32LittleEndian(Take(4)));
        return true;
    }

    public readonly ArchivedRecord ToRecord() => new(
        RetentionClass,
        Purpose,
        DateTimeOffset.FromUnixTimeMilliseconds(StartOfPeriodMilliseconds),
        LegalHoldId.Length == 0 ? null : LegalHoldId,
        Topic,
        Partition,
        Offset,
        Value.ToArray())
    {
        Person = Person,
    };

    private string Text() => Encoding.UTF8.GetString(Take(Take(1)[0]));

    private ReadOnlySpan<byte> Take(int length)
    {
        ReadOnlySpan<byte> piece = _raw.Slice(_position, length);
        _position += length;
        return piece;
    }
}
