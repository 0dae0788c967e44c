using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>A step of a limit in force, which is sent once when the spend reaches it.</summary>
/// <param name="Number">Number of the step: the same in every process and release, another one for a limit of another amount.</param>
/// <param name="Limit">Its limit.</param>
/// <param name="Step">The step. Where the customer agreed to go on to a further limit, the service does not stop at this one, and its step
/// is a message.</param>
public sealed record SpendNotice(ulong Number, SpendLimit Limit, SpendLimitStep Step)
{
    private const int EightyPercent = 800;
    private const int WholePermille = 1000;

    /// <summary>Its kind on customer.notifications.v1. The first limit of roaming data has the kinds that it always had.</summary>
    public NotificationKind Kind { get; } = (Limit.Scope, Limit.After, Step.Permille) switch
    {
        (SpendScope.RoamingData, "", EightyPercent) => NotificationKind.RoamingData80Percent,
        (SpendScope.RoamingData, "", WholePermille) => NotificationKind.RoamingDataLimit,
        _ => NotificationKind.SpendLimit,
    };
}

/// <summary>A step that a charge reached for the first time in its period.</summary>
/// <param name="Notice">The step.</param>
/// <param name="SpendNanos">The spend of its scope after the charge, in nano-units on the basis of the price list.</param>
public readonly record struct SentNotice(SpendNotice Notice, long SpendNanos);
