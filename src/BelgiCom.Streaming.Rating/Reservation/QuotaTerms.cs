namespace BelgiCom.Streaming.Rating;

/// <summary>What a session pays for its quota, and how long it may keep one.</summary>
public sealed record QuotaTerms
{
    /// <summary>Price of one <see cref="Increment"/> in nano-units; 0 to 999,999,999.999999999.</summary>
    public long PriceNanos { get; init; }

    /// <summary>Units in which quota is granted and charged, in the base unit (octets, seconds, messages); at least 1.</summary>
    public long Increment { get; init; } = 1;

    /// <summary>Fee of a session in nano-units, due with its first priced unit (D-05) and held with the first grant that has one.</summary>
    public long ConnectFeeNanos { get; init; }

    /// <summary>Whether the usage costs nothing, and needs no credit: emergency calls.</summary>
    public bool IsFree { get; init; }

    /// <summary>Whether usage must stop at the end of the bundle instead of running into money.</summary>
    public bool IsBundleOnly { get; init; }

    /// <summary>Seconds for which a quota may be used (<c>validityTime</c>, TS 32.291); 0 for as long as the session lives.</summary>
    public long ValiditySeconds { get; init; }

    /// <summary>
    /// Seconds after which a session that reports nothing is forgotten, so that lost releases do not add up; at least 1. What it used and
    /// did not report comes with its CDR.
    /// </summary>
    public long SessionLifetimeSeconds { get; init; } = 2 * 86_400;
}
