using System.CommandLine;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>topics list</c> shows the topics as they are on Kafka__BootstrapServers, <c>topics apply</c> creates those that are missing there.
/// </summary>
internal static class TopicsCommand
{
    public static Command Create() => new("topics", "Show the topics, or create those that are missing.") { List(), Apply() };

    private static Command List()
    {
        Option<bool> json = CommonOptions.Json();
        Command command = new(
            "list", "Show every topic as the brokers have it, and what of it is missing or otherwise than it is created.") { json };
        command.SetAction(async (result, _) =>
        {
            IReadOnlyList<TopicState> topics = await DescribeAsync(ToolSettings.Kafka().Clients);
            Answer.Print(
                result.GetValue(json),
                new
                {
                    topics = topics.Select(topic => new
                    {
                        topic.Name,
                        exists = topic.Actual is not null,
                        topic.Actual?.Partitions,
                        replicas = topic.Actual?.ReplicationFactor,
                        topic.Like.Key,
                        topic.Config,
                        topic.Differences,
                    }),
                },
                topics.Select(topic => topic.ToString()));
        });
        return command;
    }

    private static Command Apply()
    {
        Option<bool> json = CommonOptions.Json();
        Option<int> partitions = CommonOptions.PartitionsMax();
        Command command = new("apply", "Create the topics that are missing; existing ones are left as they are.") { partitions, json };
        command.SetAction(async (result, _) =>
        {
            IReadOnlyList<string> created = await EmbeddedDefault.CreateTopicsAsync(
                ToolSettings.Kafka().Clients, result.GetValue(partitions));
            Answer.Print(
                result.GetValue(json), new { created }, created.Count == 0 ? "all topics exist" : $"created {string.Join(", ", created)}");
        });
        return command;
    }

    /// <summary>Describes each of our topics as the brokers have it.</summary>
    /// <exception cref="ToolException">The brokers do not answer.</exception>
    public static async Task<IReadOnlyList<TopicState>> DescribeAsync(KafkaOptions kafka)
    {
        (string Name, TopicDescription Like)[] created =
        [
            .. Topics.All.Select(topic => (topic.Name, topic)),
            .. Topics.DeadLetters.Select(topic => (topic.Name, topic.Source)),
        ];
        using TopicAdmin admin = new(kafka, NullLogger<TopicAdmin>.Instance);
        try
        {
            IReadOnlyList<TopicSpec> existing = await admin.DescribeAsync([.. created.Select(topic => topic.Name)]);
            return
            [
                .. created.Select(topic =>
                    new TopicState(topic.Name, topic.Like, existing.FirstOrDefault(actual => actual.Name == topic.Name))),
            ];
        }
        catch (Confluent.Kafka.KafkaException exception)
        {
            throw new ToolException(
                WorkerHost.ExitFailed,
                $"Kafka at {kafka.BootstrapServers} does not say which topics it has ({exception.Error.Reason}): check "
                + $"Kafka__BootstrapServers and that the brokers are up");
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
