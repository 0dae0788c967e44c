using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Kafka;

/// <summary>How far a group is behind in one partition.</summary>
/// <param name="Partition">Topic and partition.</param>
/// <param name="Committed">Committed offset, or null when the group has none here.</param>
/// <param name="Begin">First offset the log still has.</param>
/// <param name="End">Offset after the last record that read_committed readers can see (the last stable offset).</param>
public sealed record PartitionLag(TopicPartition Partition, long? Committed, long Begin, long End)
{
    /// <summary>Offsets still to read, transaction markers included; 0 when the group has read everything.</summary>
    public long Lag => Math.Max(0, End - Math.Max(Committed ?? Begin, Begin));
}

/// <summary>Asks the brokers how far a group has read, without being a member of it.</summary>
public sealed class GroupLag : IDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    private readonly KafkaOptions _options;
    private readonly IAdminClient _admin;
    private readonly Dictionary<string, IConsumer<byte[], byte[]>> _askers = [];

    /// <summary>Connects lazily.</summary>
    /// <param name="options">Brokers.</param>
    public GroupLag(KafkaOptions options)
    {
        _options = options;
        _admin = KafkaClients.Admin(options);
    }

    /// <summary>Lag per partition of the given topics.</summary>
    /// <param name="group">Consumer group id; it need not exist yet.</param>
    /// <param name="topics">Topics; each must exist.</param>
    /// <returns>One entry per partition.</returns>
    /// <exception cref="KafkaException">The brokers did not answer, or a topic does not exist.</exception>
    public async Task<IReadOnlyList<PartitionLag>> ReadAsync(string group, IReadOnlyCollection<string> topics)
    {
        _admin.Remind(_options);
        List<TopicPartition> partitions = [.. topics.SelectMany(PartitionsOf)];
        Dictionary<TopicPartition, long> committed = await CommittedAsync(group, partitions).ConfigureAwait(false);
        Dictionary<TopicPartition, long> begins = await OffsetsAsync(partitions, OffsetSpec.Earliest()).ConfigureAwait(false);
        Dictionary<TopicPartition, long> ends = await OffsetsAsync(partitions, OffsetSpec.Latest()).ConfigureAwait(false);
        return [.. partitions.Select(partition =>
            new PartitionLag(
                partition, committed.TryGetValue(partition, out long offset) ? offset : null, begins[partition], ends[partition]))];
    }

    /// <summary>Sum of <see cref="PartitionLag.Lag"/> over the topics.</summary>
    /// <param name="group">Consumer group id.</param>
    /// <param name="topics">Topics; each must exist.</param>
    /// <returns>0 when the group has read everything visible.</returns>
    public async Task<long> TotalAsync(string group, IReadOnlyCollection<string> topics) =>
        (await ReadAsync(group, topics).ConfigureAwait(false)).Sum(partition => partition.Lag);

    /// <summary>Closes the client.</summary>
    public void Dispose()
    {
        _admin.Dispose();
        lock (_askers)
        {
            foreach (IConsumer<byte[], byte[]> asker in _askers.Values)
            {
                asker.Dispose();
            }
        }
    }

    /// <summary>
    /// Reads the committed offsets with a consumer and not with the administrative client, because librdkafka 2.16.0 ends the process
    /// (rd_kafka_handle_OffsetFetch, rd_kafka_cgrp_op on a client that has no group) when the coordinator of ListConsumerGroupOffsets has
    /// just moved or restarted.
    /// </summary>
    private Task<Dictionary<TopicPartition, long>> CommittedAsync(string group, List<TopicPartition> partitions) => Task.Run(() =>
    {
        lock (_askers)
        {
            return AskerOf(group).Committed(partitions, RequestTimeout)
                .Where(partition => partition.Offset.Value >= 0)
                .ToDictionary(partition => partition.TopicPartition, partition => partition.Offset.Value);
        }
    });

    /// <summary>Makes a consumer that names the group and never joins it.</summary>
    private IConsumer<byte[], byte[]> AskerOf(string group)
    {
        if (!_askers.TryGetValue(group, out IConsumer<byte[], byte[]>? asker))
        {
            ConsumerConfig config = KafkaClients.ConsumerConfig(_options, new ConsumerOptions(), group);
            config.GroupInstanceId = null;

            // Offsets that an open transaction holds must not delay the answer.
            config.IsolationLevel = IsolationLevel.ReadUncommitted;
            asker = KafkaClients.Consumer(config, group, NullLogger.Instance);
            _askers.Add(group, asker);
        }

        asker.Remind(_options);
        return asker;
    }

    private async Task<Dictionary<TopicPartition, long>> OffsetsAsync(List<TopicPartition> partitions, OffsetSpec spec)
    {
        ListOffsetsResult result = await _admin.ListOffsetsAsync(
            partitions.Select(partition => new TopicPartitionOffsetSpec { TopicPartition = partition, OffsetSpec = spec }),
            new ListOffsetsOptions { RequestTimeout = RequestTimeout, IsolationLevel = IsolationLevel.ReadCommitted })
                .OffPollThread()
                .ConfigureAwait(false);
        return result.ResultInfos.ToDictionary(
            info => info.TopicPartitionOffsetError.TopicPartition, info => info.TopicPartitionOffsetError.Offset.Value);
    }

    private IEnumerable<TopicPartition> PartitionsOf(string topic)
    {
        TopicMetadata metadata = _admin.GetMetadata(topic, RequestTimeout).Topics[0];
        return metadata.Error.IsError
            ? throw new KafkaException(metadata.Error)
            : metadata.Partitions.Select(partition => new TopicPartition(topic, partition.PartitionId));
    }
}
