namespace BelgiCom.Streaming.LocalKafka;

/// <param name="Offset">-1 when nothing was found.</param>
/// <param name="TimestampMs">Milliseconds since 1970; -1 when there is none to report.</param>
internal readonly record struct TimestampedOffset(long Offset, long TimestampMs)
{
    public static readonly TimestampedOffset None = new(-1, -1);
}

/// <summary>Looking up offsets by time.</summary>
internal sealed partial class PartitionLog
{
    /// <summary>
    /// The first record whose timestamp is at or after <paramref name="timestampMs"/>, below the bound of the reader's isolation.
    /// </summary>
    public TimestampedOffset FindByTime(long timestampMs, bool committedOnly)
    {
        lock (_gate)
        {
            long bound = committedOnly ? LastStable : _nextOffset;
            TimestampedOffset found = TimestampedOffset.None;
            foreach (Segment segment in _segments.Where(segment => segment.MaxTimestamp >= timestampMs))
            {
                segment.Scan(segment.FloorOffsetByTime(timestampMs), batch =>
                {
                    if (batch.MaxTimestamp >= timestampMs && batch.LastOffset >= _logStartOffset)
                    {
                        found = FindInBatch(batch, timestampMs, _logStartOffset);
                    }

                    return found.Offset < 0;
                });
                if (found.Offset >= 0)
                {
                    return found.Offset < bound ? found : TimestampedOffset.None;
                }
            }

            return TimestampedOffset.None;
        }
    }

    private static TimestampedOffset FindInBatch(RecordBatch batch, long timestampMs, long fromOffset)
    {
        if (batch.HasLogAppendTime)
        {
            return new TimestampedOffset(Math.Max(batch.BaseOffset, fromOffset), batch.MaxTimestamp);
        }

        if (!BatchOpener.TryOpen(batch, out ReadOnlySpan<byte> body))
        {
            // The batch holds a record that is late enough; its first one is the closest safe answer.
            return new TimestampedOffset(Math.Max(batch.BaseOffset, fromOffset), batch.BaseTimestamp);
        }

        RecordReader records = new(body);
        while (records.TryReadNext())
        {
            long timestamp = batch.BaseTimestamp + records.TimestampDelta;
            long offset = batch.BaseOffset + records.OffsetDelta;
            if (timestamp >= timestampMs && offset >= fromOffset)
            {
                return new TimestampedOffset(offset, timestamp);
            }
        }

        return TimestampedOffset.None;
    }
}
