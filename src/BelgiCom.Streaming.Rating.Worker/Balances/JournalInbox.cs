using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// The amounts on their way to a lane's partitions, which it finds in balance.journal.v1. Sessions know how far they were taken, so an
/// amount that is read again, by this lane or the next owner, is taken once.
/// </summary>
internal sealed class JournalInbox(ICommittedLog log, RatingTopics topics, TimeSpan interval, TimeProvider clock, ILogger logger)
{
    // Most amounts of one transaction, so that usage need not wait long.
    private const int MostAtOnce = 1000;

    private readonly Dictionary<int, long> _positions = [];
    private readonly Queue<Due> _waiting = [];
    private readonly List<Due> _inHand = [];
    private long _askedAt;
    private bool _isAsked;

    /// <summary>Whether an amount waits.</summary>
    public bool HasWork => _waiting.Count > 0;

    /// <summary>The lane owns a partition from now on.</summary>
    /// <param name="partition">Which.</param>
    /// <param name="session">Its session, with the position from which it takes amounts.</param>
    public void Own(int partition, RatingSession session)
    {
        _positions[partition] = session.JournalPosition;
        _isAsked = false;
    }

    /// <summary>The lane owns a partition no more.</summary>
    public void Disown(int partition)
    {
        _positions.Remove(partition);
        for (int left = _waiting.Count; left > 0; left--)
        {
            Due due = _waiting.Dequeue();
            if (due.Partition != partition)
            {
                _waiting.Enqueue(due);
            }
        }
    }

    /// <summary>Reads what came, when somebody said that something did, or the last look is longer ago than the interval.</summary>
    public void Look(bool isExpecting)
    {
        if (_positions.Count == 0 || HasWork || (!isExpecting && _isAsked && clock.GetElapsedTime(_askedAt) < interval))
        {
            return;
        }

        _isAsked = true;
        _askedAt = clock.GetTimestamp();
        List<PartitionRange> news =
        [
            .. log.RangesOf([.. _positions.Keys.Select(partition => new TopicPartition(Topics.BalanceJournal, partition))])
                .Select(range => range with { From = Math.Max(range.From, _positions[range.Partition.Partition.Value]) })
                .Where(range => range.To > range.From),
        ];
        if (news.Count > 0)
        {
            log.Read(news, Read);
            news.ForEach(range => _positions[range.Partition.Partition.Value] = range.To);
        }
    }

    /// <summary>Offset before which no amount waits in a partition.</summary>
    public long PassedOf(int partition) => _waiting.Where(due => due.Partition == partition).Select(due => due.Offset)
        .DefaultIfEmpty(_positions[partition]).Min();

    /// <summary>Takes amounts in the open transaction.</summary>
    /// <param name="take">Takes one.</param>
    public void Take(Action<Due> take)
    {
        for (int left = MostAtOnce; left > 0 && _waiting.TryDequeue(out Due due); left--)
        {
            _inHand.Add(due);
            take(due);
        }
    }

    /// <summary>The transaction is committed.</summary>
    public void Committed() => _inHand.Clear();

    /// <summary>The transaction does not count: its amounts wait again, before those that came since.</summary>
    public void Aborted()
    {
        Due[] behind = [.. _waiting];
        _waiting.Clear();
        foreach (Due due in _inHand.Concat(behind).Where(due => _positions.ContainsKey(due.Partition)))
        {
            _waiting.Enqueue(due);
        }

        _inHand.Clear();
    }

    private void Read(RecordBatch batch)
    {
        for (int index = 0; index < batch.Count; index++)
        {
            ConsumedRecord record = batch[index];
            BalanceOperation? operation = record.IsTombstone ? null : topics.ReadOperation(record.Value);
            if (operation is null || !record.Key.SequenceEqual(operation.SubscriberRef.ToByteArray()))
            {
                // Anybody may have written it; no lane of ours puts such a record there, so no amount is in it.
                RatingLog.BrokenReference(logger, record.Topic, record.Partition, record.Offset, "no operation of the key's subscriber");
            }
            else if (operation.Kind is BalanceOperationKind.TransferDue or BalanceOperationKind.TransferRefused)
            {
                _waiting.Enqueue(new Due(record.Partition, record.Offset, operation));
            }
        }
    }

    /// <summary>An amount on its way.</summary>
    /// <param name="Partition">Partition of who gets it.</param>
    /// <param name="Offset">Offset of the record.</param>
    /// <param name="Operation">The record.</param>
    public readonly record struct Due(int Partition, long Offset, BalanceOperation Operation);
}
