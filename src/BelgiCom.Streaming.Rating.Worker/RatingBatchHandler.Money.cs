using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>Prepaid money in the lane's transactions: what is ordered, and amounts on their way from other accounts.</summary>
internal sealed partial class RatingBatchHandler
{
    // Most operations that one transaction forgets, because forgetting many at once must not stall rating.
    private const int MostForgotten = 2000;

    /// <inheritdoc/>
    void IOnlineRating.Journal(OwnedPartition partition, BalanceOperation operation)
    {
        Touch(partition, events: 0);
        _events.WriteJournal(operation, _output!);
    }

    private void TakeTransfers(TransactionalOutput output)
    {
        _journal.Look(_online?.TakeIsExpecting() == true);
        _journal.Take(due =>
        {
            OwnedPartition partition = _partitions[due.Partition];
            Touch(partition, events: 0);
            long now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
            if (partition.Session.Take(due.Operation, due.Offset, _reference.Tariffs, now) is { } done)
            {
                _events.WriteJournal(done, output);
            }
        });
    }
}
