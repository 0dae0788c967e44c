using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>What publishing did.</summary>
/// <param name="Written">Records written: new or changed.</param>
/// <param name="Unchanged">Records that the topic held already and that stayed as they are.</param>
public sealed record PublishResult(long Written, long Unchanged);

/// <summary>
/// Publishes reference data to its topic, in transactions, and writes only what the topic does not hold yet: publishing the same again
/// writes nothing. What a file leaves out stays on the topic, so a subscription is ended by its validTo and not by leaving it out.
/// </summary>
public sealed class ReferencePublisher(
    KafkaOptions kafka, ConsumerOptions consumer, ISchemaRegistry registry, TimeProvider clock, ILoggerFactory loggers)
{
    private const int RecordsPerTransaction = 20_000;

    /// <summary>Publishes offering versions to catalogue.tariffs.v1, keyed by offering and version.</summary>
    /// <exception cref="InputFaultException">A version was published before with other content. Versions never change; add a new
    /// one.</exception>
    public async Task<PublishResult> PublishAsync(IReadOnlyList<OfferingVersion> versions, CancellationToken stopping)
    {
        EventTopic<OfferingVersion> topic = await EventTopic.OpenAsync<OfferingVersion>(Topics.CatalogueTariffs, registry, stopping)
            .ConfigureAwait(false);
        Dictionary<string, byte[]> published = ReadPublished(
            topic, key => Encoding.UTF8.GetString(key), version => version.ContentHash, stopping);
        InputFault[] changed =
        [
            .. versions.Where(
                version => published.TryGetValue(version.Key, out byte[]? hash) && !hash.AsSpan().SequenceEqual(version.ContentHash))
                .Select(version => new InputFault(
                    version.Offering,
                    0,
                    $"version {version.Version} is published already with other content. Usage was rated with it, so it cannot change: "
                    + $"restore it, and add version {version.Version + 1}.")),
        ];
        if (changed.Length > 0)
        {
            throw new InputFaultException(changed);
        }

        OfferingVersion[] fresh = [.. versions.Where(version => !published.ContainsKey(version.Key))];
        Send(
            topic.Name, fresh.Select(version => (Encoding.UTF8.GetBytes(version.Key), topic.Write(version).ToArray())), stopping);
        return new PublishResult(fresh.Length, versions.Count - fresh.Length);
    }

    /// <summary>
    /// Publishes subscriptions to customer.subscriptions.v1, keyed by subscriber reference, so that they are co-partitioned with usage.
    /// </summary>
    /// <param name="subscriptions">Subscriptions, one a subscriber.</param>
    /// <param name="overwrite">Whether a subscription that differs from the published one replaces it; if not, the published one
    /// stays.</param>
    /// <param name="stopping">Stops.</param>
    public async Task<PublishResult> PublishAsync(IEnumerable<Subscription> subscriptions, bool overwrite, CancellationToken stopping)
    {
        EventTopic<Subscription> topic = await EventTopic.OpenAsync<Subscription>(Topics.CustomerSubscriptions, registry, stopping)
            .ConfigureAwait(false);
        // A record of an older release counts as equal when we would write the same content today.
        Dictionary<SubscriberRef, ulong> published = ReadPublished(
            topic, key => SubscriberRef.FromBytes(key), subscription => HashOf(topic.Write(subscription)), stopping);
        long written = 0;
        long unchanged = 0;
        Send(topic.Name, Changed(), stopping);
        return new PublishResult(written, unchanged);

        IEnumerable<(byte[] Key, byte[] Value)> Changed()
        {
            foreach (Subscription subscription in subscriptions)
            {
                byte[] value = topic.Write(subscription).ToArray();
                if (published.TryGetValue(subscription.SubscriberRef, out ulong hash) && (!overwrite || hash == HashOf(value)))
                {
                    unchanged++;
                    continue;
                }

                written++;
                yield return (subscription.SubscriberRef.ToByteArray(), value);
            }
        }
    }

    /// <summary>
    /// Half of a SHA-256. It must be that long, because a change would be lost if two different subscriptions looked alike.
    /// </summary>
    private static ulong HashOf(ReadOnlySpan<byte> value)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(value, hash);
        return BitConverter.ToUInt64(hash);
    }

    /// <summary>What the topic holds by now: a hash of the newest value of each key.</summary>
    private Dictionary<TKey, THash> ReadPublished<TKey, THash, TValue>(
        EventTopic<TValue> topic, Func<ReadOnlySpan<byte>, TKey> keyOf, Func<TValue, THash> hashOf, CancellationToken stopping)
        where TKey : notnull
        where TValue : IAvroRecord<TValue>
    {
        Dictionary<TKey, THash> published = [];
        using TopicReader reader = new(kafka, consumer, clock);
        reader.Read(reader.RangesOf(topic.Name), Take, stopping);
        return published;

        void Take(RecordBatch batch)
        {
            for (int index = 0; index < batch.Count; index++)
            {
                ConsumedRecord record = batch[index];
                TKey key = keyOf(record.Key);
                if (record.IsTombstone)
                {
                    published.Remove(key);
                }
                else
                {
                    published[key] = topic.TryRead(record.Value, out TValue? value)
                        ? hashOf(value)
                        : throw new UnreadableRecordException(record.Topic, record.Partition, record.Offset);
                }
            }
        }
    }

    private void Send(string topic, IEnumerable<(byte[] Key, byte[] Value)> records, CancellationToken stopping)
    {
        using TransactionalSender sender = new(
            kafka, new TransactionOptions(), $"reference-{topic}", clock, loggers.CreateLogger<TransactionalSender>());
        foreach ((byte[] Key, byte[] Value)[] chunk in records.Chunk(RecordsPerTransaction))
        {
            // It is safe to send a chunk again: the topics are compacted, so the same record twice is one.
            sender.Send(output => Produce(output, topic, chunk), stopping);
        }
    }

    private static void Produce(TransactionalOutput output, string topic, (byte[] Key, byte[] Value)[] chunk)
    {
        foreach ((byte[] key, byte[] value) in chunk)
        {
            output.Produce(topic, partition: null, key, value);
        }
    }
}
