namespace BelgiCom.Streaming.Rating;

/// <summary>What further usage of a session would be charged, asked for before quota is granted.</summary>
internal interface IQuotaPricing
{
    /// <summary>
    /// Asks for units beyond those that the session has reported. False when they have no price, the price does not fit, or they may not
    /// run into money.
    /// </summary>
    /// <param name="session">The session, with nothing held.</param>
    /// <param name="units">Units.</param>
    /// <param name="charge">What they would be charged.</param>
    bool TryQuote(SessionReservation session, long units, out QuotaCharge charge);
}

/// <summary>What units would be charged.</summary>
/// <param name="BundleUnits">Units that bundles would cover.</param>
/// <param name="Nanos">Money in nano-units.</param>
internal readonly record struct QuotaCharge(long BundleUnits, long Nanos);

/// <summary>One price for each increment, and one bundle, as <see cref="QuotaTerms"/> say.</summary>
/// <param name="state">The balance, with what all other sessions hold.</param>
/// <param name="terms">The terms.</param>
internal sealed class UnitPricing(ReservationState state, QuotaTerms terms) : IQuotaPricing
{
    /// <inheritdoc/>
    public bool TryQuote(SessionReservation session, long units, out QuotaCharge charge)
    {
        long further = units - (session.ChargedUnits - session.UsedUnits);
        long covered = terms.IsFree ? 0 : Covered(further);
        long priced = terms.IsFree ? 0 : further - covered;
        charge = new QuotaCharge(covered, 0);
        if (priced == 0)
        {
            return true;
        }

        bool isPriced = !terms.IsBundleOnly & TryCost(session.PricedUnits + priced, out long cost);
        charge = charge with { Nanos = cost - session.CostNanos };
        return isPriced;
    }

    /// <summary>Units that the bundle covers, beside what others hold of it.</summary>
    public long Covered(long units) => Math.Clamp(state.BundleUnits - state.ReservedUnits, 0, units);

    /// <summary>What a session's priced units cost, from its first one on.</summary>
    public bool TryCost(long priced, out long nanos)
    {
        nanos = 0;
        if (priced == 0)
        {
            return true;
        }

        bool fits = RoundingPolicy.TryPrice(priced, terms.PriceNanos, terms.Increment, out long price);
        nanos = price + terms.ConnectFeeNanos;
        return fits && nanos <= Contracts.Nanos.Max;
    }
}
