namespace BelgiCom.Streaming.LocalKafka;

/// <summary>Walks the records of one opened (uncompressed) batch body.</summary>
internal ref struct RecordReader(ReadOnlySpan<byte> records)
{
    private readonly ReadOnlySpan<byte> _records = records;
    private int _position;

    /// <summary>The current record with its length prefix, as it is stored.</summary>
    public ReadOnlySpan<byte> Raw { get; private set; }

    public long TimestampDelta { get; private set; }

    public int OffsetDelta { get; private set; }

    public bool HasKey { get; private set; }

    public ReadOnlySpan<byte> Key { get; private set; }

    public bool HasValue { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>False at the end, and at the first record whose lengths do not add up.</summary>
    public bool TryReadNext()
    {
        int start = _position;
        if (!Varint.TryRead(_records, ref _position, out long length) || length < 1 || length > _records.Length - _position)
        {
            return false;
        }

        int end = _position + (int)length;
        Raw = _records[start..end];
        ReadOnlySpan<byte> body = _records[..end];
        int at = _position + 1;
        if (!Varint.TryRead(body, ref at, out long timestampDelta) || !Varint.TryRead(body, ref at, out long offsetDelta)
            || !TryReadBlock(body, ref at, out bool hasKey, out ReadOnlySpan<byte> key)
            || !TryReadBlock(body, ref at, out bool hasValue, out ReadOnlySpan<byte> value))
        {
            return false;
        }

        TimestampDelta = timestampDelta;
        OffsetDelta = (int)offsetDelta;
        HasKey = hasKey;
        Key = key;
        HasValue = hasValue;
        Value = value;
        _position = end;
        return true;
    }

    private static bool TryReadBlock(ReadOnlySpan<byte> body, scoped ref int at, out bool present, out ReadOnlySpan<byte> block)
    {
        block = default;
        present = false;
        if (!Varint.TryRead(body, ref at, out long length) || length > body.Length - at)
        {
            return false;
        }

        if (length >= 0)
        {
            present = true;
            block = body.Slice(at, (int)length);
            at += (int)length;
        }

        return true;
    }
}
