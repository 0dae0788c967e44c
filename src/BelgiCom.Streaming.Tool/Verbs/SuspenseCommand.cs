using System.CommandLine;
using System.Globalization;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>suspense</c>: shows the usage that is charged only after somebody did something, has it rated after that was done, or gives it up.
/// </summary>
internal static class SuspenseCommand
{
    private static readonly Dictionary<string, string?> AnyFreePort = new() { ["Http:Url"] = "http://127.0.0.1:0" };

    public static Command Create() => new(
        "suspense", "Show usage that waits (suspended, in conflict, rejected), have it rated, or give it up.")
    {
        List(), ExplainCommand.CreateShow(), Recycle(), Discard(),
    };

    private static Command List()
    {
        (Option<string> data, Option<bool> json) = (CommonOptions.Data(), CommonOptions.Json());
        SuspenseOptions which = new();
        Command command = new(
            "list",
            "Show the usage of all runs that waits, by reason, source and file; of conflicts, what the two contents say differently; and "
            + "what was discarded, by whom and why. Exit code 3 when any waits.")
        {
            data, json,
        };
        which.AddTo(command);
        command.SetAction((result, cancellationToken) =>
            ListAsync(which.Of(result), result.GetRequiredValue(data), result.GetValue(json), cancellationToken));
        return command;
    }

    private static Command Recycle()
    {
        (Option<string> data, Option<bool> json) = (CommonOptions.Data(), CommonOptions.Json());
        SuspenseOptions which = new();
        Option<string?> catalogue = new("--catalogue") { Description = "Folder of tariffs (YAML) to publish first. Default: none." };
        Option<string?> subscriptions = new("--subscriptions")
        {
            Description = "Subscriptions, CSV or JSON lines, to publish first. Default: none.",
        };
        Option<bool> all = new("--all") { Description = "All suspended usage; conflicts and rejected usage are only meant when named." };
        Option<bool> discarded = new("--discarded") { Description = "Usage that was discarded, instead of usage that waits." };
        Option<bool> dryRun = new("--dry-run") { Description = "Only show what would be recycled." };
        Command command = new(
            "recycle",
            "Send usage that waits to rating once more, after reference data was mended. Usage in conflict is charged beside what was "
            + "charged first under its id: say so with --reason CONFLICT or --usage-id only when it is other usage. With the embedded "
            + "broker all is rated and billed at once; else the workers do that.")
        {
            all, discarded, dryRun, catalogue, subscriptions, data, json,
        };
        which.AddTo(command);
        command.SetAction((result, cancellationToken) =>
        {
            SuspenseFilter filter = which.Of(result) with { IsForDecision = true, IsOfDiscarded = result.GetValue(discarded) };
            if (result.GetValue(all) != filter.IsOpen)
            {
                throw new ToolException(
                    WorkerHost.ExitConfiguration,
                    "name what is mended by --reason, --usage-id, --source, --file, --from or --until, or give --all for all suspended "
                    + "usage");
            }

            return result.GetValue(dryRun)
                ? ListAsync(filter, result.GetRequiredValue(data), result.GetValue(json), cancellationToken)
                : DecideAsync(
                    (suspense, conflicts, loggers) => suspense.Recycle(filter, conflicts, loggers, cancellationToken),
                    "recycled",
                    ReferenceData.ReadGiven(result.GetValue(catalogue), result.GetValue(subscriptions)),
                    result.GetRequiredValue(data),
                    result.GetValue(json),
                    cancellationToken);
        });
        return command;
    }

    private static Command Discard()
    {
        (Option<string> data, Option<bool> json) = (CommonOptions.Data(), CommonOptions.Json());
        SuspenseOptions which = new();
        Option<string?> because = new("--because")
        {
            Description = "Why it is given up, for example the number of the ticket. Kept with each event; never personal data.",
        };
        Option<string> by = CommonOptions.By();
        Option<bool> dryRun = new("--dry-run") { Description = "Only show what would be discarded." };
        Command command = new(
            "discard",
            "Give usage that waits up: it is charged to nobody, waits no more, and stays visible as discarded, with who and why. A "
            + "conflict is discarded when it is the usage that was charged first, told wrongly. 'suspense recycle --discarded' takes it "
            + "back.")
        {
            because, by, dryRun, data, json,
        };
        which.AddTo(command);
        command.SetAction((result, cancellationToken) =>
        {
            SuspenseFilter filter = which.Of(result) with { IsForDecision = true };
            if (filter.IsOpen)
            {
                throw new ToolException(
                    WorkerHost.ExitConfiguration, "name what is given up by --reason, --usage-id, --source, --file, --from or --until");
            }

            if (result.GetValue(dryRun))
            {
                return ListAsync(filter, result.GetRequiredValue(data), result.GetValue(json), cancellationToken);
            }

            if (string.IsNullOrWhiteSpace(result.GetValue(because)))
            {
                throw new ToolException(
                    WorkerHost.ExitConfiguration, "say why with --because: whoever asks later where the money went reads it");
            }

            string decision = $"Discarded by {result.GetRequiredValue(by)}: {result.GetValue(because)!.Trim()}";
            return DecideAsync(
                (suspense, conflicts, loggers) => suspense.Discard(filter, conflicts, decision, loggers, cancellationToken),
                "discarded",
                ReferenceData.ReadGiven(catalogue: null, subscriptions: null),
                result.GetRequiredValue(data),
                result.GetValue(json),
                cancellationToken);
        });
        return command;
    }

    private static async Task<int> ListAsync(SuspenseFilter filter, string data, bool json, CancellationToken cancellationToken)
    {
        using DataFolder folder = DataFolder.Open(data);
        WebApplicationBuilder builder = ToolDefaults.Builder(folder, new Dictionary<string, string?>());
        await using EmbeddedDefault embedded = await EmbeddedDefault.StartAsync(folder, builder.Configuration, cancellationToken);
        KafkaRoles kafka = KafkaRoles.Of(builder);
        BillingOptions billing = builder.AddValidatedOptions<BillingOptions>(BillingOptions.Section);
        SchemaRegistryOptions options = builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry");
        builder.ThrowOnFaults();
        using SchemaRegistryClient registry = new(options);
        using Suspense suspense = await Suspense.OpenAsync(kafka, registry, cancellationToken);
        using BillingLedger ledger = BillingLedger.Open(billing, TimeProvider.System);
        SuspenseList list = suspense.List(filter, ledger.Conflicts(), cancellationToken);
        list = list with
        {
            Conflicts = [.. list.Conflicts.Select(conflict => WithFirst(conflict, ledger, suspense, cancellationToken))],
        };

        Answer.Print(json, SuspenseAnswer.ToJson(list), SuspenseAnswer.Tables(list), SuspenseAnswer.Lines(list));
        return list.Events > 0 ? WorkerHost.ExitMoneyWaits : WorkerHost.ExitDone;
    }

    /// <summary>A conflict with the usage that was charged first, as far as it is known.</summary>
    internal static ConflictingUsage WithFirst(
        ConflictingUsage conflict, BillingLedger ledger, Suspense suspense, CancellationToken cancellationToken) =>
        conflict.First is null && ledger.FindLine(conflict.UsageId) is { } line
            ? conflict with { First = suspense.ContentAt(conflict.UsageId, line.Received, cancellationToken) }
            : conflict;

    private static async Task<int> DecideAsync(
        Decide decide, string verb, ReferenceData reference, string data, bool json,
        CancellationToken cancellationToken)
    {
        using DataFolder folder = DataFolder.Open(data);
        WebApplicationBuilder builder = ToolDefaults.Builder(folder, new Dictionary<string, string?>());
        if (string.IsNullOrEmpty(builder.Configuration["Kafka:BootstrapServers"]))
        {
            return await DecideAndRateAsync(decide, verb, reference, folder, json, cancellationToken);
        }

        KafkaRoles kafka = KafkaRoles.Of(builder);
        SchemaRegistryOptions options = builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry");
        BillingOptions billing = builder.AddValidatedOptions<BillingOptions>(BillingOptions.Section);
        builder.ThrowOnFaults();
        await Brokers.RequireAsync(kafka.Clients, TimeProvider.System);
        if (!reference.IsEmpty)
        {
            using Publishing publishing = await ToolSettings.PublishingAsync();
            await reference.PublishAsync(publishing.Reference, cancellationToken);
        }

        using SchemaRegistryClient registry = new(options);
        using Suspense suspense = await Suspense.OpenAsync(kafka, registry, cancellationToken);
        using BillingLedger ledger = BillingLedger.Open(billing, TimeProvider.System);
        DecisionCount count = decide(suspense, ledger.Conflicts(), NullLoggerFactory.Instance);
        Answer.Print(json, Members(count, verb), Sentence(count, verb), "the workers go on with it; see belgicom suspense list");
        return count.Unreadable > 0 ? WorkerHost.ExitMoneyWaits : WorkerHost.ExitDone;
    }

    /// <summary>Nobody else works in the data folder, so what was decided is rated and billed here.</summary>
    private static async Task<int> DecideAndRateAsync(
        Decide decide, string verb, ReferenceData reference, DataFolder folder, bool json,
        CancellationToken cancellationToken)
    {
        await using Pipeline pipeline = await Pipeline.StartAsync(folder, reference, AnyFreePort, _ => { }, _ => { }, cancellationToken);
        (DecisionCount count, RunReport report) = await DecideAsync(pipeline, decide, folder, cancellationToken);
        Dictionary<string, object> answer = Members(count, verb);
        answer.Add("run", report.ToJson());
        Answer.Print(json, answer, RunReportTable.Tables(report).Skip(1), [Sentence(count, verb), .. RunReportTable.Lines(report)]);
        return report.ExitCode;
    }

    /// <summary>Decides on usage of a started pipeline, and waits until everything that follows is rated and billed.</summary>
    internal static async Task<(DecisionCount Count, RunReport Report)> DecideAsync(
        Pipeline pipeline, Decide decide, DataFolder folder, CancellationToken cancellationToken)
    {
        IServiceProvider services = pipeline.App.Services;
        KafkaRoles kafka = new(
            services.GetRequiredService<KafkaOptions>(),
            services.GetRequiredService<ConsumerOptions>(),
            services.GetRequiredService<TransactionOptions>());
        DecisionCount count;
        using (Suspense suspense = await Suspense.OpenAsync(kafka, services.GetRequiredService<ISchemaRegistry>(), cancellationToken))
        {
            count = decide(suspense, pipeline.LedgerConflicts(), services.GetRequiredService<ILoggerFactory>());
        }

        MainJob run = new(
            pipeline, services.GetRequiredService<FileIntake>(), services.GetRequiredService<FileLedger>(), [], source: null);
        await run.ToTheEndAsync(cancellationToken);
        return (count, run.Report(folder));
    }

    private static Dictionary<string, object> Members(DecisionCount count, string verb) =>
        new() { [verb] = count.Decided, ["unreadable"] = count.Unreadable };

    private static string Sentence(DecisionCount count, string verb)
    {
        string sentence = string.Create(CultureInfo.InvariantCulture, $"{count.Decided:N0} events {verb}");
        return count.Unreadable > 0
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{sentence}; {count.Unreadable:N0} go on waiting, because their schema is still not known or they were not kept whole")
            : count.Decided > 0
                ? sentence
                : $"{sentence}: nothing that waits is meant; conflicts and rejected usage must be named by --reason or --usage-id";
    }

    /// <summary>Decides on what waits on the topic, and on what the ledger holds aside.</summary>
    internal delegate DecisionCount Decide(Suspense suspense, IReadOnlyList<LedgerConflict> ledgerConflicts, ILoggerFactory loggers);
}
