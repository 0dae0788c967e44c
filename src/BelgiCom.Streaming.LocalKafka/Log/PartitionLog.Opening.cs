using System.Globalization;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>Opens a partition: everything in memory is rebuilt from the files.</summary>
internal sealed partial class PartitionLog
{
    private const string StartOffsetFile = "log-start-offset";

    /// <summary>
    /// Opens or creates the partition in <paramref name="directory"/>. A half-written tail, which a killed process leaves, is cut off;
    /// damage anywhere else is a <see cref="LocalKafkaException"/>, because going on would lose what lies behind it. A tail is one when no
    /// whole batch follows it.
    /// </summary>
    public static PartitionLog Open(string topic, int partition, string directory, TopicConfig config, LogSettings settings)
    {
        Directory.CreateDirectory(directory);
        PartitionLog log = new(topic, partition, directory, config, settings);
        try
        {
            log.OpenSegments();
        }
        catch
        {
            log.Dispose();
            throw;
        }

        return log;
    }

    private void OpenSegments()
    {
        foreach (string leftover in Directory.GetFiles(_directory, "*" + CompactedExtension))
        {
            File.Delete(leftover);
        }

        List<long> baseOffsets = Directory.GetFiles(_directory, "*" + Segment.Extension)
            .Select(file => long.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture)).Order().ToList();
        foreach (long baseOffset in baseOffsets.DefaultIfEmpty(0))
        {
            Segment segment = Segment.Open(_directory, baseOffset);
            _segments.Add(segment);
            _nextOffset = Math.Max(_nextOffset, baseOffset);
            long torn = segment.Recover(batch =>
            {
                _producers.Note(batch, _settings.NowMs);
                _nextOffset = batch.LastOffset + 1;
                return true;
            });
            CutTail(segment, torn, isLast: baseOffset == baseOffsets.LastOrDefault());
        }

        _logStartOffset = Math.Clamp(ReadStartOffset(), _segments[0].BaseOffset, _nextOffset);
        _producers.Forget(beforeMs: 0, _logStartOffset);
    }

    private void CutTail(Segment segment, long torn, bool isLast)
    {
        if (torn == 0)
        {
            return;
        }

        if (!isLast || segment.HasBatchBehindSize())
        {
            throw new LocalKafkaException(
                $"{TopicName}[{Partition}]: {Path.GetFileName(segment.FilePath)} is damaged at byte {segment.Size} of "
                + $"{segment.Size + torn}. "
                + "Restore the file, or delete the broker's data directory and load the data again.");
        }

        segment.TruncateToSize();
        _settings.Report(
            $"{TopicName}[{Partition}]@{_nextOffset}: cut off {torn} bytes that were half written when the broker was stopped.");
    }

    private long ReadStartOffset() =>
        DurableFile.Read(
            Path.Combine(_directory, StartOffsetFile), content => long.TryParse(content, CultureInfo.InvariantCulture, out _)) is { } offset
            ? long.Parse(offset, CultureInfo.InvariantCulture)
            : 0;

    private void WriteStartOffset() =>
        DurableFile.Write(Path.Combine(_directory, StartOffsetFile), _logStartOffset.ToString(CultureInfo.InvariantCulture));
}
