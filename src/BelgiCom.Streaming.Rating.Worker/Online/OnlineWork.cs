using BelgiCom.Streaming.Adapters;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>What became of a request, when the transaction that has it is committed.</summary>
/// <param name="Result">The result.</param>
/// <param name="Grants">Quotas, in the order in which they were asked for.</param>
/// <param name="Subscriber">Whose session it is.</param>
/// <param name="BeganMilliseconds">When the session was made, milliseconds since 1970-01-01 UTC.</param>
internal sealed record OnlineReply(
    OnlineResult Result, IReadOnlyList<QuotaGrant> Grants, UInt128 Subscriber = default, long BeganMilliseconds = 0);

/// <summary>Results of requests.</summary>
internal enum OnlineResult
{
    /// <summary>It is answered.</summary>
    Answered,

    /// <summary>The subscriber is known under another reference, which the reply has: ask again under that.</summary>
    OtherName,

    /// <summary>No subscription names an account for the subscriber.</summary>
    UnknownSubscriber,

    /// <summary>There is no such session.</summary>
    UnknownSession,

    /// <summary>The account has as many sessions as it may have.</summary>
    TooManySessions,

    /// <summary>The partition belongs to no lane of this process, or no more.</summary>
    NotOwned,

    /// <summary>Too many requests wait.</summary>
    Congested,
}

/// <summary>A request on its way through its lane.</summary>
/// <param name="request">The request.</param>
/// <param name="call">What it says of its session.</param>
/// <param name="partition">Partition of its subscriber.</param>
internal sealed class OnlineWork(ChargingRequest request, QuotaCall call, int partition) : LaneWork<OnlineReply>(partition)
{
    /// <summary>The request.</summary>
    public ChargingRequest Request => request;

    /// <summary>What it says of its session.</summary>
    public QuotaCall Call => call;

    /// <inheritdoc/>
    protected override OnlineReply Refusal(OnlineResult why) => new(why, []);
}
