using System.Diagnostics;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Bench;

/// <summary>
/// (d) How long does it take from usage in to rated usage that a read_committed consumer has in hand, at half of the maximum load and
/// during a surge? The maximum is that of the same arrangement, in which sender, rating, reader and broker share the processors. Open loop:
/// each event has a planned moment, and its latency counts from there, whether or not the sender was late; so a stall counts for all events
/// that should have come meanwhile.
/// </summary>
internal sealed class VisibleLatency(FilledCluster cluster)
{
    // The first third of the events that measure the maximum does not count; at most this many events are on their way.
    private const int MaximumEvents = 1_500_000;
    private const int MostOnTheirWay = 100_000;

    private const int Lanes = 2;
    private const double SurgeFactor = 2.5;
    private static readonly string[] Percentiles = ["ms p50", "ms p99", "ms max"];
    private static readonly TimeSpan VisibleLimit = TimeSpan.FromSeconds(60);

    // The surge is followed by the load from before, in which it must drain.
    private static readonly (double Seconds, double Factor)[] Phases = [(4, 1), (1, SurgeFactor), (3, 1)];

    private readonly List<long> _planned = [];
    private readonly Lock _lock = new();
    private IReadOnlyDictionary<TopicPartition, long> _ends = new Dictionary<TopicPartition, long>();
    private long[] _seen = new long[MaximumEvents];
    private long _seenCount;

    public async Task<Findings> RunAsync(int rounds, CancellationToken stopping)
    {
        await cluster.ForgetRatingAsync(goToEnd: true);
        using CancellationTokenSource stopReading = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        TaskCompletionSource assigned = new();
        await using WatchedRating host = await WatchedRating.StartAsync(cluster, Lanes, (_, _, _) => { }, stopping);
        using (TopicReader reader = new(cluster.Kafka, new ConsumerOptions(), TimeProvider.System))
        {
            _ends = reader.EndsOf([.. FilledCluster.PartitionsOf(Topics.UsageRated)]);
        }

        // A batch that waited to be full would add that wait to the measured latency.
        ConsumerOptions atOnce = new() { BatchMaxAge = TimeSpan.FromMilliseconds(1) };
        EventTopic<UsageRatedView> rated = await cluster.OpenAsync<UsageRatedView>(Topics.UsageRated, stopping);
        GroupHost consumer = GroupHost.OfSink(
            cluster.Kafka, atOnce, "bench-arrivals", [rated.Name], new Arrivals(this, rated, assigned), TimeProvider.System,
            NullLogger<GroupHost>.Instance);
        Task reading = consumer.RunAsync(stopReading.Token);
        await assigned.Task.WaitAsync(stopping);
        UsageLoad usage = await cluster.UsageAsync(stream: 2, stopping);
        using IProducer<byte[], byte[]> producer = KafkaClients.Producer(SenderConfig(), "bench", NullLogger.Instance);
        double eventsPerSecond = await OnThread(() => Maximum(producer, usage, stopping), stopping) / 2;
        int events = (int)Phases.Sum(phase => phase.Seconds * phase.Factor * eventsPerSecond) + Phases.Length;
        lock (_lock)
        {
            Array.Resize(ref _seen, MaximumEvents + ((rounds + 1) * events));
        }

        string question = $"d {cluster.Name}";
        IReadOnlyList<Series[]> results = await Rounds.RunAsync(
            question,
            rounds,
            [new Contender(
                "half load and surge",
                [.. Percentiles, .. Percentiles],
                token => OnThread(() => Measure(producer, usage, eventsPerSecond, token), token))],
            stopping);
        await stopReading.CancelAsync();
        await reading;
        Series[] half = [
            .. results[0].Take(Percentiles.Length)
                .Select(series => series with { Contender = $"half load, {eventsPerSecond:N0} events/s" })];
        Series[] surge = [
            .. results[0].Skip(Percentiles.Length)
                .Select(series =>
                    series with
                    {
                        Contender = $"surge, {eventsPerSecond * SurgeFactor:N0} events/s for {Phases[1].Seconds} s, and its drain",
                    })];
        return new Findings(
            [.. half, .. surge], [Ratio.Against(question, "p99 in to visible at half load, ms / 250 ms", half[1], 250, 1, atMost: true)]);
    }

    private ProducerConfig SenderConfig() => new()
    {
        BootstrapServers = cluster.Kafka.BootstrapServers,
        EnableIdempotence = true,
        Acks = Acks.All,
        Partitioner = Partitioner.Murmur2Random,
        CompressionType = CompressionType.Lz4,
        LingerMs = 5,
        EnableDeliveryReports = false,
        QueueBufferingMaxMessages = 2_000_000,
    };

    /// <summary>The client's calls block.</summary>
    private static Task<T> OnThread<T>(Func<T> work, CancellationToken stopping) =>
        Task.Factory.StartNew(work, stopping, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>How many events a second become visible when the sender has always some on their way.</summary>
    private double Maximum(IProducer<byte[], byte[]> producer, UsageLoad usage, CancellationToken stopping)
    {
        while (_planned.Count < MaximumEvents)
        {
            if (_planned.Count - Interlocked.Read(ref _seenCount) < MostOnTheirWay)
            {
                SendNext(producer, usage, Stopwatch.GetTimestamp());
            }
            else
            {
                stopping.WaitHandle.WaitOne(1);
                stopping.ThrowIfCancellationRequested();
            }
        }

        UntilVisible(stopping);
        long[] seen = _seen[..MaximumEvents];
        Array.Sort(seen);
        const int First = MaximumEvents / 3;
        return (MaximumEvents - First) / Stopwatch.GetElapsedTime(seen[First], seen[^1]).TotalSeconds;
    }

    /// <summary>One round: sends all phases by plan, waits until everything is visible.</summary>
    private double[] Measure(IProducer<byte[], byte[]> producer, UsageLoad usage, double eventsPerSecond, CancellationToken stopping)
    {
        int first = _planned.Count;
        List<int> ends = [];
        long phaseStart = Stopwatch.GetTimestamp();
        foreach ((double seconds, double factor) in Phases)
        {
            Send(producer, usage, phaseStart, (int)(seconds * factor * eventsPerSecond), seconds, stopping);
            phaseStart += (long)(seconds * Stopwatch.Frequency);
            ends.Add(_planned.Count);
        }

        UntilVisible(stopping);
        return [.. Latencies(first, ends[0]), .. Latencies(ends[0], ends[^1])];
    }

    private void UntilVisible(CancellationToken stopping)
    {
        long waiting = Stopwatch.GetTimestamp();
        while (Interlocked.Read(ref _seenCount) < _planned.Count)
        {
            if (Stopwatch.GetElapsedTime(waiting) > VisibleLimit)
            {
                throw new TimeoutException(
                    $"{_planned.Count - Interlocked.Read(ref _seenCount):N0} events were not visible after {VisibleLimit}");
            }

            stopping.WaitHandle.WaitOne(10);
            stopping.ThrowIfCancellationRequested();
        }
    }

    private void Send(
        IProducer<byte[], byte[]> producer, UsageLoad usage, long start, int events, double seconds, CancellationToken stopping)
    {
        double interval = seconds * Stopwatch.Frequency / events;
        for (int sent = 0; sent < events;)
        {
            stopping.ThrowIfCancellationRequested();
            int due = Math.Min(events, (int)((Stopwatch.GetTimestamp() - start) / interval));
            for (; sent < due; sent++)
            {
                SendNext(producer, usage, start + (long)(sent * interval));
            }

            Thread.Sleep(1);
        }
    }

    private void SendNext(IProducer<byte[], byte[]> producer, UsageLoad usage, long planned)
    {
        byte[] value = usage.Value(_planned.Count);
        _planned.Add(planned);
        producer.Produce(Topics.UsageReceived, new Message<byte[], byte[]> { Key = UsageLoad.KeyOf(value).ToArray(), Value = value });
    }

    private double[] Latencies(int from, int to)
    {
        double[] milliseconds = new double[to - from];
        lock (_lock)
        {
            for (int number = from; number < to; number++)
            {
                milliseconds[number - from] = Stopwatch.GetElapsedTime(_planned[number], _seen[number]).TotalMilliseconds;
            }
        }

        Array.Sort(milliseconds);
        return [milliseconds[milliseconds.Length / 2], milliseconds[(int)(milliseconds.Length * 0.99)], milliseconds[^1]];
    }

    /// <summary>
    /// A sink that notes when it has a rated record in hand. It reads native batches: the stock client would take a quarter of the
    /// processors away.
    /// </summary>
    private sealed class Arrivals(VisibleLatency bench, EventTopic<UsageRatedView> topic, TaskCompletionSource assigned) : ISinkBatchHandler
    {
        public long? StartOffset(AssignedLog log) => bench._ends[log.Partition];

        public void Assigned(IReadOnlyList<TopicPartition> partitions) => assigned.TrySetResult();

        public void Handle(RecordBatch batch)
        {
            long now = Stopwatch.GetTimestamp();
            lock (bench._lock)
            {
                for (int i = 0; i < batch.Count; i++)
                {
                    if (topic.TryRead(batch[i].Value, out UsageRatedView rated))
                    {
                        bench._seen[UsageLoad.NumberOf(rated.UsageId)] = now;
                        bench._seenCount++;
                    }
                }
            }
        }
    }
}
