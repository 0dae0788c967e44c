namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Reserves, debits and gives back (D-26; TS 32.290 clause 5.3, session based charging with unit reservation). Quota is granted in whole
/// increments, counted through the session; the bundle comes first, then money. What a session holds counts against all others; each
/// request replaces what the session held before; what was not used comes back with it. Usage beyond the quota is debited all the same,
/// below zero if it must. Pure: the state that comes out depends on what goes in and on nothing else.
/// </summary>
public static class QuotaReservation
{
    private const long MillisecondsPerSecond = 1000;

    // As rating does it: no session uses a petabyte in one report.
    private const long MostUnits = 1_000_000_000_000_000;

    /// <summary>Answers a request.</summary>
    /// <param name="state">The balance before it.</param>
    /// <param name="terms">The terms of the session's usage.</param>
    /// <param name="request">The request.</param>
    /// <param name="atMilliseconds">The time of the request, milliseconds since 1970-01-01 UTC.</param>
    /// <param name="answer">The answer.</param>
    /// <returns>The balance after it.</returns>
    public static ReservationState Apply(
        ReservationState state, QuotaTerms terms, QuotaRequest request, long atMilliseconds, out QuotaAnswer answer)
    {
        state = WithoutExpired(state, terms, atMilliseconds);
        SessionReservation? known = state.Sessions.GetValueOrDefault(request.Session);
        if (known is null && request.Operation != QuotaOperation.Create)
        {
            answer = new QuotaAnswer(QuotaResult.UnknownSession, 0, false, 0, 0);
            return state;
        }

        if (known?.Sequence is { } answered && request.Sequence <= answered)
        {
            answer = known.Answer;
            return state;
        }

        // Nothing is held for the session until its next grant.
        SessionReservation session = (known ?? new SessionReservation()) with
        {
            HeldNanos = 0,
            HeldUnits = 0,
            SeenMilliseconds = atMilliseconds,
            Sequence = request.Sequence ?? known?.Sequence,
        };
        ReservationState others = state with { Sessions = state.Sessions.Remove(request.Session) };
        if (!IsSound(request) || !TryDebit(others, terms, session, request.UsedUnits, out ReservationState debited, out session))
        {
            answer = new QuotaAnswer(QuotaResult.RatingFailed, 0, false, 0, known?.CostNanos ?? 0);
            return state;
        }

        if (request.Operation == QuotaOperation.Release)
        {
            answer = new QuotaAnswer(QuotaResult.Released, 0, false, 0, session.CostNanos);
            return debited;
        }

        session = Grant(
            session, new UnitPricing(debited, terms), terms, debited.AvailableNanos, request.RequestedUnits ?? terms.Increment,
            atMilliseconds);
        answer = session.Answer;
        return debited with { Sessions = debited.Sessions.Add(request.Session, session) };
    }

    /// <summary>Frees what is held by quotas that are over, and forgets sessions of which nobody heard.</summary>
    internal static ReservationState WithoutExpired(ReservationState state, QuotaTerms terms, long at)
    {
        foreach ((UInt128 number, SessionReservation session) in state.Sessions)
        {
            if (at - session.SeenMilliseconds >= terms.SessionLifetimeSeconds * MillisecondsPerSecond)
            {
                state = state with { Sessions = state.Sessions.Remove(number) };
            }
            else if (at >= session.Answer.ValidUntilMilliseconds && (session.HeldNanos | session.HeldUnits) != 0)
            {
                state = state with { Sessions = state.Sessions.SetItem(number, session with { HeldNanos = 0, HeldUnits = 0 }) };
            }
        }

        return state;
    }

    private static bool IsSound(QuotaRequest request) =>
        request.UsedUnits is >= 0 and <= MostUnits && (request.RequestedUnits ?? 0) is >= 0 and <= MostUnits;

    /// <summary>Charges usage that was reported. It happened, so it is debited whether there is credit or not.</summary>
    private static bool TryDebit(
        ReservationState others, QuotaTerms terms, SessionReservation before, long used, out ReservationState debited,
        out SessionReservation after)
    {
        (debited, after) = (others, before);
        if (!RoundingPolicy.TryRoundUp(before.UsedUnits + used, terms.Increment, out long charged))
        {
            return false;
        }

        UnitPricing pricing = new(others, terms);
        charged = Math.Max(charged, before.ChargedUnits);
        long further = charged - before.ChargedUnits;
        long covered = terms.IsFree ? 0 : terms.IsBundleOnly ? further : pricing.Covered(further);
        long priced = before.PricedUnits + (terms.IsFree ? 0 : further - covered);
        if (!pricing.TryCost(priced, out long cost))
        {
            return false;
        }

        after = before with { UsedUnits = before.UsedUnits + used, ChargedUnits = charged, PricedUnits = priced, CostNanos = cost };
        debited = others with
        {
            MoneyNanos = others.MoneyNanos - (cost - before.CostNanos),
            BundleUnits = others.BundleUnits - covered,
        };
        return true;
    }

    /// <summary>Grants as many whole increments as there is credit for, up to what was asked for.</summary>
    /// <param name="session">The session, with nothing held.</param>
    /// <param name="pricing">What its further usage would be charged.</param>
    /// <param name="terms">Increment and validity; the price is that of <paramref name="pricing"/>.</param>
    /// <param name="availableNanos">Money that others do not hold; null for a customer who pays later.</param>
    /// <param name="requested">Units asked for.</param>
    /// <param name="at">Time of the request, milliseconds since 1970-01-01 UTC.</param>
    /// <returns>The session with its grant and what is held for it.</returns>
    internal static SessionReservation Grant(
        SessionReservation session, IQuotaPricing pricing, QuotaTerms terms, long? availableNanos, long requested, long at)
    {
        // A block that was begun is paid, so what is left of it needs no credit.
        long begun = session.ChargedUnits - session.UsedUnits;
        bool fits = RoundingPolicy.TryRoundUp(session.UsedUnits + requested, terms.Increment, out long wanted);
        long most = fits ? Math.Max(0, wanted - session.ChargedUnits) / terms.Increment : 0;
        long granted = 0;
        QuotaCharge held = default;
        for (long bound = most, asked = most; granted < bound; asked = granted + ((bound - granted + 1) / 2))
        {
            // Nearly always all of it can be paid. Else the last that can be is found by halving, because the cost rises with the units.
            bool isPaid = pricing.TryQuote(session, begun + (asked * terms.Increment), out QuotaCharge charge)
                && (charge.Nanos == 0 || availableNanos is not { } available || charge.Nanos <= available);
            (granted, bound, held) = isPaid ? (asked, bound, charge) : (granted, asked - 1, held);
        }

        long units = begun + (granted * terms.Increment);
        return session with
        {
            HeldNanos = availableNanos is null ? 0 : held.Nanos,
            HeldUnits = held.BundleUnits,
            Answer = new QuotaAnswer(
                units > 0 || requested == 0 ? QuotaResult.Granted : QuotaResult.QuotaLimitReached,
                units,
                units > 0 && granted < most,
                terms.ValiditySeconds == 0 ? long.MaxValue : at + (terms.ValiditySeconds * MillisecondsPerSecond),
                session.CostNanos),
        };
    }
}
