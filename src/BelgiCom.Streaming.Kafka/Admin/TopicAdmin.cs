using System.Diagnostics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>A topic that should exist.</summary>
/// <param name="Name">Topic name.</param>
/// <param name="Partitions">Number of partitions, at least 1.</param>
/// <param name="Configs">Topic settings by Kafka's names, for example cleanup.policy.</param>
/// <param name="ReplicationFactor">Copies, or -1 for the brokers' default.</param>
public sealed record TopicSpec(string Name, int Partitions, IReadOnlyDictionary<string, string> Configs, short ReplicationFactor = -1);

/// <summary>
/// Creates and describes topics. It never changes an existing topic: a person decides about partitions and settings of live data.
/// </summary>
public sealed class TopicAdmin : IDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeaderPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LeaderPoll = TimeSpan.FromMilliseconds(50);

    private readonly IAdminClient _admin;
    private readonly ILogger _logger;

    /// <summary>Connects lazily.</summary>
    /// <param name="options">Brokers.</param>
    /// <param name="logger">Where creations are logged.</param>
    public TopicAdmin(KafkaOptions options, ILogger<TopicAdmin> logger)
    {
        _admin = KafkaClients.Admin(options, logger);
        _logger = logger;
    }

    /// <summary>Creates the topics that do not exist yet, and returns when every partition can be used.</summary>
    /// <param name="specs">Topics.</param>
    /// <returns>Names of the topics that were created.</returns>
    /// <exception cref="KafkaException">A partition has no leader after 30 s.</exception>
    /// <exception cref="CreateTopicsException">A topic could not be created for another reason than that it exists.</exception>
    public async Task<IReadOnlyList<string>> EnsureAsync(IReadOnlyCollection<TopicSpec> specs)
    {
        List<TopicSpec> created = [.. specs];
        try
        {
            await _admin.CreateTopicsAsync(specs.Select(spec => new TopicSpecification
            {
                Name = spec.Name,
                NumPartitions = spec.Partitions,
                ReplicationFactor = spec.ReplicationFactor,
                Configs = spec.Configs.ToDictionary(),
            })).OffPollThread().ConfigureAwait(false);
        }
        catch (CreateTopicsException failure)
            when (failure.Results.All(result => !result.Error.IsError || result.Error.Code == ErrorCode.TopicAlreadyExists))
        {
            HashSet<string> existing = [.. failure.Results.Where(result => result.Error.IsError).Select(result => result.Topic)];
            created.RemoveAll(spec => existing.Contains(spec.Name));
        }

        foreach (TopicSpec spec in created)
        {
            KafkaLog.TopicCreated(_logger, spec.Name, spec.Partitions);
        }

        await UntilLedAsync(specs).ConfigureAwait(false);
        return [.. created.Select(spec => spec.Name)];
    }

    /// <summary>Describes the topics that exist: their partitions, copies and all their settings.</summary>
    /// <param name="names">Topics.</param>
    /// <exception cref="KafkaException">The brokers do not answer within 10 s, or refuse.</exception>
    public async Task<IReadOnlyList<TopicSpec>> DescribeAsync(IReadOnlyCollection<string> names)
    {
        TopicMetadata[] existing =
        [
            .. _admin.GetMetadata(RequestTimeout).Topics.Where(topic => names.Contains(topic.Topic) && topic.Partitions.Count > 0),
        ];
        if (existing.Length == 0)
        {
            return [];
        }

        List<DescribeConfigsResult> configs = await _admin.DescribeConfigsAsync(
            existing.Select(topic => new ConfigResource { Type = ResourceType.Topic, Name = topic.Topic }),
            new DescribeConfigsOptions { RequestTimeout = RequestTimeout }).OffPollThread().ConfigureAwait(false);
        Dictionary<string, Dictionary<string, string>> byTopic = configs.ToDictionary(
            result => result.ConfigResource.Name,
            result => result.Entries.Values.ToDictionary(entry => entry.Name, entry => entry.Value));
        return
        [
            .. existing.Select(topic => new TopicSpec(
                topic.Topic, topic.Partitions.Count, byTopic[topic.Topic], (short)topic.Partitions[0].Replicas.Length)),
        ];
    }

    /// <summary>
    /// Waits until every partition has a leader: a broker answers the creation earlier, and a client that asks at once is told that there
    /// is no such partition.
    /// </summary>
    private async Task UntilLedAsync(IReadOnlyCollection<TopicSpec> specs)
    {
        long started = Stopwatch.GetTimestamp();
        while (specs.Select(spec => spec.Name).FirstOrDefault(topic => !IsLed(topic)) is { } unled)
        {
            if (Stopwatch.GetElapsedTime(started) > LeaderPatience)
            {
                throw new KafkaException(
                    new Error(ErrorCode.LeaderNotAvailable, $"Topic {unled} exists, but not all of its partitions have a leader."));
            }

            await Task.Delay(LeaderPoll).ConfigureAwait(false);
        }
    }

    private bool IsLed(string topic)
    {
        TopicMetadata metadata = _admin.GetMetadata(topic, RequestTimeout).Topics[0];
        return !metadata.Error.IsError && metadata.Partitions.Count > 0
            && metadata.Partitions.All(partition => partition.Leader >= 0 && !partition.Error.IsError);
    }

    /// <summary>Closes the client.</summary>
    public void Dispose() => _admin.Dispose();
}
