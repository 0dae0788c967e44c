using System.CommandLine;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Rating;
using BelgiCom.Streaming.Rating.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Tool;

/// <summary><c>rerate</c>: rates charged usage again, and bills the differences.</summary>
internal static class RerateCommand
{
    // A plan that usage has overtaken is made again; who is charged all the time is left to the next call.
    private const int Rounds = 3;

    // Characters of what is kept with each line.
    private const int MostWords = 500;

    private static readonly Dictionary<string, string?> AnyFreePort = new() { ["Http:Url"] = "http://127.0.0.1:0" };

    public static Command Create()
    {
        Option<DateTimeOffset?> from = new("--from")
        {
            Required = true,
            Description = "Usage that began then or later, ISO 8601 with its offset.",
            CustomParser = CommonOptions.Instant,
        };
        Option<DateTimeOffset?> to = new("--to")
        {
            Required = true,
            Description = "Usage that began before, ISO 8601 with its offset.",
            CustomParser = CommonOptions.Instant,
        };
        Option<string?> offering = new("--offering") { Description = "Only usage under this offering, before or after. Default: all." };
        Option<string?> subscriber = new("--subscriber-ref")
        {
            Description = "Only of the subscriber with this reference, 32 hexadecimal digits.",
        };
        Option<string?> numbers = new("--numbers")
        {
            Description = "Only of the person with these numbers: a file with one a line, or - for standard input.",
        };
        Option<string?> catalogue = new("--catalogue")
        {
            Description = "Folder of tariffs (YAML) to publish first; a dry run only rates with them. Default: none.",
        };
        Option<string?> subscriptions = new("--subscriptions")
        {
            Description = "Subscriptions, CSV or JSON lines, to publish first; not with a dry run. Default: none.",
        };
        Option<string?> because = new("--because")
        {
            Description = "Why it is rated again, for example the number of the ticket. Kept with each line; never personal data.",
        };
        Option<string> by = CommonOptions.By();
        Option<bool> dryRun = new("--dry-run") { Description = "Only show what would change." };
        (Option<string> data, Option<bool> json) = (CommonOptions.Data(), CommonOptions.Json());
        Command command = new(
            "rerate",
            "Rate charged usage again in the order of event time, by the catalogue and subscriptions as they are published, and bill the "
            + "differences: a reversal and a new line for each usage event that costs otherwise. Exit code 3 when a subscriber is refused.")
        {
            from, to, offering, subscriber, numbers, because, by, dryRun, catalogue, subscriptions, data, json,
        };
        command.SetAction((result, cancellationToken) =>
        {
            RerateRequest request = new(
                result.GetValue(from)!.Value, result.GetValue(to)!.Value, result.GetValue(offering), Reference(result.GetValue(subscriber)),
                result.GetValue(numbers) is { } path ? SubscriberNumbers.Read(path) : null,
                DecisionOf(result.GetRequiredValue(by), result.GetValue(because)));
            if (request.From >= request.To)
            {
                throw new ToolException(WorkerHost.ExitConfiguration, "--from must be before --to");
            }

            bool isDry = result.GetValue(dryRun);
            if (isDry && result.GetValue(subscriptions) is not null)
            {
                throw new ToolException(
                    WorkerHost.ExitConfiguration,
                    "a dry run publishes nothing: load the subscriptions first, or leave --subscriptions out");
            }

            return isDry
                ? ShowAsync(
                    request, result.GetValue(catalogue), result.GetRequiredValue(data), result.GetValue(json), cancellationToken)
                : RerateAsync(
                    request, ReferenceData.ReadGiven(result.GetValue(catalogue), result.GetValue(subscriptions)),
                    result.GetRequiredValue(data), result.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static CorrectionDecision DecisionOf(string by, string? because)
    {
        string words = (because ?? "").Trim();
        return words.Length <= MostWords && by.Length <= MostWords
            ? new CorrectionDecision(by, words, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds())
            : throw new ToolException(
                WorkerHost.ExitConfiguration, $"--because and --by have at most {MostWords} characters: they are kept with each line");
    }

    private static SubscriberRef? Reference(string? text)
    {
        try
        {
            return text is null ? null : SubscriberRef.Parse(text);
        }
        catch (FormatException)
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration, $"--subscriber-ref has {2 * SubscriberRef.Size} hexadecimal digits, as explain shows it");
        }
    }

    private static async Task<int> ShowAsync(
        RerateRequest request, string? catalogue, string data, bool json, CancellationToken cancellationToken)
    {
        IReadOnlyList<OfferingVersion> versions = catalogue is null ? [] : ReferenceData.ReadToPublish(catalogue);
        using DataFolder folder = DataFolder.Open(data);
        WebApplicationBuilder builder = ToolDefaults.Builder(folder, new Dictionary<string, string?>());
        await using EmbeddedDefault embedded = await EmbeddedDefault.StartAsync(folder, builder.Configuration, cancellationToken);
        RerateReport report = await WithWorkersElsewhereAsync(
            builder,
            (rerating, keys, ledger) => rerating.Plan(request, versions, keys, ledger, cancellationToken),
            cancellationToken);
        Answer.Print(
            json, report.ToJson(request, isDone: false, left: report.Events, run: null), report.Tables(), report.Sentence(isDone: false));
        return ExitCodeOf(report);
    }

    private static async Task<int> RerateAsync(
        RerateRequest request, ReferenceData reference, string data, bool json, CancellationToken cancellationToken)
    {
        using DataFolder folder = DataFolder.Open(data);
        WebApplicationBuilder builder = ToolDefaults.Builder(folder, new Dictionary<string, string?>());
        if (string.IsNullOrEmpty(builder.Configuration["Kafka:BootstrapServers"]))
        {
            return await RerateAndBillAsync(request, reference, folder, json, cancellationToken);
        }

        if (!reference.IsEmpty)
        {
            using Publishing publishing = await ToolSettings.PublishingAsync();
            await reference.PublishAsync(publishing.Reference, cancellationToken);
        }

        RerateReport report = await WithWorkersElsewhereAsync(
            builder,
            (rerating, keys, ledger) => rerating.Send(request, keys, ledger, NullLoggerFactory.Instance, cancellationToken),
            cancellationToken);
        Answer.Print(
            json, report.ToJson(request, isDone: true, left: null, run: null), report.Tables(),
            report.Sentence(isDone: true), "the workers go on with it; belgicom rerate --dry-run shows what is left");
        return ExitCodeOf(report);
    }

    /// <summary>Nobody else works in the data folder, so the lanes and the ledger are here.</summary>
    private static async Task<int> RerateAndBillAsync(
        RerateRequest request, ReferenceData reference, DataFolder folder, bool json, CancellationToken cancellationToken)
    {
        await using Pipeline pipeline = await Pipeline.StartAsync(folder, reference, AnyFreePort, _ => { }, _ => { }, cancellationToken);
        IServiceProvider services = pipeline.App.Services;
        KafkaRoles kafka = new(
            services.GetRequiredService<KafkaOptions>(),
            services.GetRequiredService<ConsumerOptions>(),
            services.GetRequiredService<TransactionOptions>());
        using UsageRerating rerating = await UsageRerating.OpenAsync(
            kafka, services.GetRequiredService<RatingOptions>(), services.GetRequiredService<ISchemaRegistry>(), cancellationToken);
        using BillingLedger ledger = BillingLedger.Open(services.GetRequiredService<BillingOptions>(), TimeProvider.System);
        IKeyStore keys = services.GetRequiredService<IKeyStore>();

        // Somebody who was killed before may have left corrections behind that no lane has taken yet.
        await pipeline.DrainAsync(cancellationToken);
        RerateReport? report = null;
        RerateReport left;
        int round = 0;
        do
        {
            RerateReport sent = rerating.Send(
                request, keys, ledger, services.GetRequiredService<ILoggerFactory>(), cancellationToken);
            report ??= sent;
            await pipeline.DrainAsync(cancellationToken);
            left = rerating.Plan(request, [], keys, ledger, cancellationToken);
        }
        while (left.Events > 0 && ++round < Rounds);

        MainJob run = new(
            pipeline, services.GetRequiredService<FileIntake>(), services.GetRequiredService<FileLedger>(), [], source: null);
        await run.ToTheEndAsync(cancellationToken);
        RunReport ran = run.Report(folder);
        Answer.Print(
            json,
            report.ToJson(request, isDone: true, left.Events, ran.ToJson()),
            [.. report.Tables(), .. RunReportTable.Tables(ran).Skip(1)],
            [
                report.Sentence(isDone: true),
                .. left.Events > 0 ? [$"{left.Events:N0} usage events are still charged otherwise: the log says why, and call it again"]
                    : Array.Empty<string>(),
                .. RunReportTable.Lines(ran),
            ]);
        return left.Events > 0 || report.RefusedSubscribers > 0 ? Math.Max(ran.ExitCode, WorkerHost.ExitMoneyWaits) : ran.ExitCode;
    }

    private static async Task<RerateReport> WithWorkersElsewhereAsync(
        WebApplicationBuilder builder, Func<UsageRerating, IKeyStore, BillingLedger, RerateReport> work,
        CancellationToken cancellationToken)
    {
        KafkaRoles kafka = KafkaRoles.Of(builder);
        SchemaRegistryOptions registryOptions = builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry");
        BillingOptions billing = builder.AddValidatedOptions<BillingOptions>(BillingOptions.Section);
        RatingOptions rating = builder.AddValidatedOptions<RatingOptions>(RatingOptions.Section);
        KeyOptions keys = builder.AddValidatedOptions<KeyOptions>(KeyOptions.Section);
        builder.ThrowOnFaults();
        await Brokers.RequireAsync(kafka.Clients, TimeProvider.System);
        using SchemaRegistryClient registry = new(registryOptions);
        using UsageRerating rerating = await UsageRerating.OpenAsync(kafka, rating, registry, cancellationToken);
        using BillingLedger ledger = BillingLedger.Open(billing, TimeProvider.System);
        return work(rerating, new FileKeyStore(keys.Directory), ledger);
    }

    private static int ExitCodeOf(RerateReport report) =>
        report.RefusedSubscribers > 0 ? WorkerHost.ExitMoneyWaits : WorkerHost.ExitDone;
}
