using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Bench;

/// <summary>
/// (e) How long does a lane need until it has the balances of a million subscribers back: from a checkpoint in rating.state.v1 alone, and
/// when two rated records per subscriber were written since, the most that may come before the next checkpoint?
/// </summary>
internal static class RestoreTime
{
    private const int Balances = 500_000;
    private const int RatedPerBalance = 2;
    private const double Million = 1_000_000;
    private static readonly string[] Units = ["s per million subscribers"];

    public static async Task<Findings> RunAsync(FilledCluster cluster, int rounds, CancellationToken stopping)
    {
        await cluster.ForgetRatingAsync(goToEnd: true);
        await FillCheckpointAsync(cluster, stopping);
        Series checkpoint = await MeasureAsync("checkpoint", Balances);
        await FillRatedAsync(cluster, stopping);
        Series withRated = await MeasureAsync(
            $"checkpoint and {RatedPerBalance} rated records per subscriber since", Balances * (1 + RatedPerBalance));
        return new Findings([checkpoint, withRated], []);

        async Task<Series> MeasureAsync(string what, long records)
        {
            Contender lane = new($"restore by 1 lane: {what}", Units, token => RestoreAsync(cluster, records, token));
            IReadOnlyList<Series[]> results = await Rounds.RunAsync($"e {cluster.Name}", rounds, [lane], stopping);
            return results[0][0] with { Note = $"{Balances:N0} balances in {FilledCluster.Partitions} partitions" };
        }
    }

    private static async Task<double[]> RestoreAsync(FilledCluster cluster, long records, CancellationToken stopping)
    {
        TaskCompletionSource<TimeSpan> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long started = 0;
        long restored = 0;
        await using WatchedRating host = await WatchedRating.StartAsync(cluster, lanes: 1, Notice, stopping);
        await host.UntilAsync(done.Task, stopping);
        return [(await done.Task).TotalSeconds / (Balances / Million)];

        // One lane, so these come from one thread.
        void Notice(string instrument, long value, string? outcome)
        {
            if (instrument == "belgicom_rating_restore_pending_records" && started == 0)
            {
                started = Stopwatch.GetTimestamp();
            }
            else if (instrument == "belgicom_rating_restored_records_total" && (restored += value) >= records)
            {
                done.TrySetResult(Stopwatch.GetElapsedTime(started));
            }
        }
    }

    private static async Task FillCheckpointAsync(FilledCluster cluster, CancellationToken stopping)
    {
        byte[] key = new byte[SubscriberRef.Size + sizeof(int)];
        EventTopic<RatingStateView> topic = await cluster.OpenAsync<RatingStateView>(Topics.RatingState, stopping);
        cluster.Send(
            Balances,
            (number, output) =>
            {
                SubscriberRef subscriber = UsageLoad.Subscriber((int)number);
                subscriber.CopyTo(key);
                BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(SubscriberRef.Size), MonthStart);
                RatingStateView state = new()
                {
                    HasBalance = true,
                    Balance = new SubscriberBalanceView
                    {
                        SubscriberRef = subscriber,
                        PeriodStartDays = MonthStart,
                        BundleOctetsUsed = 5L << 30,
                        PeriodSpendNanos = 12_345_678_901,
                    },
                };
                output.Produce(topic.Name, PartitionOf(number), key, topic.Write(in state));
            },
            stopping);
    }

    /// <summary>No mark was written, so restoring reads these from the first on.</summary>
    private static async Task FillRatedAsync(FilledCluster cluster, CancellationToken stopping)
    {
        UsageLoad usage = await cluster.UsageAsync(stream: 3, stopping);
        EventTopic<UsageReceivedView> source = await cluster.OpenAsync<UsageReceivedView>(Topics.UsageReceived, stopping);
        EventTopic<UsageRatedView> topic = await cluster.OpenAsync<UsageRatedView>(Topics.UsageRated, stopping);
        cluster.Send(
            Balances * RatedPerBalance,
            (number, output) =>
            {
                source.TryRead(usage.Value(number), out UsageReceivedView received);
                SubscriberRef subscriber = UsageLoad.Subscriber((int)(number % Balances));
                UsageRatedView rated = new()
                {
                    UsageId = received.UsageId,
                    SubscriberRef = subscriber,
                    Account = Account,
                    Offering = Offering,
                    OfferingVersion = 1,
                    Kind = received.Kind,
                    EventTimeMilliseconds = (MonthStart * 86_400_000L) + number,
                    TotalOctets = received.TotalOctets,
                    ServingPlmn = received.ServingPlmn,
                    PeriodStartDays = MonthStart,
                    BundleOctetsUsed = 5L << 30,
                    PeriodSpendNanos = 12_345_678_901,
                    Source = received.Source,
                    Node = received.Node,
                    FileId = received.FileId,
                    FileName = received.FileName,
                };
                output.Produce(topic.Name, PartitionOf(number % Balances), [], topic.Write(in rated));
            },
            stopping);
    }

    private static int MonthStart { get; } = (int)(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds() / 86_400);

    private static byte[] Account { get; } = Encoding.UTF8.GetBytes(UsageLoad.Account(1));

    private static byte[] Offering { get; } = Encoding.UTF8.GetBytes(UsageLoad.Offering);

    private static int PartitionOf(long number) => (int)(number % FilledCluster.Partitions);
}
