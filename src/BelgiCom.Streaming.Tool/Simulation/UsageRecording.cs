using System.Globalization;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Received usage in an Avro object container file, as <c>topics record</c> writes it or another tool. Any Avro library reads it.
/// </summary>
internal static class UsageRecording
{
    // What is late goes by the newest usage of a partition, so a simulation must know how many there were.
    private const string PartitionsName = "belgicom.partitions";

    /// <summary>Partitions of the recorded topic; null when the file does not say.</summary>
    /// <exception cref="ToolException">It is damaged.</exception>
    public static int? PartitionsOf(string path)
    {
        using FileStream file = File.OpenRead(path);
        string? partitions = Try(path, () => new AvroContainerReader(file)).MetadataOf(PartitionsName);
        return int.TryParse(partitions, NumberStyles.None, CultureInfo.InvariantCulture, out int known) && known > 0 ? known : null;
    }

    /// <summary>Writes a window of the topic, partition by partition, so that the usage of a subscriber keeps its order.</summary>
    /// <param name="path">The file; it has its name when it is whole.</param>
    /// <param name="reader">Reads the topic.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="from">First moment at which the log took the usage; null for all.</param>
    /// <param name="until">Moment before which the log took it; null for all.</param>
    /// <param name="stopping">Stops it.</param>
    /// <returns>How many events were written, and how many values are no usage.</returns>
    public static (long Written, long Unreadable) Write(
        string path, TopicReader reader, EventTopic<UsageReceivedView> topic, DateTimeOffset? from, DateTimeOffset? until,
        CancellationToken stopping)
    {
        long first = from?.ToUnixTimeMilliseconds() ?? long.MinValue;
        long end = until?.ToUnixTimeMilliseconds() ?? long.MaxValue;
        string unfinished = path + ".tmp";
        (long written, long unreadable) = (0, 0);
        using (FileStream file = OwnerOnly.OpenFile(unfinished, FileMode.Create, FileAccess.Write))
        {
            IReadOnlyList<PartitionRange> ranges = reader.RangesOf(topic.Name);
            AvroContainerWriter writer = new(
                file, UsageReceived.SchemaJson, (PartitionsName, ranges.Count.ToString(CultureInfo.InvariantCulture)));
            foreach (PartitionRange range in ranges.OrderBy(range => range.Partition.Partition.Value))
            {
                reader.Read([range], batch => Add(batch, writer), stopping);
            }

            writer.Flush();
        }

        File.Move(unfinished, path, overwrite: true);
        return (written, unreadable);

        void Add(RecordBatch batch, AvroContainerWriter writer)
        {
            for (int index = 0; index < batch.Count; index++)
            {
                ConsumedRecord record = batch[index];
                if (record.TimestampMilliseconds < first || record.TimestampMilliseconds >= end)
                {
                    continue;
                }

                if (!topic.TryRead(record.Value, out UsageReceivedView usage))
                {
                    unreadable++;
                    continue;
                }

                writer.Add(topic.Write(in usage)[WireFormat.HeaderSize..]);
                written++;
            }
        }
    }

    /// <summary>Whether a file begins as a container file does.</summary>
    public static bool Is(string path)
    {
        if (path == RunInputs.StandardInput)
        {
            return false;
        }

        using FileStream file = File.OpenRead(path);
        Span<byte> head = stackalloc byte[AvroContainer.Magic.Length];
        return file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head.SequenceEqual(AvroContainer.Magic);
    }

    /// <summary>Reads the blocks of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="empty">Gives an empty batch.</param>
    /// <exception cref="ToolException">It is damaged, or holds other records.</exception>
    public static IEnumerable<UsageBatch> Read(string path, Func<UsageBatch> empty)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        AvroContainerReader reader = Try(path, () => new AvroContainerReader(file));
        SchemaResolver resolver = Resolver(path, reader.SchemaJson);
        while (true)
        {
            UsageBatch batch = empty();
            batch.Resolver = resolver.IsIdentity ? null : resolver;
            batch.IsRecorded = true;
            if (!Try(path, () => reader.TryRead(batch.Block)))
            {
                batch.Block.Clear();
                yield break;
            }

            yield return batch;
        }
    }

    private static SchemaResolver Resolver(string path, string schemaJson)
    {
        try
        {
            return SchemaResolver.Create(schemaJson, UsageReceived.SchemaJson);
        }
        catch (AvroSchemaException other)
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration,
                $"'{Path.GetFileName(path)}' does not hold records of {Topics.UsageReceived}: {other.Message}");
        }
    }

    private static T Try<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (AvroContainerException damaged)
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration,
                $"the recording '{Path.GetFileName(path)}' cannot be read. {damaged.Message} Record it again.");
        }
    }
}
