namespace BelgiCom.Streaming.Rating;

/// <summary>The operations of charging with quota (TS 32.290 clause 6.2: Nchf_ConvergedCharging).</summary>
public enum QuotaOperation
{
    /// <summary>A session begins.</summary>
    Create = 1,

    /// <summary>A session reports usage, and asks for more.</summary>
    Update = 2,

    /// <summary>A session ends.</summary>
    Release = 3,
}

/// <summary>A request for quota.</summary>
/// <param name="Session">The session.</param>
/// <param name="Operation">What it asks.</param>
/// <param name="UsedUnits">Units used since the report before (<c>usedUnitContainer</c>); 0 to 10¹⁵.</param>
/// <param name="RequestedUnits">Units asked for (<c>requestedUnit</c>), 0 to 10¹⁵; null when the session leaves it to us: one
/// increment.</param>
/// <param name="Sequence">Its number in the session (<c>invocationSequenceNumber</c>), rising; null when the session counts none. A request
/// with a number that was answered gets the last answer again, and changes nothing.</param>
public readonly record struct QuotaRequest(
    UInt128 Session, QuotaOperation Operation, long UsedUnits, long? RequestedUnits, int? Sequence = null);

/// <summary>The result of a request (<c>resultCode</c>, TS 32.291).</summary>
public enum QuotaResult
{
    /// <summary>Units are granted.</summary>
    Granted = 1,

    /// <summary>There is no credit for a single increment.</summary>
    QuotaLimitReached = 2,

    /// <summary>The session has ended, and what it held is free.</summary>
    Released = 3,

    /// <summary>There is no such session: it was released, was forgotten, or never began.</summary>
    UnknownSession = 4,

    /// <summary>A number in the request is absurd, or the price of the usage does not fit. Nothing is changed.</summary>
    RatingFailed = 5,
}

/// <summary>The answer to a request.</summary>
/// <param name="Result">Its result.</param>
/// <param name="GrantedUnits">Units that may be used from now on (<c>grantedUnit</c>).</param>
/// <param name="IsFinalUnit">Whether less is granted than was asked for, because it is the last (<c>finalUnitIndication</c>).</param>
/// <param name="ValidUntilMilliseconds">Until when they may be used, milliseconds since 1970-01-01 UTC; <see cref="long.MaxValue"/> for as
/// long as the session lives.</param>
/// <param name="CostNanos">What the session has cost until now in nano-units.</param>
public readonly record struct QuotaAnswer(
    QuotaResult Result, long GrantedUnits, bool IsFinalUnit, long ValidUntilMilliseconds, long CostNanos);
