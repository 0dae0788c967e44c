using System.Numerics;
using BelgiCom.Streaming.Contracts;
using CsCheck;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>What is computed for a period: pro-rata, commitments, discounts, rollover, fair use (D-13, D-19, D-21 to D-23).</summary>
public sealed class PeriodTests
{
    private const int Cases = 10_000;
    private const long Cent = 10_000_000;

    private static readonly DateOnly First = new(2026, 2, 1);

    private static readonly Gen<long> AnyAmount = Gen.OneOf(
        Gen.Long[0, Nanos.Max], Gen.Long[0, 100 * Nanos.PerUnit], Gen.Long[0, 10]);

    private static readonly Gen<DateOnly> AnyDay = Gen.Int[0, 3650].Select(new DateOnly(2023, 1, 1).AddDays);

    [Theory]
    [InlineData("2026-02-01", "2026-03-01", "2026-02-01", 28, 28)]
    [InlineData("2028-02-01", "2028-03-01", "2028-02-29", 1, 29)] // a leap year
    [InlineData("2026-03-01", "2026-04-01", "2026-03-29", 3, 31)] // a day of 23 hours
    [InlineData("2026-10-01", "2026-11-01", "2026-10-25", 7, 31)] // a day of 25 hours
    [InlineData("2026-07-01", "2026-10-01", "2026-09-30", 1, 92)]
    [InlineData("2026-02-01", "2026-03-01", "2026-03-01", 0, 28)] // begins when the period is over
    [InlineData("2026-02-01", "2026-03-01", "2026-01-10", 28, 28)] // began before it
    public void Share_OfAPeriod_IsItsActiveDaysOfItsDays(string from, string to, string active, int days, int ofDays)
    {
        PeriodShare share = PeriodShare.Of(
            DateOnly.Parse(active, null), DateOnly.MaxValue, DateOnly.Parse(from, null), DateOnly.Parse(to, null));

        Assert.Equal((days, ofDays), (share.Days, share.OfDays));
    }

    [Fact]
    public void Shares_OfAPeriodThatIsCutInTwo_AddUpToItsFee() =>
        Gen.Select(AnyDay, Gen.Int[1, 92], Gen.Int[0, 92], AnyAmount).Sample((from, days, cut, fee) =>
        {
            DateOnly middle = from.AddDays(Math.Min(cut, days));
            DateOnly end = from.AddDays(days);
            long before = PeriodShare.Of(from, middle, from, end).OfAmount(fee);
            long after = PeriodShare.Of(middle, end, from, end).OfAmount(fee);

            Assert.InRange(Math.Abs(before + after - fee), 0, 1); // Each half is within half a nano.
            Assert.Equal(fee, PeriodShare.Of(from, end, from, end).OfAmount(fee));
            Assert.Equal(-before, PeriodShare.Of(from, middle, from, end).OfAmount(-fee));
        }, iter: Cases);

    [Fact]
    public void Allowance_OfAPartOfAPeriod_IsTheLeastWholeStepThatIsNotTooLittle() =>
        Gen.Select(Gen.Int[1, 92], Gen.Int[0, 92], Gen.Long[0, 1L << 50], Gen.OneOf(1L, 60L, 1024L, 1_000_000L))
            .Sample((ofDays, active, units, step) =>
        {
            int days = Math.Min(active, ofDays);
            long part = new PeriodShare(days, ofDays).OfAllowance(units, step);

            Assert.Equal(0, part % step);
            Assert.True((BigInteger)part * ofDays >= (BigInteger)units * days);
            Assert.True(part == 0 || (BigInteger)(part - step) * ofDays < (BigInteger)units * days);
        }, iter: Cases);

    [Fact]
    public void Share_ThatIsNone_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new PeriodShare(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PeriodShare(-1, 28));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PeriodShare(29, 28));
        Assert.Throws<ArgumentOutOfRangeException>(() => PeriodShare.Of(new(2026, 2, 2), First, First, new(2026, 3, 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => PeriodShare.Of(First, new(2026, 2, 2), First, First));
    }

    [Fact]
    public void ChargesAndTrueUp_OfAPeriod_AreAtLeastTheMinimumAndNoMoreThanNeeded() =>
        Gen.Select(AnyAmount, Gen.Long[-Nanos.PerUnit, 200 * Nanos.PerUnit], Gen.Int[0, 31]).Sample((minimum, charged, days) =>
        {
            PeriodShare share = new(days, 31);
            long due = Commitment.TrueUp(minimum, share, charged);

            Assert.Equal(Math.Max(charged, share.OfAmount(minimum)), charged + due);
        }, iter: Cases);

    /// <summary>P-10 for money: whatever comes, and in whatever pieces, the period costs what the maximum leaves of it.</summary>
    [Fact]
    public void P10_ChargesOfAPeriod_NeverExceedItsMaximum() =>
        Gen.Select(Gen.Long[0, 100 * Nanos.PerUnit], Gen.Long[0, 40 * Nanos.PerUnit].Array[0, 12]).Sample((maximum, events) =>
        {
            long charged = 0;
            foreach (long amount in events)
            {
                long discount = Commitment.MaximumDiscount(maximum, charged, amount);
                Assert.InRange(discount, -amount, 0);
                charged += amount + discount;
            }

            Assert.Equal(Math.Min(maximum, events.Sum()), charged);
        }, iter: Cases);

    [Theory]
    [InlineData("100", "100", "0.000000001", "-0.000000001")]
    [InlineData("100", "99.999999999", "0.000000001", "0")]
    [InlineData("100", "99.999999999", "0.000000002", "-0.000000001")]
    [InlineData("100", "120", "5", "-5")] // the maximum was lowered
    [InlineData("100", "100", "-10", "0")] // a reversal takes back what was charged
    [InlineData("0", "0", "5", "-5")]
    public void MaximumDiscount_AtItsEdges_IsWhatIsAbove(string maximum, string before, string amount, string expected) => Assert.Equal(
        Given.Nanos(expected), Commitment.MaximumDiscount(Given.Nanos(maximum), Given.Nanos(before), Given.Nanos(amount)));

    [Fact]
    public void FreeUnits_OfAPeriod_AreGivenOnceHoweverUsageIsCut() =>
        Gen.Select(Gen.Long[0, 1000], Gen.Long[0, 300].Array[0, 12]).Sample((free, events) =>
        {
            Discount discount = new() { FreeUnits = free };
            long before = 0;
            long given = 0;
            foreach (long units in events)
            {
                given += discount.FreeOf(units, before);
                before += units;
            }

            Assert.Equal(Math.Min(free, before), given);
        }, iter: Cases);

    [Fact]
    public void Discounts_OfACharge_ComeInTheirOrderAndNeverBelowZero() =>
        Gen.Select(AnyAmount, Gen.Int[0, 100], AnyAmount, AnyAmount, AnyAmount).Sample((gross, percent, off, before, maximum) =>
        {
            DiscountedCharge charge = new Discount
            {
                PercentNanos = percent * Nanos.PerUnit,
                FixedNanos = off,
                MaximumNanos = maximum,
            }.Of(gross, before);

            // 100 - percent hundredths of the charge, within half a nano; then the fixed amount; then what the maximum leaves.
            BigInteger left = gross + charge.PercentNanos;
            Assert.True(BigInteger.Abs((left * 100) - ((BigInteger)gross * (100 - percent))) * 2 <= 100);
            left = BigInteger.Max(0, left - off);
            Assert.Equal(left, gross + charge.PercentNanos + charge.FixedNanos);
            Assert.Equal(BigInteger.Min(left, BigInteger.Max(0, (BigInteger)maximum - before)), charge.ChargedNanos);
        }, iter: Cases);

    [Fact]
    public void FixedDiscount_OverAnyLines_AddsUpAndMakesNoneNegative() =>
        Gen.Select(Gen.Int[0, 100_000], Gen.Int[-5_000, 20_000].Array[1, 12]).Sample((cents, lines) =>
        {
            IReadOnlyList<long> off = Discount.Spread(cents * Cent, [.. lines.Select(line => line * Cent)], 2);

            long positive = lines.Sum(line => (long)Math.Max(0, line));
            long whole = Math.Min(cents, positive);
            Assert.Equal(-whole * Cent, off.Sum());
            for (int line = 0; line < lines.Length; line++)
            {
                // Within one cent of its share, and not more than itself.
                Assert.InRange(off[line], -Math.Max(0L, lines[line]) * Cent, 0);
                Assert.True(positive == 0 || Math.Abs((-off[line] / Cent * positive) - (whole * Math.Max(0, lines[line]))) < positive);
            }
        }, iter: Cases);

    [Theory]
    [InlineData("0.01", "1.00 1.00 1.00", "-0.01 0 0")]
    [InlineData("0.02", "1.00 3.00 1.00", "-0.01 -0.01 0")] // 0.4, 1.2, 0.4: one cent, and the first remainder of 0.4
    [InlineData("9.99", "1.00 2.00 -5.00", "-1.00 -2.00 0")]
    public void FixedDiscount_ThatDoesNotDivide_GoesToTheLargestRemainderThenTheFirst(
        string off, string lines, string expected) => Assert.Equal(
        expected.Split(' ').Select(Given.Nanos),
        Discount.Spread(Given.Nanos(off), [.. lines.Split(' ').Select(Given.Nanos)], 2));

    [Fact]
    public void FixedDiscount_OverLinesThatAreNotRounded_IsRefused() =>
        Assert.Throws<ArgumentException>(() => Discount.Spread(1, [1], 2));

    /// <summary>Against a count of single units, each with the period in which it was granted.</summary>
    [Fact]
    public void Rollover_OfAnyPeriods_IsThatOfSingleUnits() =>
        Gen.Select(
            Gen.Select(Gen.Int[0, 30], Gen.Int[0, 45]).Array[1, 8], Gen.Int[0, 3], Gen.Int[-1, 40])
            .Sample((periods, lives, maximum) =>
        {
            Rollover rollover = new(maximum < 0 ? null : maximum, lives);
            IReadOnlyList<long> carried = [];
            List<int> units = [];
            for (int now = 0; now < periods.Length; now++)
            {
                (int granted, int used) = periods[now];
                units.AddRange(Enumerable.Repeat(now, granted));
                int opening = units.Count;
                units.RemoveRange(0, Math.Min(used, opening));
                units.RemoveAll(since => now - since >= lives);
                units.RemoveRange(0, maximum < 0 ? 0 : Math.Max(0, units.Count - maximum));

                RolloverPeriod period = rollover.Close(carried, granted, used);
                carried = period.Carried;

                Assert.Equal((opening, Math.Max(0, used - opening), units.Count), (period.Opening, period.AboveBundle, period.CarriedOver));
                Assert.True(carried.Count <= lives);
            }
        }, iter: Cases);

    [Fact]
    public void FairUse_OfAnyPrice_IsTheLeastWholeVolumeThatTheRegulationDemands() =>
        Gen.Select(Gen.Long[0, 1_000 * Nanos.PerUnit], Gen.Int[0, 1000], Gen.Long[Cent, 10 * Nanos.PerUnit], Gen.Bool)
            .Sample((price, permille, cap, isGross) =>
        {
            FairUse volume = FairUse.Of(price, isGross ? PriceBasis.Gross : PriceBasis.Net, VatRate.OfPermille(permille), cap);

            // 2 × price × 1000 / (cap × (1000 + VAT)), compared without dividing.
            BigInteger demanded = 2 * (BigInteger)price * 1000;
            BigInteger perGigabyte = (BigInteger)cap * (isGross ? 1000 + permille : 1000);
            Assert.True(volume.Gigabytes * perGigabyte >= demanded);
            Assert.True(volume.Gigabytes == 0 || (volume.Gigabytes - 1) * perGigabyte < demanded);
            Assert.True(2 * BigInteger.Abs((volume.ExactNanos * perGigabyte) - (demanded * Nanos.PerUnit)) <= perGigabyte);
        }, iter: Cases);

    [Theory]
    [InlineData("12.00", "1.00", 24)] // exactly
    [InlineData("12.000000001", "1.00", 25)]
    [InlineData("0", "1.00", 0)]
    public void FairUse_AtAWholeGigabyte_IsNotRoundedFurther(string net, string cap, long gigabytes) => Assert.Equal(
        gigabytes, FairUse.Of(Given.Nanos(net), PriceBasis.Net, VatRate.OfPermille(210), Given.Nanos(cap)).Gigabytes);
}
