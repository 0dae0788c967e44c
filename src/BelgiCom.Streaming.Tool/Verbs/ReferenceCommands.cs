using System.CommandLine;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Reference data on Kafka__BootstrapServers: <c>catalogue check|show|apply</c>, <c>subscriptions load</c>, and <c>setup</c>, which
/// prepares an empty Kafka in one go.
/// </summary>
internal static class ReferenceCommands
{
    public static IEnumerable<Command> Create() => [Setup(), CatalogueVerbs(), SubscriptionVerbs()];

    private static Command Setup()
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
        command.SetAction(async (result, cancellationToken) =>
        {
            IReadOnlyList<OfferingVersion> versions = result.GetValue(catalogue) is { } folder ? CatalogueFolder.Load(folder) : [];
            (KafkaRoles kafka, HttpSchemaRegistry registry, FileKeyStore keys) = ToolSettings.Publishing();
            using (registry)
            {
                IReadOnlyList<string> topics = await EmbeddedDefault.CreateTopicsAsync(kafka.Clients, result.GetValue(partitions));
                await SchemasCommand.GuardAsync(
                    registry,
                    r => SchemaSubjects.EnsureAsync(r, Topics.All.Select(topic => (topic.Name, topic.SchemaJson)), cancellationToken));
                ReferencePublisher publisher = Publisher(kafka, registry);
                PublishResult written = await publisher.PublishAsync(versions, cancellationToken);
                PublishResult loaded = result.GetValue(subscriptions) is { } file
                    ? await LoadAsync(publisher, file, keys, cancellationToken)
                    : new PublishResult(0, 0);
                Print(
                    result.GetValue(json),
                    new { topics, schemas = Topics.All.Count, offeringVersions = written, subscriptions = loaded },
                    $"{topics.Count:N0} topics created, {Topics.All.Count:N0} schemas registered, {written.Written:N0} offering "
                    + $"versions and {loaded.Written:N0} subscriptions published");
            }

            return WorkerHost.ExitDone;
        });
        return command;
    }

    private static Command CatalogueVerbs() => new("catalogue", "Check, show or publish tariffs.") { Check(), Show(), Apply() };

    private static Command Check()
    {
        (Option<string> folder, Option<bool> json) = (Folder(), CommonOptions.Json());
        Command command = new("check", "Read the folder and report every fault; exit code 1 when there is one.") { folder, json };
        command.SetAction(result =>
        {
            IReadOnlyList<OfferingVersion> versions = CatalogueFolder.Load(result.GetRequiredValue(folder));
            Print(result.GetValue(json), new { offeringVersions = versions.Count }, $"{versions.Count:N0} offering versions, no faults");
        });
        return command;
    }

    private static Command Show()
    {
        (Option<string> folder, Option<bool> json) = (Folder(), CommonOptions.Json());
        Command command = new("show", "Show offering, version, validity and number of prices.") { folder, json };
        command.SetAction(result =>
        {
            IReadOnlyList<OfferingVersion> versions = CatalogueFolder.Load(result.GetRequiredValue(folder));
            Print(
                result.GetValue(json),
                new
                {
                    versions = versions.Select(version =>
                        new
                        {
                            version.Offering,
                            version.Version,
                            version.Name,
                            version.ValidFrom,
                            version.ValidTo,
                            version.Currency,
                            prices = version.Prices.Count,
                            bundles = version.Bundles.Count,
                        }),
                },
                [
                    .. versions.Select(version =>
                        $"{version.Offering,-24} version {version.Version,3}  from {Instant(version.ValidFrom),-17}  to "
                        + $"{Instant(version.ValidTo),-17}  {version.Prices.Count,3} prices  {version.Bundles.Count,2} bundles  "
                        + $"{version.Name}")]);
        });
        return command;
    }

    private static Command Apply()
    {
        (Option<string> folder, Option<bool> json) = (Folder(), CommonOptions.Json());
        Command command = new(
            "apply", "Publish the versions that the topic does not have; a published version never changes.") { folder, json };
        command.SetAction(async (result, cancellationToken) =>
        {
            IReadOnlyList<OfferingVersion> versions = CatalogueFolder.Load(result.GetRequiredValue(folder));
            (KafkaRoles kafka, HttpSchemaRegistry registry, FileKeyStore _) = ToolSettings.Publishing();
            using (registry)
            {
                PublishResult published = await Publisher(kafka, registry).PublishAsync(versions, cancellationToken);
                Print(
                    result.GetValue(json), published,
                    $"{published.Written:N0} offering versions published, {published.Unchanged:N0} were there");
            }

            return WorkerHost.ExitDone;
        });
        return command;
    }

    private static Command SubscriptionVerbs()
    {
        Argument<string> file = new(
            "file")
        {
            Description = "CSV with the header msisdn,imsi,account,offering,validFrom,validTo, or JSON lines with the same names.",
        };
        Option<bool> json = CommonOptions.Json();
        Command load = new("load", "Publish what is new or changed; what the file leaves out stays.") { file, json };
        load.SetAction(async (result, cancellationToken) =>
        {
            (KafkaRoles kafka, HttpSchemaRegistry registry, FileKeyStore keys) = ToolSettings.Publishing();
            using (registry)
            {
                PublishResult published = await LoadAsync(
                    Publisher(kafka, registry), result.GetRequiredValue(file), keys, cancellationToken);
                Print(
                    result.GetValue(json), published,
                    $"{published.Written:N0} subscriptions published, {published.Unchanged:N0} were there");
            }

            return WorkerHost.ExitDone;
        });
        return new Command("subscriptions", "Publish who pays for which subscriber.") { load };
    }

    private static async Task<PublishResult> LoadAsync(
        ReferencePublisher publisher, string path, FileKeyStore keys, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            throw new ToolException(WorkerHost.ExitConfiguration, $"the subscriptions file '{path}' does not exist");
        }

        SubscriptionsFile file = new(path, new SubscriberPseudonymizer(keys));
        return file.Check() is { Count: > 0 } faults
            ? throw new InputFaultException(faults)
            : await publisher.PublishAsync(file.Read(), cancellationToken);
    }

    private static ReferencePublisher Publisher(KafkaRoles kafka, HttpSchemaRegistry registry) =>
        new(kafka.Clients, kafka.Consumer, registry, TimeProvider.System, NullLoggerFactory.Instance);

    private static string Instant(DateTimeOffset? instant) =>
        instant?.ToString("yyyy-MM-dd'T'HH:mm'Z'", System.Globalization.CultureInfo.InvariantCulture) ?? "open";

    private static Option<string> Folder() =>
        new("--catalogue") { Description = "Folder of tariffs (YAML), one offering a file.", Required = true };

    private static void Print(bool json, object value, params IReadOnlyList<string> lines)
    {
        if (json)
        {
            JsonOutput.Write(value);
            return;
        }

        foreach (string line in lines)
        {
            Console.Out.WriteLine(line);
        }
    }
}
