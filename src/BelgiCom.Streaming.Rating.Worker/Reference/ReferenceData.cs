using System.Text;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// A lane's copy of the reference data: the whole catalogue, and the subscriptions of the lane's own partitions (co-partitioned with
/// usage). It is read to the end on assignment, and then followed between batches.
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

        List<PartitionRange> news =
        [
            .. _log.EndsOf(_positions.Keys)
                .Where(end => end.Value > _positions[end.Key])
                .Select(end => new PartitionRange(end.Key, _positions[end.Key], end.Value)),
        ];
        if (news.Count > 0)
        {
            _log.Read(news, Apply);
            news.ForEach(range => _positions[range.Partition] = range.To);
        }

        if (_catalogueChanged)
        {
            CompileCatalogue();
        }

        _refreshedAt = _clock.GetTimestamp();
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
