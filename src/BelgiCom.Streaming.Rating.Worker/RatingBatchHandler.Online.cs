using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>Online charging in the lane's transactions: what requests report is rated by the same code as all usage.</summary>
internal sealed partial class RatingBatchHandler : IOnlineRating
{
    // Stands for the offset of usage that came in no record of usage.received.v1.
    private const long NoOffset = -1;

    private TransactionalOutput? _output;

    /// <inheritdoc/>
    TariffSnapshot IOnlineRating.Tariffs => _reference.Tariffs;

    /// <inheritdoc/>
    bool IOnlineRating.TryRead(ReadOnlySpan<byte> value, out UsageRecord usage) => _topics.TryReadUsage(value, out usage);

    /// <inheritdoc/>
    RatingOutcome IOnlineRating.Charge(
        byte[] value, OwnedPartition partition, UInt128 subscriber, long at, QuotaExchange exchange, bool isImmediate)
    {
        UsageReceivedView received = ReadOnline(value);
        Touch(partition, events: 1);
        SubscriberRef own = UsageEvents.ToSubscriberRef(subscriber);
        bool isOtherName = received.SubscriberRef != own;
        TariffSnapshot tariffs = _reference.Tariffs;
        UsageRecord usage = UsageEvents.ToRecord(in received, at, tariffs.UsesDetails, _late) with { Subscriber = subscriber };
        partition.Session.Rate(in usage, tariffs, out RatingResult result);
        exchange.Used(in usage, in result, tariffs);
        switch (result.Outcome)
        {
            case RatingOutcome.Rated or RatingOutcome.ZeroRated:
                _counts.Add(result.Outcome);
                received.SubscriberRef = own;
                UsageEvents.ToRated(
                    in received, usage.Fingerprint, in result, partition.Session, tariffs, partition.Partition, NoOffset,
                    out UsageRatedView view);
                _events.WriteRated(in view, _output!);
                _counts.Notifications += _events.WriteNotifications(
                    in view, result.Crossed, partition.Session.Notices(in result), _output!);
                return result.Outcome;
            case RatingOutcome.Duplicate:
                // The network told it twice, and it is charged.
                _counts.Add(result.Outcome);
                return result.Outcome;
            default:
                if (isImmediate)
                {
                    return result.Outcome;
                }

                // What cannot be charged now takes the way of all usage, so that it is suspended or rejected with a place of its own.
                _events.WriteReceived(in received, isOtherName ? own : null, _output!);
                return result.Outcome;
        }
    }

    /// <inheritdoc/>
    bool IOnlineRating.IsRated(byte[] value, OwnedPartition partition, UInt128 subscriber, long at)
    {
        UsageReceivedView received = ReadOnline(value);
        return partition.Session.IsRated(
            UsageEvents.ToRecord(in received, at, _reference.Tariffs.UsesDetails, _late) with { Subscriber = subscriber });
    }

    private UsageReceivedView ReadOnline(byte[] value) => _topics.Received.TryRead(value, out UsageReceivedView received)
        ? received
        : throw new InvalidOperationException("The adapters made a value of usage.received.v1 that is none.");

    private void AnswerOnline(TransactionalOutput output)
    {
        if (_online is not { HasWork: true })
        {
            return;
        }

        _output = output;
        _online.Answer(_partitions, this);
        _output = null;
    }
}
