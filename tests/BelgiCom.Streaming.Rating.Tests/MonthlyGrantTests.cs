using BelgiCom.Streaming.Contracts;
using CsCheck;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Bundles that roll over, and the part of a bundle that a part of a month grants (D-13, D-21). One message costs 1.00.</summary>
public sealed class MonthlyGrantTests
{
    private int _id;

    /// <summary>10 of 100 used: at most 50 are carried. They are used first, so 120 used leave 30 of the next month's own.</summary>
    [Fact]
    public void Rollover_CarriesTheRestUpToItsMaximum_AndUsesItFirst()
    {
        Rater rater = Having(Sms(rollover: 50));

        Assert.Equal(
            [10, 120, 130],
            [Covered(rater, 10, "2026-01-05"), Covered(rater, 120, "2026-02-05"), Covered(rater, 200, "2026-03-05")]);
    }

    /// <summary>Golden case ROL-04: usage above the bundle takes nothing from the next month.</summary>
    [Fact]
    public void Rollover_UsageAboveTheBundle_TakesNothingFromTheNextMonth()
    {
        Rater rater = Having(Sms(rollover: 100));

        Assert.Equal([100, 100], [Covered(rater, 130, "2026-01-05"), Covered(rater, 300, "2026-02-05")]);
    }

    /// <summary>What was carried ends with the month into which it was: 100 + 100, and not 300.</summary>
    [Fact]
    public void Rollover_UnitsThatWereCarried_AreNotCarriedAgain()
    {
        Rater rater = Having(Sms(rollover: 1000));

        Assert.Equal(
            [0, 1, 200],
            [Covered(rater, 0, "2026-01-05"), Covered(rater, 1, "2026-02-05"), Covered(rater, 500, "2026-03-05")]);
    }

    [Fact]
    public void Rollover_OfAMonthInWhichNobodyHadTheOffering_IsNothing()
    {
        Rater rater = Having(Sms(rollover: 1000));
        rater.Subscribe(1, "test", Instant("2026-02-01T00:00:00+01:00"));

        Assert.Equal(100, Covered(rater, 500, "2026-02-05"));
    }

    /// <summary>
    /// January has 100, of which 80 are carried into February and 30 are used there first. Usage of January that comes late has the 20 that
    /// were not carried, and the 50 that February did not use; then February has its own 100 and no more.
    /// </summary>
    [Fact]
    public void Rollover_LateUsageOfTheMonthBefore_TakesBackWhatWasNotUsedYet()
    {
        Rater rater = Having(Sms(rollover: 80));

        Assert.Equal(
            [30, 70, 0, 100],
            [
                Covered(rater, 30, "2026-02-05"), Covered(rater, 75, "2026-01-20"), Covered(rater, 5, "2026-01-21"),
                Covered(rater, 300, "2026-02-06"),
            ]);
    }

    [Fact]
    public void Rollover_OfAnotherVersion_CarriesWhatThatVersionGranted()
    {
        Rater rater = Having(
            Sms(rollover: 1000),
            Sms(rollover: 1000, units: 10) with { Version = 2, ValidFrom = Time("2026-02-01T00:00:00+01:00") });

        Assert.Equal([40, 70], [Covered(rater, 40, "2026-01-05"), Covered(rater, 300, "2026-02-05")]);
    }

    /// <summary>20 of 28 days of 100, rounded up to whole tens: 71.4 becomes 80.</summary>
    [Fact]
    public void ProRata_OfAPartOfAMonth_IsItsDaysRoundedUp()
    {
        Rater rater = Having(Sms(step: 10));
        rater.Subscribe(1, "test", Instant("2026-02-09T10:00:00+01:00"));

        Assert.Equal([80, 100], [Covered(rater, 200, "2026-02-10"), Covered(rater, 200, "2026-03-10")]);
    }

    /// <summary>14 of 28 days under each of two offerings: half of each, whatever was used of the other.</summary>
    [Fact]
    public void ProRata_ChangeOfTheOfferingInTheMonth_GrantsThePartOfEach()
    {
        Rater rater = Having(Sms(step: 1), Sms(step: 1, units: 300) with { Offering = "big" });
        rater.Subscribe(
            1, Rater.Period("A-1", "test", long.MinValue, Instant("2026-02-15T12:00:00+01:00")),
            Rater.Period("A-1", "big", Instant("2026-02-15T12:00:00+01:00"), long.MaxValue));

        Assert.Equal([50, 150], [Covered(rater, 60, "2026-02-03"), Covered(rater, 500, "2026-02-20")]);
    }

    /// <summary>The part of February is carried, and no more: 50 of 100.</summary>
    [Fact]
    public void ProRata_OfABundleThatRollsOver_IsWhatIsCarried()
    {
        Rater rater = Having(Sms(rollover: 1000, step: 1));
        rater.Subscribe(1, "test", Instant("2026-02-15T00:00:00+01:00"));

        Assert.Equal(150, Covered(rater, 500, "2026-03-10"));
    }

    /// <summary>
    /// P-10: whatever comes when, the months together cover no more than they granted, and each no more than its own and the carried units.
    /// </summary>
    [Fact]
    public void Rollover_UsageInAnyOrder_IsNeverOverdrawn() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[0, 60]).Array[1, 30].Select(Gen.Int[1, 320], Gen.Int[1, 3]).Sample(
            (usage, maximum, lives) =>
            {
                Rater rater = Having(Sms(rollover: maximum, periods: lives));
                long[] covered = new long[5];
                foreach ((int month, int units) in usage)
                {
                    covered[month] += Covered(rater, units, $"2026-{month:D2}-10");
                }

                Assert.All(covered, month => Assert.InRange(month, 0, 100 + maximum));
                for (int from = 1; from <= 4; from++)
                {
                    for (int to = from; to <= 4; to++)
                    {
                        // So many months before the first could be carried in; nothing else comes from outside.
                        Assert.InRange(
                            covered[from..(to + 1)].Sum(), 0, (100 * (to - from + 1)) + Math.Min(100 * Math.Min(lives, from - 1), maximum));
                    }
                }
            },
            iter: 2_000);

    /// <summary>
    /// Units live for two further months: nothing of 100 is used in January, so February has 200 and leaves 140 of 60 used, the 40 of
    /// January among them. March has 240, uses 30 of January, and the last 10 of it end there: 100 + 100 go into April with its own 100.
    /// </summary>
    [Fact]
    public void Rollover_OverTwoMonths_KeepsWhatIsNotOlder()
    {
        Rater rater = Having(Sms(rollover: 1000, periods: 2));

        Assert.Equal(
            [60, 30, 300],
            [Covered(rater, 60, "2026-02-05"), Covered(rater, 30, "2026-03-05"), Covered(rater, 999, "2026-04-05")]);
    }

    /// <summary>Three months without usage: the fourth has its own and that of the three before, and of the fifth one is over.</summary>
    [Fact]
    public void Rollover_MonthsWithoutUsage_AreCarriedAll()
    {
        Rater rater = Having(Sms(rollover: 1000, periods: 3));

        Assert.Equal([400, 100], [Covered(rater, 999, "2026-05-05"), Covered(rater, 999, "2026-06-05")]);
    }

    /// <summary>
    /// 100 of January and 100 of February go into March, where 30 are used. Usage of February that comes late takes the 70 of January that
    /// are left and 80 of February, so that 20 are left to March beside its own.
    /// </summary>
    [Fact]
    public void Rollover_LateUsage_TakesTheOldestBack()
    {
        Rater rater = Having(Sms(rollover: 1000, periods: 2));

        Assert.Equal(
            [30, 150, 120, 100],
            [
                Covered(rater, 30, "2026-03-05"), Covered(rater, 150, "2026-02-20"), Covered(rater, 999, "2026-03-06"),
                Covered(rater, 999, "2026-04-06"),
            ]);
    }

    /// <summary>Usage in its order has what the closing of each month leaves, which golden cases and single units hold.</summary>
    [Fact]
    public void Rollover_UsageInOrder_IsThatOfClosedPeriods() =>
        Gen.Select(Gen.Int[0, 330].Array[1, 14], Gen.Int[1, 12], Gen.Int[1, 400]).Sample(
            (used, lives, maximum) =>
            {
                Rater rater = Having(Sms(rollover: maximum, periods: lives));
                Rollover rollover = new(maximum, lives);
                IReadOnlyList<long> carried = [];
                foreach ((int month, int units) in used.Index())
                {
                    RolloverPeriod period = rollover.Close(carried, 100, units);
                    string day = $"{2026 + (month / 12)}-{(month % 12) + 1:D2}-10";
                    Assert.Equal(units - period.AboveBundle, units == 0 ? 0 : Covered(rater, units, day));
                    carried = period.Carried;
                }
            },
            iter: 2_000);

    /// <summary>
    /// Where usage counts for the account, the session that has the subscription says on how many days of the earlier months it had it: 15
    /// of 31 days of January are 49 of 100, so March has 49 + 100 + 100; all of them used, April has its own.
    /// </summary>
    [Fact]
    public void Rollover_OfAMemberOfAnAccount_IsByItsDaysOfEachMonth()
    {
        OfferingVersion own = Sms(rollover: 1000, step: 1, periods: 3);
        CompiledCatalogue catalogue = new(takesAllTerms: false);
        catalogue.Put(own with { Bundles = [.. own.Bundles, new Bundle { Id = "b", Kind = UsageKind.Voice, Units = 1, Shared = true }] });
        catalogue.Compile();
        RatingSession member = new(400, 400);
        RatingSession account = new(400, 400);
        member.SetSubscription(
            1,
            [
                new SubscriptionPeriod { Account = "A", Offering = "test", ValidFrom = Time("2026-01-17T00:00:00+01:00") },
            ],
            catalogue.Offerings);

        Assert.Equal([49 + 100 + 100, 100], [Guided("2026-03-20"), Guided("2026-04-20")]);

        long Guided(string day)
        {
            UsageRecord usage = Used(999, day);
            member.Rate(in usage, catalogue.Tariffs, out RatingResult left);
            Assert.True(left.IsOfAccount);
            Membership membership = member.MemberOf(in usage, in left, catalogue.Tariffs, new AccountKeys());
            account.RateForAccount(in usage, in membership, catalogue.Tariffs, out RatingResult rated);
            return rated.BundleUnits;
        }
    }

    /// <summary>A batch that is undone leaves nothing of what was carried.</summary>
    [Fact]
    public void Rollover_BatchThatIsUndone_CarriesTheSameAgain()
    {
        Rater rater = Having(Sms(rollover: 50));
        Covered(rater, 70, "2026-01-05");
        rater.RateUncommitted(Used(3, "2026-02-05"));
        rater.Session.Abort();

        Assert.Equal([130, 0], [Covered(rater, 500, "2026-02-06"), Covered(rater, 5, "2026-01-06")]);
    }

    private static OfferingVersion Sms(long rollover = 0, long step = 0, long units = 100, int periods = 1) =>
        Offering(new OfferingPrice
        {
            Kind = UsageKind.Sms,
            Unit = PriceUnit.Message,
            UnitSize = 1,
            UnitPrice = 1,
            Increment = 1,
            Bundle = true,
        })
        with
        {
            Bundles =
            [
                new Bundle
                {
                    Id = "sms",
                    Kind = UsageKind.Sms,
                    Units = units,
                    RolloverMaximum = rollover,
                    RolloverPeriods = periods,
                    ProRataStep = step,
                },
            ],
        };

    /// <summary>A subscriber who has the offering since 2026.</summary>
    private static Rater Having(params OfferingVersion[] offerings)
    {
        Rater rater = new(400, 400, offerings);
        rater.Subscribe(1, "test", Instant("2026-01-01T00:00:00+01:00"));
        return rater;
    }

    private UsageRecord Used(int messages, string day) => Message(++_id, $"{day}T10:00:00Z") with { Messages = messages };

    private long Covered(Rater rater, int messages, string day)
    {
        RatingResult result = rater.One(Used(messages, day));
        Assert.Equal((messages - result.BundleUnits) * 1_000_000_000, result.AmountNanos);
        return result.BundleUnits;
    }
}
