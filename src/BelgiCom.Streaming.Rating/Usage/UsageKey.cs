namespace BelgiCom.Streaming.Rating;

/// <summary>What decides which memory rating an event touches.</summary>
/// <param name="UsageId">Identity of the event.</param>
/// <param name="Subscriber">Reference of the served subscriber.</param>
public readonly record struct UsageKey(UInt128 UsageId, UInt128 Subscriber);
