namespace BelgiCom.Streaming.LocalKafka;

/// <summary>The part of one partition that a fetch gets: the offsets to report, and where the bytes are.</summary>
internal readonly record struct LogSlice(ErrorCode Error, long EndOffset, long LastStableOffset, long LogStartOffset)
{
    public Segment? Segment { get; init; }

    public long Position { get; init; }

    public int Length { get; init; }

    /// <summary>Batches from this offset on are not for this reader, because they do not exist yet or are not committed yet.</summary>
    public long Bound { get; init; }

    /// <summary>Null for readers that take uncommitted records.</summary>
    public IReadOnlyList<AbortedTransaction>? Aborted { get; init; }

    /// <summary>
    /// Copies whole batches from the page cache to the answer and returns their size. With <paramref name="atLeastOne"/>, a first batch
    /// above the limit is sent all the same, because the reader could never get past it otherwise.
    /// </summary>
    public int CopyTo(ProtocolWriter writer, bool atLeastOne)
    {
        if (Segment is null)
        {
            return 0;
        }

        try
        {
            int read = Segment.Read(Position, writer.Reserve(Length));
            int whole = WholeBatches(writer.Reserve(read), out int needed);
            if (whole == 0 && atLeastOne && needed > read)
            {
                read = Segment.Read(Position, writer.Reserve(needed));
                whole = WholeBatches(writer.Reserve(read), out _);
            }

            writer.Advance(whole);
            return whole;
        }
        catch (ObjectDisposedException)
        {
            // Retention or compaction replaced the file in between; the reader asks again.
            return 0;
        }
    }

    private int WholeBatches(Span<byte> bytes, out int needed)
    {
        int at = 0;
        needed = RecordBatch.HeaderSize;
        while (at + RecordBatch.HeaderSize <= bytes.Length && new RecordBatch(bytes[at..]).BaseOffset < Bound)
        {
            long size = RecordBatch.SizeOf(bytes[at..]);
            if (at == 0)
            {
                needed = (int)size;
            }

            if (size > bytes.Length - at)
            {
                break;
            }

            at += (int)size;
        }

        return at;
    }
}
