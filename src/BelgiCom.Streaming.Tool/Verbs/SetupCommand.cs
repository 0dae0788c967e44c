using System.CommandLine;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Tool;

/// <summary><c>setup</c>: prepares an empty Kafka__BootstrapServers and SchemaRegistry__Url in one go.</summary>
internal static class SetupCommand
{
    public static Command Create()
    {
        Option<string?> catalogue = new("--catalogue") { Description = "Folder of tariffs to publish. Default: none is published." };
        Option<string?> subscriptions = new("--subscriptions") { Description = "Subscriptions to publish. Default: none are published." };
        Option<int> partitions = CommonOptions.PartitionsMax();
        Option<bool> json = CommonOptions.Json();
        Command command = new(
            "setup",
            "Prepare Kafka and registry: topics, schemas and, when given, catalogue and subscriptions. Doing it again changes nothing.")
        {
            catalogue, subscriptions, partitions, json,
        };
        command.SetAction((result, cancellationToken) => ExecuteAsync(
            result.GetValue(catalogue),
            result.GetValue(subscriptions),
            result.GetValue(partitions),
            result.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> ExecuteAsync(
        string? catalogue, string? subscriptions, int partitionsMax, bool json, CancellationToken cancellationToken)
    {
        IReadOnlyList<OfferingVersion> versions = catalogue is null ? [] : CatalogueFolder.Load(catalogue);
        using Publishing publishing = ToolSettings.Publishing();
        IReadOnlyList<string> topics = await EmbeddedDefault.CreateTopicsAsync(publishing.Kafka, partitionsMax);
        await ToolSettings.GuardAsync(() => SchemaSubjects.EnsureAsync(
            publishing.Registry, Topics.All.Select(topic => (topic.Name, topic.SchemaJson)), cancellationToken));
        PublishResult published = await publishing.Reference.PublishAsync(versions, cancellationToken);
        PublishResult loaded = subscriptions is null
            ? new PublishResult(0, 0)
            : await publishing.Reference.PublishAsync(subscriptions, cancellationToken);
        Answer.Print(
            json,
            new { topics, schemas = Topics.All.Count, offeringVersions = published, subscriptions = loaded },
            $"{topics.Count:N0} topics created, {Topics.All.Count:N0} schemas registered, {published.Written:N0} offering versions and "
            + $"{loaded.Written:N0} subscriptions published");
        return WorkerHost.ExitDone;
    }
}
