using BelgiCom.Streaming.Contracts;
using CsCheck;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// What a month costs beside its usage. Expected amounts are the price list's own arithmetic: be-plan-60, iot-pool and enterprise-commit
/// of the sample offerings.
/// </summary>
public sealed class PeriodChargesTests
{
    private static readonly DateOnly February = new(2026, 2, 1);
    private static readonly FeeTerms Monthly = new("monthly", 20m, true, true, true, null, []);

    private static readonly PeriodTerms Plan = Terms(1) with { Fees = [Monthly] };

    private static readonly PeriodTerms Enterprise = Terms(1) with
    {
        Discounts = [new("loyalty", [], null, null, null, 25m), new("voice-10", ["voice"], null, null, 10m, null)],
        Commitments =
        [
            new("frame", 2500m, null, ["voice", "data", "sms-notify"], true),
            new("cap", null, 9000m, ["voice", "data", "sms-notify"], false),
        ],
        Prices =
        [
            Price("voice", 0.06m, 60), Price("slice", 0.50m, 1_000_000_000), Price("data", 0, 1, false), Price("sms-notify", 0, 1, false),
        ],
    };

    [Fact]
    public void Fee_WholeMonth_IsExactlyTheFee() => Assert.Equal(
        [new PeriodCharge(PeriodChargeKind.Fee, "monthly", 1, Money(40m), "2 × 20.00 = 40.00")],
        PeriodCharges.Of([Plan], February, [Days(1, 1), Days(2, 1)], []));

    /// <summary>20 of 28 days, as in golden case PRO-10, and the 28 days of another subscription.</summary>
    [Fact]
    public void Fee_PartOfAMonth_IsByDays()
    {
        PeriodCharge fee = Assert.Single(PeriodCharges.Of([Plan], February, [Days(1, 9), Days(2, 1)], []));

        Assert.Equal(Money(14.285714286m) + Money(20m), fee.Nanos);
        Assert.Equal("1 × 20.00 = 20.00; 1 × 20.00 × 20 of 28 days = 14.285714286", fee.Words);
    }

    [Fact]
    public void Fee_VersionChangesInTheMonth_EachVersionHasItsDays()
    {
        PeriodTerms dearer = Terms(2) with { ValidFrom = At(2026, 2, 15), Fees = [Monthly with { Price = 28m }] };

        Assert.Equal(
            [(1, Money(10m)), (2, Money(14m))],
            PeriodCharges.Of([Plan, dearer], February, [Days(1, 1)], []).Select(charge => (charge.Version, charge.Nanos)));
    }

    [Fact]
    public void Fee_NotByDays_IsDueOnceWhateverBeginsInTheMonth()
    {
        PeriodTerms whole = Plan with { Fees = [Monthly with { IsByDays = false }] };
        PeriodTerms next = Terms(2) with { ValidFrom = At(2026, 2, 15), Fees = [Monthly with { IsByDays = false, Price = 28m }] };

        Assert.Equal(
            Money(20m),
            Assert.Single(PeriodCharges.Of([whole, next], February, [Days(1, 1, 10), Days(1, 20)], [])).Nanos);
    }

    [Fact]
    public void Fee_Once_IsDueWhereTheOfferingBegins()
    {
        PeriodTerms once = Terms(1) with { Fees = [new("activation", 1m, false, true, false, null, [])] };

        Assert.Equal(
            Money(1m),
            Assert.Single(PeriodCharges.Of([once], February, [Days(1, 9), Days(2, 9) with { Begins = false }], [])).Nanos);
        Assert.Empty(PeriodCharges.Of([once], February.AddMonths(1), [Days(1, 9)], []));
        Assert.Empty(PeriodCharges.InAdvance([once], February, [Days(1, 9)]));
    }

    /// <summary>The price list of iot-pool: 100 devices at 0.80, and all 101 at 0.60.</summary>
    [Theory]
    [InlineData(100, 80.0)]
    [InlineData(101, 60.6)]
    [InlineData(1001, 400.4)]
    public void Fee_InTiers_HasThePriceOfTheNumberOfDevices(int devices, double expected)
    {
        FeeTerms device = new("device", null, true, false, false, "devices", [new(100, 0.8m), new(1000, 0.6m), new(null, 0.4m)]);

        PeriodCharge fee = Assert.Single(
            PeriodCharges.Of([Terms(1) with { Fees = [device] }], February, [.. Enumerable.Range(0, devices).Select(i => Days(i, 1))], []));

        Assert.Equal(Money((decimal)expected), fee.Nanos);
        Assert.StartsWith(FormattableString.Invariant($"price of {devices:N0} devices: "), fee.Words, StringComparison.Ordinal);
    }

    [Fact]
    public void InAdvance_HasOnlyTheFeesThatAreDueAtTheBegin()
    {
        PeriodTerms terms = Plan with { Fees = [Monthly, Monthly with { Id = "later", IsInAdvance = false }] };

        Assert.Equal(["monthly"], PeriodCharges.InAdvance([terms], February, [Days(1, 1)]).Select(charge => charge.Item));
        Assert.Equal(2, PeriodCharges.Of([terms], February, [Days(1, 1)], []).Count);
    }

    /// <summary>
    /// Voice 1,000 less 10 %, then 25 off all: 900 + 1,200 + 9 + 5 (the slice, which the frame does not count). 25.00 of 2,114.00 are
    /// spread: 10.64, 0.06, 14.19 and 0.11. So the frame counts 2,109.00 - 24.94 = 2,084.06, and 415.94 are missing.
    /// </summary>
    [Fact]
    public void Commitment_Below_IsTruedUpAfterDiscounts()
    {
        IReadOnlyList<PeriodCharge> charges = PeriodCharges.Of(
            [Enterprise], February, [Days(1, 1)], [Used(0, 1000m), Used(1, 5m), Used(2, 1200m), Used(3, 9m)]);

        Assert.Equal(
            [("voice-10", Money(-100m)), ("loyalty", Money(-25m)), ("frame", Money(415.94m))],
            charges.Select(charge => (charge.Item, charge.Nanos)));
        Assert.Equal("10 % of 1,000.00", charges[0].Words);
        Assert.Equal("at least 2,500.00; charged 2,084.06, missing 415.94", charges[2].Words);
    }

    /// <summary>Golden case COM-06: 25 of 28 days of 10.00, of which 8.00 were charged.</summary>
    [Fact]
    public void Commitment_PartOfAMonth_IsByDays()
    {
        PeriodTerms terms = Terms(1) with { Commitments = [new("frame", 10m, null, [], true)], Prices = [Price("voice", 0.06m, 60)] };

        PeriodCharge missing = Assert.Single(PeriodCharges.Of([terms], February, [Days(1, 4)], [Used(0, 8m)]));

        Assert.Equal(Money(0.928571429m), missing.Nanos);
        Assert.Equal("at least 10.00 × 25 of 28 days = 8.928571429; charged 8.00, missing 0.928571429", missing.Words);
    }

    /// <summary>The maximum of data-only-tiers: 27 + 5 + 84 = 116, and no more than 75.</summary>
    [Fact]
    public void Commitment_Above_IsADiscount()
    {
        PeriodTerms terms = Terms(1) with
        {
            Commitments = [new("never-more", null, 75m, ["data"], false)],
            Prices = [Price("data", 0, 1, false)],
        };

        PeriodCharge above = Assert.Single(PeriodCharges.Of([terms], February, [Days(1, 1)], [Used(0, 116m)]));

        Assert.Equal((PeriodChargeKind.Commitment, Money(-41m)), (above.Kind, above.Nanos));
    }

    /// <summary>
    /// D-22: 100 units at 0.10; 20 are free, the others cost 0.05, of which half is off, then 1.00: 8.00 - 4.00 - 2.00 - 1.00.
    /// </summary>
    [Fact]
    public void Discounts_OfAllKinds_ApplyInTheOrderOfTheDecision()
    {
        PeriodTerms terms = Terms(1) with
        {
            Discounts =
            [
                new("fixed", [], null, null, null, 1m), new("half", ["sms"], null, null, 50m, null),
                new("cheaper", ["sms"], null, 0.05m, null, null), new("free", ["sms"], 20, null, null, null),
            ],
            Prices = [Price("sms", 0.10m, 1)],
        };

        Assert.Equal(
            [("free", Money(-2m)), ("cheaper", Money(-4m)), ("half", Money(-2m)), ("fixed", Money(-1m))],
            PeriodCharges.Of([terms], February, [Days(1, 1)], [Used(0, 10m) with { PricedUnits = 100 }])
                .Select(charge => (charge.Item, charge.Nanos)));
    }

    [Fact]
    public void Discount_OfAPriceInTiers_HasNoAmount()
    {
        PeriodTerms terms = Enterprise with { Discounts = [new("free", ["data"], 20, null, null, null)] };

        Assert.Throws<ArgumentException>(
            () => PeriodCharges.Of([terms], February, [Days(1, 1)], [Used(2, 10m) with { PricedUnits = 100 }]));
    }

    /// <summary>Days of change belong to what comes after them, so no day is paid twice.</summary>
    [Fact]
    public void ActiveDays_EndAtNoon_HaveThatDayAndAtMidnightDoNot()
    {
        Assert.Equal(new DateOnly(2026, 3, 30), ActiveDays.EndOf(At(2026, 3, 29).AddHours(11)));
        Assert.Equal(new DateOnly(2026, 3, 29), ActiveDays.EndOf(At(2026, 3, 29)));
        Assert.Equal(new DateOnly(2026, 3, 29), ActiveDays.BeginOf(At(2026, 3, 29).AddHours(11)));
        Assert.Equal((DateOnly.MinValue, DateOnly.MaxValue), (ActiveDays.BeginOf(null), ActiveDays.EndOf(null)));
    }

    /// <summary>P-7 and P-10: what a month costs is the sum of its charges, at least the minimum, at most the maximum.</summary>
    [Fact]
    public void Charges_AnyUsage_AddUpBetweenMinimumAndMaximum() =>
        Gen.Select(
            Gen.Long[0, 20_000_000_000_000], Gen.Long[0, 20_000_000_000_000], Gen.Long[0, 9_000_000_000_000], Gen.Int[0, 100_000],
            Gen.Int[1, 28])
            .Sample(
                (voice, data, fixedOff, percent, first) =>
                {
                    PeriodTerms terms = Enterprise with
                    {
                        Discounts =
                        [
                            new("fixed", [], null, null, null, Nanos.ToDecimal(fixedOff)),
                            new("percent", ["voice"], null, null, percent / 1000m, null),
                        ],
                        Commitments = [new("all", 2500m, 9000m, ["voice", "data"], true)],
                    };
                    IReadOnlyList<PeriodCharge> charges = PeriodCharges.Of(
                        [terms], February, [Days(1, first)],
                        [new PeriodUsage(1, 0, 0, voice), new PeriodUsage(1, 2, 0, data)]);

                    long sum = voice + data + charges.Sum(charge => charge.Nanos);
                    PeriodShare share = new(29 - first, 28);
                    Assert.InRange(sum, share.OfAmount(Money(2500m)), share.OfAmount(Money(9000m)));
                    Assert.All(charges.Where(charge => charge.Kind == PeriodChargeKind.Discount), charge => Assert.True(charge.Nanos < 0));
                },
                iter: 10_000);

    private static PeriodTerms Terms(int version) =>
        new() { Offering = "plan", Version = version, ValidFrom = At(2026, 1, 1), Currency = "EUR", VatPermille = 210 };

    private static PriceOfPeriod Price(string id, decimal price, long size, bool isOfUnits = true) => new(id, isOfUnits, price, size);

    private static PeriodUsage Used(int price, decimal amount) => new(1, price, 0, Money(amount));

    private static ActiveDays Days(int subscription, int from, int to = 0) =>
        new(subscription, new DateOnly(2026, 2, from), to == 0 ? DateOnly.MaxValue : new DateOnly(2026, 2, to), Begins: true);

    private static DateTimeOffset At(int year, int month, int day) => BelgianCalendar.StartOfDay(new DateOnly(year, month, day));

    private static long Money(decimal amount) => Nanos.FromDecimal(amount);
}
