namespace BelgiCom.Streaming.Rating;

/// <summary>The part of an event that decides which memory rating it will touch.</summary>
/// <param name="UsageId">Identity of the event.</param>
/// <param name="Subscriber">Reference of the served subscriber.</param>
public readonly record struct UsageKey(UInt128 UsageId, UInt128 Subscriber);
