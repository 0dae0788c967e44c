using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>Why an event is not rated, in the words of usage.rejected.v1, with a sentence that says what to do.</summary>
internal readonly record struct Rejection(RejectedReason Reason, byte[] DetailUtf8)
{
    public static Rejection Undecodable { get; } = new(
        RejectedReason.Undecodable,
        "The value is not usage in the wire format of this topic; look at the producer that wrote it."u8.ToArray());

    public static Rejection UnknownSchema { get; } = new(
        RejectedReason.UnknownSchema,
        [
            .. "The value names a schema that the registry does not have or that is no version of this topic's; "u8,
            .. "register it, or look at the producer that wrote it, then recycle."u8,
        ]);

    private static readonly Rejection[] ByReason = [.. Enum.GetValues<RejectedReason>().Select(Of)];

    public RatingOutcome Outcome => RejectedReasons.OutcomeOf(Reason);

    /// <summary>The words for a reason, with the policy that may have decided so.</summary>
    public static Rejection For(RejectedReason reason, LatePolicy? late = null) =>
        late is not null && reason is RejectedReason.OutsideWindow or RejectedReason.TooLate
            ? ByPolicy(reason, late)
            : ByReason[(int)reason];

    private static Rejection ByPolicy(RejectedReason reason, LatePolicy late) => new(
        reason,
        Encoding.UTF8.GetBytes(
            reason == RejectedReason.TooLate
                ? $"Refused by the late policy {late.Version}, or older than Rating:LateDays; bill it by hand if it is owed."
                : $"Held by the late policy {late.Version}: recycle it, which charges it in its own month, or discard it."));

    private static Rejection Of(RejectedReason reason) => reason switch
    {
        RejectedReason.Undecodable => Undecodable,
        RejectedReason.UnknownSchema => UnknownSchema,
        RejectedReason.AlreadyRated => new(reason, "Nothing to do: usage with this id was rated before."u8.ToArray()),
        RejectedReason.TooLate => new(
            reason,
            "Older than Rating:LateDays before the newest usage rated; bill it by hand if it is owed."u8.ToArray()),
        RejectedReason.OutsideWindow => new(
            reason,
            "Older than Rating:LateDays before the newest usage rated; raise LateDays and DedupDays, then recycle, or bill it by hand."u8
                .ToArray()),
        RejectedReason.UnknownSubscriber =>
            new(reason, "Publish a subscription for the reference, then recycle."u8.ToArray()),
        RejectedReason.NoSubscriptionAtEventTime =>
            new(reason, "Publish a subscription that covers eventTime, then recycle."u8.ToArray()),
        RejectedReason.NoTariff => new(
            reason,
            [
                .. "Publish a version of the subscriber's offering in force at eventTime, and of each of its add-ons one that is for "u8,
                .. "that offering, then recycle."u8,
            ]),
        RejectedReason.NoPrice => new(
            reason,
            "Add a zone for the serving network and a price for this usage to the offering, then recycle."u8.ToArray()),
        RejectedReason.InvalidUsage => new(
            reason,
            "A value cannot be: unknown kind, negative count, bad network, or a time more than a day ahead of receipt."u8.ToArray()),
        RejectedReason.AmountOverflow => new(
            reason,
            "Units exceed 15 digits, or the amount 18; look at the record and at the price."u8.ToArray()),
        RejectedReason.Conflict => new(
            reason,
            "Usage with this id was rated before with other content; compare them (belgicom suspense list), then recycle or discard it."u8
                .ToArray()),
        RejectedReason.Currency => new(
            reason,
            [
                .. "The month's balance, the prepaid money or the usage's value is in another currency, or has other VAT; "u8,
                .. "begin these with a month or an account, or publish a price in that currency, then recycle."u8,
            ]),
        RejectedReason.CalledUnknown => new(
            reason,
            [
                .. "A price depends on who was called, which this usage does not say: set Adapters:CalledSubscribers and have its file "u8,
                .. "taken again, or publish a version without calledIn for its time, then recycle."u8,
            ]),
        RejectedReason.NotMeasured => new(
            reason,
            "The price is per a unit that the record did not measure; add a price per a measured unit, then recycle."u8.ToArray()),
        _ => new(reason, ""u8.ToArray()),
    };
}
