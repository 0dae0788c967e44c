using CsCheck;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

public sealed class StateTests
{
    [Fact]
    public void Abort_AfterABatch_LeavesBalancesAndIdsAsTheyWere() =>
        Gen.Select(Gens.Usage.Array[1, 200], Gens.Usage.Array[1, 3000]).Sample((kept, undone) =>
        {
            Rig rig = new(Offering(Data(), Voice(), Sms()) with { Bundles = [new(UsageKind.Data, MiB, [])] });
            Rig never = new(Offering(Data(), Voice(), Sms()) with { Bundles = [new(UsageKind.Data, MiB, [])] });
            foreach (Rig one in new[] { rig, never })
            {
                one.Subscribe(2, "test");
                one.Rate(kept);
            }

            // Many ids of one day make the set grow inside the batch that is undone.
            UsageRecord[] distinct = [.. undone.Select((usage, i) => usage with { UsageId = (UInt128)(1_000_000 + i), EventTimeMilliseconds = usage.EventTimeMilliseconds })];
            rig.RateUncommitted(distinct);
            rig.Session.Abort();

            Assert.Equal(never.Session.IdCount, rig.Session.IdCount);
            Assert.Equal(0, rig.Session.ChangedCount);
            Assert.Equal(Stored(never, distinct), Stored(rig, distinct));
        }, iter: 300);

    [Fact]
    public void RestoredSession_RatesLikeTheOneThatStoredItsState() =>
        Gen.Select(Gens.Catalogue, Gens.Usage.Array[1, 100], Gens.Usage.Array[1, 50]).Sample((catalogue, before, after) =>
        {
            Rig first = new(catalogue);
            Rig second = new(catalogue);
            Subscribe(first);
            Subscribe(second);
            int chunk = 0;
            foreach (UsageRecord[] batch in before.Chunk(17))
            {
                first.RateUncommitted(batch);
                CopyChanges(first.Session, second.Session, chunk);
                first.Session.Commit(chunk++);
            }

            Assert.Equal(first.Rate(after).Select(Describe), second.Rate(after).Select(Describe));
        }, iter: 2000);

    [Fact]
    public void ExpiredState_IsHandedOutUntilCommitted_AndOnlyOnce()
    {
        Rig rig = new(45, 45, Offering(Sms()));
        rig.Session.Rate([Message(1, "2026-01-10T00:00:00Z"), Message(2, "2026-01-11T00:00:00Z")], rig.Tariffs, new RatedUsage[2]);
        rig.Session.Commit(700);
        rig.Session.Rate([Message(3, "2026-06-10T00:00:00Z")], rig.Tariffs, new RatedUsage[1]);
        rig.Session.Commit(701);

        ExpiredKey[] keys = new ExpiredKey[2];
        Assert.Equal(2, rig.Session.TakeExpired(keys));
        rig.Session.Abort();
        Assert.Equal(2, rig.Session.TakeExpired(keys));
        Assert.Equal([(Days("2026-01-10"), 700L, false), (Days("2026-01-11"), 700L, false)], keys.Select(key => (key.Day, key.Chunk, key.IsBalance)));
        rig.Session.Commit(702);
        Assert.Equal(1, rig.Session.TakeExpired(keys));
        Assert.Equal((Days("2026-01-01"), (UInt128)1, true), (keys[0].Day, keys[0].Subscriber, keys[0].IsBalance));
        rig.Session.Commit(703);
        Assert.Equal(0, rig.Session.TakeExpired(keys));
    }

    [Fact]
    public void IdSet_AddedAndUndoneAtRandom_HoldsExactlyTheCommitted() =>
        Gen.Select(Gen.UInt[1, 400].Array[0, 300], Gen.UInt[1, 4000].Array[0, 2000]).Sample((kept, undone) =>
        {
            IdSet set = new();
            HashSet<UInt128> expected = [];
            foreach (uint id in kept)
            {
                // Small multiples of one factor fall near each other, so that runs of occupied slots arise.
                UInt128 key = (UInt128)id << 40;
                if (expected.Add(key))
                {
                    set.Claim(key);
                }
            }

            set.Commit(0);
            foreach (uint id in undone)
            {
                UInt128 key = (UInt128)id << 40;
                if (!set.Contains(key))
                {
                    set.Claim(key);
                }
            }

            set.Abort();
            Assert.Equal(expected.Count, set.Count);
            Assert.All(Enumerable.Range(1, 4000), id => Assert.Equal(expected.Contains((UInt128)id << 40), set.Contains((UInt128)id << 40)));
        }, iter: 300);

    [Fact]
    public void Rate_InTheSteadyState_AllocatesNothing()
    {
        const int Events = 20_000;
        Rig rig = new(Offering(Data(), Voice(), Sms()) with { Bundles = [new(UsageKind.Data, GiB, [])], RoamingDataLimitNanos = Nanos("50") });
        for (int subscriber = 1; subscriber <= 1000; subscriber++)
        {
            rig.Subscribe((UInt128)subscriber, "test");
        }

        UsageRecord[] usage = [.. Enumerable.Range(1, Events).Select(i => DataUsage(i, i * 100L) with { Subscriber = (UInt128)((i % 1100) + 1) })];
        RatedUsage[] rated = new RatedUsage[Events];
        for (int warmUp = 0; warmUp < 3; warmUp++)
        {
            rig.Session.Rate(usage, rig.Tariffs, rated);
            rig.Session.Abort();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        rig.Session.Rate(usage, rig.Tariffs, rated);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Contains(rated, one => one.Outcome == RatingOutcome.Suspended);
        Assert.Contains(rated, one => one.Outcome == RatingOutcome.Rated);
    }

    [Fact]
    public void Session_WithAMillionSubscribers_HoldsAtMost200OctetsEach()
    {
        const int Subscribers = 1_000_000;
        Rig rig = new(Offering(Sms()));
        SubscriptionPeriod[] period = [rig.Period("BE-0123456789", "test", long.MinValue, long.MaxValue)];
        UsageRecord[] usage = new UsageRecord[10_000];
        RatedUsage[] rated = new RatedUsage[usage.Length];
        for (int start = 0; start < Subscribers; start += usage.Length)
        {
            for (int i = 0; i < usage.Length; i++)
            {
                UInt128 subscriber = (UInt128)(start + i + 1) * 0x9E3779B97F4A7C15;
                rig.Session.SetSubscription(subscriber, period);
                usage[i] = Message(start + i + 1) with { Subscriber = subscriber };
            }

            rig.Session.Rate(usage, rig.Tariffs, rated);
            Assert.DoesNotContain(rated, one => one.Outcome != RatingOutcome.Rated);
            rig.Session.Commit(start);
        }

        Assert.InRange(rig.Session.SubscriberOctets / (rig.Session.SubscriberCount), 1, 200);
        Assert.InRange(rig.Session.IdOctets / rig.Session.IdCount, 16, 39);
    }

    private static void Subscribe(Rig rig)
    {
        rig.Subscribe(1, "one");
        rig.Subscribe(2, "two");
        rig.Subscribe(3, "one");
    }

    private static void CopyChanges(RatingSession from, RatingSession to, long chunk)
    {
        for (int i = 0; i < from.ChangedCount; i++)
        {
            to.RestoreBalance(from.ChangedBalance(i));
        }

        foreach (int day in from.ClaimedDays)
        {
            to.RestoreIds(day, chunk, from.ClaimedIds(day));
        }
    }

    private static List<string> Stored(Rig rig, UsageRecord[] usage) => [.. rig.RateUncommitted(usage).Select(Describe)];

    private static string Describe(RatedUsage rated) =>
        $"{rated.Outcome} {rated.Reason} {rated.Crossed} {rated.ChargedUnits} {rated.BundleUnits} {rated.AmountNanos} {rated.Balance.SpendNanos} {rated.Balance.Notified} {rated.Balance.BundleOctetsUsed}";
}
