using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Tool;

namespace BelgiCom.Streaming.Bench;

/// <summary>
/// (h) How long does an SMF wait for quota? A client in a process of its own sends 2,000 requests a second over HTTP/2, by plan (<see
/// cref="SmfClient"/>), to the rating worker as it ships; each answer comes after its commit. Then what was reported is compared with what
/// was rated.
/// </summary>
internal sealed class OnlineLatency(FilledCluster cluster)
{
    /// <summary>Verb of the program that is the client.</summary>
    public const string ClientVerb = "smf";

    private const int Customers = 1000;
    private const int SessionsOfEach = 4;
    private const int PerSecond = 2000;
    private const int Seconds = 10;
    private const int Lanes = 2;
    private static readonly string[] Units =
        ["ms p50", "ms p95", "ms p99", "ms max", "answers/s", "ms sent late p99", "sent again", "refused"];

    public async Task<Findings> RunAsync(int rounds, CancellationToken stopping)
    {
        await cluster.ForgetRatingAsync(goToEnd: true);
        string keys = Directory.CreateTempSubdirectory("belgicom-bench-keys-").FullName;
        try
        {
            await new OnlineCustomers(Customers, keys).PublishAsync(cluster, stopping);
            Uri url = FreeAddress();
            await using WatchedRating host = await WatchedRating.StartAsync(
                cluster, Lanes, (_, _, _) => { }, stopping, new Dictionary<string, string?>
                {
                    ["Rating:Online:Url"] = url.ToString(),
                    ["Keys:Directory"] = keys,
                });
            string question = $"h {cluster.Name}";
            long reported = 0;
            IReadOnlyList<Series[]> results = await Rounds.RunAsync(
                question,
                rounds,
                [new Contender($"{PerSecond:N0} requests/s, {Customers * SessionsOfEach:N0} sessions", Units, async token =>
                {
                    SmfResult result = await AskAsync(new SmfPlan(url, Customers, SessionsOfEach, PerSecond, Seconds), token);
                    reported += result.Octets;
                    return
                    [
                        result.Median, result.At95, result.At99, result.Most, result.PerSecond, result.SentLate, result.Retries,
                        result.Refusals.Values.Sum(),
                    ];
                })],
                stopping);
            long rated = Rated();
            return new Findings(
                [.. results[0], new Series(question, "octets reported / rated", "octets", [reported, rated])],
                [
                    Ratio.Against(question, "p99 of an answer, ms / 20 ms", results[0][2], 20, 1, atMost: true),
                    Ratio.Against(question, "p50 of an answer, ms / 4 ms", results[0][0], 4, 1, atMost: true),
                    new Ratio(question, "octets rated / reported", reported == rated ? 1 : (double)rated / reported, 1),
                ]);
        }
        finally
        {
            Directory.Delete(keys, recursive: true);
        }
    }

    private static Uri FreeAddress()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://{listener.LocalEndpoint}");
    }

    private static async Task<SmfResult> AskAsync(SmfPlan plan, CancellationToken stopping)
    {
        ProcessStartInfo start = SisterProgram.In(
            AppContext.BaseDirectory, typeof(OnlineLatency).Assembly.GetName().Name!, ClientVerb, JsonSerializer.Serialize(plan));
        start.RedirectStandardOutput = true;
        using Process client = Process.Start(start)!;
        string answer = await client.StandardOutput.ReadToEndAsync(stopping);
        await client.WaitForExitAsync(stopping);
        return client.ExitCode == WorkerHost.ExitDone
            ? JsonSerializer.Deserialize<SmfResult>(answer)!
            : throw new ToolException(WorkerHost.ExitFailed, "the client of online charging failed");
    }

    /// <summary>Octets of the usage that was rated, each id once.</summary>
    private long Rated()
    {
        long octets = 0;
        HashSet<UsageId> ids = [];
        using TopicReader reader = new(cluster.Kafka, new ConsumerOptions(), TimeProvider.System);
        reader.Read(
            reader.RangesOf([.. FilledCluster.PartitionsOf(Topics.UsageRated)]),
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    if (UsageRatedView.TryRead(batch[index].Value[WireFormat.HeaderSize..], out UsageRatedView rated)
                        && ids.Add(rated.UsageId))
                    {
                        octets += rated.TotalOctets;
                    }
                }
            },
            CancellationToken.None);
        return octets;
    }
}
