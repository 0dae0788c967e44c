using System.CommandLine;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Tool;

/// <summary><c>schemas list</c>, <c>register</c> and <c>check</c>, against SchemaRegistry__Url.</summary>
internal static class SchemasCommand
{
    public static Command Create() => new("schemas", "Show, check and register the schemas of the topics.") { List(), Register(), Check() };

    private static Command List()
    {
        Option<bool> json = CommonOptions.Json();
        Command command = new("list", "Show the subjects that the registry has.") { json };
        command.SetAction(async (result, cancellationToken) =>
        {
            using SchemaRegistryClient registry = ToolSettings.Registry();
            IReadOnlyList<string> subjects = await registry.GetSubjectsAsync(cancellationToken);
            Answer.Print(result.GetValue(json), new { subjects }, subjects);
            return WorkerHost.ExitDone;
        });
        return command;
    }

    private static Command Register()
    {
        Option<bool> json = CommonOptions.Json();
        Command command = new(
            "register", $"Register the schema of every topic, with compatibility {SchemaSubjects.Compatibility}.") { json };
        command.SetAction(async (result, cancellationToken) =>
        {
            using SchemaRegistryClient registry = ToolSettings.Registry();
            IReadOnlyDictionary<string, int> ids = await SchemaSubjects.EnsureAsync(
                registry, Topics.All.Select(topic => (topic.Name, topic.SchemaJson)), cancellationToken);
            Answer.Print(result.GetValue(json), new { ids }, ids.Select(id => $"{id.Value,6}  {SchemaSubjects.ForValue(id.Key)}"));
            return WorkerHost.ExitDone;
        });
        return command;
    }

    private static Command Check()
    {
        Option<bool> json = CommonOptions.Json();
        Command command = new(
            "check", "Check whether the registry would take the schema of every topic; exit code 2 when one is refused.") { json };
        command.SetAction(async (result, cancellationToken) =>
        {
            using SchemaRegistryClient registry = ToolSettings.Registry();
            List<(string Subject, IReadOnlyList<string> Problems)> verdicts = new();
            foreach (TopicDescription topic in Topics.All)
            {
                verdicts.Add((
                    SchemaSubjects.ForValue(topic.Name),
                    await SchemaSubjects.CheckAsync(registry, topic.Name, topic.SchemaJson, cancellationToken)));
            }

            Answer.Print(
                result.GetValue(json),
                new
                {
                    subjects = verdicts.Select(
                        pair => new { pair.Subject, compatible = pair.Problems.Count == 0, messages = pair.Problems }),
                },
                verdicts.Select(pair =>
                    $"{(pair.Problems.Count == 0 ? "compatible  " : "INCOMPATIBLE")}  {pair.Subject}  {string.Join("; ", pair.Problems)}"));
            return verdicts.All(pair => pair.Problems.Count == 0) ? WorkerHost.ExitDone : WorkerHost.ExitFailed;
        });
        return command;
    }
}
