using System.CommandLine;
using System.Globalization;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>suspense</c>: shows the usage that waits for its subscription, tariff or schema, and has it rated after that was mended.
/// </summary>
internal static class SuspenseCommand
{
    private static readonly Dictionary<string, string?> AnyFreePort = new() { ["Http:Url"] = "http://127.0.0.1:0" };

    public static Command Create() => new("suspense", "Show usage that waits to be rated, and have it rated.") { List(), Recycle() };

    private static Command List()
    {
        (Option<string> data, Option<bool> json) = (CommonOptions.Data(), CommonOptions.Json());
        (Option<string[]> reasons, Option<string[]> files) = (Reasons(), Files());
        Command command = new(
            "list", "Show the usage of all runs that waits, by reason and file. Exit code 3 when any waits.")
        {
            reasons, files, data, json,
        };
        command.SetAction((result, cancellationToken) => ListAsync(
            SuspenseFilter.Of(result.GetRequiredValue(reasons), result.GetRequiredValue(files)),
            result.GetRequiredValue(data),
            result.GetValue(json),
            cancellationToken));
        return command;
    }

    private static Command Recycle()
    {
        (Option<string> data, Option<bool> json) = (CommonOptions.Data(), CommonOptions.Json());
        (Option<string[]> reasons, Option<string[]> files) = (Reasons(), Files());
        Option<string?> catalogue = new("--catalogue") { Description = "Folder of tariffs (YAML) to publish first. Default: none." };
        Option<string?> subscriptions = new("--subscriptions")
        {
            Description = "Subscriptions, CSV or JSON lines, to publish first. Default: none.",
        };
        Option<bool> all = new("--all") { Description = "All usage that waits." };
        Option<bool> dryRun = new("--dry-run") { Description = "Only show what would be recycled." };
        Command command = new(
            "recycle",
            "Send usage that waits to rating once more, after reference data was mended. With the embedded broker it is rated and "
            + "billed at once; else the workers do that.")
        {
            reasons, files, all, dryRun, catalogue, subscriptions, data, json,
        };
        command.SetAction((result, cancellationToken) =>
        {
            SuspenseFilter filter = SuspenseFilter.Of(result.GetRequiredValue(reasons), result.GetRequiredValue(files));
            if (result.GetValue(all) == (filter.Reasons.Count + filter.Files.Count > 0))
            {
                throw new ToolException(
                    WorkerHost.ExitConfiguration, "name what is mended by --reason or --file, or give --all for everything that waits");
            }

            return result.GetValue(dryRun)
                ? ListAsync(filter, result.GetRequiredValue(data), result.GetValue(json), cancellationToken)
                : RecycleAsync(
                    filter,
                    ReferenceData.ReadGiven(result.GetValue(catalogue), result.GetValue(subscriptions)),
                    result.GetRequiredValue(data),
                    result.GetValue(json),
                    cancellationToken);
        });
        return command;
    }

    private static Option<string[]> Reasons() => new("--reason")
    {
        Description = "Only usage that waits for this reason, for example UNKNOWN_SUBSCRIBER; may be repeated.",
        DefaultValueFactory = _ => [],
    };

    private static Option<string[]> Files() => new("--file")
    {
        Description = "Only usage of this source file; may be repeated.",
        DefaultValueFactory = _ => [],
    };

    private static async Task<int> ListAsync(SuspenseFilter filter, string data, bool json, CancellationToken cancellationToken)
    {
        using DataFolder folder = DataFolder.Open(data);
        WebApplicationBuilder builder = ToolDefaults.Builder(folder, new Dictionary<string, string?>());
        await using EmbeddedDefault embedded = await EmbeddedDefault.StartAsync(folder, builder.Configuration, cancellationToken);
        KafkaRoles kafka = KafkaRoles.Of(builder);
        SchemaRegistryOptions options = builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry");
        builder.ThrowOnFaults();
        using SchemaRegistryClient registry = new(options);
        using Suspense suspense = await Suspense.OpenAsync(kafka, registry, cancellationToken);
        IReadOnlyList<SuspendedUsage> waiting = suspense.List(filter, cancellationToken);
        Answer.Print(
            json,
            new
            {
                events = waiting.Sum(group => group.Events),
                suspended = waiting.Select(group => new
                {
                    reason = SuspenseFilter.NameOf(group.Reason),
                    group.File,
                    group.Events,
                    group.OldestUsage,
                    group.SuspendedSince,
                }),
            },
            waiting.Count > 0 ? [Table(waiting)] : [],
            $"waiting: {waiting.Sum(group => group.Events):N0} events");
        return waiting.Count > 0 ? WorkerHost.ExitMoneyWaits : WorkerHost.ExitDone;
    }

    private static async Task<int> RecycleAsync(
        SuspenseFilter filter, ReferenceData reference, string data, bool json, CancellationToken cancellationToken)
    {
        using DataFolder folder = DataFolder.Open(data);
        WebApplicationBuilder builder = ToolDefaults.Builder(folder, new Dictionary<string, string?>());
        if (string.IsNullOrEmpty(builder.Configuration["Kafka:BootstrapServers"]))
        {
            return await RecycleAndRateAsync(filter, reference, folder, json, cancellationToken);
        }

        KafkaRoles kafka = KafkaRoles.Of(builder);
        builder.ThrowOnFaults();
        using Publishing publishing = ToolSettings.Publishing();
        await reference.PublishAsync(publishing.Reference, cancellationToken);
        using Suspense suspense = await Suspense.OpenAsync(kafka, publishing.Registry, cancellationToken);
        RecycleCount count = suspense.Recycle(filter, NullLoggerFactory.Instance, cancellationToken);
        Answer.Print(
            json, new { count.Recycled, count.Unreadable }, Sentence(count), "the workers rate them; see belgicom suspense list");
        return count.Unreadable > 0 ? WorkerHost.ExitMoneyWaits : WorkerHost.ExitDone;
    }

    /// <summary>Nobody else works in the data folder, so the recycled usage is rated and billed here.</summary>
    private static async Task<int> RecycleAndRateAsync(
        SuspenseFilter filter, ReferenceData reference, DataFolder folder, bool json, CancellationToken cancellationToken)
    {
        await using Pipeline pipeline = await Pipeline.StartAsync(folder, reference, AnyFreePort, _ => { }, _ => { }, cancellationToken);
        IServiceProvider services = pipeline.App.Services;
        KafkaRoles kafka = new(
            services.GetRequiredService<KafkaOptions>(),
            services.GetRequiredService<ConsumerOptions>(),
            services.GetRequiredService<TransactionOptions>());
        RecycleCount count;
        using (Suspense suspense = await Suspense.OpenAsync(kafka, services.GetRequiredService<ISchemaRegistry>(), cancellationToken))
        {
            count = suspense.Recycle(filter, services.GetRequiredService<ILoggerFactory>(), cancellationToken);
        }

        MainJob run = new(
            pipeline, services.GetRequiredService<FileIntake>(), services.GetRequiredService<FileLedger>(), [], source: null);
        await run.ToTheEndAsync(cancellationToken);
        RunReport report = run.Report(folder);
        Answer.Print(
            json,
            new { count.Recycled, count.Unreadable, run = report.ToJson() },
            RunReportTable.Tables(report).Skip(1),
            [Sentence(count), .. RunReportTable.Lines(report)]);
        return report.ExitCode;
    }

    private static string Sentence(RecycleCount count) => count.Unreadable == 0
        ? $"{count.Recycled:N0} events recycled"
        : $"{count.Recycled:N0} events recycled; {count.Unreadable:N0} go on waiting, because their schema is still not known";

    private static Table Table(IReadOnlyList<SuspendedUsage> waiting)
    {
        Table table = new Table().Border(TableBorder.Simple)
            .AddColumns("reason", "file").AddColumn(new TableColumn("events").RightAligned()).AddColumns("oldest usage", "suspended since");
        foreach (SuspendedUsage group in waiting)
        {
            table.AddRow(
                SuspenseFilter.NameOf(group.Reason),
                Markup.Escape(group.File),
                group.Events.ToString("N0", CultureInfo.InvariantCulture),
                group.OldestUsage is { } oldest ? TimeOf(oldest) : "",
                TimeOf(group.SuspendedSince));
        }

        return table;
    }

    private static string TimeOf(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
