using System.Numerics;
using BelgiCom.Streaming.Contracts;
using CsCheck;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Sessions that share a balance (D-26; TS 32.290 clause 5.3).</summary>
public sealed class QuotaReservationTests
{
    private const int Cases = 10_000;
    private const long Second = 1000;

    private static readonly Gen<QuotaTerms> AnyTerms = Gen.Select(
        Gen.OneOf(Gen.Long[0, 5 * Nanos.PerUnit], Gen.Long[0, 10]), Gen.OneOf(Gen.Const(1L), Gen.Long[1, 60]),
        Gen.OneOf(Gen.Const(0L), Gen.Long[0, 2 * Nanos.PerUnit]), Gen.Int[0, 5], Gen.Long[0, 3],
        (price, increment, fee, kind, validity) => new QuotaTerms
        {
            PriceNanos = price,
            Increment = increment,
            ConnectFeeNanos = fee,
            IsFree = kind == 0,
            IsBundleOnly = kind == 1,
            ValiditySeconds = validity * 100,
        });

    private static readonly Gen<ReservationState> AnyBalance = Gen.Select(
        Gen.OneOf(Gen.Long[0, 200 * Nanos.PerUnit], Gen.Long[0, 100]), Gen.Long[0, 500], Gen.Bool,
        (money, bundle, isPrepaid) => new ReservationState { MoneyNanos = isPrepaid ? money : null, BundleUnits = bundle });

    // What a session does: which one, what, how much of its quota it used (in hundredths), what it asks for, how long after the last.
    private static readonly Gen<(int Session, int Operation, int Used, long Requested, long Pause)[]> AnySteps = Gen.Select(
        Gen.Int[0, 3], Gen.Int[0, 4], Gen.Int[0, 130], Gen.Long[0, 300], Gen.Long[0, 80]).Array[1, 40];

    /// <summary>The account book: what is gone from money and bundle is what sessions were charged, whatever they do.</summary>
    [Fact]
    public void MoneyAndUnits_OfAnySessions_AreNeitherLostNorMade() =>
        Gen.Select(AnyTerms, AnyBalance, AnySteps).Sample((terms, balance, steps) =>
        {
            Run run = new(terms, balance);
            foreach ((int session, int operation, int used, long requested, long pause) in steps)
            {
                run.Step(session, operation, used, requested, pause);

                Assert.Equal(balance.MoneyNanos, run.State.MoneyNanos + run.CostNanos);
                Assert.Equal(balance.BundleUnits, run.State.BundleUnits + run.CoveredUnits);
                Assert.All(run.State.Sessions.Values, held => Assert.True(held is { HeldNanos: >= 0, HeldUnits: >= 0 }));
            }

            run.ReleaseAll();
            Assert.Equal((0, 0), (run.State.ReservedNanos, run.State.ReservedUnits));
            Assert.Empty(run.State.Sessions);
        }, iter: Cases);

    /// <summary>P-10: who uses no more than was granted, and in time, is never below zero; what is granted is always there.</summary>
    [Fact]
    public void P10_BalanceOfSessionsThatKeepToTheirQuota_IsNeverOverdrawn() =>
        Gen.Select(AnyTerms, AnyBalance, AnySteps).Sample((terms, balance, steps) =>
        {
            Run run = new(terms with { ValiditySeconds = 0 }, balance);
            foreach ((int session, int operation, int used, long requested, long pause) in steps)
            {
                run.Step(session, operation, Math.Min(100, used), requested, pause);

                Assert.True(run.State.BundleUnits >= run.State.ReservedUnits);
                Assert.True(run.State.AvailableNanos is null or >= 0);
            }

            run.ReleaseAll();
            Assert.True(run.State.MoneyNanos is null or >= 0);
            Assert.True(run.State.BundleUnits >= 0);
        }, iter: Cases);

    /// <summary>A grant is the most whole increments that can be paid: fewer than asked for only when one more could not.</summary>
    [Fact]
    public void Grant_OfANewSession_IsTheMostThatCanBePaid() =>
        Gen.Select(AnyTerms, AnyBalance, Gen.Long[0, 2000]).Sample((terms, balance, requested) =>
        {
            ReservationState after = QuotaReservation.Apply(balance, terms, Create(1, requested), 0, out QuotaAnswer answer);

            long wanted = (requested + terms.Increment - 1) / terms.Increment * terms.Increment;
            Assert.Equal(0, answer.GrantedUnits % terms.Increment);
            Assert.InRange(answer.GrantedUnits, 0, wanted);
            Assert.True(IsPayable(answer.GrantedUnits));
            Assert.True(answer.GrantedUnits == wanted || !IsPayable(answer.GrantedUnits + terms.Increment));
            Assert.Equal(answer.GrantedUnits > 0 && answer.GrantedUnits < wanted, answer.IsFinalUnit);
            Assert.Equal(
                answer.GrantedUnits == 0 && wanted > 0 ? QuotaResult.QuotaLimitReached : QuotaResult.Granted, answer.Result);
            Assert.Equal((balance.MoneyNanos, balance.BundleUnits), (after.MoneyNanos, after.BundleUnits));

            bool IsPayable(long units)
            {
                long priced = terms.IsFree ? 0 : Math.Max(0, units - balance.BundleUnits);

                // fee + priced × price / increment ≤ money, where the quotient is rounded half up to a nano.
                BigInteger twice = (2 * (BigInteger)priced * terms.PriceNanos) + terms.Increment;
                BigInteger cost = (twice / (2 * terms.Increment)) + terms.ConnectFeeNanos;
                return priced == 0 || (!terms.IsBundleOnly && (balance.MoneyNanos is not { } money || cost <= money));
            }
        }, iter: Cases);

    /// <summary>However a session cuts its reports, it costs what one report of the whole costs.</summary>
    [Fact]
    public void Cost_OfASessionInPieces_IsThatOfTheWhole() =>
        Gen.Select(AnyTerms, AnyBalance, Gen.Long[0, 200].Array[1, 8]).Sample((terms, balance, pieces) =>
        {
            ReservationState state = QuotaReservation.Apply(balance, terms, Create(1, 0), 0, out _);
            foreach (long piece in pieces[..^1])
            {
                state = QuotaReservation.Apply(state, terms, Update(1, piece, 1), 0, out _);
            }

            state = QuotaReservation.Apply(state, terms, Release(1, pieces[^1]), 0, out QuotaAnswer inPieces);
            ReservationState other = QuotaReservation.Apply(balance, terms, Create(1, 0), 0, out _);
            other = QuotaReservation.Apply(other, terms, Release(1, pieces.Sum()), 0, out QuotaAnswer whole);

            Assert.Equal(whole, inPieces);
            Assert.Equal((other.MoneyNanos, other.BundleUnits), (state.MoneyNanos, state.BundleUnits));
        }, iter: Cases);

    [Theory]
    [InlineData("9.999999999", 9, true)]
    [InlineData("10", 10, false)]
    [InlineData("10.000000001", 10, false)]
    [InlineData("0.999999999", 0, false)]
    [InlineData("0", 0, false)]
    [InlineData("-1", 0, false)]
    public void Grant_ToTheNano_IsWhatTheBalancePays(string money, long granted, bool isFinal)
    {
        Apply(Prepaid(money), Create(1, 10), 0, out QuotaAnswer answer);

        Assert.Equal((granted, isFinal), (answer.GrantedUnits, answer.IsFinalUnit));
        Assert.Equal(granted == 0 ? QuotaResult.QuotaLimitReached : QuotaResult.Granted, answer.Result);
    }

    [Fact]
    public void Quota_ThatIsOver_IsFreeForOthersAndLateUsageIsStillDebited()
    {
        ReservationState state = Apply(Prepaid("10"), Create(1, 10), 0, out QuotaAnswer first);
        Assert.Equal(60 * Second, first.ValidUntilMilliseconds);
        state = Apply(state, Create(2, 10), (60 * Second) - 1, out QuotaAnswer tooEarly);
        Assert.Equal(QuotaResult.QuotaLimitReached, tooEarly.Result);

        state = Apply(state, Update(2, 0, 10), 60 * Second, out QuotaAnswer inTime);
        Assert.Equal((10, Given.Nanos("10")), (inTime.GrantedUnits, state.ReservedNanos));
        state = Apply(state, Release(1, 4), 61 * Second, out QuotaAnswer late);
        state = Apply(state, Release(2, 10), 62 * Second, out _);

        Assert.Equal((QuotaResult.Released, Given.Nanos("4")), (late.Result, late.CostNanos));
        Assert.Equal(Given.Nanos("-4"), state.MoneyNanos); // Fourteen units happened, ten were paid for.
    }

    [Fact]
    public void Balance_ThatIsToppedUpInBetween_GrantsAgain()
    {
        ReservationState state = Apply(Prepaid("3"), Create(1, 10), 0, out QuotaAnswer final);
        Assert.Equal((3, true), (final.GrantedUnits, final.IsFinalUnit));
        state = Apply(state, Update(1, 3, 10), 1, out QuotaAnswer empty);
        Assert.Equal((QuotaResult.QuotaLimitReached, false), (empty.Result, empty.IsFinalUnit));

        state = Apply(state with { MoneyNanos = state.MoneyNanos + Given.Nanos("20") }, Update(1, 0, 10), 2, out QuotaAnswer more);

        Assert.Equal((10, false, Given.Nanos("10")), (more.GrantedUnits, more.IsFinalUnit, state.AvailableNanos));
    }

    [Fact]
    public void Request_ThatComesTwice_IsAnsweredTwiceAndChargedOnce()
    {
        ReservationState state = Apply(Prepaid("100"), Create(1, 10) with { Sequence = 1 }, 0, out _);
        QuotaRequest update = Update(1, 10, 10) with { Sequence = 2 };
        state = Apply(state, update, 1, out QuotaAnswer first);
        ReservationState again = Apply(state, update, 2, out QuotaAnswer second);
        Apply(again, Update(1, 10, 10) with { Sequence = 3 }, 3, out QuotaAnswer next);

        Assert.Equal(first, second);
        Assert.Same(state, again);
        Assert.Equal(Given.Nanos("20"), next.CostNanos);
    }

    [Fact]
    public void Release_ThatComesTwice_FindsNoSession()
    {
        ReservationState state = Apply(Prepaid("100"), Create(1, 10), 0, out _);
        state = Apply(state, Release(1, 5), 1, out _);
        ReservationState again = Apply(state, Release(1, 5), 2, out QuotaAnswer second);

        Assert.Equal(QuotaResult.UnknownSession, second.Result);
        Assert.Same(state, again);
    }

    [Fact]
    public void Session_OfWhichNobodyHears_IsForgotten()
    {
        ReservationState state = Apply(Prepaid("100"), Create(1, 10), 0, out _);
        Assert.Single(Apply(state, Update(2, 0, 1), (2 * 86_400 * Second) - 1, out _).Sessions);

        ReservationState later = Apply(state, Update(2, 0, 1), 2 * 86_400 * Second, out _);

        Assert.Empty(later.Sessions);
        Assert.Equal(Given.Nanos("100"), later.AvailableNanos);
    }

    [Fact]
    public void Overrun_OfOneSession_TakesNothingOfTheBundleThatOthersHold()
    {
        ReservationState state = new() { MoneyNanos = Given.Nanos("1"), BundleUnits = 10 };
        state = Apply(state, Create(1, 6), 0, out _);
        state = Apply(state, Create(2, 4), 0, out _);
        state = Apply(state, Release(1, 9), 0, out QuotaAnswer over);
        Assert.Equal(Given.Nanos("3"), over.CostNanos); // Six were in the bundle.

        Apply(state, Release(2, 4), 0, out QuotaAnswer kept);
        Assert.Equal(0, kept.CostNanos);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(1, -1)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(1, long.MaxValue)]
    public void Request_WithAnAbsurdNumber_ChangesNothing(long used, long requested)
    {
        ReservationState state = Apply(Prepaid("100"), Create(1, 10), 0, out _);
        ReservationState after = Apply(state, Update(1, used, requested), 0, out QuotaAnswer answer);

        Assert.Equal(QuotaResult.RatingFailed, answer.Result);
        Assert.Same(state, after);
    }

    [Fact]
    public void Usage_WhosePriceDoesNotFit_ChangesNothing()
    {
        QuotaTerms dear = new() { PriceNanos = Nanos.Max };
        ReservationState state = QuotaReservation.Apply(new ReservationState { MoneyNanos = 0 }, dear, Create(1, 10), 0, out _);
        ReservationState after = QuotaReservation.Apply(state, dear, Update(1, 2, 1), 0, out QuotaAnswer answer);

        Assert.Equal(QuotaResult.RatingFailed, answer.Result);
        Assert.Same(state, after);
    }

    private static readonly QuotaTerms OneEuro = new() { PriceNanos = Nanos.PerUnit, ValiditySeconds = 60 };

    private static ReservationState Apply(ReservationState state, QuotaRequest request, long at, out QuotaAnswer answer) =>
        QuotaReservation.Apply(state, OneEuro, request, at, out answer);

    private static ReservationState Prepaid(string money) => new() { MoneyNanos = Given.Nanos(money) };

    private static QuotaRequest Create(int session, long requested) => new((UInt128)session, QuotaOperation.Create, 0, requested);

    private static QuotaRequest Update(int session, long used, long requested) =>
        new((UInt128)session, QuotaOperation.Update, used, requested);

    private static QuotaRequest Release(int session, long used) => new((UInt128)session, QuotaOperation.Release, used, null);

    /// <summary>Sessions that begin, report and end, and what they were charged in all.</summary>
    private sealed class Run(QuotaTerms terms, ReservationState balance)
    {
        private readonly Dictionary<int, SessionReservation> _last = [];
        private long _now;

        public ReservationState State { get; private set; } = balance;

        /// <summary>Cost of the sessions that have ended, and of those that have not.</summary>
        public long CostNanos { get; private set; }

        /// <summary>Units that the bundle covered.</summary>
        public long CoveredUnits { get; private set; }

        public void Step(int session, int operation, int used, long requested, long pause)
        {
            _now += pause * Second;
            bool isOpen = State.Sessions.TryGetValue((UInt128)session, out SessionReservation? before);
            long units = (before?.Answer.GrantedUnits ?? 0) * used / 100;
            if (operation == 0)
            {
                // Its last usage in a report of its own, so that what the bundle covered can be seen.
                Send(isOpen, session, Update(session, units, 0));
                Send(isOpen, session, Release(session, 0));
            }
            else
            {
                Send(isOpen, session, isOpen ? Update(session, units, requested) : Create(session, requested));
            }
        }

        public void ReleaseAll()
        {
            foreach (int session in State.Sessions.Keys.Select(session => (int)session).ToArray())
            {
                Send(true, session, Release(session, 0));
            }
        }

        private void Send(bool isOpen, int session, QuotaRequest request)
        {
            SessionReservation before = _last.GetValueOrDefault(session, new SessionReservation());
            ReservationState state = QuotaReservation.Apply(State, terms, request, _now, out QuotaAnswer answer);
            Assert.Equal(isOpen || request.Operation == QuotaOperation.Create, answer.Result != QuotaResult.UnknownSession);
            if (answer.Result == QuotaResult.Released)
            {
                CostNanos += answer.CostNanos - before.CostNanos;
                _last.Remove(session);
            }
            else if (answer.Result != QuotaResult.UnknownSession)
            {
                SessionReservation after = state.Sessions[(UInt128)session];
                CoveredUnits += terms.IsFree ? 0 : after.ChargedUnits - after.PricedUnits - before.ChargedUnits + before.PricedUnits;
                CostNanos += after.CostNanos - before.CostNanos;
                _last[session] = after;
            }

            State = state;
        }
    }
}
