using System.CommandLine;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>topics list</c> shows the topics as they are created, <c>topics apply</c> creates those that are missing on Kafka__BootstrapServers.
/// </summary>
internal static class TopicsCommand
{
    public static Command Create() => new("topics", "Show the topics, or create those that are missing.") { List(), Apply() };

    private static Command List()
    {
        Option<bool> json = CommonOptions.Json();
        Command command = new("list", "Show name, partitions, key and configuration of every topic.") { json };
        command.SetAction(result =>
        {
            Answer.Print(
                result.GetValue(json),
                new { topics = Topics.All.Select(topic => new { topic.Name, topic.Partitions, topic.Key, topic.Config }) },
                Topics.All.Select(topic =>
                    $"{topic.Name,-28} {topic.Partitions,3} partitions  key {topic.Key,-22} "
                    + $"{string.Join(' ', topic.Config.Select(pair => $"{pair.Key}={pair.Value}"))}"));
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
}
