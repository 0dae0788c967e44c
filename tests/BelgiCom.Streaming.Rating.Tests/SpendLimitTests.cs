using System.Numerics;
using BelgiCom.Streaming.Contracts;
using CsCheck;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Limits to what is spent: Regulation (EU) 2022/612 art. 14, the royal decree of 9 July 2013, D-27.</summary>
public sealed class SpendLimitTests
{
    private const int Cases = 10_000;
    private static readonly VatRate Standard = VatRate.OfPermille(210);

    private static readonly Gen<SpendLimit[]> AnyLimits = Gen.Select(
            Gen.OneOf(Gen.Const(0L), Gen.Long[1, 100 * Nanos.PerUnit], Gen.Int[1, 100].Select(euros => euros * Nanos.PerUnit)),
            Gen.Bool, Gen.Int[1, 1500].Array[1, 3], Gen.Bool)
        .Array[0, 3]
        .Select(drawn => drawn.Select((limit, index) => new SpendLimit
        {
            Id = $"{index}",
            Scope = limit.Item4 ? SpendLimit.RoamingDataScope : SpendLimit.DomesticScope,
            AmountNanos = limit.Item1,
            Basis = limit.Item2 ? PriceBasis.Gross : PriceBasis.Net,
            Steps = [
                .. limit.Item3.Distinct().Select(permille => new SpendLimitStep(permille, $"{index} at {permille}", LimitAction.Warn))],
        }).ToArray());

    private static readonly Gen<long[]> AnyCharges = Gen.OneOf(
        Gen.Long[-20 * Nanos.PerUnit, 40 * Nanos.PerUnit], Gen.Int[-20, 40].Select(euros => euros * Nanos.PerUnit)).Array[0, 20];

    /// <summary>Against fractions that are compared without dividing.</summary>
    [Fact]
    public void Step_OfAnyLimit_FiresOnceAndWithTheFirstChargeThatReachesIt() =>
        Gen.Select(AnyLimits, AnyCharges, Gen.Bool, Gen.Int[0, 1000]).Sample((limits, charges, isGross, permille) =>
        {
            SpendLimits inForce = new(limits, isGross ? PriceBasis.Gross : PriceBasis.Net, VatRate.OfPermille(permille));
            SpendState state = SpendState.Empty;
            HashSet<string> sent = [];
            BigInteger spend = 0;
            foreach (long charge in charges)
            {
                List<SpendNotice> reached = [];
                Assert.True(inForce.TryCount(SpendLimit.RoamingDataScope, charge, ref state, reached));

                spend += charge;
                HashSet<string> expected = [
                    .. from limit in limits
                       where limit.Scope == SpendLimit.RoamingDataScope
                       from step in limit.Steps
                       where spend > 0 && IsReached(spend, limit, step, isGross, permille) && !sent.Contains(step.Notification)
                       select step.Notification];
                Assert.Equal(expected, reached.Select(notice => notice.Step.Notification).ToHashSet());
                Assert.Equal(expected.Count, reached.Count);
                Assert.True(IsRising(reached, permille));
                sent.UnionWith(expected);
            }

            Assert.Equal((long)spend, state.SpendNanos);
        }, iter: Cases);

    [Fact]
    public void Steps_OfAPeriodWithoutReversals_AreTheSameInWhateverOrderTheChargesCome() =>
        Gen.Select(AnyLimits, AnyCharges, Gen.Int).Sample((limits, drawn, seed) =>
        {
            long[] charges = [.. drawn.Select(Math.Abs)];
            long[] shuffled = [.. charges];
            new Random(seed).Shuffle(shuffled);
            SpendLimits inForce = new(limits, PriceBasis.Net, Standard);

            Assert.Equal(
                Sent(inForce, charges).Order(StringComparer.Ordinal), Sent(inForce, shuffled).Order(StringComparer.Ordinal));
        }, iter: Cases);

    /// <summary>P-10: what is spent while the service is not stopped is less than the limit and one charge.</summary>
    [Fact]
    public void P10_SpendUntilTheServiceStops_ExceedsTheLimitByLessThanOneCharge() =>
        Gen.Long[1, 5 * Nanos.PerUnit].Array[60, 80].Sample(charges =>
        {
            SpendLimits limits = new([SpendLimit.RoamingData], PriceBasis.Net, Standard);
            SpendState state = SpendState.Empty;
            List<SpendNotice> reached = [];
            long before = 0;
            foreach (long charge in charges.TakeWhile(_ => !limits.IsCutOff(SpendLimit.RoamingDataScope, state)))
            {
                before = state.SpendNanos;
                limits.TryCount(SpendLimit.RoamingDataScope, charge, ref state, reached);
            }

            Assert.True(before < SpendLimit.RoamingData.AmountNanos);
            string[] expected = state.SpendNanos >= 50 * Nanos.PerUnit ? ["WARN_80", "STOP_100"]
                : state.SpendNanos >= 40 * Nanos.PerUnit ? ["WARN_80"]
                : [];
            Assert.Equal(expected, reached.Select(notice => notice.Step.Notification));
        }, iter: Cases);

    [Theory]
    [InlineData(PriceBasis.Net, "39.999999999", "")]
    [InlineData(PriceBasis.Net, "40", "WARN_80")]
    [InlineData(PriceBasis.Net, "49.999999999", "WARN_80")]
    [InlineData(PriceBasis.Net, "50", "WARN_80 STOP_100")]
    [InlineData(PriceBasis.Gross, "48.399999999", "")]
    [InlineData(PriceBasis.Gross, "48.4", "WARN_80")] // 40 × 1.21
    [InlineData(PriceBasis.Gross, "60.499999999", "WARN_80")]
    [InlineData(PriceBasis.Gross, "60.5", "WARN_80 STOP_100")] // 50 × 1.21
    public void RoamingDataLimit_OfTheLaw_IsFiftyEurosWithoutVat(PriceBasis basis, string spend, string expected) => Assert.Equal(
        expected, string.Join(' ', Sent(new SpendLimits([SpendLimit.RoamingData], basis, Standard), [Given.Nanos(spend)])));

    [Theory]
    [InlineData(PriceBasis.Gross, "49.999999999", false)]
    [InlineData(PriceBasis.Gross, "50", true)]
    [InlineData(PriceBasis.Net, "41.322314049", false)] // 50 / 1.21 = 41.3223140495…
    [InlineData(PriceBasis.Net, "41.322314050", true)]
    public void DomesticLimit_OfTheLaw_IsFiftyEurosWithVatAndStopsNothing(PriceBasis basis, string spend, bool isReached)
    {
        SpendLimits limits = new([SpendLimit.Domestic], basis, Standard);
        SpendState state = SpendState.Empty;
        List<SpendNotice> reached = [];
        limits.TryCount(SpendLimit.DomesticScope, Given.Nanos(spend), ref state, reached);

        Assert.Equal(isReached ? [LimitAction.Message] : [], reached.Select(notice => notice.Step.Action));
        Assert.False(limits.IsCutOff(SpendLimit.DomesticScope, state));
    }

    [Fact]
    public void Customer_WhoAgreesToGoOn_IsStoppedAtTheSecondLimit()
    {
        SpendLimits first = new([SpendLimit.RoamingData], PriceBasis.Net, Standard);
        SpendLimits second = new([SpendLimit.RoamingData, SpendLimit.RoamingDataAfterConsent], PriceBasis.Net, Standard);
        SpendState state = SpendState.Empty;
        List<SpendNotice> reached = [];
        first.TryCount(SpendLimit.RoamingDataScope, Given.Nanos("51"), ref state, reached);
        Assert.True(first.IsCutOff(SpendLimit.RoamingDataScope, state));
        Assert.False(second.IsCutOff(SpendLimit.RoamingDataScope, state));

        second.TryCount(SpendLimit.RoamingDataScope, Given.Nanos("38.999999999"), ref state, reached);
        Assert.Equal(["WARN_80", "STOP_100"], reached.Select(notice => notice.Step.Notification));
        second.TryCount(SpendLimit.RoamingDataScope, Given.Nanos("10.000000001"), ref state, reached);

        Assert.Equal(["WARN_80", "STOP_100", "WARN_2", "STOP_2"], reached.Select(notice => notice.Step.Notification));
        Assert.True(second.IsCutOff(SpendLimit.RoamingDataScope, state));
        Assert.False(new SpendLimits([], PriceBasis.Net, Standard).IsCutOff(SpendLimit.RoamingDataScope, state)); // opted out
    }

    [Fact]
    public void Limit_ThatIsLoweredBelowTheSpend_IsReachedAtOnceAndOnlyOnce()
    {
        SpendLimits wide = new([SpendLimit.RoamingData with { AmountNanos = 100 * Nanos.PerUnit }], PriceBasis.Net, Standard);
        SpendLimits narrow = new([SpendLimit.RoamingData], PriceBasis.Net, Standard);
        SpendState state = SpendState.Empty;
        List<SpendNotice> reached = [];
        wide.TryCount(SpendLimit.RoamingDataScope, Given.Nanos("60"), ref state, reached);
        Assert.Empty(reached);

        narrow.TryCount(SpendLimit.RoamingDataScope, 0, ref state, reached);
        wide.TryCount(SpendLimit.RoamingDataScope, 0, ref state, reached);
        narrow.TryCount(SpendLimit.RoamingDataScope, Given.Nanos("1"), ref state, reached);

        Assert.Equal(["WARN_80", "STOP_100"], reached.Select(notice => notice.Step.Notification));
    }

    [Theory]
    [InlineData("0", "")]
    [InlineData("-1", "")]
    [InlineData("0.000000001", "CEILING_REACHED")]
    public void LimitOfZero_WithTheFirstAmount_IsReached(string spend, string expected) => Assert.Equal(
        expected,
        string.Join(' ', Sent(
            new SpendLimits([SpendLimit.Domestic with { AmountNanos = 0 }], PriceBasis.Net, Standard), [Given.Nanos(spend)],
            SpendLimit.DomesticScope)));

    [Fact]
    public void Spend_ThatDoesNotFit_ChangesNothing()
    {
        SpendState state = new(long.MaxValue - 1, []);
        SpendState before = state;
        List<SpendNotice> reached = [];

        Assert.False(new SpendLimits([SpendLimit.RoamingData], PriceBasis.Net, Standard)
            .TryCount(SpendLimit.RoamingDataScope, 2, ref state, reached));
        Assert.Same(before, state);
        Assert.Empty(reached);
    }

    [Fact]
    public void Limits_WithTheSameStepTwice_AreRefused() => Assert.Throws<ArgumentException>(
        () => new SpendLimits([SpendLimit.RoamingData, SpendLimit.RoamingData], PriceBasis.Net, Standard));

    private static List<string> Sent(SpendLimits limits, long[] charges, string scope = SpendLimit.RoamingDataScope)
    {
        SpendState state = SpendState.Empty;
        List<SpendNotice> reached = [];
        foreach (long charge in charges)
        {
            limits.TryCount(scope, charge, ref state, reached);
        }

        return [.. reached.Select(notice => notice.Step.Notification)];
    }

    private static bool IsReached(BigInteger spend, SpendLimit limit, SpendLimitStep step, bool isGross, int vat) => limit.Basis switch
    {
        PriceBasis.Net when isGross => spend * 1_000_000 >= (BigInteger)limit.AmountNanos * step.Permille * (1000 + vat),
        PriceBasis.Gross when !isGross => spend * (1000 + vat) >= (BigInteger)limit.AmountNanos * step.Permille,
        _ => spend * 1000 >= (BigInteger)limit.AmountNanos * step.Permille,
    };

    /// <summary>Whether steps come in the order of their amounts without VAT, but for less than a nano.</summary>
    private static bool IsRising(List<SpendNotice> reached, int vat)
    {
        BigInteger[] amounts = [.. reached.Select(notice => (BigInteger)notice.Limit.AmountNanos * notice.Step.Permille
            * (notice.Limit.Basis == PriceBasis.Gross ? 1000 : 1000 + vat))];
        return amounts.Zip(amounts.Skip(1)).All(pair => pair.First - pair.Second < 1000 * (1000 + (BigInteger)vat));
    }
}
