using System.Diagnostics;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Tool.Bench;

/// <summary>
/// (d) How long from usage in to rated usage that a read_committed consumer has in hand, at half of the maximum load and during a surge? Open loop: each event has its
/// moment by plan, and its latency counts from there, whether or not the sender was late; so a stall is seen by all events that should have come meanwhile.
/// </summary>
internal sealed class LatencyBench(BenchCluster cluster, double eventsPerSecond)
{
    private const int Lanes = 2;
    private const double SurgeFactor = 2.5;
    private static readonly string[] Percentiles = ["ms p50", "ms p99", "ms max"];
    private static readonly TimeSpan VisibleLimit = TimeSpan.FromSeconds(60);

    // The surge is followed by the load from before, in which it must drain.
    private static readonly (double Seconds, double Factor)[] Phases = [(4, 1), (1, SurgeFactor), (3, 1)];

    private readonly List<long> _planned = [];
    private readonly Lock _lock = new();
    private IReadOnlyDictionary<TopicPartition, long> _ends = new Dictionary<TopicPartition, long>();
    private long[] _seen = [];
    private long _seenCount;

    public async Task<(IReadOnlyList<Series> Series, IReadOnlyList<Ratio> Ratios)> RunAsync(int rounds, CancellationToken stopping)
    {
        await cluster.ForgetRatingAsync(goToEnd: true);
        var events = (int)Phases.Sum(phase => phase.Seconds * phase.Factor * eventsPerSecond);
        _seen = new long[(rounds + 1) * (events + Phases.Length)];
        using CancellationTokenSource stopReading = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        TaskCompletionSource assigned = new();
        await using var host = await RatingHost.StartAsync(cluster, Lanes, (_, _, _) => { }, stopping);
        using (TopicReader reader = new(cluster.Kafka, TimeProvider.System))
        {
            _ends = reader.EndsOf([.. BenchCluster.PartitionsOf(Topics.UsageRated)]);
        }

        // A batch that waits to be full would add its wait to what is measured.
        KafkaOptions atOnce = new() { BootstrapServers = cluster.Kafka.BootstrapServers, InstanceId = cluster.Kafka.InstanceId, BatchMaxAge = TimeSpan.FromMilliseconds(1) };
        ConsumerLoop consumer = new(atOnce, "bench-arrivals", [Topics.UsageRated], new Arrivals(this, assigned), TimeProvider.System, NullLogger<ConsumerLoop>.Instance);
        var reading = consumer.RunAsync(stopReading.Token);
        await assigned.Task.WaitAsync(stopping);
        var usage = cluster.Usage(stream: 2);
        using var producer = new ProducerBuilder<byte[], byte[]>(SenderConfig()).SetLogHandler((_, _) => { }).Build();
        var question = $"d {cluster.Name}";
        var results = await Rounds.RunAsync(
            question,
            rounds,
            [new Contender(
                "half load and surge",
                [.. Percentiles, .. Percentiles],
                token => Task.Factory.StartNew(() => Measure(producer, usage, token), token, TaskCreationOptions.LongRunning, TaskScheduler.Default))],
            stopping);
        await stopReading.CancelAsync();
        await reading;
        Series[] half = [.. results[0].Take(Percentiles.Length).Select(series => series with { Contender = $"half load, {eventsPerSecond:N0} events/s" })];
        Series[] surge = [.. results[0].Skip(Percentiles.Length).Select(series => series with { Contender = $"surge, {eventsPerSecond * SurgeFactor:N0} events/s for {Phases[1].Seconds} s, and its drain" })];
        return ([.. half, .. surge], [Ratio.Against(question, "p99 in to visible at half load, ms / 250 ms", half[1], 250, 1, atMost: true)]);
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

    /// <summary>One round: sends all phases by plan, waits until everything is visible.</summary>
    private double[] Measure(IProducer<byte[], byte[]> producer, BenchUsage usage, CancellationToken stopping)
    {
        var first = _planned.Count;
        List<int> ends = [];
        var phaseStart = Stopwatch.GetTimestamp();
        foreach (var (seconds, factor) in Phases)
        {
            Send(producer, usage, phaseStart, (int)(seconds * factor * eventsPerSecond), seconds, stopping);
            phaseStart += (long)(seconds * Stopwatch.Frequency);
            ends.Add(_planned.Count);
        }

        var waiting = Stopwatch.GetTimestamp();
        while (Interlocked.Read(ref _seenCount) < _planned.Count)
        {
            if (Stopwatch.GetElapsedTime(waiting) > VisibleLimit)
            {
                throw new TimeoutException($"{_planned.Count - Interlocked.Read(ref _seenCount):N0} events were not visible after {VisibleLimit}");
            }

            stopping.WaitHandle.WaitOne(10);
            stopping.ThrowIfCancellationRequested();
        }

        return [.. Latencies(first, ends[0]), .. Latencies(ends[0], ends[^1])];
    }

    private void Send(IProducer<byte[], byte[]> producer, BenchUsage usage, long start, int events, double seconds, CancellationToken stopping)
    {
        var interval = seconds * Stopwatch.Frequency / events;
        for (var sent = 0; sent < events;)
        {
            stopping.ThrowIfCancellationRequested();
            var due = Math.Min(events, (int)((Stopwatch.GetTimestamp() - start) / interval));
            for (; sent < due; sent++)
            {
                var number = _planned.Count;
                _planned.Add(start + (long)(sent * interval));
                var value = usage.Value(number);
                producer.Produce(Topics.UsageReceived, new Message<byte[], byte[]> { Key = BenchUsage.KeyOf(value).ToArray(), Value = value });
            }

            Thread.Sleep(1);
        }
    }

    private double[] Latencies(int from, int to)
    {
        var milliseconds = new double[to - from];
        lock (_lock)
        {
            for (var number = from; number < to; number++)
            {
                milliseconds[number - from] = Stopwatch.GetElapsedTime(_planned[number], _seen[number]).TotalMilliseconds;
            }
        }

        Array.Sort(milliseconds);
        return [milliseconds[milliseconds.Length / 2], milliseconds[(int)(milliseconds.Length * 0.99)], milliseconds[^1]];
    }

    /// <summary>A sink that notes when it has a rated record in hand. It reads native batches: the stock client would take a quarter of the processors away.</summary>
    private sealed class Arrivals(LatencyBench bench, TaskCompletionSource assigned) : IBatchHandler
    {
        public long? StartOffset(TopicPartition partition) => bench._ends[partition];

        public void Assigned(IReadOnlyList<TopicPartition> partitions) => assigned.TrySetResult();

        public void Handle(RecordBatch batch)
        {
            var now = Stopwatch.GetTimestamp();
            lock (bench._lock)
            {
                for (var i = 0; i < batch.Count; i++)
                {
                    if (UsageRatedView.TryRead(batch[i].Value[WireFormat.HeaderSize..], out var rated))
                    {
                        bench._seen[BenchUsage.NumberOf(rated.UsageId)] = now;
                        bench._seenCount++;
                    }
                }
            }
        }
    }
}
