using System.CommandLine;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Tool.Catalogue;
using BelgiCom.Streaming.Tool.Output;
using BelgiCom.Streaming.Tool.Run;

namespace BelgiCom.Streaming.Tool.Verbs;

/// <summary><c>generate</c>: seeded usage files and the subscriptions that go with them, for load and for trying things out.</summary>
internal static class GenerateCommand
{
    /// <summary>What a folder gets without <c>--kind</c>: one kind of each vendor, and calls.</summary>
    private static readonly GeneratedKind[] FolderKinds = [GeneratedKind.EricssonPgw, GeneratedKind.NokiaChf, GeneratedKind.HuaweiPgw, GeneratedKind.VoiceCsv];

    /// <summary>What standard output gets without <c>--kind</c>: a framed file says its length in front, so it cannot be streamed.</summary>
    private static readonly GeneratedKind[] StreamKinds = [GeneratedKind.HuaweiPgw];

    public static Command Create()
    {
        var records = new Option<long>("--records") { Description = "Charging data records to write, over all kinds; each holds one or two usage events.", Required = true };
        var seed = new Option<ulong>("--seed") { Description = "The same seed gives the same octets.", DefaultValueFactory = _ => 1 };
        var subscribers = new Option<int>("--subscribers") { Description = "Subscribers that use the network.", DefaultValueFactory = _ => new GenerationPlan().Subscribers };
        var kinds = new Option<GeneratedKind[]>("--kind") { Description = "Kind of file; may be repeated. Default: one of each vendor and calls; on standard output Huawei's.", DefaultValueFactory = _ => [] };
        var output = new Option<string>("--out") { Description = $"Folder for the files and {RunInputs.SubscriptionsFile}, or - for one file on standard output.", Required = true };
        var json = CommonOptions.Json();
        var command = new Command("generate", "Write seeded usage files and their subscriptions.") { records, seed, subscribers, kinds, output, json };
        command.SetAction(result =>
        {
            var plan = Plan(result.GetValue(records), result.GetValue(seed), result.GetValue(subscribers));
            return result.GetRequiredValue(output) == RunInputs.StandardInput
                ? ToStandardOutput(plan, result.GetRequiredValue(kinds))
                : ToFolder(plan, result.GetRequiredValue(kinds), result.GetRequiredValue(output), result.GetValue(json));
        });
        return command;
    }

    /// <summary>The subscribers that <c>generate</c> uses when nothing else is said; <c>run --input -</c> knows them.</summary>
    public static void WriteDefaultSubscriptions(string path) => WriteSubscriptions(Plan(records: 1, seed: 1, new GenerationPlan().Subscribers), path);

    private static GenerationPlan Plan(long records, ulong seed, int subscribers)
    {
        if (records < 1 || subscribers < 1)
        {
            throw new ToolException(WorkerHost.ExitConfiguration, "--records and --subscribers must be at least 1");
        }

        var offerings = CatalogueFolder.Load(SampleFiles.Catalogue).Select(version => version.Offering).Distinct().ToArray();
        return new GenerationPlan { Records = records, Seed = seed, Subscribers = subscribers, Offerings = offerings };
    }

    private static int ToStandardOutput(GenerationPlan plan, GeneratedKind[] kinds)
    {
        if (kinds.Length > 1 || kinds.Any(kind => kind is GeneratedKind.EricssonPgw or GeneratedKind.NokiaChf))
        {
            throw new ToolException(WorkerHost.ExitConfiguration, "standard output takes one kind, and not a framed one (their header says the length): choose another --kind, or give a folder with --out");
        }

        using var output = new BufferedStream(Console.OpenStandardOutput(), 1 << 16);
        new UsageGenerator(plan).WriteFile((kinds.Length > 0 ? kinds : StreamKinds)[0], output, 0, plan.Records, 1);
        return WorkerHost.ExitDone;
    }

    private static int ToFolder(GenerationPlan plan, GeneratedKind[] kinds, string folder, bool json)
    {
        kinds = kinds.Length > 0 ? kinds : FolderKinds;
        Directory.CreateDirectory(folder);
        WriteSubscriptions(plan, Path.Combine(folder, RunInputs.SubscriptionsFile));
        var (files, totals) = (0, default(ControlTotals));
        for (var i = 0; i < kinds.Length; i++)
        {
            var share = (plan.Records / kinds.Length) + (i < plan.Records % kinds.Length ? 1 : 0);
            foreach (var file in new UsageGenerator(plan with { Records = share }).WriteFiles(kinds[i], folder))
            {
                files++;
                totals += file.Totals;
            }
        }

        if (json)
        {
            JsonOutput.Write(new { files, controlTotals = totals.ToJson(), folder = Path.GetFullPath(folder) });
        }
        else
        {
            Console.Out.WriteLine($"{files:N0} files, {totals.Cdrs:N0} records, {totals.Events:N0} usage events and {RunInputs.SubscriptionsFile} in {folder}");
        }

        return WorkerHost.ExitDone;
    }

    private static void WriteSubscriptions(GenerationPlan plan, string path)
    {
        using var writer = new StreamWriter(path);
        new UsageGenerator(plan).WriteSubscriptions(writer);
    }
}
