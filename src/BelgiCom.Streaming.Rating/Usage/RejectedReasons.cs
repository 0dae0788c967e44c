using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What each reason of usage.rejected.v1 means for the usage. Rating's result, the worker's counters and its records take the outcome from
/// here, so that no two of them can differ.
/// </summary>
public static class RejectedReasons
{
    /// <summary>The outcome of usage that is not rated for this reason; each reason has one.</summary>
    public static RatingOutcome OutcomeOf(RejectedReason reason) => reason switch
    {
        RejectedReason.AlreadyRated => RatingOutcome.Duplicate,
        RejectedReason.TooLate => RatingOutcome.Late,
        RejectedReason.Conflict => RatingOutcome.Conflict,
        RejectedReason.UnknownSchema or RejectedReason.UnknownSubscriber or RejectedReason.NoSubscriptionAtEventTime
            or RejectedReason.NoTariff or RejectedReason.NoPrice or RejectedReason.NotMeasured or RejectedReason.OutsideWindow
            or RejectedReason.Currency or RejectedReason.CalledUnknown => RatingOutcome.Suspended,
        _ => RatingOutcome.Rejected,
    };
}
