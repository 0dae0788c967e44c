using System.Diagnostics.CodeAnalysis;
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
        Dictionary<string, Published<OfferingVersion>> published = ReadVersions(topic, stopping);
        ThrowIfChanged(versions, published);
        OfferingVersion[] fresh = [.. versions.Where(
            version => !published.TryGetValue(version.Key, out Published<OfferingVersion>? before) || !before.IsReadable)];
        InputFault[] disordered =
        [
            .. fresh.SelectMany(version => published.Values.Select(other => FaultBeside(version, other.Content))).OfType<InputFault>(),
        ];
        if (disordered.Length > 0)
        {
            throw new InputFaultException(disordered);
        }

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
        Dictionary<SubscriberRef, Published<ulong>> published = ReadPublished<SubscriberRef, Subscription, ulong>(
            topic, TryReadKey, (_, _) => true, subscription => HashOf(topic.Write(subscription)), stopping);
        long written = 0;
        long unchanged = 0;
        Send(topic.Name, Changed(), stopping);
        return new PublishResult(written, unchanged);

        IEnumerable<(byte[] Key, byte[] Value)> Changed()
        {
            foreach (Subscription subscription in subscriptions)
            {
                byte[] value = topic.Write(subscription).ToArray();
                if (published.TryGetValue(subscription.SubscriberRef, out Published<ulong>? before)
                    && before.IsReadable && (!overwrite || before.Content == HashOf(value)))
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
    /// The subscriptions that are published, each as it is now, for who charges by them and by a catalogue.
    /// </summary>
    /// <param name="versions">The catalogue.</param>
    /// <param name="stopping">Stops.</param>
    /// <exception cref="InputFaultException">A version of the catalogue is published with other content.</exception>
    public async Task<IReadOnlyList<Subscription>> ReadSubscriptionsAsync(
        IReadOnlyList<OfferingVersion> versions, CancellationToken stopping)
    {
        EventTopic<OfferingVersion> tariffs = await EventTopic.OpenAsync<OfferingVersion>(Topics.CatalogueTariffs, registry, stopping)
            .ConfigureAwait(false);
        EventTopic<Subscription> topic = await EventTopic.OpenAsync<Subscription>(Topics.CustomerSubscriptions, registry, stopping)
            .ConfigureAwait(false);
        ThrowIfChanged(versions, ReadVersions(tariffs, stopping));
        return
        [
            .. ReadPublished<SubscriberRef, Subscription, Subscription>(
                topic, TryReadKey, (_, _) => true, subscription => subscription, stopping).Values.Select(published => published.Content),
        ];
    }

    private Dictionary<string, Published<OfferingVersion>> ReadVersions(EventTopic<OfferingVersion> topic, CancellationToken stopping) =>
        ReadPublished<string, OfferingVersion, OfferingVersion>(
            topic, TryReadKey, (key, version) => version.Key == key, version => version, stopping);

    private static void ThrowIfChanged(
        IReadOnlyList<OfferingVersion> versions, Dictionary<string, Published<OfferingVersion>> published)
    {
        InputFault[] changed =
        [
            .. versions.Where(
                version => published.TryGetValue(version.Key, out Published<OfferingVersion>? before)
                    && !CatalogueFolder.HasSameContent(before.Content, version))
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

    /// <summary>
    /// What is wrong with a new version beside one that was published before, which the folder may not have any more: the higher number
    /// must begin later, and a new lower number would never be in force.
    /// </summary>
    private static InputFault? FaultBeside(OfferingVersion version, OfferingVersion published) =>
        version.Offering != published.Offering || version.Version == published.Version ? null
        : version.Version < published.Version || version.ValidFrom <= published.ValidFrom
            ? new InputFault(
                version.Offering, 0,
                $"version {version.Version} must have a higher number and a later validFrom than version {published.Version}, which is "
                + "published already.")
        : published.ValidTo > version.ValidFrom
            ? new InputFault(
                version.Offering, 0,
                $"version {version.Version} begins before version {published.Version}, which is published already, ends (its validTo).")
        : null;

    /// <summary>The newest content of a key that could be read.</summary>
    /// <param name="Content">What the topic holds.</param>
    /// <param name="IsReadable">Whether it is the key's newest record. After one that cannot be read, rating keeps the content only as long
    /// as the topic is not compacted, so it is written again.</param>
    private sealed record Published<TContent>(TContent Content, bool IsReadable);

    private delegate bool KeyReader<TKey>(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out TKey? key);

    private static bool TryReadKey(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? key)
    {
        key = Encoding.UTF8.GetString(bytes);
        return true;
    }

    /// <summary>A subscription's key. One of another length is somebody else's record, which rating reports and passes over.</summary>
    private static bool TryReadKey(ReadOnlySpan<byte> bytes, out SubscriberRef key)
    {
        bool isOurs = bytes.Length == SubscriberRef.Size;
        key = isOurs ? SubscriberRef.FromBytes(bytes) : default;
        return isOurs;
    }

    /// <summary>What the topic holds by now, by key.</summary>
    private Dictionary<TKey, Published<TContent>> ReadPublished<TKey, TValue, TContent>(
        EventTopic<TValue> topic, KeyReader<TKey> tryReadKey, Func<TKey, TValue, bool> belongs, Func<TValue, TContent> contentOf,
        CancellationToken stopping)
        where TKey : notnull
        where TValue : IAvroRecord<TValue>
    {
        Dictionary<TKey, Published<TContent>> published = [];
        using TopicReader reader = new(kafka, consumer, clock);
        reader.Read(reader.RangesOf(topic.Name), Take, stopping);
        return published;

        void Take(RecordBatch batch)
        {
            for (int index = 0; index < batch.Count; index++)
            {
                ConsumedRecord record = batch[index];
                if (!tryReadKey(record.Key, out TKey? key))
                {
                    continue;
                }

                if (record.IsTombstone)
                {
                    published.Remove(key);
                }
                else if (topic.TryRead(record.Value, out TValue? value) && belongs(key, value))
                {
                    published[key] = new Published<TContent>(contentOf(value), IsReadable: true);
                }
                else if (published.TryGetValue(key, out Published<TContent>? before))
                {
                    published[key] = before with { IsReadable = false };
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
