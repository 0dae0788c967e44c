using System.Buffers.Binary;
using System.Security.Cryptography;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// One compaction of a partition: first the latest offset of every key, then each segment again without what is superseded, aborted, or a
/// tombstone older than delete.retention.ms. Offsets never change. Keys are held as 128 bits of their SHA-256, so memory does not depend on
/// their length.
/// </summary>
internal sealed class SegmentCompaction(
    IReadOnlyList<Segment> segments, IReadOnlyList<AbortedTransaction> aborted, TopicConfig config, long nowMs)
{
    private readonly Dictionary<UInt128, long> _latest = [];
    private readonly Dictionary<long, long> _lastBatchOf = [];
    private readonly ILookup<long, AbortedTransaction> _abortedByProducer = aborted.ToLookup(transaction => transaction.ProducerId);
    private readonly HashSet<long> _transactionsWithData = [];

    /// <summary>False when a batch cannot be opened; then nothing may be removed.</summary>
    public bool TryReadKeys()
    {
        bool allOpened = true;
        foreach (Segment segment in segments)
        {
            segment.Scan(segment.BaseOffset, batch => allOpened = TryReadKeys(batch));
        }

        return allOpened;
    }

    /// <summary>Writes the remaining records of a segment to <paramref name="path"/>.</summary>
    public void Rewrite(Segment segment, string path)
    {
        using FileStream target = new(path, FileMode.Create, FileAccess.Write);
        RecordBatchBuilder builder = new();
        segment.Scan(segment.BaseOffset, batch =>
        {
            target.Write(Remainder(batch, builder));
            return true;
        });
    }

    private static UInt128 Digest(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private bool TryReadKeys(RecordBatch batch)
    {
        if (batch.HasProducer && !batch.IsControl)
        {
            _lastBatchOf[batch.ProducerId] = batch.BaseOffset;
        }

        if (batch.IsControl || IsAborted(batch))
        {
            return true;
        }

        if (!BatchOpener.TryOpen(batch, out ReadOnlySpan<byte> body))
        {
            return false;
        }

        RecordReader records = new(body);
        while (records.TryReadNext())
        {
            if (records.HasKey)
            {
                _latest[Digest(records.Key)] = batch.BaseOffset + records.OffsetDelta;
            }
        }

        return true;
    }

    private Span<byte> Remainder(RecordBatch batch, RecordBatchBuilder builder)
    {
        if (batch.IsControl)
        {
            // A marker is removed when it is old and its transaction has no record left. Without the marker, remaining records would look
            // undecided at the next start.
            bool hasData = _transactionsWithData.Remove(batch.ProducerId);
            return !hasData && IsPastDeleteRetention(batch) ? default : batch.Bytes;
        }

        builder.Clear();
        bool keptAll = !IsAborted(batch) && KeepsAll(batch, builder);
        if (builder.RecordCount > 0 && batch.IsTransactional)
        {
            _transactionsWithData.Add(batch.ProducerId);
        }

        if (keptAll)
        {
            return batch.Bytes;
        }

        // The last batch of a producer stays, if need be without records, because its sequence number must survive a restart.
        bool isLastOfProducer = batch.HasProducer && _lastBatchOf[batch.ProducerId] == batch.BaseOffset;
        if (builder.RecordCount == 0 && isLastOfProducer && batch.IsTransactional)
        {
            _transactionsWithData.Add(batch.ProducerId);
        }

        return builder.RecordCount > 0 || isLastOfProducer ? builder.BuildFrom(batch) : default;
    }

    private bool KeepsAll(RecordBatch batch, RecordBatchBuilder builder)
    {
        BatchOpener.TryOpen(batch, out ReadOnlySpan<byte> body);
        bool dropsTombstones = IsPastDeleteRetention(batch);
        bool keepsAll = true;
        RecordReader records = new(body);
        while (records.TryReadNext())
        {
            bool isLatest = records.HasKey && _latest[Digest(records.Key)] == batch.BaseOffset + records.OffsetDelta;
            if (isLatest && (records.HasValue || !dropsTombstones))
            {
                builder.AddRaw(records.Raw);
            }
            else
            {
                keepsAll = false;
            }
        }

        return keepsAll;
    }

    private bool IsAborted(RecordBatch batch)
    {
        long offset = batch.BaseOffset;
        return batch.IsTransactional
            && _abortedByProducer[batch.ProducerId].Any(aborted => aborted.FirstOffset <= offset && offset < aborted.LastOffset);
    }

    private bool IsPastDeleteRetention(RecordBatch batch) => nowMs - batch.MaxTimestamp > config.DeleteRetentionMs;
}
