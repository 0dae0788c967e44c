using System.Collections.Immutable;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Online charging of a subscriber on an account: money, the sessions that share it, and what they hold. A value, stored whole.
/// </summary>
public sealed record QuotaAccount
{
    /// <summary>An account without money and sessions.</summary>
    public static QuotaAccount Empty { get; } = new();

    /// <summary>Currency of the money; unknown for who pays later.</summary>
    public Currency Currency { get; init; }

    /// <summary>Money and quotas. A quota has the number of its session, then of its rating group; bundles are not counted here.</summary>
    public ReservationState Reservation { get; init; } = new();

    /// <summary>Sessions by id.</summary>
    public ImmutableSortedDictionary<ulong, QuotaSession> Sessions { get; init; } = ImmutableSortedDictionary<ulong, QuotaSession>.Empty;

    /// <summary>Bundles that top-ups brought, in the order of their numbers.</summary>
    public ImmutableArray<GrantedBundle> Granted { get; init; } = [];

    /// <summary>Whether nothing is in it.</summary>
    public bool IsEmpty => Currency.IsUnknown && Sessions.IsEmpty && Granted.IsEmpty;

    /// <summary>Number of the quota of a rating group (-1 when absent) in a session.</summary>
    public static UInt128 NumberOf(ulong session, long ratingGroup) => new(session, (ulong)ratingGroup);
}

/// <summary>A session of online charging.</summary>
/// <param name="BeganMilliseconds">When its create was answered, milliseconds since 1970-01-01 UTC.</param>
/// <param name="Sequence">invocationSequenceNumber of the last request that was answered.</param>
/// <param name="SeenMilliseconds">When that came, milliseconds since 1970-01-01 UTC.</param>
/// <param name="HasEnded">Whether it was released.</param>
public readonly record struct QuotaSession(long BeganMilliseconds, long Sequence, long SeenMilliseconds, bool HasEnded);
