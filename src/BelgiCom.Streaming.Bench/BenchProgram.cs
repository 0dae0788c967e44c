using System.CommandLine;
using System.Text.Json;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.LocalKafka;
using BelgiCom.Streaming.Tool;

namespace BelgiCom.Streaming.Bench;

/// <summary><c>belgicom bench</c>: measures the figures that the documentation quotes, beside their peers, in one run.</summary>
internal static class BenchProgram
{
    private const string Questions = "abcdefghi";
    private const int LeastRecords = 50_000;

    public static RootCommand Create()
    {
        Option<string> only = new("--only")
        {
            Description = "Questions: a decode, b rating core, c Kafka to Kafka, d latency, e restore, f cost of a record (with c), "
                + "g simulation, h online charging, i shared allowances.",
            DefaultValueFactory = _ => string.Join(',', Questions.AsEnumerable()),
        };
        Option<int> rounds = new("--rounds")
        {
            Description = "Rounds that count; figures are medians over them.",
            DefaultValueFactory = _ => 5,
        };
        Option<long> records = new("--records") { Description = "Usage records from Kafka to Kafka.", DefaultValueFactory = _ => 500_000 };
        Option<int> subscribers = new("--subscribers")
        {
            Description = "Largest number of subscribers in the rating core; 10 million need 2.5 GB.",
            DefaultValueFactory = _ => 10_000_000,
        };
        Option<string> output = new("--out")
        {
            Description = "File for the raw results (JSON).",
            DefaultValueFactory = _ => "bench-results.json",
        };
        Option<bool> json = CommonOptions.Json();
        RootCommand command = new("Measure speed, latency and memory beside the stock client, a usual .NET worker and plain C.")
        {
            only, rounds, records, subscribers, output, json, SmfCommand(),
        };
        command.SetAction((result, stopping) => ExecuteAsync(
            new BenchPlan(
                Chosen(result.GetRequiredValue(only)), result.GetValue(rounds), result.GetValue(records), result.GetValue(subscribers)),
            result.GetRequiredValue(output),
            result.GetValue(json),
            stopping));
        return command;
    }

    /// <summary>The client of question h, which has a process of its own; it prints what it measured.</summary>
    private static Command SmfCommand()
    {
        Argument<string> plan = new("plan") { Description = "What to ask, as JSON." };
        Command command = new(OnlineLatency.ClientVerb, "Ask for quotas as an SMF does.") { plan };
        command.Hidden = true;
        command.SetAction(async (result, stopping) =>
        {
            using SmfClient client = new(JsonSerializer.Deserialize<SmfPlan>(result.GetRequiredValue(plan))!);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(await client.RunAsync(stopping)));
            return WorkerHost.ExitDone;
        });
        return command;
    }

    private static string Chosen(string only)
    {
        string chosen = only.Replace(",", "", StringComparison.Ordinal).ToLowerInvariant();
        return chosen.Length > 0 && chosen.All(Questions.Contains)
            ? chosen
            : throw new ToolException(WorkerHost.ExitConfiguration, $"--only takes letters of {Questions}, separated by commas");
    }

    private static async Task<int> ExecuteAsync(BenchPlan plan, string output, bool json, CancellationToken stopping)
    {
        if (plan.Rounds < 1 || plan.Records < LeastRecords || plan.MostSubscribers < 10_000)
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration,
                $"--rounds must be at least 1, --records at least {LeastRecords:N0} and --subscribers at least 10,000");
        }

        MeasurementReport report = new();
        if (plan.Asks("a"))
        {
            report.Add(await DecodeCost.RunAsync(plan.Rounds, stopping));
        }

        if (plan.Asks("cdefhi"))
        {
            await WithKafkaAsync(plan, report, stopping);
        }

        if (plan.Asks("g"))
        {
            report.Add(await SimulationSpeed.RunAsync(plan.Rounds, stopping));
        }

        // This question comes last, because the state of ten million subscribers would count as the memory of the others.
        if (plan.Asks("b"))
        {
            report.Add(await RatingCoreSpeed.RunAsync(plan.Rounds, plan.MostSubscribers, stopping));
        }

        report.WriteTo(output);
        await Console.Error.WriteLineAsync($"raw results: {Path.GetFullPath(output)}");
        Answer.Print(json, report.ToJson(), report.ToTables());
        return WorkerHost.ExitDone;
    }

    private static async Task WithKafkaAsync(BenchPlan plan, MeasurementReport report, CancellationToken stopping)
    {
        string folder = Directory.CreateTempSubdirectory("belgicom-bench-").FullName;
        try
        {
            PlainC? plainC = plan.Asks("cf") ? await PlainC.CompileAsync(Path.Combine(folder, "c"), stopping) : null;
            await OnClusterAsync(
                plan, report, plainC, await FilledCluster.StartEmbeddedAsync(Path.Combine(folder, "embedded"), stopping), stopping);
            if (Environment.GetEnvironmentVariable(KafkaHomeBroker.Variable) is { Length: > 0 } home)
            {
                await OnClusterAsync(
                    plan, report, plainC, await FilledCluster.StartApacheAsync(home, Path.Combine(folder, "apache"), stopping), stopping);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task OnClusterAsync(
        BenchPlan plan, MeasurementReport report, PlainC? plainC, FilledCluster cluster, CancellationToken stopping)
    {
        await using (cluster)
        {
            await Console.Error.WriteLineAsync($"{cluster.Name}: filling");
            await cluster.FillAsync(plan.Records, stopping);
            if (plan.Asks("cf"))
            {
                report.Add(await new KafkaToKafkaSpeed(cluster, plan.Records, plainC).RunAsync(plan.Rounds, stopping));
            }

            if (plan.Asks("d"))
            {
                report.Add(await new VisibleLatency(cluster).RunAsync(plan.Rounds, stopping));
            }

            if (plan.Asks("h"))
            {
                report.Add(await new OnlineLatency(cluster).RunAsync(plan.Rounds, stopping));
            }

            if (plan.Asks("e"))
            {
                report.Add(await RestoreTime.RunAsync(cluster, plan.Rounds, stopping));
            }

            if (plan.Asks("i"))
            {
                report.Add(await new SharedAllowanceCost(cluster, plan.Records).RunAsync(plan.Rounds, stopping));
            }
        }
    }

    /// <summary>What was asked for.</summary>
    private sealed record BenchPlan(string Questions, int Rounds, long Records, int MostSubscribers)
    {
        public bool Asks(string any) => any.Any(Questions.Contains);
    }
}
