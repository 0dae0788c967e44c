using System.Collections.Immutable;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>A balance, and what its sessions hold of it. A value: nothing but <see cref="QuotaReservation"/> is needed to go on.</summary>
public sealed record ReservationState
{
    /// <summary>Money in nano-units, what is held included; below 0 after an overrun; null for a customer who pays later.</summary>
    public long? MoneyNanos { get; init; }

    /// <summary>Units left in the bundle, what is held included; below 0 after an overrun of usage that may not run into money.</summary>
    public long BundleUnits { get; init; }

    /// <summary>The sessions that have begun and not ended.</summary>
    public ImmutableSortedDictionary<UInt128, SessionReservation> Sessions { get; init; } =
        ImmutableSortedDictionary<UInt128, SessionReservation>.Empty;

    /// <summary>Money that all sessions hold.</summary>
    public long ReservedNanos => Sessions.Values.Sum(session => session.HeldNanos);

    /// <summary>Money that a new session may hold; null for a customer who pays later.</summary>
    public long? AvailableNanos => MoneyNanos - ReservedNanos;

    /// <summary>Units of the bundle that all sessions hold.</summary>
    public long ReservedUnits => Sessions.Values.Sum(session => session.HeldUnits);
}

/// <summary>What a session has used, and what it holds.</summary>
public sealed record SessionReservation
{
    /// <summary>Units that it reported.</summary>
    public long UsedUnits { get; init; }

    /// <summary>Units charged for them: whole increments.</summary>
    public long ChargedUnits { get; init; }

    /// <summary>Those of them that were priced; the bundle covered the others.</summary>
    public long PricedUnits { get; init; }

    /// <summary>What they cost in nano-units, the fee included.</summary>
    public long CostNanos { get; init; }

    /// <summary>Money held for what it may still use.</summary>
    public long HeldNanos { get; init; }

    /// <summary>Units of the bundle held for it.</summary>
    public long HeldUnits { get; init; }

    /// <summary>When its last request came, milliseconds since 1970-01-01 UTC.</summary>
    public long SeenMilliseconds { get; init; }

    /// <summary>The number of its last request; null when it counts none.</summary>
    public int? Sequence { get; init; }

    /// <summary>The answer to its last request.</summary>
    public QuotaAnswer Answer { get; init; }

    /// <summary>What its units are.</summary>
    public PriceUnit Unit { get; init; }

    /// <summary>Usage of it without quantities, which says how price lists price it.</summary>
    public UsageRecord Usage { get; init; }

    /// <summary>The same as a value of usage.received.v1, as it is stored.</summary>
    public ReadOnlyMemory<byte> UsageValue { get; init; }
}
