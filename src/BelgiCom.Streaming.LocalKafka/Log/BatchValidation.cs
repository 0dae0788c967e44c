namespace BelgiCom.Streaming.LocalKafka;

/// <summary>Checks a producer's batch before it may go into the log.</summary>
internal static class BatchValidation
{
    public static ErrorCode Check(Span<byte> bytes, TopicConfig config, long nowMs)
    {
        if (bytes.Length < RecordBatch.HeaderSize)
        {
            return ErrorCode.CorruptMessage;
        }

        RecordBatch batch = new(bytes);
        if (batch.Magic != RecordBatch.Magic2)
        {
            return ErrorCode.UnsupportedForMessageFormat;
        }

        // Produce from version 3 on carries exactly one batch per partition.
        if (RecordBatch.SizeOf(bytes) != bytes.Length)
        {
            return ErrorCode.InvalidRecord;
        }

        if (bytes.Length > config.MaxMessageBytes)
        {
            return ErrorCode.MessageTooLarge;
        }

        if (!batch.HasValidChecksum())
        {
            return ErrorCode.CorruptMessage;
        }

        if (batch.IsControl || batch.RecordCount < 1 || batch.LastOffsetDelta != batch.RecordCount - 1
            || (batch.HasProducer && batch.BaseSequence < 0) || !HoldsItsRecords(batch))
        {
            return ErrorCode.InvalidRecord;
        }

        if (!config.UsesLogAppendTime && batch.MaxTimestamp - nowMs > config.MaxTimestampAheadMs)
        {
            return ErrorCode.InvalidTimestamp;
        }

        return config.IsCompacted && HasRecordWithoutKey(batch) ? ErrorCode.InvalidRecord : ErrorCode.None;
    }

    /// <summary>
    /// Whether the batch holds as many records as its header says: offsets are given out by that number. Of a compressed batch it is looked
    /// at only when it says more records than it has bytes, because opening each would cost more than keeping it.
    /// </summary>
    private static bool HoldsItsRecords(RecordBatch batch)
    {
        ReadOnlySpan<byte> records = batch.Records;
        if (batch.Codec != CompressionCodec.None
            && (batch.RecordCount <= records.Length || !BatchOpener.TryOpen(batch, out records)))
        {
            return batch.RecordCount <= batch.Records.Length;
        }

        int count = 0;
        for (int position = 0; position < records.Length; count++)
        {
            if (!Varint.TryRead(records, ref position, out long length) || length < 1 || length > records.Length - position)
            {
                return false;
            }

            position += (int)length;
        }

        return count == batch.RecordCount;
    }

    /// <summary>
    /// Compaction goes by key, so every record needs one. A batch that cannot be opened passes, because compaction will not touch it
    /// either.
    /// </summary>
    private static bool HasRecordWithoutKey(RecordBatch batch)
    {
        if (!BatchOpener.TryOpen(batch, out ReadOnlySpan<byte> body))
        {
            return false;
        }

        RecordReader records = new(body);
        while (records.TryReadNext())
        {
            if (!records.HasKey)
            {
                return true;
            }
        }

        return false;
    }
}
