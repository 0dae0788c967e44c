namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The rate by which a bill is converted, and which it names (D-25). Rating converts nothing: usage in another currency than its tariff's
/// is refused.
/// </summary>
public readonly record struct ExchangeRate
{
    /// <summary>Makes a rate.</summary>
    /// <param name="from">Currency of the bill.</param>
    /// <param name="to">Currency to pay in.</param>
    /// <param name="nanos">Nano-units of <paramref name="to"/> for one unit of <paramref name="from"/>; at least 1.</param>
    /// <exception cref="ArgumentException">A currency is not known, or a currency is not worth itself.</exception>
    public ExchangeRate(Currency from, Currency to, long nanos)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(nanos);
        if (from.IsUnknown || to.IsUnknown || (from == to && nanos != Contracts.Nanos.PerUnit))
        {
            throw new ArgumentException($"A rate needs two ISO 4217 codes, and is 1 from a currency to itself: {from} to {to}.");
        }

        (From, To, Nanos) = (from, to, nanos);
    }

    /// <summary>Currency of the bill.</summary>
    public Currency From { get; }

    /// <summary>Currency to pay in.</summary>
    public Currency To { get; }

    /// <summary>Nano-units of <see cref="To"/> for one unit of <see cref="From"/>.</summary>
    public long Nanos { get; }

    /// <summary>Converts a line or total of a bill once, to the decimals of <see cref="To"/>, half away from zero.</summary>
    /// <param name="nanos">Nano-units of <see cref="From"/>.</param>
    /// <returns>Nano-units of <see cref="To"/>, a multiple of its smallest unit.</returns>
    public Int128 Convert(Int128 nanos)
    {
        Int128 smallest = RoundingPolicy.SmallestUnit(To.Decimals);
        return RoundingPolicy.Divide(checked(nanos * Nanos), Contracts.Nanos.PerUnit * smallest) * smallest;
    }
}
