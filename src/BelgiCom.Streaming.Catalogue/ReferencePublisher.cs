using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Rating;
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
        Dictionary<SubscriberRef, Published<PublishedSubscription>> published =
            ReadPublished<SubscriberRef, Subscription, PublishedSubscription>(
                topic, TryReadKey, (_, _) => true, subscription => new(HashOf(topic.Write(subscription)), ChosenIn(subscription)),
                stopping);
        long written = 0;
        long unchanged = 0;
        Send(topic.Name, Changed(), stopping);
        return new PublishResult(written, unchanged);

        IEnumerable<(byte[] Key, byte[] Value)> Changed()
        {
            foreach (Subscription subscription in subscriptions)
            {
                published.TryGetValue(subscription.SubscriberRef, out Published<PublishedSubscription>? before);
                byte[] value = topic.Write(WithChoices(subscription, before?.Content.Chosen ?? [])).ToArray();
                if (before is { IsReadable: true } && (!overwrite || before.Content.Hash == HashOf(value)))
                {
                    unchanged++;
                    continue;
                }

                written++;
                yield return (subscription.SubscriberRef.ToByteArray(), value);
            }
        }
    }

    /// <summary>Adds what a customer chose for a limit to the subscription that pays at that time.</summary>
    /// <param name="subscribers">References under which the subscription may be, of one person.</param>
    /// <param name="choice">The choice.</param>
    /// <param name="stopping">Stops.</param>
    /// <exception cref="InputFaultException">Nobody of them has a subscription then, or its offering has no such limit.</exception>
    public async Task ChooseAsync(IReadOnlyCollection<SubscriberRef> subscribers, LimitChoice choice, CancellationToken stopping)
    {
        EventTopic<Subscription> topic = await EventTopic.OpenAsync<Subscription>(Topics.CustomerSubscriptions, registry, stopping)
            .ConfigureAwait(false);
        EventTopic<OfferingVersion> catalogue = await EventTopic.OpenAsync<OfferingVersion>(Topics.CatalogueTariffs, registry, stopping)
            .ConfigureAwait(false);
        Dictionary<SubscriberRef, Published<Subscription?>> all = ReadPublished<SubscriberRef, Subscription, Subscription?>(
            topic, TryReadKey, (_, _) => true, one => subscribers.Contains(one.SubscriberRef) ? one : null, stopping);
        (Subscription Subscription, SubscriptionPeriod Period)[] paying =
        [
            .. all.Values.Select(published => published.Content).OfType<Subscription>().SelectMany(one => one.Periods
                .Where(period => period.AliasOf is null && !(period.ValidFrom > choice.From) && !(period.ValidTo <= choice.From))
                .Select(period => (one, period))),
        ];
        if (paying.Length != 1)
        {
            throw new InputFaultException([
                new InputFault(choice.Limit, 0, $"{paying.Length} subscriptions of the numbers hold at this time, not one.")]);
        }

        (Subscription subscription, SubscriptionPeriod period) = paying[0];
        OfferingVersion[] versions = [
            .. ReadPublished<string, OfferingVersion, OfferingVersion>(
                    catalogue, TryReadKey, (key, one) => one.Key == key, one => one, stopping)
                .Values.Select(published => published.Content).Where(one => one.ValidFrom <= choice.From)];
        OfferingVersion? version = versions.Where(one => one.Offering == period.Offering).MaxBy(one => one.Version);
        if (version is null)
        {
            throw new InputFaultException([
                new InputFault(choice.Limit, 0, $"no version of offering '{period.Offering}' is published that holds at this time.")]);
        }

        SpendLimit[] limits = [
            .. SpendLimit.Of(version),
            .. versions.Where(one => period.AddOns.Contains(one.Offering)).GroupBy(one => one.Offering, StringComparer.Ordinal)
                .SelectMany(addOn => SpendLimit.OfAddOn(addOn.MaxBy(one => one.Version)!))];
        if (!limits.Any(limit => limit.Id == choice.Limit))
        {
            throw new InputFaultException([
                new InputFault(
                    choice.Limit, 0,
                    $"offering '{period.Offering}' has no such limit at this time; it has "
                    + $"{string.Join(", ", limits.Select(limit => limit.Id))}.")]);
        }

        if (limits.Any(limit => limit.Id == choice.Limit && limit.Scope == SpendScope.Account))
        {
            throw new InputFaultException([
                new InputFault(choice.Limit, 0, "it is a limit of the account, for which no subscriber chooses: publish another amount.")]);
        }

        // It holds on when an add-on begins or ends later, which makes another period.
        Subscription changed = subscription with
        {
            Periods = [
                .. subscription.Periods.Select(one => one.AliasOf is null && !(one.ValidTo <= choice.From)
                    && one.Account == period.Account && one.Offering == period.Offering ? WithChoice(one, choice) : one)],
        };
        if (changed.Periods.Any(one => one.Limits.Count > LimitChoices.Most))
        {
            throw new InputFaultException([new InputFault(choice.Limit, 0, $"the subscription has {LimitChoices.Most} choices already.")]);
        }

        Send(topic.Name, [(changed.SubscriberRef.ToByteArray(), topic.Write(changed).ToArray())], stopping);
    }

    /// <summary>The periods of a subscription in which the customer chose anything.</summary>
    private static SubscriptionPeriod WithChoice(SubscriptionPeriod period, LimitChoice choice) => period with
    {
        Limits = [
            .. period.Limits.Where(other => other.Limit != choice.Limit || other.From != choice.From).Append(choice)
                .OrderBy(one => one.From)],
    };

    private static IReadOnlyList<SubscriptionPeriod> ChosenIn(Subscription subscription) =>
        subscription.Periods.All(period => period.Limits.Count == 0)
            ? []
            : [.. subscription.Periods.Where(period => period.Limits.Count > 0)];

    /// <summary>
    /// Keeps what customers chose where the file says nothing of it, as a CSV file never does: a choice belongs to the subscription of an
    /// account from an instant on, and stays when its offering or its end changes.
    /// </summary>
    private static Subscription WithChoices(Subscription subscription, IReadOnlyList<SubscriptionPeriod> chosen) => chosen.Count == 0
        ? subscription
        : subscription with
        {
            Periods =
            [
                .. subscription.Periods.Select(period => period.Limits.Count > 0 || period.AliasOf is not null
                    ? period
                    : period with
                    {
                        Limits = [
                            .. chosen.Where(before => before.Account == period.Account).SelectMany(before => before.Limits).Distinct()
                                .OrderBy(choice => choice.From)],
                    }),
            ],
        };

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
    /// must begin later, unless it corrects one, and a new lower number would never be in force.
    /// </summary>
    private static InputFault? FaultBeside(OfferingVersion version, OfferingVersion published) =>
        version.Offering != published.Offering || version.Version == published.Version ? null
        : version.Corrects > 0 && version.Version > published.Version ? null
        : version.Version < published.Version || (version.ValidFrom <= published.ValidFrom && published.Corrects == 0)
            ? new InputFault(
                version.Offering, 0,
                $"version {version.Version} must have a higher number and a later validFrom than version {published.Version}, which is "
                + "published already.")
        : published.ValidTo > version.ValidFrom && published.Corrects == 0
            ? new InputFault(
                version.Offering, 0,
                $"version {version.Version} begins before version {published.Version}, which is published already, ends (its validTo).")
        : null;

    /// <summary>The newest content of a key that could be read.</summary>
    /// <param name="Content">What the topic holds.</param>
    /// <param name="IsReadable">Whether it is the key's newest record. After one that cannot be read, rating keeps the content only as long
    /// as the topic is not compacted, so it is written again.</param>
    private sealed record Published<TContent>(TContent Content, bool IsReadable);

    /// <summary>What publishing again needs of a published subscription; of most that is eight octets.</summary>
    private readonly record struct PublishedSubscription(ulong Hash, IReadOnlyList<SubscriptionPeriod> Chosen);

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
