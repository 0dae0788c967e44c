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
    private readonly CompiledCatalogue _catalogue = new();
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

    /// <summary>Everything published before this time (milliseconds since 1970-01-01 UTC) has been read.</summary>
    public long AsOfMilliseconds { get; private set; }

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

    /// <summary>Reads what was published, when the last read was longer ago than the interval.</summary>
    public void RefreshWhenDue()
    {
        if (_clock.GetElapsedTime(_refreshedAt) >= _options.ReferencePollInterval)
        {
            Refresh();
        }
    }

    /// <summary>Reads what was published since the last read.</summary>
    public void Refresh()
    {
        long asOf = _clock.GetUtcNow().ToUnixTimeMilliseconds();
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

        AsOfMilliseconds = asOf;
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
            catch (ArgumentException broken)
            {
                problem = broken.GetType().Name;
            }

            if (problem is not null)
            {
                RatingLog.BrokenReference(_logger, record.Topic, record.Partition, record.Offset, problem);
            }
        }
    }

    private string? ApplyOffering(in ConsumedRecord record)
    {
        if (record.IsTombstone)
        {
            _catalogue.Remove(Encoding.UTF8.GetString(record.Key));
        }
        else if (_topics.Catalogue.TryRead(record.Value, out OfferingVersion? version))
        {
            _catalogue.Put(version);
        }
        else
        {
            return Unreadable(_topics.Catalogue, in record);
        }

        _catalogueChanged = true;
        return null;
    }

    private string? ApplySubscription(in ConsumedRecord record)
    {
        RatingSession session = _sessions[record.Partition];
        if (record.IsTombstone)
        {
            session.SetSubscription(UsageEvents.ToNumber(SubscriberRef.FromBytes(record.Key)), [], _catalogue.Offerings);
            return null;
        }

        if (!_topics.Subscriptions.TryRead(record.Value, out Subscription? subscription))
        {
            return Unreadable(_topics.Subscriptions, in record);
        }

        session.SetSubscription(UsageEvents.ToNumber(subscription.SubscriberRef), subscription.Periods, _catalogue.Offerings);
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
