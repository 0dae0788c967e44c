using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// A copy of the balances of all partitions, as the lanes committed them. It is restored as a lane restores its partitions, without the ids
/// of usage. Then balances and meters come from rated usage, which says what they are after each event, and accounts and operations from
/// the state's records, which say what they are after each change. For one thread.
/// </summary>
internal sealed class BalanceBook
{
    private const int ExpiredAtOnce = 1000;

    private readonly ICommittedLog _log;
    private readonly RatingOptions _options;
    private readonly RatingTopics _topics;
    private readonly TimeProvider _clock;
    private readonly StateRestorer _restorer;
    private readonly ReferenceData _reference;
    private readonly QuotaPolicy _policy;
    private readonly Dictionary<int, RatingSession> _sessions = [];
    private readonly Dictionary<TopicPartition, long> _positions = [];
    private readonly ExpiredKey[] _expired = new ExpiredKey[ExpiredAtOnce];

    public BalanceBook(ICommittedLog log, RatingOptions options, RatingTopics topics, TimeProvider clock, ILogger logger)
    {
        (_log, _options, _topics, _clock) = (log, options, topics, clock);
        _policy = options.Online.Policy;
        _restorer = new StateRestorer(log, topics, TimeSpan.FromDays(options.DedupDays), clock, logger);
        _reference = new ReferenceData(log, options, topics, clock, logger);
    }

    /// <summary>Number of partitions.</summary>
    public int Partitions => _sessions.Count;

    /// <summary>Restores all partitions.</summary>
    public void Restore()
    {
        int count = _log.PartitionCountsOf([Topics.UsageReceived])[Topics.UsageReceived];
        for (int partition = 0; partition < count; partition++)
        {
            _sessions[partition] = new RatingSession(
                _options.DedupDays, _options.LateDays, keepsIds: false, members: _reference.Members);
        }

        foreach ((int partition, long end) in _restorer.Restore(_sessions))
        {
            _positions[new TopicPartition(Topics.UsageRated, partition)] = end;
            _positions[new TopicPartition(Topics.RatingState, partition)] = _restorer.StateEnds[partition];
            _reference.Own(partition, _sessions[partition]);
        }

        _reference.Refresh();
    }

    /// <summary>Reads what was committed since; when it returns, everything is known that was visible at the call.</summary>
    public void ReadOn()
    {
        List<PartitionRange> news =
        [
            .. _log.EndsOf(_positions.Keys)
                .Where(end => end.Value > _positions[end.Key])
                .Select(end => new PartitionRange(end.Key, _positions[end.Key], end.Value)),
        ];
        if (news.Count > 0)
        {
            _topics.Rated.AskAgain();
            _topics.State.AskAgain();
            _log.Read(news, Apply);
            news.ForEach(range => _positions[range.Partition] = range.To);
        }

        _reference.RefreshWhenDue();
    }

    /// <summary>
    /// Whose balances a reference names: itself, or the subscriber of which it is another name. False when it has no subscription now.
    /// </summary>
    public bool TryFind(SubscriberRef reference, out UInt128 subscriber)
    {
        subscriber = UsageEvents.ToNumber(reference);
        long now = Now;
        return SessionOf(subscriber).TryGuide(subscriber, _reference.Tariffs, now, out _)
            || (SessionOf(subscriber).TryFindNamed(subscriber, now, out subscriber)
                && SessionOf(subscriber).TryGuide(subscriber, _reference.Tariffs, now, out _));
    }

    /// <summary>Money of a subscriber now, and all else; null where it has none, or no version of its offering is in force.</summary>
    public (MoneyBalance? Money, SubscriberBalances? Balances) BalancesOf(UInt128 subscriber)
    {
        long now = Now;
        RatingSession session = SessionOf(subscriber);
        if (!session.TryGuide(subscriber, _reference.Tariffs, now, out GuidedSubscriber guided))
        {
            return (null, null);
        }

        RatingSession counts = guided.IsOfAccount ? SessionOfAccount(guided.Account) : session;
        return (
            session.MoneyOf(subscriber, _reference.Tariffs, _policy, now),
            counts.BalancesOf(subscriber, guided, _reference.Tariffs, _policy, now));
    }

    /// <summary>An operation of a subscriber; null when it is not known, or not any more.</summary>
    public BalanceOperation? FindOperation(SubscriberRef subscriber, OperationKey key) =>
        SessionOf(UsageEvents.ToNumber(subscriber)).FindOperation(key) is { } operation && operation.SubscriberRef == subscriber
            ? operation
            : null;

    /// <summary>The operations of a subscriber that are known, the first one first: what it asked for, and what came to it.</summary>
    public IReadOnlyList<BalanceOperation> OperationsOf(UInt128 subscriber)
    {
        SubscriberRef reference = UsageEvents.ToSubscriberRef(subscriber);
        return
        [
            .. SessionOf(subscriber).Operations.Where(operation => operation.SubscriberRef == reference)
                .OrderBy(operation => operation.At).ThenBy(operation => operation.Kind),
        ];
    }

    /// <summary>How far an operation is: ActionStatusType of TMF654.</summary>
    public string StatusOf(BalanceOperation operation)
    {
        if (operation.Kind != BalanceOperationKind.TransferOut)
        {
            return "completed";
        }

        UInt128 id = OperationKey.ToNumber(operation.OperationId);
        if (SessionOf(UsageEvents.ToNumber(operation.SubscriberRef)).FindOperation(new OperationKey(id, OperationStep.Back)) is not null)
        {
            return "failed";
        }

        // The receiver may be named by another name, whose partition passed the amount on.
        UInt128 receiver = UsageEvents.ToNumber(operation.Counterpart);
        OperationKey key = new(id, OperationStep.In);
        return SessionOf(receiver).FindOperation(key) is not null
            || (SessionOf(receiver).TryFindNamed(receiver, Now, out UInt128 named) && SessionOf(named).FindOperation(key) is not null)
            ? "completed"
            : "created";
    }

    private long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private RatingSession SessionOf(UInt128 subscriber) =>
        _sessions[_log.PartitionOf(UsageEvents.ToSubscriberRef(subscriber).ToByteArray(), _sessions.Count)];

    private RatingSession SessionOfAccount(string account)
    {
        byte[] key = new byte[AccountKey.Size];
        return _sessions[_log.PartitionOf(AccountKey.Write(System.Text.Encoding.UTF8.GetBytes(account), key), _sessions.Count)];
    }

    private void Apply(RecordBatch batch)
    {
        HashSet<RatingSession> changed = [];
        for (int index = 0; index < batch.Count; index++)
        {
            ConsumedRecord record = batch[index];
            RatingSession session = _sessions[record.Partition];
            changed.Add(session);
            bool isRead = record.Topic == Topics.UsageRated
                ? _topics.Rated.TryRead(record.Value, out UsageRatedView rated) && StateCodec.TryRepeat(in rated, session)
                : TryApplyState(in record, session);
            if (!isRead)
            {
                throw UnreadableStateException.Of(in record);
            }
        }

        foreach (RatingSession session in changed)
        {
            session.Commit();
            while (session.TakeExpired(_expired) > 0)
            {
                session.Commit();
            }
        }
    }

    private bool TryApplyState(in ConsumedRecord record, RatingSession session)
    {
        if (record.IsTombstone)
        {
            return StateCodec.TryForget(record.Key, session);
        }

        // A stored balance or meter may be older than the rated usage that was read already, which says the same later.
        return _topics.State.TryRead(record.Value, out RatingStateView view)
            && (view.HasBalance || view.HasMeter || view.HasDedup || view.HasCheckpoint
                || StateCodec.TryRestore(in view, session, _topics.TryReadUsage, _topics.ReadOperation, out _));
    }
}
