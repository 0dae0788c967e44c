using System.Globalization;
using System.Numerics;
using BelgiCom.Streaming.Contracts;
using CsCheck;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Limits to what is spent: Regulation (EU) 2022/612 art. 14, the royal decree of 9 July 2013, D-27.</summary>
public sealed class SpendLimitTests
{
    private const int Cases = 10_000;
    private const int January = 20454; // 1 January 2026
    private static readonly UInt128 Owner = 7;
    private static readonly VatRate Standard = VatRate.OfPermille(210);

    private static readonly Gen<SpendLimit[]> AnyLimits = Gen.Select(
            Gen.OneOf(Gen.Const(0L), Gen.Long[1, 100 * Nanos.PerUnit], Gen.Int[1, 100].Select(euros => euros * Nanos.PerUnit)),
            Gen.Bool, Gen.Int[1, 1500].Array[1, 3], Gen.Bool)
        .Array[0, 3]
        .Select(drawn => drawn.Select((limit, index) => new SpendLimit
        {
            Id = $"{index}",
            Scope = limit.Item4 ? SpendScope.RoamingData : SpendScope.Domestic,
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
            SpendCounter counter = new();
            long counted = 0;
            HashSet<string> sent = [];
            BigInteger spend = 0;
            foreach (long charge in charges)
            {
                List<SpendNotice> reached = [];
                Assert.True(counter.TryCount(inForce, Owner, SpendScope.RoamingData, charge, January, out counted, reached));

                spend += charge;
                HashSet<string> expected = [
                    .. from limit in limits
                       where limit.Scope == SpendScope.RoamingData
                       from step in limit.Steps
                       where spend > 0 && IsReached(spend, limit, step, isGross, permille) && !sent.Contains(step.Notification)
                       select step.Notification];
                Assert.Equal(expected, reached.Select(notice => notice.Step.Notification).ToHashSet());
                Assert.Equal(expected.Count, reached.Count);
                Assert.True(IsRising(reached, permille));
                sent.UnionWith(expected);
            }

            Assert.Equal((long)spend, counted);
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
            SpendCounter counter = new();
            List<SpendNotice> reached = [];
            long before = 0;
            long spend = 0;
            foreach (long charge in charges.TakeWhile(_ => !limits.IsCutOff(SpendScope.RoamingData, spend)))
            {
                before = spend;
                counter.TryCount(limits, Owner, SpendScope.RoamingData, charge, January, out spend, reached);
            }

            Assert.True(before < SpendLimit.RoamingData.AmountNanos);
            string[] expected = spend >= 50 * Nanos.PerUnit ? ["WARN_80", "STOP_100"]
                : spend >= 40 * Nanos.PerUnit ? ["WARN_80"]
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
        SpendCounter counter = new();
        List<SpendNotice> reached = [];
        counter.TryCount(limits, Owner, SpendScope.Domestic, Given.Nanos(spend), January, out long after, reached);

        Assert.Equal(isReached ? [LimitAction.Message] : [], reached.Select(notice => notice.Step.Action));
        Assert.False(limits.IsCutOff(SpendScope.Domestic, after));
    }

    [Fact]
    public void Customer_WhoAgreesToGoOn_IsStoppedAtTheSecondLimit()
    {
        SpendLimits first = new([SpendLimit.RoamingData], PriceBasis.Net, Standard);
        SpendLimits second = new([SpendLimit.RoamingData, SpendLimit.RoamingDataAfterConsent], PriceBasis.Net, Standard);
        SpendCounter counter = new();
        List<SpendNotice> reached = [];
        counter.TryCount(first, Owner, SpendScope.RoamingData, Given.Nanos("51"), January, out _, reached);
        Assert.True(first.IsCutOff(SpendScope.RoamingData, Given.Nanos("51")));
        Assert.False(second.IsCutOff(SpendScope.RoamingData, Given.Nanos("99.999999999")));

        counter.TryCount(second, Owner, SpendScope.RoamingData, Given.Nanos("38.999999999"), January, out _, reached);
        Assert.Equal(["WARN_80", "STOP_100"], reached.Select(notice => notice.Step.Notification));
        counter.TryCount(second, Owner, SpendScope.RoamingData, Given.Nanos("10.000000001"), January, out _, reached);

        Assert.Equal(["WARN_80", "STOP_100", "WARN_2", "STOP_2"], reached.Select(notice => notice.Step.Notification));
        Assert.True(second.IsCutOff(SpendScope.RoamingData, Given.Nanos("100")));
        Assert.False(new SpendLimits([], PriceBasis.Net, Standard).IsCutOff(SpendScope.RoamingData, Given.Nanos("500"))); // opted out
    }

    [Fact]
    public void Limit_ThatIsLoweredBelowTheSpend_IsReachedAtOnceAndOnlyOnce()
    {
        SpendLimits wide = new([SpendLimit.RoamingData with { AmountNanos = 100 * Nanos.PerUnit }], PriceBasis.Net, Standard);
        SpendLimits narrow = new([SpendLimit.RoamingData], PriceBasis.Net, Standard);
        SpendCounter counter = new();
        List<SpendNotice> reached = [];
        counter.TryCount(wide, Owner, SpendScope.RoamingData, Given.Nanos("60"), January, out _, reached);
        Assert.Empty(reached);

        counter.TryCount(narrow, Owner, SpendScope.RoamingData, 0, January, out _, reached);
        counter.TryCount(wide, Owner, SpendScope.RoamingData, 0, January, out _, reached);
        counter.TryCount(narrow, Owner, SpendScope.RoamingData, Given.Nanos("1"), January, out _, reached);

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
            SpendScope.Domestic)));

    [Fact]
    public void Spend_ThatDoesNotFit_ChangesNothing()
    {
        SpendCounter counter = new();
        List<SpendNotice> reached = [];
        SpendLimits none = new([], PriceBasis.Net, Standard);
        Assert.True(counter.TryCount(none, Owner, SpendScope.RoamingData, long.MaxValue - 1, January, out _, reached));

        Assert.False(counter.TryCount(
            new SpendLimits([SpendLimit.RoamingData], PriceBasis.Net, Standard), Owner, SpendScope.RoamingData, 2, January, out long spend,
            reached));
        Assert.Equal(long.MaxValue - 1, spend);
        Assert.Empty(reached);
    }

    [Theory]
    [InlineData("EUR", null, "", "eu-roaming 50 Net, eu-roaming-2 100 Net, be-domestic 50 Gross")]
    [InlineData("EUR", "49.58", "", "eu-roaming 49.58 Net, eu-roaming-2 100 Net, be-domestic 50 Gross")]
    [InlineData("EUR", null, "domestic", "own 20 Net, eu-roaming 50 Net, eu-roaming-2 100 Net")]
    [InlineData("EUR", null, "roaming", "own 20 Net, be-domestic 50 Gross")]
    [InlineData("EUR", null, "all", "own 20 Net, eu-roaming 50 Net, eu-roaming-2 100 Net, be-domestic 50 Gross")]
    [InlineData("USD", null, "", "")] // the law's amounts are in euros
    [InlineData("USD", "49.58", "", "eu-roaming 49.58 Net")]
    [InlineData("USD", null, "all", "own 20 Net")]
    public void Limits_OfAnOffering_AreItsOwnAndThoseOfTheLawWhereItSaysNothing(
        string currency, string? roamingDataLimit, string scope, string expected)
    {
        OfferingLimit own = new()
        {
            Id = "own",
            Scope = scope == "all" ? SpendScope.All : scope == "domestic" ? SpendScope.Domestic : SpendScope.RoamingData,
            Amount = 20,
            Steps = [new OfferingLimitStep { Permille = 1000 }],
        };
        OfferingVersion version = Given.Offering() with
        {
            Currency = currency,
            RoamingDataLimit = roamingDataLimit is null ? null : Given.Amount(roamingDataLimit),
            Limits = scope.Length == 0 ? [] : [own],
        };

        Assert.Equal(expected, string.Join(", ", SpendLimit.Of(version).Select(
            limit => string.Create(CultureInfo.InvariantCulture, $"{limit.Id} {Nanos.ToDecimal(limit.AmountNanos):0.##} {limit.Basis}"))));
    }

    [Fact]
    public void Limits_WithTheSameStepTwice_AreRefused() => Assert.Throws<ArgumentException>(
        () => new SpendLimits([SpendLimit.RoamingData, SpendLimit.RoamingData], PriceBasis.Net, Standard));

    private static List<string> Sent(SpendLimits limits, long[] charges, SpendScope scope = SpendScope.RoamingData)
    {
        SpendCounter counter = new();
        List<SpendNotice> reached = [];
        foreach (long charge in charges)
        {
            counter.TryCount(limits, Owner, scope, charge, January, out _, reached);
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
