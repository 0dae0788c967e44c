using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Tool;

/// <summary>Our topics and their dead letter topics, as a Kafka has them.</summary>
internal static class KafkaTopics
{
    /// <summary>A dead letter topic is created like the topic whose records it takes.</summary>
    private static readonly (string Name, TopicDescription Like)[] Ours =
    [
        .. Topics.All.Select(topic => (topic.Name, topic)),
        .. Topics.DeadLetters.Select(topic => (topic.Name, topic.Source)),
    ];

    /// <summary>Creates the topics that are missing and returns their names.</summary>
    /// <param name="kafka">Where the brokers are.</param>
    /// <param name="partitionsMax">No topic gets more partitions than this.</param>
    /// <exception cref="ToolException">The brokers do not answer, or refuse.</exception>
    public static Task<IReadOnlyList<string>> CreateAsync(KafkaOptions kafka, int partitionsMax) => AskAsync(
        kafka,
        admin => admin.EnsureAsync(
            [.. Ours.Select(topic => new TopicSpec(topic.Name, Math.Min(topic.Like.Partitions, partitionsMax), topic.Like.Config))]));

    /// <summary>Describes each topic as the brokers have it.</summary>
    /// <param name="kafka">Where the brokers are.</param>
    /// <exception cref="ToolException">The brokers do not answer.</exception>
    public static async Task<IReadOnlyList<TopicState>> DescribeAsync(KafkaOptions kafka)
    {
        IReadOnlyList<TopicSpec> existing = await AskAsync(kafka, admin => admin.DescribeAsync([.. Ours.Select(topic => topic.Name)]));
        return
        [
            .. Ours.Select(topic => new TopicState(topic.Name, topic.Like, existing.FirstOrDefault(actual => actual.Name == topic.Name))),
        ];
    }

    private static async Task<T> AskAsync<T>(KafkaOptions kafka, Func<TopicAdmin, Task<T>> question)
    {
        await Brokers.RequireAsync(kafka, TimeProvider.System);
        using TopicAdmin admin = new(kafka, NullLogger<TopicAdmin>.Instance);
        try
        {
            return await question(admin);
        }
        catch (KafkaException exception)
        {
            throw new ToolException(
                WorkerHost.ExitFailed,
                $"Kafka at {kafka.BootstrapServers} was asked about its topics and failed ({exception.Error.Reason}): check "
                + "Kafka__BootstrapServers and that the brokers are up");
        }
    }
}

/// <summary>A topic as we create it, and as the brokers have it.</summary>
/// <param name="Name">Name.</param>
/// <param name="Like">The description by which it is created: its own, or that of the topic whose dead letters it takes.</param>
/// <param name="Actual">The topic on the brokers; null when it is missing.</param>
internal sealed record TopicState(string Name, TopicDescription Like, TopicSpec? Actual)
{
    /// <summary>The topic's present values of the settings that we set when we create it.</summary>
    public IReadOnlyDictionary<string, string?> Config =>
        Like.Config.ToDictionary(setting => setting.Key, setting => Actual?.Configs.GetValueOrDefault(setting.Key));

    /// <summary>
    /// In what the topic differs from how we create it, one sentence each. A smaller number of partitions is meant for small clusters.
    /// </summary>
    public IReadOnlyList<string> Differences => Actual is null
        ? []
        :
        [
            .. Actual.Partitions == Like.Partitions
                ? Array.Empty<string>()
                : [$"{Actual.Partitions} partitions, created with {Like.Partitions}"],
            .. Config.Where(setting => setting.Value != Like.Config[setting.Key])
                .Select(setting => $"{setting.Key} is {setting.Value}, created with {Like.Config[setting.Key]}"),
        ];

    public override string ToString() => Actual is null
        ? $"{Name,-42} missing: belgicom topics apply creates it"
        : $"{Name,-42} {Actual.Partitions,3} partitions  {Actual.ReplicationFactor} replicas  key {Like.Key,-22} "
            + $"{string.Join(' ', Config.Select(pair => $"{pair.Key}={pair.Value}"))}"
            + $"{string.Concat(Differences.Select(difference => $"  ({difference})"))}";
}
