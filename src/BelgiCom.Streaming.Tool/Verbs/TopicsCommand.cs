using System.CommandLine;
using BelgiCom.Streaming.Hosting;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>topics list</c> shows the topics as they are on Kafka__BootstrapServers, <c>topics apply</c> creates those that are missing there,
/// <c>topics record</c> writes received usage into a file.
/// </summary>
internal static class TopicsCommand
{
    public static Command Create() => new(
        "topics", "Show the topics, create those that are missing, or record usage.") { List(), Apply(), TopicsRecordCommand.Create() };

    private static Command List()
    {
        Option<bool> json = CommonOptions.Json();
        Command command = new(
            "list", "Show every topic as the brokers have it, and what of it is missing or otherwise than it is created.") { json };
        command.SetAction(async (result, _) =>
        {
            IReadOnlyList<TopicState> topics = await KafkaTopics.DescribeAsync(ToolSettings.Kafka().Clients);
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
            return WorkerHost.ExitDone;
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
            IReadOnlyList<string> created = await KafkaTopics.CreateAsync(
                ToolSettings.Kafka().Clients, result.GetValue(partitions));
            Answer.Print(
                result.GetValue(json), new { created }, created.Count == 0 ? "all topics exist" : $"created {string.Join(", ", created)}");
            return WorkerHost.ExitDone;
        });
        return command;
    }
}
