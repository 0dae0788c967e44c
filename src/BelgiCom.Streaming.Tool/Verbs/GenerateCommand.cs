using System.CommandLine;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Generation;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>generate</c>: writes usage files, made from a seed, and the subscriptions for them, for load tests and for trying things out.
/// </summary>
internal static class GenerateCommand
{
    // The kinds in a folder without --kind: one of each vendor, and calls.
    private static readonly GeneratedKind[] FolderKinds =
    [
        GeneratedKind.EricssonPgw, GeneratedKind.NokiaChf, GeneratedKind.HuaweiPgw, GeneratedKind.VoiceCsv,
    ];

    // The kind on standard output without --kind. A framed file begins with its length, so it cannot be streamed.
    private static readonly GeneratedKind[] StreamKinds = [GeneratedKind.HuaweiPgw];

    public static Command Create()
    {
        Option<long> records = new("--records")
        {
            Description = "Charging data records to write, over all kinds; each holds one or two usage events.",
            Required = true,
        };
        Option<ulong> seed = new("--seed") { Description = "The same seed gives the same octets.", DefaultValueFactory = _ => 1 };
        Option<int> subscribers = new("--subscribers")
        {
            Description = "Subscribers that use the network.",
            DefaultValueFactory = _ => new GenerationPlan().Subscribers,
        };
        Option<GeneratedKind[]> kinds = new("--kind")
        {
            Description = "Kind of file; may be repeated. Default: one of each vendor and calls; on standard output Huawei's.",
            DefaultValueFactory = _ => [],
        };
        kinds.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, Enum.GetNames<GeneratedKind>());
        Option<string> output = new("--out")
        {
            Description = $"Folder for the files and {RunInputs.SubscriptionsFile}, or - for one file on standard output.",
            Required = true,
        };
        Option<bool> json = CommonOptions.Json();
        Command command = new(
            "generate", "Write seeded usage files and their subscriptions.") { records, seed, subscribers, kinds, output, json };
        command.SetAction(result =>
        {
            GenerationPlan plan = Plan(result.GetValue(records), result.GetValue(seed), result.GetValue(subscribers));
            return result.GetRequiredValue(output) == RunInputs.StandardInput
                ? ToStandardOutput(plan, result.GetRequiredValue(kinds))
                : ToFolder(plan, result.GetRequiredValue(kinds), result.GetRequiredValue(output), result.GetValue(json));
        });
        return command;
    }

    /// <summary>The subscribers of <c>generate</c> without further options; <c>run --input -</c> makes the same ones.</summary>
    public static void WriteDefaultSubscriptions(string path) =>
        WriteSubscriptions(Plan(records: 1, seed: 1, new GenerationPlan().Subscribers), path);

    private static GenerationPlan Plan(long records, ulong seed, int subscribers)
    {
        if (records < 1 || subscribers < 1)
        {
            throw new ToolException(WorkerHost.ExitConfiguration, "--records and --subscribers must be at least 1");
        }

        string[] offerings = CatalogueFolder.Load(SampleFiles.Catalogue).Select(version => version.Offering).Distinct().ToArray();
        return new GenerationPlan { Records = records, Seed = seed, Subscribers = subscribers, Offerings = offerings };
    }

    private static int ToStandardOutput(GenerationPlan plan, GeneratedKind[] kinds)
    {
        if (kinds.Length > 1 || kinds.Any(kind => kind is GeneratedKind.EricssonPgw or GeneratedKind.NokiaChf))
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration,
                "standard output takes one kind, and not a framed one (their header says the length): choose another --kind, or give a "
                + "folder with --out");
        }

        using BufferedStream output = new(Console.OpenStandardOutput(), 1 << 16);
        new UsageGenerator(plan).WriteFile((kinds.Length > 0 ? kinds : StreamKinds)[0], output, 0, plan.Records, 1);
        return WorkerHost.ExitDone;
    }

    private static int ToFolder(GenerationPlan plan, GeneratedKind[] kinds, string folder, bool json)
    {
        kinds = kinds.Length > 0 ? kinds : FolderKinds;
        OwnerOnly.CreateFolder(folder);
        WriteSubscriptions(plan, Path.Combine(folder, RunInputs.SubscriptionsFile));
        (int files, ControlTotals totals) = (0, default(ControlTotals));
        for (int i = 0; i < kinds.Length; i++)
        {
            long share = (plan.Records / kinds.Length) + (i < plan.Records % kinds.Length ? 1 : 0);
            foreach (GeneratedFile file in new UsageGenerator(plan with { Records = share }).WriteFiles(kinds[i], folder))
            {
                files++;
                totals += file.Totals;
            }
        }

        Answer.Print(
            json,
            new { files, controlTotals = totals.ToJson(), folder = Path.GetFullPath(folder) },
            $"{files:N0} files, {totals.Cdrs:N0} records, {totals.Events:N0} usage events and {RunInputs.SubscriptionsFile} in {folder}");
        return WorkerHost.ExitDone;
    }

    private static void WriteSubscriptions(GenerationPlan plan, string path)
    {
        // On a full disk a file that has its name would look whole, with subscribers missing.
        string written = path + ".tmp";
        using (StreamWriter writer = new(OwnerOnly.OpenFile(written, FileMode.Create, FileAccess.Write)))
        {
            new UsageGenerator(plan).WriteSubscriptions(writer);
        }

        File.Move(written, path, overwrite: true);
    }
}
