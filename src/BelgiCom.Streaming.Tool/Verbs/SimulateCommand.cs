using System.CommandLine;
using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Rating;
using BelgiCom.Streaming.Rating.Worker;
using Microsoft.AspNetCore.Builder;

namespace BelgiCom.Streaming.Tool;

/// <summary><c>simulate</c>: what usage brings by a catalogue, and by another one, without Kafka and without charging anybody.</summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        Option<string[]> usage = new("--usage")
        {
            Description =
                "File or folder of usage as 'run' takes it, a recording of 'topics record', or - for standard input; may be repeated. "
                + "Default: the samples that ship.",
            DefaultValueFactory = _ => [],
        };
        Option<string?> source = new("--source") { Description = "Source of all usage files. Default: as with 'run'." };
        Option<string?> catalogue = CommonOptions.Catalogue();
        Option<string?> compare = new("--compare")
        {
            Description = "Folder of the tariffs to compare with, for example those of today: shown as before.",
        };
        Option<string?> subscriptions = CommonOptions.Subscriptions();
        Option<string?> topUps = new("--top-ups")
        {
            Description =
                "Top-ups of prepaid money, CSV: at,subscriber,amount,currency, as 'topics record --top-ups' writes them. Default: none.",
        };
        Option<string> data = CommonOptions.Data();
        Option<string?> csv = new("--csv") { Description = "Write the same as CSV to this file." };
        Option<string?> chart = new("--chart")
        {
            Description = "Draw revenue per offering, and who wins and loses, to this file: *.svg or *.html.",
        };
        Option<int> cores = new("--cores")
        {
            Description = "Most cores to use; the results are the same with any number.",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        Option<bool> json = CommonOptions.Json();
        Command command = new(
            "simulate",
            "Rate recorded usage by a catalogue with the code that rates in production, without Kafka, and show what it brings.")
        {
            usage, source, catalogue, compare, subscriptions, topUps, data, csv, chart, cores, json,
        };
        command.SetAction((result, cancellationToken) =>
        {
            SimulationInputs inputs = new(
                result.GetRequiredValue(usage), result.GetValue(source), result.GetValue(catalogue), result.GetValue(compare),
                result.GetValue(subscriptions), result.GetRequiredValue(data), Math.Max(1, result.GetValue(cores)),
                result.GetValue(topUps));
            return Task.FromResult(Execute(
                inputs, result.GetValue(csv), result.GetValue(chart), result.GetValue(json), cancellationToken));
        });
        return command;
    }

    /// <summary>Simulates what the command line says.</summary>
    /// <param name="inputs">What the command line says.</param>
    /// <param name="watch">Sees each event, on several threads; null for nobody.</param>
    /// <param name="stopping">Stops it.</param>
    internal static SimulationReport Simulate(SimulationInputs inputs, SimulatedEvent? watch, CancellationToken stopping)
    {
        long started = TimeProvider.System.GetTimestamp();
        IReadOnlyList<string> files = RunInputs.Find(inputs.Usage.Count > 0 ? inputs.Usage : [SampleFiles.Usage]);
        HashSet<string> recordings = [.. files.Where(UsageRecording.Is)];
        (IKeyStore keys, RatingOptions rating) = Settings(inputs.Data, recordings);
        SimulatedCatalogue[] catalogues = [.. inputs.Catalogues.Select(folder => new SimulatedCatalogue(Read(folder)))];
        SimulatedSubscribers subscribers = new(
            Subscriptions(inputs, keys), catalogues.SelectMany(catalogue => catalogue.Versions),
            recordings.Select(UsageRecording.PartitionsOf).Max());
        UsageSimulation simulation = new(catalogues, subscribers, rating, TimeProvider.System.GetUtcNow(), inputs.Cores, watch);
        AdaptersOptions adapters = ToolSettings.Adapters();
        adapters.CalledSubscribers |= catalogues.Any(catalogue => catalogue.Versions.Any(AccountTerms.AskForGroups));
        UsageFiles usageFiles = new(adapters, keys, TimeProvider.System, inputs.Source);
        if (inputs.Source is { } source && !usageFiles.SourceNames.Contains(source))
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration,
                $"no source is named '{source}'; there are {string.Join(", ", usageFiles.SourceNames)}: configure it "
                + "(Adapters__Sources__0__Name and so on), or leave --source out to detect the format");
        }

        if (subscribers.HasMembers)
        {
            HashSet<UInt128> guided = [];
            foreach (UsageBatch batch in recordings.SelectMany(file => UsageRecording.Read(file, simulation.EmptyBatch)))
            {
                batch.AddGuided(guided);
            }

            simulation.TakeGuided(guided);
        }

        if (inputs.TopUps is { } topUps)
        {
            simulation.TakeTopUps(TopUpsFile.Read(topUps, new SubscriberPseudonymizer(keys)));
        }

        foreach (string file in files)
        {
            IEnumerable<UsageBatch> batches = recordings.Contains(file)
                ? UsageRecording.Read(file, simulation.EmptyBatch)
                : usageFiles.Read(file, simulation.EmptyBatch, stopping);
            foreach (UsageBatch batch in batches)
            {
                stopping.ThrowIfCancellationRequested();
                simulation.Add(batch);
            }
        }

        simulation.Finish();
        SimulationReport report = SimulationReport.Of(simulation, catalogues);
        return report with
        {
            Files = files.Count,
            Quarantined = usageFiles.Quarantined,
            Remarks = [.. report.Remarks, .. usageFiles.Faults],
            ElapsedSeconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds,
        };
    }

    private static int Execute(SimulationInputs inputs, string? csv, string? chart, bool json, CancellationToken stopping)
    {
        bool asPage = string.Equals(Path.GetExtension(chart), ".html", StringComparison.OrdinalIgnoreCase);
        if (chart is not null && !asPage && !string.Equals(Path.GetExtension(chart), ".svg", StringComparison.OrdinalIgnoreCase))
        {
            throw new ToolException(WorkerHost.ExitConfiguration, $"the chart '{chart}' must be a *.svg or *.html file");
        }

        SimulationReport report = Simulate(inputs, watch: null, stopping);
        if (csv is not null)
        {
            File.WriteAllText(csv, SimulationAnswer.Csv(report));
        }

        if (chart is not null)
        {
            File.WriteAllText(chart, RevenueChart.Draw(report, asPage));
        }

        Answer.Print(json, SimulationAnswer.ToJson(report), SimulationAnswer.Tables(report), SimulationAnswer.Lines(report));
        return report.ExitCode;
    }

    /// <summary>
    /// The keys that made the references of a recording, and how rating is set. Usage files alone need no keys that are kept.
    /// </summary>
    private static (IKeyStore Keys, RatingOptions Rating) Settings(string data, HashSet<string> recordings)
    {
        WebApplicationBuilder builder = ToolDefaults.ArchiveBuilder(data);
        KeyOptions options = builder.AddValidatedOptions<KeyOptions>(KeyOptions.Section);
        RatingOptions rating = builder.AddValidatedOptions<RatingOptions>(RatingOptions.Section);
        builder.ThrowOnFaults();
        if (Directory.Exists(options.Directory))
        {
            return (new FileKeyStore(options.Directory), rating);
        }

        if (recordings.Count > 0)
        {
            ToolDefaults.RequireFolder(options.Directory, "Keys__Directory");
        }

        return (new KeysOfOneRun(), rating);
    }

    private static IReadOnlyList<OfferingVersion> Read(string folder) => Directory.Exists(folder)
        ? ReferenceData.ReadToPublish(folder)
        : throw new ToolException(
            WorkerHost.ExitConfiguration, $"the catalogue folder '{folder}' does not exist: give a folder of *.yaml files");

    private static IEnumerable<Subscription> Subscriptions(SimulationInputs inputs, IKeyStore keys)
    {
        if (inputs.Subscriptions is null && inputs.Usage.Contains(RunInputs.StandardInput))
        {
            return GeneratedSubscriptions(keys);
        }

        string path = inputs.Subscriptions ?? RunInputs.SubscriptionsBeside(inputs.Usage) ?? SampleFiles.Subscriptions;
        ReferenceTopics.RequireSubscriptions(path);
        SubscriptionsFile file = new(path, new SubscriberPseudonymizer(keys));
        return file.Check() is { Count: > 0 } faults ? throw new InputFaultException(faults) : file.Read();
    }

    /// <summary>Those of the subscribers of <c>generate</c>, as <c>run</c> takes them for usage from standard input.</summary>
    private static IReadOnlyList<Subscription> GeneratedSubscriptions(IKeyStore keys)
    {
        string path = Path.GetTempFileName();
        try
        {
            GenerateCommand.WriteDefaultSubscriptions(path);
            return [.. new SubscriptionsFile(path, new SubscriberPseudonymizer(keys)).Read()];
        }
        finally
        {
            File.Delete(path);
        }
    }
}

/// <summary>What the command line of <c>simulate</c> says.</summary>
/// <param name="Usage">Files and folders; none for the samples.</param>
/// <param name="Source">Source of all usage files; null to find it.</param>
/// <param name="Catalogue">Folder of the simulated catalogue; null for the samples'.</param>
/// <param name="Compare">Folder of the catalogue to compare with; null for none.</param>
/// <param name="Subscriptions">File; null for those beside the usage, or of the samples.</param>
/// <param name="Data">Data folder, whose keys made the references of recordings.</param>
/// <param name="Cores">Most cores to use.</param>
/// <param name="TopUps">File of top-ups; null for none.</param>
internal sealed record SimulationInputs(
    IReadOnlyList<string> Usage, string? Source, string? Catalogue, string? Compare, string? Subscriptions, string Data, int Cores,
    string? TopUps = null)
{
    /// <summary>The simulated catalogue, and the one to compare with.</summary>
    public IEnumerable<string> Catalogues => Compare is null
        ? [Catalogue ?? SampleFiles.Catalogue]
        : [Catalogue ?? SampleFiles.Catalogue, Compare];
}
