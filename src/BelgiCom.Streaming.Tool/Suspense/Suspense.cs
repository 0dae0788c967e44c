using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Tool;

/// <summary>What a recycling did.</summary>
/// <param name="Recycled">Events sent to rating once more.</param>
/// <param name="Unreadable">Events that were meant and still cannot be read; they go on waiting.</param>
internal readonly record struct RecycleCount(long Recycled, long Unreadable);

/// <summary>
/// The usage that waits on usage.rejected.v1 until its subscription, tariff or schema is there. The topic itself says what waits: a
/// SUSPENDED record does, until a RECYCLED record names its offset. Recycling writes that record and the usage in one transaction, so usage
/// is sent to rating once, whatever was meant, whenever this process is killed. A place in a group could not say that, because recycling
/// of one reason leaves the others where they are.
/// </summary>
internal sealed class Suspense : IDisposable
{
    /// <summary>Transactional id of everybody who recycles, so that the next one fences the one before.</summary>
    private const string TransactionalId = "suspense";

    private static readonly byte[] RejectedTopic = Encoding.UTF8.GetBytes(Topics.UsageRejected);
    private static readonly byte[] Detail = "Sent to usage.received.v1 once more, to be rated."u8.ToArray();

    private readonly KafkaRoles _kafka;
    private readonly TopicReader _reader;
    private readonly EventTopic<UsageReceivedView> _received;
    private readonly EventTopic<UsageRejectedView> _rejected;

    private Suspense(KafkaRoles kafka, EventTopic<UsageReceivedView> received, EventTopic<UsageRejectedView> rejected)
    {
        _kafka = kafka;
        _received = received;
        _rejected = rejected;
        _reader = new TopicReader(kafka.Clients, kafka.Consumer, TimeProvider.System);
    }

    /// <exception cref="SchemaRegistryException">A schema is not registered, or the registry does not answer.</exception>
    public static async Task<Suspense> OpenAsync(KafkaRoles kafka, ISchemaRegistry registry, CancellationToken cancellationToken) => new(
        kafka,
        await EventTopic.OpenAsync<UsageReceivedView>(Topics.UsageReceived, registry, cancellationToken),
        await EventTopic.OpenAsync<UsageRejectedView>(Topics.UsageRejected, registry, cancellationToken));

    /// <summary>What waits, from every run, by reason and file.</summary>
    /// <exception cref="UnreadableRecordException">A record on the topic cannot be read: what it ends is not known.</exception>
    public IReadOnlyList<SuspendedUsage> List(SuspenseFilter filter, CancellationToken cancellationToken)
    {
        Dictionary<(RejectedReason Reason, string File), SuspendedUsage> groups = [];
        ReadWaiting(
            filter,
            (batch, waiting) =>
            {
                foreach (int index in waiting)
                {
                    ConsumedRecord record = batch[index];
                    UsageRejectedView suspended = Read(in record);
                    (RejectedReason Reason, string File) key = (suspended.Reason, FileOf(in suspended));
                    if (!groups.TryGetValue(key, out SuspendedUsage? group))
                    {
                        group = new SuspendedUsage(key.Reason, key.File);
                        groups.Add(key, group);
                    }

                    group.Add(suspended.EventTimeMilliseconds, record.TimestampMilliseconds);
                }
            },
            cancellationToken);
        return [.. groups.Values.OrderBy(group => group.Reason).ThenBy(group => group.File, StringComparer.Ordinal)];
    }

    /// <summary>Sends what waits to rating once more.</summary>
    /// <exception cref="UnreadableRecordException">A record on the topic cannot be read: what it ends is not known.</exception>
    /// <exception cref="ClientFailedException">Somebody else recycles, or the brokers are away.</exception>
    public RecycleCount Recycle(SuspenseFilter filter, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        using TransactionalSender sender = TransactionalSender.OnlyOne(
            _kafka.Clients, _kafka.Transactions, TransactionalId, TimeProvider.System, loggers.CreateLogger<TransactionalSender>());
        long recycled = 0;
        while (true)
        {
            // Nothing of a predecessor can become visible after this, so what is read now is what waits.
            sender.Settle(cancellationToken);
            (RecycleCount count, bool isKnown) = RecycleOnce(filter, sender, cancellationToken);
            recycled += count.Recycled;
            if (isKnown)
            {
                return count with { Recycled = recycled };
            }
        }
    }

    /// <summary>Closes the client.</summary>
    public void Dispose() => _reader.Dispose();

    private (RecycleCount Count, bool IsKnown) RecycleOnce(
        SuspenseFilter filter, TransactionalSender sender, CancellationToken cancellationToken)
    {
        RecycleCount done = default;
        bool isKnown = true;
        ReadWaiting(
            filter,
            (batch, waiting) =>
            {
                RecycleCount chunk = default;
                isKnown = isKnown && sender.TrySend(output => chunk = Send(batch, waiting, output), cancellationToken);
                if (isKnown)
                {
                    done = new RecycleCount(done.Recycled + chunk.Recycled, done.Unreadable + chunk.Unreadable);
                }
            },
            cancellationToken);
        return (done, isKnown);
    }

    /// <summary>Produces the usage, and the records that end its waiting.</summary>
    private RecycleCount Send(RecordBatch batch, IReadOnlyList<int> waiting, TransactionalOutput output)
    {
        long recycled = 0;
        foreach (int index in waiting)
        {
            ConsumedRecord record = batch[index];
            UsageRejectedView suspended = Read(in record);
            if (!TryReadOriginal(in suspended, out UsageReceivedView usage))
            {
                continue;
            }

            recycled++;
            UsageHistoryView history = usage.History;
            history.SuspendedFor = Encoding.UTF8.GetBytes(SuspenseFilter.NameOf(suspended.Reason));
            usage.HasHistory = true;
            usage.History = history;
            output.Produce(Topics.UsageReceived, suspended.ReceivedPartition, record.Key, _received.Write(in usage));
            UsageRejectedView end = new()
            {
                UsageId = suspended.UsageId,
                SubscriberRef = suspended.SubscriberRef,
                Outcome = RejectedOutcome.Recycled,
                Reason = suspended.Reason,
                Detail = Detail,
                EventTimeMilliseconds = suspended.EventTimeMilliseconds,
                ReceivedTopic = RejectedTopic,
                ReceivedPartition = record.Partition,
                ReceivedOffset = record.Offset,
            };
            output.Produce(Topics.UsageRejected, record.Partition, record.Key, _rejected.Write(in end));
        }

        return new RecycleCount(recycled, waiting.Count - recycled);
    }

    /// <summary>
    /// Reads the topic to its present end twice: first what was recycled, then what still waits. The memory is that of the recycled
    /// offsets.
    /// </summary>
    /// <param name="filter">Which usage is meant.</param>
    /// <param name="handle">Takes batches and the places in them of the usage that waits and is meant; at least one.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private void ReadWaiting(SuspenseFilter filter, Action<RecordBatch, IReadOnlyList<int>> handle, CancellationToken cancellationToken)
    {
        IReadOnlyList<PartitionRange> ranges = _reader.RangesOf(Topics.UsageRejected);
        HashSet<(int Partition, long Offset)> recycled = [];
        ReadRecycled(ranges, recycled, cancellationToken);
        List<int> waiting = [];
        _reader.Read(
            ranges,
            batch =>
            {
                waiting.Clear();
                for (int index = 0; index < batch.Count; index++)
                {
                    ConsumedRecord record = batch[index];
                    UsageRejectedView rejected = Read(in record);
                    if (rejected.Outcome == RejectedOutcome.Suspended
                        && !recycled.Contains((record.Partition, record.Offset))
                        && filter.Means(rejected.Reason, filter.Files.Count == 0 ? "" : FileOf(in rejected)))
                    {
                        waiting.Add(index);
                    }
                }

                if (waiting.Count > 0)
                {
                    handle(batch, waiting);
                }
            },
            cancellationToken);
    }

    private void ReadRecycled(
        IReadOnlyList<PartitionRange> ranges, HashSet<(int Partition, long Offset)> recycled, CancellationToken cancellationToken) =>
        _reader.Read(
            ranges,
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    ConsumedRecord record = batch[index];
                    UsageRejectedView rejected = Read(in record);
                    if (rejected.Outcome == RejectedOutcome.Recycled)
                    {
                        recycled.Add((record.Partition, rejected.ReceivedOffset));
                    }
                }
            },
            cancellationToken);

    private UsageRejectedView Read(in ConsumedRecord record) => _rejected.TryRead(record.Value, out UsageRejectedView rejected)
        ? rejected
        : throw new UnreadableRecordException(record.Topic, record.Partition, record.Offset);

    private string FileOf(scoped in UsageRejectedView suspended) =>
        TryReadOriginal(in suspended, out UsageReceivedView usage) ? Encoding.UTF8.GetString(usage.FileName) : "";

    /// <summary>
    /// Reads the usage as it came; false when its schema is still not known, or when it was too long to be copied whole.
    /// </summary>
    private bool TryReadOriginal(scoped in UsageRejectedView suspended, out UsageReceivedView usage)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(suspended.Original, hash);
        usage = default;
        return hash.SequenceEqual(suspended.OriginalHash) && _received.TryRead(suspended.Original, out usage);
    }
}
