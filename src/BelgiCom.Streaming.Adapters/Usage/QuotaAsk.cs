namespace BelgiCom.Streaming.Adapters;

/// <summary>Quota that a request asks for (requestedUnit, TS 32.291).</summary>
/// <param name="RatingGroup">ratingGroup; -1 when absent.</param>
/// <param name="Octets">Octets in both directions; -1 when it does not say.</param>
/// <param name="Seconds">Seconds; -1 when it does not say.</param>
/// <param name="ServiceUnits">Service-specific units; -1 when it does not say.</param>
public readonly record struct QuotaAsk(long RatingGroup, long Octets, long Seconds, long ServiceUnits);
