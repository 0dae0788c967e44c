using System.Collections.Concurrent;
using System.Diagnostics;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// A committed reader of usage.rated.v1 that reads while the fault goes on, as billing does. What it saw must be what is there in the end:
/// nothing that was undone, nothing twice, nothing missing, in the same order.
/// </summary>
internal sealed class ConcurrentReader : IAsyncDisposable
{
    private static readonly TimeSpan PollWait = TimeSpan.FromMilliseconds(50);

    // A reader that gets nothing for so long has stopped, or nothing more is there; the test then names what it did not see.
    private static readonly TimeSpan Standstill = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<RatedLine> _seen = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private long _lastSeen = Stopwatch.GetTimestamp();
    private volatile string _lastError = "none";

    private ConcurrentReader(KafkaOptions kafka) => _reading = Task.Factory.StartNew(
        () => Read(kafka), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public static ConcurrentReader Start(RatingPlatform platform) => new(platform.Kafka);

    /// <summary>Waits for the last record and compares what was seen with what is there.</summary>
    public async Task AssertSawAsync(TopicContents contents)
    {
        Interlocked.Exchange(ref _lastSeen, Stopwatch.GetTimestamp());
        await Wait.UntilAsync(() =>
            _reading.IsCompleted || _seen.Count >= contents.Rated.Count
                || Stopwatch.GetElapsedTime(Interlocked.Read(ref _lastSeen)) > Standstill,
            $"the reader that goes along to see {contents.Rated.Count} records");
        await StopAsync();
        IReadOnlyList<Finding> findings = Compare([.. _seen], contents.Rated);
        Assert.True(findings.Count == 0, $"{string.Join('\n', findings.Take(20))}\nlast error of the reader: {_lastError}");
    }

    /// <summary>Compares what was seen with what is there, partition by partition.</summary>
    public static IReadOnlyList<Finding> Compare(IReadOnlyList<RatedLine> seen, IReadOnlyList<RatedLine> there)
    {
        List<Finding> findings = [];
        for (int partition = 0; partition < RatingPlatform.Partitions; partition++)
        {
            RatedLine[] before = [.. seen.Where(line => line.Place.Partition == partition)];
            RatedLine[] after = [.. there.Where(line => line.Place.Partition == partition)];
            int same = before.Zip(after).TakeWhile(pair => pair.First == pair.Second).Count();
            if (same < before.Length || same < after.Length)
            {
                findings.Add(new Finding(
                    FindingKind.Visibility,
                    $"partition {partition}: {before.Length} seen, {after.Length} there, alike up to record {same}"));
            }
        }

        return findings;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _reading;
    }

    private void Read(KafkaOptions kafka)
    {
        using IConsumer<byte[], byte[]> consumer = KafkaClients.Consumer(
            KafkaClients.ReaderConfig(kafka, new ConsumerOptions()), "concurrent reader", NullLogger.Instance);
        consumer.Assign(
            RatingPlatform.PartitionsOf(Topics.UsageRated).Select(partition => new TopicPartitionOffset(partition, Offset.Beginning)));
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (consumer.Consume(PollWait) is { IsPartitionEOF: false } result)
                {
                    _seen.Enqueue(TopicContents.ToLine(UsageRated.Read(result.Message.Value.AsSpan(WireFormat.HeaderSize))));
                    Interlocked.Exchange(ref _lastSeen, Stopwatch.GetTimestamp());
                }
                else
                {
                    consumer.Remind(kafka);
                }
            }
            catch (ConsumeException failure) when (!failure.Error.IsFatal)
            {
                // The broker is away for a while; that is the fault.
                _lastError = $"{failure.Error.Code} at {failure.ConsumerRecord?.TopicPartitionOffset}";
            }
        }
    }
}
