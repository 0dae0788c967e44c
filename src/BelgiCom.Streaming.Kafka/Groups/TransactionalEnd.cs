using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// From topics to topics, exactly once: the records that the handler produced and the batch's offsets are one transaction (rules P1, P3, P5
/// to P9 and P15 of docs/kafka-client.md).
/// </summary>
internal sealed class TransactionalEnd(
    KafkaOptions options, LaneOptions lanes, string group, int number, ITransactionalBatchHandler handler, TimeProvider clock,
    ILogger logger) : IBatchEnd
{
    private readonly TransactionalProducer _producer = new(
        options, lanes, KafkaClients.TransactionalId(options, group, number), clock, logger);

    public int HandlerAttempts => lanes.HandlerAttempts;

    public void Starting(Action wake) => handler.Starting(wake);

    /// <summary>Fences predecessors of the same id, and settles what they left open before this member takes their partitions.</summary>
    public void Open(CancellationToken stopping) => _producer.Initialize(stopping);

    public void Assigned(IReadOnlyList<TopicPartition> partitions) => handler.Assigned(partitions);

    public void Revoked(IReadOnlyList<TopicPartition> partitions) => handler.Revoked(partitions);

    public void Begin(CancellationToken stopping) => _producer.Begin(stopping);

    public void Handle(RecordBatch batch) => handler.Handle(batch, _producer.Output);

    public bool HasIdleWork(bool isLeaving) => handler.HasIdleWork(isLeaving);

    /// <summary>
    /// The positions go before the records. While brokers still write the markers of the transaction before, they refuse both; the
    /// positions are sent again after a millisecond, records only after 20, a number in the client library. Work that comes meanwhile is
    /// taken with the rest. From here on, whoever is given the partitions waits until this transaction has ended.
    /// </summary>
    public void KeepPositions(List<TopicPartitionOffset> positions, GroupMember member) =>
        _producer.SendOffsets(positions, member.Metadata);

    public void HandleIdle() => handler.HandleIdle(_producer.Output);

    public void CommitIdle() => _producer.Commit();

    public void Commit(List<TopicPartitionOffset> offsets, GroupMember member)
    {
        _producer.SendOffsets(offsets, member.Metadata);
        _producer.Commit();
    }

    public bool TryUndo(Exception failure)
    {
        OutcomeUnknownException? unknown = failure as OutcomeUnknownException ?? Abort();
        if (unknown is not null)
        {
            KafkaLog.OutcomeUnknown(logger, group, number, unknown.Message);
        }

        return unknown is null;
    }

    /// <summary>Takes a new producer of the same id, whose InitTransactions ends an open transaction.</summary>
    public void Settle(CancellationToken stopping) => _producer.Replace(stopping);

    public void Committed() => handler.Committed();

    public void Aborted() => handler.Aborted();

    public void Dispose() => _producer.Dispose();

    private OutcomeUnknownException? Abort()
    {
        try
        {
            _producer.Abort();
            return null;
        }
        catch (OutcomeUnknownException unknown)
        {
            return unknown;
        }
    }
}
