using System.Text;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// A lane's copy of the reference data: the whole catalogue, and the subscriptions of the lane's own partitions (co-partitioned with
/// usage). It is read to the end on assignment, and then followed between batches. Once an offering shares what depends on the
/// members of an account, the subscriptions of all partitions are followed for that, too.
/// </summary>
internal sealed class ReferenceData
{
    private const long Unread = -1;
    private static readonly TopicPartition CataloguePartition = new(Topics.CatalogueTariffs, 0);

    private readonly RatingOptions _options;
    private readonly RatingTopics _topics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly ICommittedLog _log;
    private readonly CompiledCatalogue _catalogue = new(takesAllTerms: false);
    private readonly Dictionary<int, RatingSession> _sessions = [];

    // The next offset of each partition; Unread before the first read.
    private readonly Dictionary<TopicPartition, long> _positions = new() { [CataloguePartition] = Unread };

    // The same for those that are followed for the members of accounts; empty while no offering asks for them.
    private readonly Dictionary<TopicPartition, long> _memberPositions = [];
    private int _dependingOnMembers;
    private bool _catalogueChanged;
    private long _refreshedAt;

    public ReferenceData(ICommittedLog log, RatingOptions options, RatingTopics topics, TimeProvider clock, ILogger logger)
    {
        _options = options;
        _topics = topics;
        _clock = clock;
        _logger = logger;
        _log = log;
    }

    /// <summary>Tariffs as last read.</summary>
    public TariffSnapshot Tariffs => _catalogue.Tariffs;

    /// <summary>Numbers of the offerings.</summary>
    public OfferingIndex Offerings => _catalogue.Offerings;

    /// <summary>The members of accounts, of all partitions, under offerings that share what depends on them.</summary>
    public AccountMembers Members { get; } = new();

    public void Own(int partition, RatingSession session)
    {
        _sessions[partition] = session;
        _positions[new TopicPartition(Topics.CustomerSubscriptions, partition)] = Unread;
    }

    public void Disown(int partition)
    {
        _sessions.Remove(partition);
        _positions.Remove(new TopicPartition(Topics.CustomerSubscriptions, partition));
    }

    /// <summary>
    /// Reads what was published, when the last read was longer ago than the interval: while no usage comes, so that the next usage does not
    /// wait for much news.
    /// </summary>
    public void RefreshWhenDue()
    {
        if (_clock.GetElapsedTime(_refreshedAt) >= _options.ReferencePollInterval)
        {
            Refresh();
        }
    }

    /// <summary>
    /// Reads what was published since the last read. When it returns, everything is known that was visible on the topics at the call.
    /// </summary>
    public void Refresh()
    {
        TopicPartition[] unread = [.. _positions.Where(entry => entry.Value == Unread).Select(entry => entry.Key)];
        if (unread.Length > 0)
        {
            foreach (PartitionRange held in _log.RangesOf(unread))
            {
                _positions[held.Partition] = held.From;
            }
        }

        IReadOnlyDictionary<TopicPartition, long> ends = _log.EndsOf(
            _memberPositions.Count == 0 ? _positions.Keys : [.. _positions.Keys.Union(_memberPositions.Keys)]);
        Read(_positions, ends, Apply);
        Read(_memberPositions, ends, ApplyMembers);
        if (_catalogueChanged)
        {
            CompileCatalogue();
            if (Offerings.DependingOnMembers > _dependingOnMembers)
            {
                FollowMembers();
            }
        }

        _refreshedAt = _clock.GetTimestamp();
    }

    /// <summary>Reads what came between positions and ends, and moves the positions there.</summary>
    private void Read(
        Dictionary<TopicPartition, long> positions, IReadOnlyDictionary<TopicPartition, long> ends, Action<RecordBatch> apply)
    {
        PartitionRange[] news =
        [
            .. positions.Where(position => ends[position.Key] > position.Value)
                .Select(position => new PartitionRange(position.Key, position.Value, ends[position.Key])),
        ];
        if (news.Length > 0)
        {
            _log.Read(news, apply);
            foreach (PartitionRange range in news)
            {
                positions[range.Partition] = range.To;
            }
        }
    }

    /// <summary>
    /// Reads all subscriptions from their beginning, because those that were read before an offering asked for its members were not kept.
    /// </summary>
    private void FollowMembers()
    {
        _dependingOnMembers = Offerings.DependingOnMembers;
        int partitions = _log.PartitionCountsOf([Topics.CustomerSubscriptions])[Topics.CustomerSubscriptions];
        IReadOnlyList<PartitionRange> ranges = _log.RangesOf(
            [.. Enumerable.Range(0, partitions).Select(partition => new TopicPartition(Topics.CustomerSubscriptions, partition))]);
        foreach (PartitionRange range in ranges)
        {
            _memberPositions[range.Partition] = range.From;
        }

        Read(_memberPositions, ranges.ToDictionary(range => range.Partition, range => range.To), ApplyMembers);
    }

    /// <summary>Takes subscriptions of any partition as those of members. What is wrong with one is reported where it is owned.</summary>
    private void ApplyMembers(RecordBatch batch)
    {
        for (int index = 0; index < batch.Count; index++)
        {
            ConsumedRecord record = batch[index];
            try
            {
                if (record.Key.Length != SubscriberRef.Size)
                {
                    continue;
                }

                UInt128 subscriber = UsageEvents.ToNumber(SubscriberRef.FromBytes(record.Key));
                if (record.IsTombstone)
                {
                    Members.Set(subscriber, [], Offerings);
                }
                else if (_topics.Subscriptions.TryRead(record.Value, out Subscription? subscription)
                    && UsageEvents.ToNumber(subscription.SubscriberRef) == subscriber)
                {
                    Members.Set(subscriber, subscription.Periods, Offerings);
                }
            }
            catch (Exception broken) when (IsOfTheRecord(broken))
            {
                // The lane of the partition reports it; the subscription before it stays.
            }
        }
    }

    private void Apply(RecordBatch batch)
    {
        for (int index = 0; index < batch.Count; index++)
        {
            ConsumedRecord record = batch[index];
            string? problem;
            try
            {
                problem = record.Topic == Topics.CatalogueTariffs ? ApplyOffering(in record) : ApplySubscription(in record);
            }
            catch (Exception broken) when (IsOfTheRecord(broken))
            {
                problem = broken is ArgumentException ? broken.Message : broken.GetType().Name;
            }

            if (problem is not null)
            {
                RatingLog.BrokenReference(_logger, record.Topic, record.Partition, record.Offset, problem);
            }
        }
    }

    /// <summary>
    /// Anybody may have written a record of the topics, so its content may fail in any way; that must not end the lane, at this start and
    /// at every later one. A registry or a broker that does not answer says nothing about the record.
    /// </summary>
    private static bool IsOfTheRecord(Exception failure) =>
        failure is not (SchemaRegistryException or KafkaException or ClientFailedException or OperationCanceledException);

    private string? ApplyOffering(in ConsumedRecord record)
    {
        string key = Encoding.UTF8.GetString(record.Key);
        if (record.IsTombstone)
        {
            _catalogueChanged |= _catalogue.Remove(key);
            return key.Contains('/', StringComparison.Ordinal) ? null : "its key is not 'offering/version'";
        }

        if (!_topics.Catalogue.TryRead(record.Value, out OfferingVersion? version))
        {
            return Unreadable(_topics.Catalogue, in record);
        }

        if (version.Key != key)
        {
            return "its key is not that of its version";
        }

        _catalogue.Put(version);
        _catalogueChanged = true;
        return null;
    }

    private string? ApplySubscription(in ConsumedRecord record)
    {
        if (record.Key.Length != SubscriberRef.Size)
        {
            return "its key is no subscriber reference";
        }

        RatingSession session = _sessions[record.Partition];
        SubscriberRef subscriber = SubscriberRef.FromBytes(record.Key);
        if (record.IsTombstone)
        {
            session.SetSubscription(UsageEvents.ToNumber(subscriber), [], _catalogue.Offerings);
            return null;
        }

        if (!_topics.Subscriptions.TryRead(record.Value, out Subscription? subscription))
        {
            return Unreadable(_topics.Subscriptions, in record);
        }

        if (subscription.SubscriberRef != subscriber)
        {
            return "its key is not that of its subscription";
        }

        session.SetSubscription(UsageEvents.ToNumber(subscriber), subscription.Periods, _catalogue.Offerings);
        return null;
    }

    private static string Unreadable<T>(EventTopic<T> topic, in ConsumedRecord record)
        where T : IAvroRecord<T> =>
        topic.IsOfUnknownSchema(record.Value) ? nameof(RejectedReason.UnknownSchema) : nameof(RejectedReason.Undecodable);

    private void CompileCatalogue()
    {
        _catalogueChanged = false;
        _catalogue.Compile();
        RatingLog.CatalogueLoaded(_logger, _catalogue.Tariffs.Count, _catalogue.OfferingCount);
        foreach (string problem in _catalogue.Problems)
        {
            RatingLog.BrokenOffering(_logger, problem);
        }
    }
}
