using System.Collections.Immutable;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>What becomes of a request for quota.</summary>
public enum QuotaOutcome
{
    /// <summary>It is new: what it reports is to be rated, and then answered.</summary>
    New,

    /// <summary>It was answered before: the same answer is given again, and nothing changes.</summary>
    Repeated,

    /// <summary>No subscription names an account for the subscriber at this time.</summary>
    UnknownSubscriber,

    /// <summary>There is no such session: it was released, was forgotten, or never began.</summary>
    UnknownSession,

    /// <summary>The account has as many sessions as it may have.</summary>
    TooManySessions,
}

/// <summary>What a request says of its session.</summary>
/// <param name="Subscriber">Reference of the subscriber.</param>
/// <param name="Session">Id of the session.</param>
/// <param name="Operation">What it asks.</param>
/// <param name="Sequence">invocationSequenceNumber.</param>
/// <param name="BeganMilliseconds">When the session was made, as its reference says; null in a create, which has none.</param>
public readonly record struct QuotaCall(
    UInt128 Subscriber, ulong Session, QuotaOperation Operation, long Sequence, long? BeganMilliseconds);

/// <summary>Quota that a request asks for.</summary>
/// <param name="RatingGroup">ratingGroup; -1 when absent.</param>
/// <param name="Octets">Octets asked for; -1 when it does not say.</param>
/// <param name="Seconds">Seconds asked for; -1 when it does not say.</param>
/// <param name="ServiceUnits">Service-specific units asked for; -1 when it does not say.</param>
/// <param name="Usage">Usage of the rating group without quantities.</param>
/// <param name="UsageValue">The same as a value of usage.received.v1.</param>
/// <param name="NamesSession">Whether the request says of its session how usage is priced; else what an earlier one said holds.</param>
public readonly record struct QuotaDemand(
    long RatingGroup, long Octets, long Seconds, long ServiceUnits, UsageRecord Usage, ReadOnlyMemory<byte> UsageValue,
    bool NamesSession = true);

/// <summary>Quota of a rating group, as it is answered.</summary>
/// <param name="RatingGroup">ratingGroup; -1 when absent.</param>
/// <param name="Unit">What the units are.</param>
/// <param name="Answer">The answer.</param>
/// <param name="Kind">Kind of the usage.</param>
public readonly record struct QuotaGrant(long RatingGroup, PriceUnit Unit, QuotaAnswer Answer, UsageKind Kind);

/// <summary>How quotas are granted.</summary>
public sealed record QuotaPolicy
{
    /// <summary>Octets granted to a request that does not say how many it wants.</summary>
    public long Octets { get; init; } = 10_000_000;

    /// <summary>Seconds granted to a request that does not say how many it wants.</summary>
    public long Seconds { get; init; } = 300;

    /// <summary>Service-specific units granted to a request that does not say how many it wants.</summary>
    public long ServiceUnits { get; init; } = 1;

    /// <summary>Seconds for which a quota may be used (<c>validityTime</c>).</summary>
    public long ValiditySeconds { get; init; } = 3600;

    /// <summary>Seconds after which a silent session is forgotten.</summary>
    public long SessionLifetimeSeconds { get; init; } = 2 * 86_400;

    /// <summary>Seconds for which a session that was released is known, so that its release can be sent again.</summary>
    public long EndedLifetimeSeconds { get; init; } = 600;

    /// <summary>Most sessions of an account, released ones that are still known included.</summary>
    public int MostSessions { get; init; } = 64;
}

/// <summary>
/// One request of online charging (TS 32.290 clause 5.3), from its session to its answer: the caller opens it, rates what it reports as any
/// usage, tells each result, and asks for the grants. The account changes with <see cref="Finish"/>, in the batch that is open.
/// </summary>
public sealed class QuotaExchange
{
    private const long MillisecondsPerSecond = 1000;

    private readonly RatingSession _rating;
    private readonly QuotaPolicy _policy;
    private readonly QuotaCall _call;
    private readonly UInt128 _owner;
    private readonly long _at;
    private readonly List<(long RatingGroup, UsageRecord Usage, RatingResult Result, PriceUnit Unit, bool IsCounted)> _used = [];

    /// <summary>Opens a request.</summary>
    /// <param name="rating">State of the subscriber's partition.</param>
    /// <param name="policy">How quotas are granted.</param>
    /// <param name="call">The request.</param>
    /// <param name="atMilliseconds">When it came, milliseconds since 1970-01-01 UTC.</param>
    public QuotaExchange(RatingSession rating, QuotaPolicy policy, QuotaCall call, long atMilliseconds)
    {
        (_rating, _policy, _call, _at) = (rating, policy, call, atMilliseconds);
        if (!rating.TryFindOwner(call.Subscriber, atMilliseconds, out _owner))
        {
            Outcome = QuotaOutcome.UnknownSubscriber;
            return;
        }

        QuotaAccount account = Aged(rating.FindQuotaAccount(_owner) ?? QuotaAccount.Empty);
        bool isKnown = account.Sessions.TryGetValue(call.Session, out QuotaSession session)
            && (call.BeganMilliseconds is not { } began || began == session.BeganMilliseconds);
        BeganMilliseconds = isKnown ? session.BeganMilliseconds : atMilliseconds;
        bool isCreate = call.Operation == QuotaOperation.Create;
        // Nobody goes on before the create is answered, so one that comes after other requests is that of a session made anew under the
        // same numbers: some consumers give the same charging id again.
        bool isRepeated = isCreate
            ? isKnown && !session.HasEnded && call.Sequence == session.Sequence
            : isKnown && call.Sequence <= session.Sequence;
        IsOvertaken = !isCreate && isRepeated && call.Sequence < session.Sequence;
        Outcome = isRepeated ? QuotaOutcome.Repeated
            : !isCreate && (!isKnown || session.HasEnded) ? QuotaOutcome.UnknownSession
            : !isKnown && account.Sessions.Count >= policy.MostSessions ? QuotaOutcome.TooManySessions
            : QuotaOutcome.New;
        if (isCreate && Outcome == QuotaOutcome.New)
        {
            BeganMilliseconds = Math.Max(atMilliseconds, isKnown ? session.BeganMilliseconds + 1 : 0);
        }
    }

    /// <summary>What becomes of the request.</summary>
    public QuotaOutcome Outcome { get; }

    /// <summary>
    /// Whether a later request of the session was answered already. What this one reports is rated all the same, because it may have been
    /// on its way when that one came; if it was rated before, its ids say so.
    /// </summary>
    public bool IsOvertaken { get; }

    /// <summary>When the session was made, milliseconds since 1970-01-01 UTC.</summary>
    public long BeganMilliseconds { get; }

    /// <summary>Takes note of usage that the request reports and that was rated, whatever its outcome.</summary>
    /// <param name="usage">The usage.</param>
    /// <param name="result">Its result.</param>
    /// <param name="tariffs">Tariffs it was rated with.</param>
    public void Used(in UsageRecord usage, in RatingResult result, TariffSnapshot tariffs)
    {
        if (result.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated)
        {
            (PriceUnit unit, _, bool isCounted) = Pricing(in usage, in result, tariffs);
            _used.Add((usage.RatingGroup, usage, result, unit, isCounted));
        }
    }

    /// <summary>The grants of a request that is new or repeated, in the order in which they are asked for.</summary>
    /// <param name="demands">What it asks for; none in a release.</param>
    /// <param name="tariffs">Tariffs in force.</param>
    public IReadOnlyList<QuotaGrant> Finish(IReadOnlyList<QuotaDemand> demands, TariffSnapshot tariffs)
    {
        QuotaAccount account = Aged(_rating.FindQuotaAccount(_owner) ?? QuotaAccount.Empty);
        if (Outcome == QuotaOutcome.Repeated)
        {
            if (_used.Count > 0)
            {
                _rating.SetQuotaAccount(_owner, Debited(account, keepsHold: true));
            }

            return
            [
                .. demands.Select(demand =>
                    account.Reservation.Sessions.TryGetValue(NumberOf(demand.RatingGroup), out SessionReservation? quota)
                    ? new QuotaGrant(demand.RatingGroup, quota.Unit, quota.Answer, quota.Usage.Kind)
                    : new QuotaGrant(demand.RatingGroup, PriceUnit.Octet, default, demand.Usage.Kind)),
            ];
        }

        bool isRelease = _call.Operation == QuotaOperation.Release;
        if (_call.Operation == QuotaOperation.Create)
        {
            account = WithoutQuotas(account, _call.Session);
        }

        account = account with
        {
            Sessions = account.Sessions.SetItem(_call.Session, new QuotaSession(BeganMilliseconds, _call.Sequence, _at, isRelease)),
        };
        account = Debited(account, keepsHold: false);

        List<QuotaGrant> grants = [];
        foreach (QuotaDemand demand in demands)
        {
            SessionReservation quota = Granted(ref account, demand, tariffs, out _);
            account = account with
            {
                Reservation = account.Reservation with
                {
                    Sessions = account.Reservation.Sessions.SetItem(NumberOf(demand.RatingGroup), quota),
                },
            };
            grants.Add(new QuotaGrant(demand.RatingGroup, quota.Unit, quota.Answer, quota.Usage.Kind));
        }

        _rating.SetQuotaAccount(_owner, isRelease ? WithoutQuotas(account, _call.Session) : account);
        return grants;
    }

    /// <summary>
    /// Whether an event may be debited before it happens (immediate event charging, TS 32.290 clause 5.3.2.2): all of it or nothing.
    /// Nothing is held, and no session begins.
    /// </summary>
    /// <param name="demand">What is asked for.</param>
    /// <param name="tariffs">Tariffs in force.</param>
    /// <param name="isDebited">Whether it was debited before: then the answer is the same again.</param>
    /// <returns>The grant of all that was asked for, or why there is none.</returns>
    public QuotaGrant Afford(in QuotaDemand demand, TariffSnapshot tariffs, bool isDebited)
    {
        QuotaAccount account = Aged(_rating.FindQuotaAccount(_owner) ?? QuotaAccount.Empty);
        SessionReservation quota = Granted(ref account, demand, tariffs, out long wanted);
        QuotaAnswer answer = quota.Answer;
        return new QuotaGrant(
            demand.RatingGroup,
            quota.Unit,
            isDebited ? new QuotaAnswer(QuotaResult.Granted, wanted, false, long.MaxValue, 0)
                : answer.Result != QuotaResult.Granted ? answer
                : answer.GrantedUnits < wanted ? new QuotaAnswer(QuotaResult.QuotaLimitReached, 0, false, _at, 0)
                : new QuotaAnswer(QuotaResult.Granted, wanted, false, long.MaxValue, 0),
            demand.Usage.Kind);
    }

    /// <summary>What an account is at an instant: quotas that are over hold nothing, and silent sessions are forgotten.</summary>
    /// <param name="account">The account.</param>
    /// <param name="policy">How quotas are granted.</param>
    /// <param name="atMilliseconds">The instant, milliseconds since 1970-01-01 UTC.</param>
    internal static QuotaAccount Aged(QuotaAccount account, QuotaPolicy policy, long atMilliseconds)
    {
        foreach ((ulong id, QuotaSession session) in account.Sessions)
        {
            long lifetime = session.HasEnded ? policy.EndedLifetimeSeconds : policy.SessionLifetimeSeconds;
            if (atMilliseconds - session.SeenMilliseconds >= lifetime * MillisecondsPerSecond)
            {
                account = WithoutQuotas(account, id) with { Sessions = account.Sessions.Remove(id) };
            }
        }

        // A quota lives as long as its session, however long ago it was asked for.
        QuotaTerms terms = new() { SessionLifetimeSeconds = long.MaxValue / MillisecondsPerSecond };
        return account with { Reservation = QuotaReservation.WithoutExpired(account.Reservation, terms, atMilliseconds) };
    }

    /// <summary>Usage of a quantity, now.</summary>
    internal static UsageRecord Quantity(in UsageRecord usage, PriceUnit unit, long units, long at) => usage with
    {
        EventTimeMilliseconds = at,
        EndTimeMilliseconds = at,
        ReceivedTimeMilliseconds = 0,
        TotalOctets = unit == PriceUnit.Octet ? units : -1,
        DurationSeconds = unit == PriceUnit.Second ? units : -1,
        Messages = unit == PriceUnit.Message ? units : -1,
        ServiceUnits = unit == PriceUnit.Unit ? units : -1,
    };

    private static QuotaAccount WithoutQuotas(QuotaAccount account, ulong session)
    {
        ReservationState reservation = account.Reservation;
        foreach (UInt128 number in reservation.Sessions.Keys.Where(number => (ulong)(number >> 64) == session))
        {
            reservation = reservation with { Sessions = reservation.Sessions.Remove(number) };
        }

        return account with { Reservation = reservation };
    }

    /// <summary>Unit and increment of the price of usage, and whether its session is counted through all its records.</summary>
    private static (PriceUnit Unit, long Increment, bool IsCounted) Pricing(
        in UsageRecord usage, in RatingResult result, TariffSnapshot tariffs)
    {
        if (result.PriceIndex < 0)
        {
            return (usage.TotalOctets >= 0 ? PriceUnit.Octet : usage.DurationSeconds >= 0 ? PriceUnit.Second : PriceUnit.Unit, 1, false);
        }

        TariffVersion version = tariffs.Version(result.VersionIndex);
        ref readonly TariffVersion.Price price = ref version.PriceAt(result.PriceIndex);
        return (price.Unit, price.Increment, usage.Session != UInt128.Zero && version.KeepsSessions && price.CountsThroughSession);
    }

    private QuotaAccount Aged(QuotaAccount account) => Aged(account, _policy, _at);

    private UInt128 NumberOf(long ratingGroup) => QuotaAccount.NumberOf(_call.Session, ratingGroup);

    /// <summary>Counts the usage in its quotas. Rating has debited the money.</summary>
    private QuotaAccount Debited(QuotaAccount account, bool keepsHold)
    {
        ReservationState reservation = account.Reservation;
        foreach ((long group, UsageRecord usage, RatingResult result, PriceUnit unit, bool isCounted) in _used)
        {
            UInt128 number = NumberOf(group);
            SessionReservation quota = reservation.Sessions.GetValueOrDefault(number) ?? new SessionReservation { Unit = unit };
            long used = quota.UsedUnits + Math.Max(0, usage.UnitsOf(quota.Unit));
            quota = quota with
            {
                HeldNanos = keepsHold ? quota.HeldNanos : 0,
                HeldUnits = keepsHold ? quota.HeldUnits : 0,
                UsedUnits = used,
                // Where each record is charged by itself, nothing is left of its last block.
                ChargedUnits = isCounted ? Math.Max(used, quota.ChargedUnits + result.ChargedUnits) : used,
                CostNanos = quota.CostNanos + result.AmountNanos,
                SeenMilliseconds = _at,
            };
            reservation = reservation with { Sessions = reservation.Sessions.SetItem(number, quota) };
        }

        return account with { Reservation = reservation };
    }

    private SessionReservation Granted(
        ref QuotaAccount account, in QuotaDemand demand, TariffSnapshot tariffs, out long wanted)
    {
        wanted = 0;
        UInt128 number = NumberOf(demand.RatingGroup);
        SessionReservation quota = (account.Reservation.Sessions.GetValueOrDefault(number) ?? new SessionReservation()) with
        {
            HeldNanos = 0,
            HeldUnits = 0,
            SeenMilliseconds = _at,
        };
        if (demand.NamesSession || quota.UsageValue.IsEmpty)
        {
            quota = quota with { Usage = demand.Usage, UsageValue = demand.UsageValue };
        }

        RatingSession.TrialMark mark = _rating.MarkTrial();
        try
        {
            account = HoldOthers(account, number, tariffs);
            ReservationState others = account.Reservation with { Sessions = account.Reservation.Sessions.Remove(number) };
            RatingResult probed = Probe(in demand, quota.Usage, tariffs, out UsageRecord probe);
            if (probed.Outcome is not (RatingOutcome.Rated or RatingOutcome.ZeroRated))
            {
                return quota with { Answer = new QuotaAnswer(QuotaResult.RatingFailed, 0, false, _at, quota.CostNanos) };
            }

            TariffVersion version = tariffs.Version(probed.VersionIndex);
            if (version.IsPrepaid && !account.Currency.IsUnknown && account.Currency != version.Currency)
            {
                return quota with { Answer = new QuotaAnswer(QuotaResult.RatingFailed, 0, false, _at, quota.CostNanos) };
            }

            (PriceUnit unit, long increment, bool isCounted) = Pricing(in probe, in probed, tariffs);
            quota = quota with { Unit = unit, ChargedUnits = isCounted ? quota.ChargedUnits : quota.UsedUnits };
            // Where each record is charged by itself, its increments count from its own beginning.
            long before = isCounted ? 0 : quota.UsedUnits;
            quota = quota with { UsedUnits = quota.UsedUnits - before, ChargedUnits = quota.ChargedUnits - before };
            QuotaTerms terms = new()
            {
                Increment = increment,
                ValiditySeconds = version.QuotaValiditySeconds > 0 ? version.QuotaValiditySeconds : _policy.ValiditySeconds,
            };
            wanted = WantedOf(in demand, quota.Usage.Kind, unit, version);
            quota = QuotaReservation.Grant(
                quota, new ListPricing(_rating, tariffs, quota.Usage, unit, increment, _at), terms,
                // Who pays later holds no money, but what may still be spent until a limit stops the service. Who pays before, and has
                // topped up nothing yet, has 0.
                version.IsPrepaid ? (others.MoneyNanos ?? 0) - others.ReservedNanos : long.MaxValue,
                Math.Min(wanted, RatingSession.MaxQuantity), _at);
            return quota with { UsedUnits = quota.UsedUnits + before, ChargedUnits = quota.ChargedUnits + before };
        }
        finally
        {
            _rating.EndTrial(mark);
        }
    }

    /// <summary>
    /// Charges what all other quotas may still use, so that what is asked after it gets what they leave. What they hold is what that costs
    /// now: usage that was reported since may have left them more of a bundle, or less.
    /// </summary>
    private QuotaAccount HoldOthers(QuotaAccount account, UInt128 number, TariffSnapshot tariffs)
    {
        ImmutableSortedDictionary<UInt128, SessionReservation> quotas = account.Reservation.Sessions;
        foreach ((UInt128 other, SessionReservation quota) in account.Reservation.Sessions)
        {
            if (other == number || (quota.HeldNanos | quota.HeldUnits) == 0)
            {
                continue;
            }

            UsageRecord held = Quantity(quota.Usage, quota.Unit, quota.Answer.GrantedUnits, _at);
            _rating.Try(in held, tariffs, out RatingResult result, out _);
            // What has no price any more keeps what it was promised.
            if (result.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated)
            {
                quotas = quotas.SetItem(
                    other, quota with { HeldNanos = Math.Max(0, result.AmountNanos), HeldUnits = result.BundleUnits });
            }
        }

        return account with { Reservation = account.Reservation with { Sessions = quotas } };
    }

    /// <summary>Finds the price by trying a unit of each measure, those that are asked for first.</summary>
    private RatingResult Probe(in QuotaDemand demand, in UsageRecord usage, TariffSnapshot tariffs, out UsageRecord probe)
    {
        RatingResult result = default;
        probe = default;
        ReadOnlySpan<PriceUnit> units = demand.Octets >= 0 ? [PriceUnit.Octet, PriceUnit.Second, PriceUnit.Unit, PriceUnit.Message]
            : demand.Seconds >= 0 ? [PriceUnit.Second, PriceUnit.Octet, PriceUnit.Unit, PriceUnit.Message]
            : demand.ServiceUnits >= 0 ? [PriceUnit.Unit, PriceUnit.Message, PriceUnit.Octet, PriceUnit.Second]
            : [PriceUnit.Octet, PriceUnit.Second, PriceUnit.Unit, PriceUnit.Message];
        foreach (PriceUnit unit in units)
        {
            RatingSession.TrialMark mark = _rating.MarkTrial();
            probe = Quantity(usage, unit, 1, _at);
            _rating.Try(in probe, tariffs, out result, out _);
            _rating.EndTrial(mark);
            if (result.Outcome != RatingOutcome.Suspended || result.RejectedReason != RejectedReason.NotMeasured)
            {
                break;
            }
        }

        return result;
    }

    /// <summary>Units that a request asks for; where it names none, those of the version, and without them those of the policy.</summary>
    private long WantedOf(in QuotaDemand demand, UsageKind kind, PriceUnit unit, TariffVersion version)
    {
        (long asked, long own, long usual) = unit switch
        {
            PriceUnit.Octet => (demand.Octets, version.QuotaOctets, _policy.Octets),
            PriceUnit.Second => (demand.Seconds, kind == UsageKind.Voice ? version.QuotaSeconds : 0, _policy.Seconds),
            _ => (demand.ServiceUnits, 0, _policy.ServiceUnits),
        };
        return asked >= 0 ? asked : own > 0 ? own : usual;
    }

    /// <summary>
    /// Asks the subscriber's price list, beside what others hold. A limit that stops the service ends a quota: with the increment that
    /// reaches it, so that it is reached, and its stop sent, when the quota is used up. What costs nothing is no matter of limits.
    /// </summary>
    private sealed class ListPricing(
        RatingSession rating, TariffSnapshot tariffs, UsageRecord usage, PriceUnit unit, long increment, long at) : IQuotaPricing
    {
        public bool TryQuote(SessionReservation session, long units, out QuotaCharge charge)
        {
            bool isPriced = TryPrice(units, out charge, out bool isCutOff);
            return isPriced && (charge.Nanos == 0 || !isCutOff || !IsCutOffBefore(units - increment));
        }

        private bool TryPrice(long units, out QuotaCharge charge, out bool isCutOff)
        {
            UsageRecord tried = Quantity(usage, unit, units, at);
            RatingSession.TrialMark mark = rating.MarkTrial();
            rating.Try(in tried, tariffs, out RatingResult result, out isCutOff);
            rating.EndTrial(mark);
            // A tier that makes all usage cheaper gives nothing back before the usage has happened.
            charge = new QuotaCharge(result.BundleUnits, Math.Max(0, result.AmountNanos));
            return result.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated;
        }

        private bool IsCutOffBefore(long units) => TryPrice(Math.Max(0, units), out _, out bool isCutOff) && isCutOff;
    }
}
