using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>
/// Members of an account whose offering shares a bundle have their subscriptions on different partitions, and one balance on the account's.
/// </summary>
public sealed class SharedAllowanceTests
{
    private const string Account = "BE-family";

    private readonly RatingLanes _lanes = new(3);
    private readonly int[] _done = new int[3];

    public SharedAllowanceTests()
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Publish(RatingLanes.Family());
        for (int member = 0; member < 3; member++)
        {
            _lanes.Subscribe(member, member, "family", Account);
        }
    }

    private int Home => _lanes.PartitionOf(Account);

    /// <summary>Lets a lane of its own for each partition rate until nothing is left; a new process each time.</summary>
    private void RunAll()
    {
        for (bool isDone = false; !isDone;)
        {
            isDone = true;
            for (int partition = 0; partition < 3; partition++)
            {
                int left = _lanes.Log[Topics.UsageReceived, partition].Count - _done[partition];
                if (left > 0)
                {
                    RatingBatchHandler lane = _lanes.NewHandler(partition);
                    FakeTransaction transaction = new(_lanes.Log);
                    lane.Handle(_lanes.Batch(partition, _done[partition], left), transaction);
                    transaction.Commit();
                    lane.Committed();
                    _done[partition] += left;
                    isDone = false;
                }
            }
        }
    }

    /// <summary>
    /// 600 octets of each of three members from one bundle of 1,000: 600, 400 and nothing are covered, and the rest costs 0.01 an octet.
    /// Each lane is a new process, so the balance comes from the topics each time.
    /// </summary>
    [Fact]
    public void MembersOnThreePartitions_DrawFromOneBundle()
    {
        for (int member = 0; member < 3; member++)
        {
            _lanes.Receive(RatingLanes.Data(member, 600, member), member);
            RunAll();
        }

        Assert.Equal([600L, 400L, 0L], _lanes.Rated.Select(one => one.BundleUnits));
        Assert.Equal([0m, 2m, 6m], _lanes.Rated.Select(one => one.Amount));
        Assert.Equal([0, 1, 2], _lanes.Rated.Select(one => (int)one.SubscriberRef.Low));
        Assert.All(_lanes.Rated, one => Assert.Equal((Account, "family", Home), (one.Account, one.Offering, one.ReceivedPartition)));
        Assert.Equal(3, _lanes.Log[Topics.UsageRated, Home].Count);
        Assert.All(
            _lanes.Rated.Zip(_lanes.Log[Topics.UsageRated, Home]),
            pair => Assert.Equal(pair.First.SubscriberRef.ToByteArray(), pair.Second.Key));
        Assert.Empty(_lanes.Rejected);
        Assert.Equal(6, _lanes.Log.All(Topics.UsageReceived).Count());
    }

    /// <summary>No name of an account is in a key.</summary>
    [Fact]
    public void UsagePassedOn_HasTheAccountsHashForAKey_AndWhatWasGuided()
    {
        _lanes.Receive(RatingLanes.Data(1, 600, 1), 1);
        RunAll();

        FakeRecord guided = _lanes.Log[Topics.UsageReceived, Home][^1];
        UsageReceived usage = UsageReceived.Read(guided.Value.AsSpan(Kafka.WireFormat.HeaderSize));
        Assert.Equal(System.Security.Cryptography.SHA256.HashData("BE-family"u8)[..16], guided.Key);
        Assert.Equal((Account, "family"), (usage.History!.Account, usage.History.Offering));
        Assert.Equal(RatingLanes.Subscriber(1), usage.SubscriberRef);
    }

    /// <summary>
    /// Up to 1,000 octets of the account cost 0.02 each, and more of them 0.01, all of them: 600 cost 12; 1,200 cost 12, so the second
    /// member pays nothing; 1,500 cost 15. Each lane is a new process, and the tier is that of the account each time.
    /// </summary>
    [Fact]
    public void TiersOfTheAccount_CountAllMembers()
    {
        OfferingVersion frame = RatingLanes.PriceList() with
        {
            Offering = "frame",
            Bundles = [],
            Prices =
            [
                RatingLanes.PriceList().Prices[1] with
                {
                    Model = PriceModel.Volume,
                    CountsAccount = true,
                    Tiers =
                    [
                        new PriceTier { UpTo = 1000, UnitPrice = 0.02m, UnitSize = 1 },
                        new PriceTier { UpTo = -1, UnitPrice = 0.01m, UnitSize = 1 },
                    ],
                },
            ],
        };
        _lanes.Publish(frame);
        _lanes.Publish(frame with { Offering = "other-frame" });
        foreach ((int member, long octets) in new[] { (0, 600L), (1, 600L), (2, 300L) })
        {
            _lanes.Subscribe(member, member, "frame", Account);
            _lanes.Receive(RatingLanes.Data(member, octets, member), member);
            RunAll();
        }

        // What an account uses under another offering is no tier of this one.
        _lanes.Subscribe(3, 0, "other-frame", Account);
        _lanes.Receive(RatingLanes.Data(3, 100, 3), 0);
        RunAll();

        Assert.Equal([12m, 0m, 3m, 2m], _lanes.Rated.Select(one => one.Amount));
        Assert.All(_lanes.Rated, one => Assert.Equal(Home, one.ReceivedPartition));
    }

    /// <summary>
    /// Each device brings 310 octets a month, by the day: one that is always there 310, one that joins on 17 March 15 of 31 days, 150, and
    /// one that left with 10 March 100; together 560. On 14 March 500 are covered, and on 18 March 60 of 100. A device that is published
    /// later, for 31 March alone, brings 10 to usage that comes after it. Each lane is a new process.
    /// </summary>
    [Fact]
    public void DevicesOfAnAccount_BringWhatIsDueForTheirDays()
    {
        _lanes.Publish(Pool(new Bundle { Units = 310, ProRataStep = 1, Contributed = true }));
        Member(0, null, null);
        Member(1, 17, null);
        Member(2, null, 11);
        Member(5, null, null, "BE-another");
        Use(0, 500, 14);
        Use(1, 100, 18);
        _lanes.Subscribe(3, 0, [Period(31, null, Account)]);
        Use(0, 20, 19);

        Assert.Equal([500L, 60L, 10L], _lanes.Rated.Select(one => one.BundleUnits));
        Assert.All(_lanes.Rated, one => Assert.Equal(Home, one.ReceivedPartition));
    }

    /// <summary>A device that is taken away again, before anything was used, brings nothing; what was drawn stays drawn.</summary>
    [Fact]
    public void DeviceThatLeaves_TakesWhatItBrought_AndNotWhatWasUsed()
    {
        _lanes.Publish(Pool(new Bundle { Units = 100, Contributed = true }));
        Member(0, null, null);
        Member(1, null, null);
        Use(0, 150, 14);
        _lanes.Subscribe(1, 1, [Period(null, null, "BE-another")]);
        Use(0, 10, 15);
        Member(2, 16, null);
        Use(0, 60, 16);

        Assert.Equal([150L, 0L, 50L], _lanes.Rated.Select(one => one.BundleUnits));
    }

    /// <summary>
    /// A shared bundle of 1,000 a month carries at most 150: 800 were used in February, so March has 1,150. An account that begins on 11
    /// March, with a second member from 16 March on, has 21 of 31 days: 677.4, rounded up to tens.
    /// </summary>
    [Fact]
    public void SharedBundle_CarriesItsRest_AndIsByTheDaysOfTheAccount()
    {
        _lanes.Publish(Pool(new Bundle { Units = 1000, RolloverMaximum = 150, ProRataStep = 10 }));
        Member(0, null, null);
        Member(1, null, null);
        Member(4, 11, null, "BE-new");
        Member(5, 16, null, "BE-new");
        Use(0, 800, -14);
        Use(1, 1200, 14);
        Use(4, 400, 15);
        Use(5, 400, 16);

        Assert.Equal([800L, 1150L, 400L, 280L], _lanes.Rated.OrderBy(one => one.UsageId.Low).Select(one => one.BundleUnits));
    }

    private static OfferingVersion Pool(Bundle pool) => RatingLanes.Family() with
    {
        Offering = "pool",
        ValidFrom = RatingLanes.Now.AddDays(-400),
        Bundles = [pool with { Id = "gb", Kind = Contracts.UsageKind.Data, Shared = true }],
    };

    /// <summary>Subscribes from and to the begin of days in March.</summary>
    private void Member(int member, int? from, int? to, string account = Account) =>
        _lanes.Subscribe(member, member % 3, [Period(from, to, account)]);

    private static Contracts.SubscriptionPeriod Period(int? from, int? to, string account) => new()
    {
        Account = account,
        Offering = "pool",
        ValidFrom = from is { } first ? DayOfMarch(first) : null,
        ValidTo = to is { } end ? DayOfMarch(end) : null,
    };

    /// <summary>Uses octets on a day of March, counted on from its first, and lets all lanes rate.</summary>
    private void Use(int member, long octets, int day)
    {
        DateTimeOffset at = DayOfMarch(day).AddHours(12);
        _lanes.Receive(
            RatingLanes.Data(_lanes.Rated.Count, octets, member) with { EventTime = at, EndTime = at }, member % 3);
        RunAll();
    }

    private static DateTimeOffset DayOfMarch(int day) => new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.FromHours(1)).AddDays(day - 1);

    /// <summary>What a member has alone is counted where the account is: three messages are free for each.</summary>
    [Fact]
    public void OwnBundlesOfMembers_AreCountedApart()
    {
        for (int id = 0; id < 8; id++)
        {
            _lanes.Receive(RatingLanes.Sms(id, id % 2), id % 2);
        }

        RunAll();

        Assert.Equal(6, _lanes.Rated.Count(one => one.BundleUnits == 1));
        Assert.All([0, 1], member => Assert.Equal(
            0.08m, _lanes.Rated.Where(one => (int)one.SubscriberRef.Low == member).Sum(one => one.Amount)));
    }

    [Fact]
    public void MembersOfAMixedAccount_WithAnOfferingOfTheirOwn_TakeOneHop()
    {
        _lanes.Subscribe(4, 1, "go", Account);
        _lanes.Receive(RatingLanes.Data(1, 600, 4), 1);
        _lanes.Receive(RatingLanes.Data(2, 600, 0), 0);
        RunAll();

        Assert.Equal(3, _lanes.Log.All(Topics.UsageReceived).Count());
        UsageRated own = _lanes.Rated.Single(one => one.Offering == "go");
        Assert.Equal((Account, 1, 600L), (own.Account, own.ReceivedPartition, own.BundleUnits));
        Assert.Equal(600L, _lanes.Rated.Single(one => one.Offering == "family").BundleUnits);
    }

    [Fact]
    public void UsageSentAgain_IsADuplicate_AndWithOtherContentAConflict_WhereTheAccountIs()
    {
        _lanes.Receive(RatingLanes.Data(1, 600, 1), 1);
        _lanes.Receive(RatingLanes.Data(1, 600, 1), 1);
        _lanes.Receive(RatingLanes.Data(1, 601, 1), 1);
        RunAll();

        Assert.Single(_lanes.Rated);
        Assert.Equal([RejectedOutcome.Duplicate, RejectedOutcome.Conflict], _lanes.Rejected.Select(one => one.Outcome));
        Assert.Equal(2, _lanes.Log[Topics.UsageRejected, Home].Count);
        Assert.All(_lanes.Rejected, one => Assert.Equal(RatingLanes.Subscriber(1), one.SubscriberRef));
    }

    /// <summary>Usage was rated before its subscription was changed, from its beginning, to an offering that shares.</summary>
    [Fact]
    public void UsageRatedBeforeItsOfferingShared_IsADuplicateWhenItComesAgain()
    {
        _lanes.Subscribe(1, 1);
        _lanes.Receive(RatingLanes.Data(1, 600, 1), 1);
        RunAll();
        _lanes.Subscribe(1, 1, "family", Account);
        _lanes.Receive(RatingLanes.Data(1, 600, 1), 1);
        RunAll();

        Assert.Equal("go", Assert.Single(_lanes.Rated).Offering);
        Assert.Equal(RejectedOutcome.Duplicate, Assert.Single(_lanes.Rejected).Outcome);
        Assert.Equal(2, _lanes.Log.All(Topics.UsageReceived).Count());
    }

    /// <summary>From the IMSI to the number, and from the number to the account.</summary>
    [Fact]
    public void UsageUnderAnotherNameOfAMember_TakesTwoHops()
    {
        _lanes.Name(5, names: 1, partition: 2);
        _lanes.Receive(RatingLanes.Data(1, 600, 5), 2);
        RunAll();

        UsageRated rated = Assert.Single(_lanes.Rated);
        Assert.Equal(
            (RatingLanes.Subscriber(1), Account, Home, 600L),
            (rated.SubscriberRef, rated.Account, rated.ReceivedPartition, rated.BundleUnits));
        Assert.Equal(3, _lanes.Log.All(Topics.UsageReceived).Count());
        Assert.Empty(_lanes.Rejected);
    }

    /// <summary>A record under another key than its account's came by no lane; it is guided as all usage is.</summary>
    [Fact]
    public void UsageThatOnlySaysItWasGuided_IsGuided()
    {
        UsageReceived forged = RatingLanes.Data(1, 600, 1) with { History = new UsageHistory { Account = "BE-other", Offering = "go" } };
        _lanes.Receive(forged, 1);
        RunAll();

        Assert.Equal((Account, "family"), (Assert.Single(_lanes.Rated).Account, _lanes.Rated[0].Offering));
    }

    [Fact]
    public void UsageThatCannotBePriced_KeepsItsReason()
    {
        _lanes.Receive(RatingLanes.Data(1, 600, 1) with { Kind = UsageKind.Voice, DurationSeconds = 5 }, 1);
        RunAll();

        Assert.Equal(
            (RejectedOutcome.Suspended, RejectedReason.NoPrice, Home),
            (Assert.Single(_lanes.Rejected).Outcome, _lanes.Rejected[0].Reason, _lanes.Rejected[0].ReceivedPartition));
    }

    /// <summary>A lane is killed while it passes usage on, and the account's lane while it rates: the usage is rated once.</summary>
    [Fact]
    public void KillsOnBothHops_LeaveTheUsageRatedOnce()
    {
        _lanes.Receive(RatingLanes.Data(1, 600, 1), 1);
        _lanes.NewHandler(1).Handle(_lanes.Batch(1, 0, 1), new FakeTransaction(_lanes.Log));
        Assert.Single(_lanes.Log.All(Topics.UsageReceived));
        RatingBatchHandler first = _lanes.NewHandler(1);
        FakeTransaction transaction = new(_lanes.Log);
        first.Handle(_lanes.Batch(1, 0, 1), transaction);
        transaction.Commit();
        _done[1] = 1;
        int offset = _lanes.Log[Topics.UsageReceived, Home].Count - 1;
        _lanes.NewHandler(Home).Handle(_lanes.Batch(Home, offset, 1), new FakeTransaction(_lanes.Log));
        Assert.Empty(_lanes.Rated);

        RunAll();
        Assert.Equal(600L, Assert.Single(_lanes.Rated).BundleUnits);
    }

    /// <summary>A number that goes to another account takes nothing with it, and leaves the rest to the members.</summary>
    [Fact]
    public void MemberWhoLeaves_TakesNothingAlong()
    {
        _lanes.Receive(RatingLanes.Data(1, 600, 1), 1);
        RunAll();
        _lanes.Subscribe(1, 1, "family", "BE-single");
        _lanes.Receive(RatingLanes.Data(2, 1000, 1), 1);
        _lanes.Receive(RatingLanes.Data(3, 500, 0), 0);
        RunAll();

        Assert.Equal(
            [(1, 600L), (2, 1000L), (3, 400L)],
            _lanes.Rated.OrderBy(one => one.UsageId.Low).Select(one => ((int)one.UsageId.Low, one.BundleUnits)));
    }

    /// <summary>
    /// Three members send 10 messages each at 0.08, of which three are free: 0.56 above the bundle. The first chose to be told at 0.20 with
    /// VAT, which 0.24 reaches; the second to hear nothing; the third nothing, so that the offering's 0.50 with VAT is reached at 0.48.
    /// What the first chose for the time before says nothing.
    /// </summary>
    [Fact]
    public void LimitsThatAMemberChose_HoldWhereItsAccountIs()
    {
        OfferingVersion family = RatingLanes.Family() with
        {
            Version = 2,
            ValidFrom = RatingLanes.Now.AddDays(-30),
            Limits =
            [
                new OfferingLimit
                {
                    Id = "be-domestic",
                    Scope = SpendScope.Domestic,
                    Amount = 0.5m,
                    Basis = PriceBasis.Gross,
                    Steps = [new OfferingLimitStep { Permille = 1000 }],
                },
            ],
        };
        _lanes.Publish(family);
        Choose(0, new LimitChoice { Limit = "be-domestic", From = RatingLanes.Now.AddDays(-20), Amount = 0.01m },
            new LimitChoice { Limit = "be-domestic", From = RatingLanes.Now.AddDays(-10), Amount = 0.2m });
        Choose(1, new LimitChoice { Limit = "be-domestic", From = RatingLanes.Now.AddDays(-10), InForce = false });
        for (int id = 0; id < 30; id++)
        {
            _lanes.Receive(RatingLanes.Sms(id, id % 3), id % 3);
        }

        RunAll();

        Assert.Equal(
            [(0, 0.2m, true, 0.24m), (2, 0.5m, false, 0.48m)],
            _lanes.Notifications.OrderBy(one => one.SubscriberRef.Low)
                .Select(one => ((int)one.SubscriberRef.Low, one.LimitAmount, one.IsChosen, one.Amount)));
        Assert.All(_lanes.Rated, one => Assert.Equal(Home, one.ReceivedPartition));

        void Choose(int member, params LimitChoice[] choices) => _lanes.Subscribe(
            member, member, [new Contracts.SubscriptionPeriod { Account = Account, Offering = "family", Limits = choices }]);
    }

    /// <summary>
    /// An own bundle of 31 messages a month, by the day, of which 5 may be carried into the next: who has the offering since February has
    /// 36 in March; who came on 11 March has it on 21 of 31 days, and brings nothing; who came on 25 February had 4 of 28 days then,
    /// which grant 5 (31 × 4 / 28 = 4.4, begun), and carries them.
    /// </summary>
    [Fact]
    public void OwnBundlesOfMembers_AreByTheDayAndCarried_AsTheirSubscriptionSays()
    {
        _lanes.Publish(RatingLanes.Family() with
        {
            Offering = "by-the-day",
            Bundles =
            [
                new Bundle { Id = "texts", Kind = Contracts.UsageKind.Sms, Units = 31, ProRataStep = 1, RolloverMaximum = 5 },
                RatingLanes.Family().Bundles[1],
            ],
        });
        int next = 0;
        foreach ((int member, DateTimeOffset? from) in new (int, DateTimeOffset?)[]
        {
            (0, null), (1, new(2026, 3, 11, 0, 0, 0, TimeSpan.FromHours(1))), (2, new(2026, 2, 25, 0, 0, 0, TimeSpan.FromHours(1))),
        })
        {
            _lanes.Subscribe(
                member, member, [new Contracts.SubscriptionPeriod { ValidFrom = from, Account = Account, Offering = "by-the-day" }]);
            for (int message = 0; message < 40; message++)
            {
                _lanes.Receive(RatingLanes.Sms(next++, member), member);
            }
        }

        RunAll();

        Assert.Equal(
            [(0, 36), (1, 21), (2, 36)],
            _lanes.Rated.Where(one => one.BundleUnits == 1).GroupBy(one => (int)one.SubscriberRef.Low).OrderBy(member => member.Key)
                .Select(member => (member.Key, member.Count())));
    }

    /// <summary>
    /// A call that has no price waits where its account is. Recycled, it comes to the member's partition once more, as suspense sends it,
    /// after the price was published and the member went over to another account: the account at the time of the call pays it, once.
    /// </summary>
    [Fact]
    public void RecycledUsage_IsChargedOnce_ToTheAccountOfItsTime()
    {
        UsageReceived call = RatingLanes.Data(1, 600, 1) with { Kind = Contracts.UsageKind.Voice, DurationSeconds = 5 };
        _lanes.Receive(call, 1);
        RunAll();
        Assert.Equal(RejectedReason.NoPrice, Assert.Single(_lanes.Rejected).Reason);

        _lanes.Publish(RatingLanes.Family() with
        {
            Prices =
            [
                .. RatingLanes.Family().Prices,
                RatingLanes.Family().Prices[1] with
                {
                    Id = "calls", Kind = Contracts.UsageKind.Voice, Unit = Contracts.PriceUnit.Second, UnitPrice = 0.02m, Bundle = false,
                },
            ],
        });
        _lanes.Subscribe(
            1, 1,
            [
                new Contracts.SubscriptionPeriod { ValidTo = RatingLanes.Now.AddDays(-1), Account = Account, Offering = "family" },
                new Contracts.SubscriptionPeriod { ValidFrom = RatingLanes.Now.AddDays(-1), Account = "BE-new", Offering = "family" },
            ]);
        UsageReceived again = call with { History = new UsageHistory { SuspendedFor = "NO_PRICE" } };
        _lanes.Receive(again, 1);
        _lanes.Receive(again, 1);
        RunAll();

        UsageRated rated = Assert.Single(_lanes.Rated);
        Assert.Equal((Account, Home, 0.1m), (rated.Account, rated.ReceivedPartition, rated.Amount));
        Assert.Equal(
            [RejectedOutcome.Duplicate, RejectedOutcome.Suspended], _lanes.Rejected.Select(one => one.Outcome).Order());
    }
}
