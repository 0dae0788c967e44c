using System.Buffers.Binary;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Builds the few batches that the broker itself writes: transaction markers, coordinator state, and what compaction leaves of a batch.
/// Records are appended uncompressed.
/// </summary>
internal sealed class RecordBatchBuilder
{
    private const int InitialSize = 512;
    private byte[] _buffer = new byte[InitialSize];
    private int _length = RecordBatch.HeaderSize;
    private int _count;

    public int RecordCount => _count;

    public void Add(long offsetDelta, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue = true)
    {
        int valueLength = hasValue ? value.Length : -1;
        int bodyLength = 1 + Varint.Size(0) + Varint.Size(offsetDelta) + Varint.Size(key.Length) + key.Length
            + Varint.Size(valueLength) + value.Length + Varint.Size(0);
        Span<byte> room = Reserve(Varint.Size(bodyLength) + bodyLength);
        int at = Varint.Write(room, bodyLength);
        room[at++] = 0;
        at += Varint.Write(room[at..], 0);
        at += Varint.Write(room[at..], offsetDelta);
        at += Varint.Write(room[at..], key.Length);
        key.CopyTo(room[at..]);
        at += key.Length;
        at += Varint.Write(room[at..], valueLength);
        value.CopyTo(room[at..]);
        at += value.Length;
        Varint.Write(room[at..], 0);
        _count++;
    }

    /// <summary>Appends a record as it stood in another batch.</summary>
    public void AddRaw(ReadOnlySpan<byte> record)
    {
        record.CopyTo(Reserve(record.Length));
        _count++;
    }

    /// <summary>A batch of the records added, with sequential offset deltas and one timestamp.</summary>
    public Span<byte> Build(
        long timestampMs,
        long producerId = RecordBatch.NoProducer,
        short producerEpoch = -1,
        bool transactional = false,
        bool control = false)
    {
        Span<byte> header = _buffer.AsSpan(0, RecordBatch.HeaderSize);
        header.Clear();
        header[16] = RecordBatch.Magic2;
        BinaryPrimitives.WriteInt16BigEndian(header[21..], (short)((transactional ? 0x10 : 0) | (control ? 0x20 : 0)));
        BinaryPrimitives.WriteInt32BigEndian(header[23..], _count - 1);
        BinaryPrimitives.WriteInt64BigEndian(header[27..], timestampMs);
        BinaryPrimitives.WriteInt64BigEndian(header[35..], timestampMs);
        BinaryPrimitives.WriteInt64BigEndian(header[43..], producerId);
        BinaryPrimitives.WriteInt16BigEndian(header[51..], producerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(header[53..], RecordBatch.NoSequence);
        return Finish();
    }

    /// <summary>
    /// A batch that keeps header, offsets and producer of <paramref name="original"/> but holds only the records added, uncompressed.
    /// </summary>
    public Span<byte> BuildFrom(RecordBatch original)
    {
        const short withoutCompression = ~0x07;
        Span<byte> header = _buffer.AsSpan(0, RecordBatch.HeaderSize);
        original.Bytes[..RecordBatch.HeaderSize].CopyTo(header);
        BinaryPrimitives.WriteInt16BigEndian(header[21..], (short)(original.Attributes & withoutCompression));
        return Finish();
    }

    public void Clear()
    {
        _length = RecordBatch.HeaderSize;
        _count = 0;
    }

    private Span<byte> Finish()
    {
        Span<byte> batch = _buffer.AsSpan(0, _length);
        BinaryPrimitives.WriteInt32BigEndian(batch[8..], _length - RecordBatch.LengthOverhead);
        BinaryPrimitives.WriteInt32BigEndian(batch[57..], _count);
        new RecordBatch(batch).Seal();
        return batch;
    }

    private Span<byte> Reserve(int size)
    {
        if (_buffer.Length - _length < size)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + size));
        }

        Span<byte> room = _buffer.AsSpan(_length, size);
        _length += size;
        return room;
    }
}
