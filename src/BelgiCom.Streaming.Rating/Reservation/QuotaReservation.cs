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

        session = Grant(debited, terms, session, request.RequestedUnits ?? terms.Increment, atMilliseconds);
        answer = session.Answer;
        return debited with { Sessions = debited.Sessions.Add(request.Session, session) };
    }

    /// <summary>Frees what is held by quotas that are over, and forgets sessions of which nobody heard.</summary>
    private static ReservationState WithoutExpired(ReservationState state, QuotaTerms terms, long at)
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

        charged = Math.Max(charged, before.ChargedUnits);
        long further = charged - before.ChargedUnits;
        long covered = terms.IsFree ? 0 : terms.IsBundleOnly ? further : Covered(others, further);
        long priced = before.PricedUnits + (terms.IsFree ? 0 : further - covered);
        if (!TryCost(terms, priced, out long cost))
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
    private static SessionReservation Grant(ReservationState state, QuotaTerms terms, SessionReservation session, long requested, long at)
    {
        bool fits = RoundingPolicy.TryRoundUp(session.UsedUnits + requested, terms.Increment, out long wanted);
        long most = fits ? Math.Max(0, wanted - session.ChargedUnits) / terms.Increment : 0;
        long granted = 0;
        for (long bound = most; granted < bound;)
        {
            // The cost rises with the increments, so the last that can be paid is found by halving.
            long middle = granted + ((bound - granted + 1) / 2);
            bool isPaid = CanPay(state, terms, session, middle * terms.Increment);
            (granted, bound) = isPaid ? (middle, bound) : (granted, middle - 1);
        }

        long further = granted * terms.Increment;
        long covered = terms.IsFree ? 0 : Covered(state, further);
        long priced = terms.IsFree ? 0 : further - covered;
        TryCost(terms, session.PricedUnits + priced, out long cost);
        long units = session.ChargedUnits + further - session.UsedUnits;
        return session with
        {
            HeldNanos = state.MoneyNanos is null || priced == 0 ? 0 : cost - session.CostNanos,
            HeldUnits = covered,
            Answer = new QuotaAnswer(
                units > 0 || requested == 0 ? QuotaResult.Granted : QuotaResult.QuotaLimitReached,
                units,
                units > 0 && granted < most,
                terms.ValiditySeconds == 0 ? long.MaxValue : at + (terms.ValiditySeconds * MillisecondsPerSecond),
                session.CostNanos),
        };
    }

    /// <summary>Whether there is credit for further units beside what others hold.</summary>
    private static bool CanPay(ReservationState state, QuotaTerms terms, SessionReservation session, long further)
    {
        long priced = terms.IsFree ? 0 : further - Covered(state, further);
        if (priced == 0)
        {
            return true;
        }

        return !terms.IsBundleOnly
            && TryCost(terms, session.PricedUnits + priced, out long cost)
            && (state.AvailableNanos is not { } available || cost - session.CostNanos <= available);
    }

    /// <summary>Units that the bundle covers, beside what others hold of it.</summary>
    private static long Covered(ReservationState state, long units) => Math.Clamp(state.BundleUnits - state.ReservedUnits, 0, units);

    /// <summary>What a session's priced units cost, from its first one on.</summary>
    private static bool TryCost(QuotaTerms terms, long priced, out long nanos)
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
