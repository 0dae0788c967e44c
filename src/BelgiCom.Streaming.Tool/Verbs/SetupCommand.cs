using System.CommandLine;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Tool;

/// <summary><c>setup</c>: prepares an empty Kafka__BootstrapServers and SchemaRegistry__Url in one command.</summary>
internal static class SetupCommand
{
    public static Command Create()
    {
        Option<string?> catalogue = new("--catalogue") { Description = "Folder of tariffs to publish. Default: none is published." };
        Option<string?> subscriptions = new("--subscriptions")
        {
            Description =
                "Subscriptions to publish where the subscriber has none; what is published stays, change it with 'subscriptions load'. "
                + "Default: none are published.",
        };
        Option<bool> schemasAnew = new("--schemas-anew")
        {
            Description =
                "Register the schemas although topics exist and the registry knows none of them: their ids may then be others than those "
                + "in the records.",
        };
        Option<int> partitions = CommonOptions.PartitionsMax();
        Option<bool> json = CommonOptions.Json();
        Command command = new(
            "setup",
            "Prepare Kafka and registry: topics, schemas and, when given, catalogue and subscriptions. Doing it again changes nothing.")
        {
            catalogue, subscriptions, schemasAnew, partitions, json,
        };
        command.SetAction((result, cancellationToken) => ExecuteAsync(
            result.GetValue(catalogue),
            result.GetValue(subscriptions),
            result.GetValue(schemasAnew),
            result.GetValue(partitions),
            result.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> ExecuteAsync(
        string? catalogue, string? subscriptions, bool schemasAnew, int partitionsMax, bool json, CancellationToken cancellationToken)
    {
        IReadOnlyList<OfferingVersion> versions = catalogue is null ? [] : ReferenceData.ReadToPublish(catalogue);
        using Publishing publishing = await ToolSettings.PublishingAsync();
        if (!schemasAnew)
        {
            await RefuseALostRegistryAsync(publishing, cancellationToken);
        }

        // Schemas come first, because topics without a schema look as if the registry had lost it.
        await SchemaSubjects.EnsureAsync(
            publishing.Registry, Topics.All.Select(topic => (topic.Name, topic.SchemaJson)), cancellationToken);
        IReadOnlyList<string> topics = await KafkaTopics.CreateAsync(publishing.Kafka, partitionsMax);
        PublishResult published = await publishing.Reference.PublishAsync(versions, cancellationToken);
        PublishResult loaded = subscriptions is null
            ? new PublishResult(0, 0)
            : await publishing.Reference.PublishAsync(subscriptions, overwrite: false, cancellationToken);
        Answer.Print(
            json,
            new { topics, schemas = Topics.All.Count, offeringVersions = published, subscriptions = loaded },
            $"{topics.Count:N0} topics created, {Topics.All.Count:N0} schemas registered, {published.Written:N0} offering versions and "
            + $"{loaded.Written:N0} subscriptions published");
        return WorkerHost.ExitDone;
    }

    /// <summary>
    /// A registry without the schemas of topics that exist has lost them. If they are registered again, they may get other ids than those
    /// in the records, which nothing could read then.
    /// </summary>
    private static async Task RefuseALostRegistryAsync(Publishing publishing, CancellationToken cancellationToken)
    {
        string[] existing =
        [
            .. (await KafkaTopics.DescribeAsync(publishing.Kafka)).Where(topic => topic.Actual is not null)
                .Select(topic => SchemaSubjects.ForValue(topic.Name)),
        ];
        IReadOnlyList<string> subjects = await publishing.Registry.GetSubjectsAsync(cancellationToken);
        if (existing.Length > 0 && !existing.Intersect(subjects).Any())
        {
            throw new ToolException(
                WorkerHost.ExitFailed,
                $"topics exist on {publishing.Kafka.BootstrapServers}, but the schema registry knows no schema of them: it has lost them, "
                + "or is another one. Bring it back, because the records carry its ids. If the topics are empty, or you know that the ids "
                + "come out the same, give --schemas-anew");
        }
    }
}
