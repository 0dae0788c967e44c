using System.Buffers.Binary;
using System.Diagnostics;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Tool.Bench;

/// <summary>(e) How long does a lane need until it has the balances of a million subscribers back from rating.state.v1?</summary>
internal static class RestoreBench
{
    private const int Balances = 500_000;
    private const double Million = 1_000_000;
    private static readonly string[] Units = ["s per million subscribers"];

    public static async Task<IReadOnlyList<Series>> RunAsync(BenchCluster cluster, int rounds, CancellationToken stopping)
    {
        await cluster.ForgetRatingAsync(goToEnd: true);
        Fill(cluster, stopping);
        var results = await Rounds.RunAsync($"e {cluster.Name}", rounds, [new Contender("restore by 1 lane", Units, token => RestoreAsync(cluster, token))], stopping);
        return [results[0][0] with { Note = $"{Balances:N0} balances in {BenchCluster.Partitions} partitions" }];
    }

    private static async Task<double[]> RestoreAsync(BenchCluster cluster, CancellationToken stopping)
    {
        TaskCompletionSource<TimeSpan> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long started = 0;
        long restored = 0;
        await using var host = await RatingHost.StartAsync(cluster, lanes: 1, Notice, stopping);
        await host.UntilAsync(done.Task, stopping);
        return [(await done.Task).TotalSeconds / (Balances / Million)];

        // One lane, so these come from one thread.
        void Notice(string instrument, long value, string? outcome)
        {
            if (instrument == "belgicom_rating_restore_pending_records" && started == 0)
            {
                started = Stopwatch.GetTimestamp();
            }
            else if (instrument == "belgicom_rating_restored_records_total" && (restored += value) >= Balances)
            {
                done.TrySetResult(Stopwatch.GetElapsedTime(started));
            }
        }
    }

    private static void Fill(BenchCluster cluster, CancellationToken stopping)
    {
        var key = new byte[SubscriberRef.Size + sizeof(int)];
        var value = new byte[1024];
        var monthStart = (int)(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds() / 86_400);
        WireFormat.WriteHeader(value, cluster.SchemaId(Topics.RatingState));
        cluster.Send(
            Balances,
            (number, output) =>
            {
                var subscriber = BenchUsage.Subscriber((int)number);
                subscriber.CopyTo(key);
                BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(SubscriberRef.Size), monthStart);
                RatingStateView state = new()
                {
                    HasBalance = true,
                    Balance = new SubscriberBalanceView { SubscriberRef = subscriber, PeriodStartDays = monthStart, BundleOctetsUsed = 5L << 30, PeriodSpendNanos = 12_345_678_901 },
                };
                var octets = WireFormat.HeaderSize + state.Write(value.AsSpan(WireFormat.HeaderSize));
                output.Produce(Topics.RatingState, (int)(number % BenchCluster.Partitions), key, value.AsSpan(0, octets));
            },
            stopping);
    }
}
