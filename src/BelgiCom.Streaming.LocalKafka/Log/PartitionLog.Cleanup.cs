namespace BelgiCom.Streaming.LocalKafka;

/// <summary>The ways in which a log becomes smaller: retention, DeleteRecords, compaction.</summary>
internal sealed partial class PartitionLog
{
    private const string CompactedExtension = ".compacted";

    // Idempotent producers are forgotten after a day of silence (producer.id.expiration.ms).
    private const long ProducerMemoryMs = 24 * 3600 * 1000;
    private long _compactedUpTo;

    /// <summary>
    /// Moves the start of the log to <paramref name="offset"/>, or with -1 to its end. Returns the new start, -1 on error.
    /// </summary>
    public (ErrorCode Error, long LogStartOffset) DeleteRecordsBefore(long offset)
    {
        lock (_gate)
        {
            long wanted = offset == -1 ? _nextOffset : offset;
            if (wanted < 0 || wanted > _nextOffset)
            {
                return (ErrorCode.OffsetOutOfRange, -1);
            }

            if (!_config.IsDeleted)
            {
                return (ErrorCode.PolicyViolation, -1);
            }

            _logStartOffset = Math.Max(_logStartOffset, wanted);
            WriteStartOffset();
            return (ErrorCode.None, _logStartOffset);
        }
    }

    /// <summary>Deletes whole segments that are too old, that are too many, or that lie before the start of the log.</summary>
    public void ApplyRetention()
    {
        lock (_gate)
        {
            if (_deleted)
            {
                return;
            }

            if (Active.Size > 0 && IsTooOld(Active) && LastStable == _nextOffset)
            {
                Roll();
            }

            long size = _segments.Sum(segment => segment.Size);
            while (_segments.Count > 1 && _segments[1].BaseOffset <= LastStable && IsDue(_segments[0], _segments[1].BaseOffset, size))
            {
                size -= _segments[0].Size;
                _logStartOffset = Math.Max(_logStartOffset, _segments[1].BaseOffset);
                WriteStartOffset();
                _segments[0].Delete();
                _segments.RemoveAt(0);
            }

            _producers.Forget(_settings.NowMs - ProducerMemoryMs, _logStartOffset);
        }
    }

    /// <summary>
    /// Keeps the latest record of each key in the segments that are closed and decided, if enough was written since the last time.
    /// </summary>
    public void Compact()
    {
        List<Segment> closed;
        AbortedTransaction[] aborted;
        TopicConfig config;
        lock (_gate)
        {
            config = _config;
            long youngest = _settings.NowMs - config.MinCompactionLagMs;
            closed = [.. _segments.Take(_segments.Count - 1)
                .TakeWhile((segment, index) => _segments[index + 1].BaseOffset <= LastStable
                    && (config.MinCompactionLagMs == 0 || segment.MaxTimestamp <= youngest))];
            double dirty = closed.Where(segment => segment.BaseOffset >= _compactedUpTo).Sum(segment => segment.Size);
            if (_deleted || !config.IsCompacted || dirty == 0
                || dirty / closed.Sum(segment => segment.Size) < config.MinCleanableDirtyRatio)
            {
                return;
            }

            aborted = _producers.AbortedBetween(0, LastStable);
        }

        SegmentCompaction compaction = new(closed, aborted, config, _settings.NowMs);
        if (!compaction.TryReadKeys())
        {
            _settings.Report($"{TopicName}[{Partition}]: not compacted, because a batch cannot be opened.");
            return;
        }

        foreach (Segment segment in closed)
        {
            string target = segment.FilePath + CompactedExtension;
            compaction.Rewrite(segment, target);
            Replace(segment, target);
        }
    }

    private bool IsTooOld(Segment segment) =>
        _config.IsDeleted && _config.RetentionMs >= 0 && _settings.NowMs - segment.MaxTimestamp > _config.RetentionMs;

    private bool IsDue(Segment segment, long nextBaseOffset, long size) =>
        nextBaseOffset <= _logStartOffset || IsTooOld(segment)
        || (_config.IsDeleted && _config.RetentionBytes >= 0 && size - segment.Size >= _config.RetentionBytes);

    private void Replace(Segment segment, string target)
    {
        lock (_gate)
        {
            int index = _segments.IndexOf(segment);
            if (_deleted || index < 0)
            {
                // The partition was deleted meanwhile, and its folder perhaps with it.
                File.Delete(target);
                return;
            }

            segment.Dispose();
            File.Move(target, segment.FilePath, overwrite: true);
            Segment compacted = Segment.Open(_directory, segment.BaseOffset);
            compacted.Recover(_ => true);
            _segments[index] = compacted;
            _compactedUpTo = _segments[index + 1].BaseOffset;
        }
    }
}
