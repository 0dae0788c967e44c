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
            || (batch.HasProducer && batch.BaseSequence < 0))
        {
            return ErrorCode.InvalidRecord;
        }

        // Opening each compressed batch would cost more than keeping it. So one is opened only when it says more records than it has
        // octets, and for a compacted topic, where compaction will have to open it.
        ReadOnlySpan<byte> records = default;
        bool isOpened = batch.Codec == CompressionCodec.None || config.IsCompacted || batch.RecordCount > batch.Records.Length;
        ErrorCode error = isOpened ? BatchOpener.Open(batch, out records) : ErrorCode.None;
        if (error != ErrorCode.None)
        {
            return error;
        }

        if (isOpened && CountOf(records) != batch.RecordCount)
        {
            return ErrorCode.InvalidRecord;
        }

        if (!config.UsesLogAppendTime && batch.MaxTimestamp - nowMs > config.MaxTimestampAheadMs)
        {
            return ErrorCode.InvalidTimestamp;
        }

        return config.IsCompacted && HasRecordWithoutKey(records) ? ErrorCode.InvalidRecord : ErrorCode.None;
    }

    /// <summary>How many records there are: offsets are given out by that number. -1 when their lengths do not add up.</summary>
    private static int CountOf(ReadOnlySpan<byte> records)
    {
        int count = 0;
        for (int position = 0; position < records.Length; count++)
        {
            if (!Varint.TryRead(records, ref position, out long length) || length < 1 || length > records.Length - position)
            {
                return -1;
            }

            position += (int)length;
        }

        return count;
    }

    /// <summary>Compaction goes by key, so every record needs one.</summary>
    private static bool HasRecordWithoutKey(ReadOnlySpan<byte> body)
    {
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
