using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What the session that has a member's subscription says of it to the session of its account, which rates the member's usage: all that
/// rating asks a subscription for.
/// </summary>
public readonly ref struct Membership
{
    /// <summary>Stands for days that nobody counted: usage that a release before these days guided.</summary>
    public const int NotCounted = -1;

    /// <summary>Billing account (TMF666) in UTF-8, at most 254 octets.</summary>
    public required ReadOnlySpan<byte> Account { get; init; }

    /// <summary>Its key (<see cref="AccountKeys"/>).</summary>
    public required UInt128 AccountKey { get; init; }

    /// <summary>Number of the offering at the start of the usage; -1 when nobody knows it.</summary>
    public required int Offering { get; init; }

    /// <summary>Days of the month of the usage on which the member has the offering on the account.</summary>
    public int ActiveDays { get; init; } = NotCounted;

    /// <summary>The same for the month before.</summary>
    public int ActiveDaysBefore { get; init; } = NotCounted;

    /// <summary>
    /// The same for the eleven months before that, five bits each, the newest lowest; 0 for months that nobody asked for.
    /// </summary>
    public long ActiveDaysEarlier { get; init; }

    /// <summary>What the member chose for limits: an array of <see cref="MemberChoice"/> as Avro writes it; empty for nothing.</summary>
    public ReadOnlySpan<byte> Choices { get; init; }

    /// <summary>Makes one whose days nobody counted.</summary>
    public Membership()
    {
    }
}
