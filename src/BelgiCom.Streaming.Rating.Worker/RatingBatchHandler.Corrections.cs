using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// Corrections in the lane's transactions. The records that take back and charge anew were made by whoever rated the usage again; the lane
/// writes them when its state is the one that they were made for, and its state is then what they say, as a restore would read it.
/// </summary>
internal sealed partial class RatingBatchHandler
{
    private readonly CorrectionDigest _digest = new();

    private void Correct(
        in UsageReceivedView received, in ConsumedRecord record, OwnedPartition partition, TransactionalOutput output)
    {
        CorrectionOutcome outcome = Compare(in received, in record, partition.Session);
        _counts.Corrections[(int)outcome]++;
        if (outcome != CorrectionOutcome.Taken)
        {
            RatingLog.CorrectionNotTaken(_logger, record.Topic, record.Partition, record.Offset, outcome.ToString());
            return;
        }

        if (!received.History.CorrectionReversal.IsEmpty)
        {
            Take(received.History.CorrectionReversal, partition.Session, output);
        }

        Take(received.History.CorrectionCharge, partition.Session, output);
    }

    /// <summary>
    /// Whether the records may be written: they are of this usage and partition, and made for the state that the lane has.
    /// </summary>
    private CorrectionOutcome Compare(in UsageReceivedView received, in ConsumedRecord record, RatingSession session)
    {
        _ = _digest.Finish();
        CorrectionOutcome outcome = received.History.CorrectionReversal.IsEmpty
            ? CorrectionOutcome.Taken
            : AddHeld(received.History.CorrectionReversal, isReversal: true, in received, record.Partition, session);
        outcome = outcome == CorrectionOutcome.Taken
            ? AddHeld(received.History.CorrectionCharge, isReversal: false, in received, record.Partition, session)
            : outcome;
        return outcome != CorrectionOutcome.Taken || received.History.CorrectionExpects.SequenceEqual(_digest.Finish())
            ? outcome
            : CorrectionOutcome.Stale;
    }

    private CorrectionOutcome AddHeld(
        ReadOnlySpan<byte> value, bool isReversal, in UsageReceivedView received, int partition, RatingSession session) =>
        _topics.Rated.TryRead(value, out UsageRatedView rated)
        && rated.HasCorrection
        && rated.Correction.IsReversal == isReversal
        && rated.Correction.UsageId == received.UsageId
        && rated.SubscriberRef == received.SubscriberRef
        && rated.ReceivedPartition == partition
            ? session.AddHeld(in rated, _digest)
            : CorrectionOutcome.Unreadable;

    private void Take(ReadOnlySpan<byte> value, RatingSession session, TransactionalOutput output)
    {
        _topics.Rated.TryRead(value, out UsageRatedView rated);
        StateCodec.TryRepeat(in rated, session);
        _events.WriteRated(in rated, output);
    }
}
