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
                new { topics = Created().Select(topic => new { topic.Name, topic.Like.Partitions, topic.Like.Key, topic.Like.Config }) },
                Created().Select(topic =>
                    $"{topic.Name,-42} {topic.Like.Partitions,3} partitions  key {topic.Like.Key,-22} "
                    + $"{string.Join(' ', topic.Like.Config.Select(pair => $"{pair.Key}={pair.Value}"))}"));
        });
        return command;
    }

    /// <summary>Every topic, and the description it is created by: its own, or that of the topic whose dead letters it takes.</summary>
    private static IEnumerable<(string Name, TopicDescription Like)> Created() =>
        Topics.All.Select(topic => (topic.Name, topic)).Concat(Topics.DeadLetters.Select(topic => (topic.Name, topic.Source)));

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
