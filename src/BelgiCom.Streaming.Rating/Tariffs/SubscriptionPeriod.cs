namespace BelgiCom.Streaming.Rating;

/// <summary>One assignment of a subscriber to an account and an offering; half-open in time.</summary>
public readonly struct SubscriptionPeriod
{
    /// <summary>Billing account (TMF666), UTF-8, at most 254 octets.</summary>
    public ReadOnlyMemory<byte> AccountUtf8 { get; init; }

    /// <summary>Number of the offering in the <see cref="OfferingIndex"/>.</summary>
    public int Offering { get; init; }

    /// <summary>First instant, milliseconds since 1970-01-01 UTC; <see cref="long.MinValue"/> for always.</summary>
    public long ValidFromMilliseconds { get; init; }

    /// <summary>First instant after; <see cref="long.MaxValue"/> while open.</summary>
    public long ValidToMilliseconds { get; init; }
}
