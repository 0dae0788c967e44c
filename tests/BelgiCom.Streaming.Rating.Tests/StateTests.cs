using BelgiCom.Streaming.Contracts;
using CsCheck;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

public sealed class StateTests
{
    // Made once, because making them takes octets for the names of their networks.
    private static readonly UsageRecord ManyData = DataUsage(1, 123_456);
    private static readonly UsageRecord ManyCalls = Call(1, 61);
    private static readonly UsageRecord ManyMessages = Message(1);

    [Fact]
    public void Abort_AfterABatch_LeavesBalancesAndIdsAsTheyWere() =>
        Gen.Select(Gens.Usage.Array[1, 200], Gens.Usage.Array[1, 3000]).Sample((kept, undone) =>
        {
            Rater rater = new(Offering(Data(), Voice(), Sms()) with { Bundles = [Bundle(UsageKind.Data, MiB, [])] });
            Rater never = new(Offering(Data(), Voice(), Sms()) with { Bundles = [Bundle(UsageKind.Data, MiB, [])] });
            foreach (Rater one in new[] { rater, never })
            {
                one.Subscribe(2, "test");
                one.Rate(kept);
            }

            // Many ids of one day make the set grow inside the batch that is undone.
            UsageRecord[] distinct = [
                .. undone.Select(
                    (usage, i) => usage with { UsageId = (UInt128)(1_000_000 + i), EventTimeMilliseconds = usage.EventTimeMilliseconds })];
            rater.RateUncommitted(distinct);
            rater.Session.Abort();

            Assert.Equal(never.Session.IdCount, rater.Session.IdCount);
            Assert.Equal(Outcomes(never, distinct), Outcomes(rater, distinct));
            rater.Session.Abort();
            never.Session.Abort();
            Assert.Equal(Stored(never.Session), Stored(rater.Session));
        }, iter: 300);

    /// <summary>
    /// Whatever was stored of a checkpoint, and wherever batches and aborts fell: checkpoint and rated usage since then give the state
    /// back.
    /// </summary>
    [Fact]
    public void RestoredSession_RatesLikeTheOneThatStoredItsState() =>
        Gen.Select(Gens.Catalogue, Gens.Usage.Array[1, 150], Gens.Usage.Array[1, 50], Gen.Int).Sample((catalogue, before, after, seed) =>
        {
            Random random = new(seed);
            Rater first = new(catalogue);
            Rater second = new(catalogue);
            Subscribe(first);
            Subscribe(second);
            StateStore store = new();
            foreach (UsageRecord[] batch in before.Chunk(7))
            {
                if (random.Next(4) == 0)
                {
                    store.Handle(first, batch, random.Next(4));
                    first.Session.Abort();
                }

                store.Handle(first, batch, random.Next(4));
                store.Commit(first.Session, beginCheckpoint: random.Next(2) == 0);
            }

            store.RestoreTo(second.Session);
            Assert.Equal(first.Session.IdCount, second.Session.IdCount);
            Assert.Equal(first.Rate(after).Select(Describe), second.Rate(after).Select(Describe));
        }, iter: 3000);

    /// <summary>
    /// One session rates a stream by price lists; the other is stored, undone and restored at random places in between. Each event has the
    /// same parts, and leaves the same in the meters.
    /// </summary>
    [Fact]
    public void PriceLists_RatedWithAbortsAndRestores_GiveThePartsAndMetersOfOneSession() =>
        Gen.Select(Gens.PriceLists, Gens.ListUsage.Array[1, 120], Gen.Int).Sample((catalogue, usage, seed) =>
        {
            Random random = new(seed);
            Rater one = new(60, 45, catalogue);
            Rater disturbed = new(60, 45, catalogue);
            Subscribe(one);
            Subscribe(disturbed);
            StateStore store = new();
            foreach (UsageRecord[] batch in usage.Chunk(5))
            {
                if (random.Next(4) == 0)
                {
                    store.Handle(disturbed, batch, random.Next(4));
                    disturbed.Session.Abort();
                }

                string[] expected = [.. batch.Select(usage => DescribeAll(one, one.RateUncommitted(usage)[0]))];
                one.Session.Commit();
                List<string> described = [];
                store.Handle(disturbed, batch, random.Next(4), rated => described.Add(DescribeAll(disturbed, rated)));
                Assert.Equal(expected, described);
                store.Commit(disturbed.Session, beginCheckpoint: random.Next(2) == 0);
                if (random.Next(5) == 0)
                {
                    disturbed = new Rater(60, 45, catalogue);
                    Subscribe(disturbed);
                    store.RestoreTo(disturbed.Session);
                }
            }
        }, iter: 3000);

    [Fact]
    public void Chunk_AfterARestoreInAnyOrder_HasANumberOfItsOwn()
    {
        Rater rater = new(Offering(Sms()));
        int day = Days("2026-03-14");
        rater.Session.RestoreIds(day, 1, [2]);
        rater.Session.RestoreIds(day, 0, [1]);
        rater.Rate(Message(3));
        rater.Session.BeginCheckpoint();

        UInt128[] ids = rater.Session.TakeIds(out int taken, out long chunk).ToArray();

        Assert.Equal((day, 2L), (taken, chunk));
        Assert.Equal([(UInt128)3], ids);
    }

    [Fact]
    public void Checkpoint_HoldsWhatChangedSinceTheOneBefore_AndNothingElse()
    {
        Rater rater = new(Offering(Sms()));
        rater.Subscribe(2, "test");
        rater.Subscribe(3, "test");
        rater.Rate(Message(1), Message(2) with { Subscriber = 2 });
        Assert.Equal(["balance 1", "balance 2", "ids 1 2"], Stored(rater.Session));
        rater.Rate(Message(3) with { Subscriber = 3 });
        rater.Session.BeginCheckpoint();
        rater.Rate(Message(4));
        Assert.Equal(["balance 3", "ids 3"], Stored(rater.Session));
        Assert.Equal(["balance 1", "ids 4"], Stored(rater.Session));
        Assert.Empty(Stored(rater.Session));
    }

    [Fact]
    public void Checkpoint_IsHandedOutAgainAfterAnAbort()
    {
        Rater rater = new(Offering(Sms()));
        rater.Subscribe(2, "test");
        rater.Rate(Message(1), Message(2) with { Subscriber = 2 });
        rater.Session.BeginCheckpoint();
        Assert.Throws<InvalidOperationException>(rater.Session.BeginCheckpoint);
        BalanceEntry[] one = new BalanceEntry[1];
        Assert.Equal(1, rater.Session.TakeBalances(one));
        Assert.Equal(2, rater.Session.TakeIds(out _, out _).Length);
        Assert.True(rater.Session.TakeIds(out _, out _).IsEmpty, "ids are handed out once in a batch");
        rater.Session.Abort();
        Assert.False(rater.Session.IsCheckpointTaken);
        Assert.Equal(["balance 1", "balance 2", "ids 1 2"], Stored(rater.Session));
    }

    /// <summary>Batches are numbered with 31 bits, and a worker may run for years.</summary>
    [Fact]
    public void Balances_WhenBatchNumbersStartAgain_AreStillStoredAndUndone()
    {
        SubscriberTable subscribers = new();
        BalanceMonths months = new(subscribers, firstBatch: int.MaxValue - 2);
        int month = BelgianCalendar.MonthOf(Instant("2026-03-10T00:00:00Z"));
        int subscriber = subscribers.GetOrAdd(7);
        BalanceEntry[] entries = new BalanceEntry[2];
        for (int batch = 1; batch <= 6; batch++)
        {
            Spend(1_000_000);
            months.Abort();
            Spend(1);
            months.Commit(long.MinValue);
            months.Freeze();
            Assert.Equal((1, (long)batch), (months.Take(entries), entries[0].Balance.SpendNanos));
            months.Commit(long.MinValue);
        }

        void Spend(long nanos)
        {
            ref Balance balance = ref months.GetOrCreate(month, subscriber);
            months.KeepForAbort(month, subscriber, ref balance);
            balance.SpendNanos += nanos;
        }
    }

    [Fact]
    public void ExpiredState_IsHandedOutUntilCommitted_AndOnlyOnce()
    {
        Rater rater = new(45, 45, Offering(Sms()));
        rater.Rate(Message(1, "2026-01-10T00:00:00Z"), Message(2, "2026-01-11T00:00:00Z"));
        Stored(rater.Session);
        rater.Rate(Message(3, "2026-06-10T00:00:00Z"));

        ExpiredKey[] keys = new ExpiredKey[2];
        Assert.Equal(2, rater.Session.TakeExpired(keys));
        rater.Session.Abort();
        Assert.Equal(2, rater.Session.TakeExpired(keys));
        Assert.Equal(
            [(Days("2026-01-10"), 0L, ExpiredKind.Ids), (Days("2026-01-11"), 0L, ExpiredKind.Ids)],
            keys.Select(key => (key.Day, key.Chunk, key.Kind)));
        rater.Session.Commit();
        Assert.True(rater.Session.HasExpired);
        Assert.Equal(1, rater.Session.TakeExpired(keys));
        Assert.Equal((Days("2026-01-01"), (UInt128)1, ExpiredKind.Balance), (keys[0].Day, keys[0].Subscriber, keys[0].Kind));
        rater.Session.Commit();
        Assert.False(rater.Session.HasExpired);
        Assert.Equal(0, rater.Session.TakeExpired(keys));
    }

    [Fact]
    public void StateThatExpires_WhileItsCheckpointIsStored_IsNotStoredAnyMore()
    {
        Rater rater = new(45, 45, Offering(Sms()));
        rater.Rate(Message(1, "2026-01-10T00:00:00Z"));
        rater.Session.BeginCheckpoint();
        rater.Rate(Message(2, "2026-06-10T00:00:00Z"));
        Assert.Empty(Stored(rater.Session));
        Assert.Equal(["balance 1", "ids 2"], Stored(rater.Session));
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

            set.Commit();
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
            Assert.All(
                Enumerable.Range(1, 4000), id => Assert.Equal(expected.Contains((UInt128)id << 40), set.Contains((UInt128)id << 40)));
        }, iter: 300);

    /// <summary>
    /// Besides ids as they come, ids as someone would choose them who wants to stop us: all with the last home of their segments, or all
    /// with one hash.
    /// </summary>
    [Theory]
    [InlineData("spread", 4_000)]
    [InlineData("last home", 1_000)]
    [InlineData("one hash", 250)]
    public void IdSet_GrownOverManyBatches_HoldsExactlyTheCommitted(string hashes, int most) =>
        Gen.Select(Gen.Int[0, most], Gen.Bool).Array[40].Sample(batches =>
        {
            IdSet set = new();
            ulong next = 1;
            List<UInt128> committed = [];
            List<UInt128> undone = [];
            foreach ((int ids, bool commits) in batches)
            {
                UInt128[] batch = [.. Enumerable.Range(0, ids).Select(_ => IdOf(hashes, next++))];
                foreach (UInt128 id in batch)
                {
                    Assert.False(set.Contains(id));
                    set.Claim(id);
                }

                if (commits)
                {
                    set.Commit();
                    committed.AddRange(batch);
                }
                else
                {
                    set.Abort();
                    undone.AddRange(batch);
                }
            }

            Assert.Equal(committed.Count, set.Count);
            Assert.All(committed, id => Assert.True(set.Contains(id)));
            Assert.All(undone, id => Assert.False(set.Contains(id)));
        }, iter: 20);

    private static UInt128 IdOf(string hashes, ulong number)
    {
        // The set's hash is the product of both halves' difference with the golden ratio's fraction, and the home is its first octet.
        const ulong HashFactor = 0x9E3779B97F4A7C15;
        ulong inverse = HashFactor;
        for (int step = 0; step < 5; step++)
        {
            inverse *= 2 - (HashFactor * inverse);
        }

        return hashes switch
        {
            "spread" => new UInt128(number * 0xD1B54A32D192ED03, number),
            "last home" => new UInt128(0, ((0xFFUL << 56) | (number * 0xD1B54A32D192ED03 >> 8)) * inverse),
            _ => new UInt128(number ^ 5, number),
        };
    }

    [Fact]
    public void IdSet_Growing_NeverAllocatesMoreThanASegment()
    {
        IdSet set = new();
        long before = set.AllocatedOctets;
        long most = 0;
        for (ulong id = 1; id <= 300_000; id++)
        {
            // Committed ids that no checkpoint takes are a list of their own.
            set.Restore(0, [new UInt128(id * 0xD1B54A32D192ED03, id)]);
            set.Chunks.Clear();
            most = Math.Max(most, set.AllocatedOctets - before);
            before = set.AllocatedOctets;
        }

        Assert.InRange(most, 1, 100_000);
        Assert.InRange((double)before / 300_000, 17, 40);
    }

    [Fact]
    public void Rate_InTheSteadyState_AllocatesNothing()
    {
        const int Events = 20_000;
        Rater rater = new(
            Offering(Data(), Voice(), Sms()) with { Bundles = [Bundle(UsageKind.Data, GiB, [])], RoamingDataLimit = Amount("50") });
        for (int subscriber = 1; subscriber <= 1000; subscriber++)
        {
            rater.Subscribe((UInt128)subscriber, "test");
        }

        UsageRecord[] usage = [
            .. Enumerable.Range(1, Events).Select(i => DataUsage(i, i * 100L) with { Subscriber = (UInt128)((i % 1100) + 1) })];
        RatingResult[] rated = new RatingResult[Events];
        for (int warmUp = 0; warmUp < 3; warmUp++)
        {
            rater.Session.Rate(usage, rater.Tariffs, rated);
            rater.Session.Abort();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        rater.Session.Rate(usage, rater.Tariffs, rated);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Contains(rated, one => one.Outcome == RatingOutcome.Suspended);
        Assert.Contains(rated, one => one.Outcome == RatingOutcome.Rated);
    }

    /// <summary>
    /// Parts, tiers, bundles, sessions and passes, and their octets for the topic: once the rooms have grown, nothing more.
    /// </summary>
    [Fact]
    public void PriceLists_InTheSteadyState_AllocateNothing() =>
        Gen.Select(Gens.PriceLists, Gens.ListUsage.Array[2000]).Sample((catalogue, usage) =>
        {
            Rater rater = new(catalogue);
            Subscribe(rater);
            for (int index = 0; index < usage.Length; index++)
            {
                // All on the last day of a month, because the ids of a day that comes in a batch take new room.
                usage[index] = usage[index] with
                {
                    UsageId = (UInt128)(index + 1),
                    EventTimeMilliseconds = Instant("2026-03-31T00:00:00Z") + (usage[index].EventTimeMilliseconds % 86_400_000),
                };
            }

            // The steady state begins when the compiler is done with the methods, which takes it longer on a busy machine.
            long allocated = long.MaxValue;
            for (int round = 0; round < 100 && allocated > 0; round++)
            {
                // The assertion allocates some 400 octets itself, and stands outside.
                long before = GC.GetAllocatedBytesForCurrentThread();
                long parts = RateAll(rater, usage);
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                Assert.NotEqual(0, parts);
            }

            Assert.Equal(0, allocated);
        }, iter: 20);

    /// <summary>
    /// Committed usage of 200,000 events, in batches, with sessions that begin all the time: the room for their meters is made before, with
    /// that for the ids, and nothing else grows.
    /// </summary>
    [Fact]
    public void PriceLists_OverManyCommittedEventsWithNewSessions_AllocateNothing()
    {
        const int Events = 200_000;
        const int FirstBatch = 2500;
        OfferingPrice tiered = Sms() with
        {
            Model = PriceModel.Graduated,
            Tiers =
            [
                new PriceTier { UpTo = 10, UnitPrice = Amount("0.10"), UnitSize = 1 },
                new PriceTier { UpTo = -1, UnitPrice = Amount("0.05"), UnitSize = 1 },
            ],
        };
        Rater rater = new(1, 1, Offering(Data() with { Id = "data", Increment = 1000, UnitSize = 1_000_000 }, Voice(), tiered) with
        {
            Bundles = [new Bundle { Id = "month", Kind = UsageKind.Voice, Units = 1000, RolloverMaximum = 1000 }],
        });
        for (int subscriber = 1; subscriber <= 1000; subscriber++)
        {
            rater.Subscribe((UInt128)subscriber, "test");
        }

        RateMany(rater, new UsageRange(Day: 0, 0, 20_000, SessionLength: 1));

        // The steady state begins when the compiler is done with the methods, which takes it longer on a busy machine.
        long allocated = long.MaxValue;
        for (int day = 1; day <= 8 && allocated > 0; day++)
        {
            StoreAll(rater.Session);
            rater.Session.Reserve((int)(Instant("2026-03-02T00:00:00Z") / 86_400_000) + (2 * day), Events);

            // The first batch of a day makes the day's lists.
            RateMany(rater, new UsageRange(day, 0, FirstBatch, SessionLength: 100));
            int meters = rater.Session.MeterCount;
            long before = GC.GetAllocatedBytesForCurrentThread();
            RateMany(rater, new UsageRange(day, FirstBatch, Events, SessionLength: 100));
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            // A session begins with each hundred events, and in one of the rounds each subscriber reaches a limit.
            Assert.InRange(rater.Session.MeterCount - meters, (Events - FirstBatch) / 100, int.MaxValue);
        }

        Assert.Equal(0, allocated);
    }

    private static void StoreAll(RatingSession session)
    {
        MeterEntry[] meters = new MeterEntry[1024];
        BalanceEntry[] balances = new BalanceEntry[1024];
        session.BeginCheckpoint();
        while (session.IsCheckpointing)
        {
            session.TakeBalances(balances);
            session.TakeMeters(meters);
            session.TakeIds(out _, out _);
            session.Commit();
        }
    }

    /// <summary>Rates data, calls and messages of a thousand subscribers in turn, and commits a batch at a time.</summary>
    private static void RateMany(Rater rater, UsageRange range)
    {
        long start = Instant("2026-03-02T00:00:00Z") + (range.Day * 2L * 86_400_000);
        for (int number = range.First; number < range.Last; number++)
        {
            int session = number / range.SessionLength;
            UsageRecord usage = (number % 3) switch
            {
                0 => ManyData,
                1 => ManyCalls,
                _ => ManyMessages,
            };
            usage = usage with
            {
                UsageId = new UInt128((ulong)range.Day + 1, (ulong)number + 1),
                Subscriber = (UInt128)((session % 1000) + 1),
                EventTimeMilliseconds = start + number,
                Session = usage.Kind == UsageKind.Data ? new UInt128((ulong)range.Day + 1, (ulong)session + 1) : UInt128.Zero,
            };
            rater.Session.Rate(in usage, rater.Tariffs, out RatingResult rated);
            UsageRatedView view = default;
            rater.Session.WriteArrays(in rated, rater.Tariffs, ref view);
            if (rated.Outcome != RatingOutcome.Rated)
            {
                Assert.Fail($"{rated.Outcome} {rated.RejectedReason}");
            }

            if (number % 2500 == 2499)
            {
                rater.Session.Commit();
            }
        }

        rater.Session.Commit();
    }

    private readonly record struct UsageRange(int Day, int First, int Last, int SessionLength);

    private static long RateAll(Rater rater, UsageRecord[] usage)
    {
        long parts = 0;
        foreach (ref readonly UsageRecord one in usage.AsSpan())
        {
            rater.Session.Rate(in one, rater.Tariffs, out RatingResult rated);
            UsageRatedView view = default;
            rater.Session.WriteArrays(in rated, rater.Tariffs, ref view);
            parts += rated.PartCount;
        }

        rater.Session.Abort();
        return parts;
    }

    [Fact]
    public void Session_WithAMillionSubscribers_HoldsAtMost200OctetsEach()
    {
        const int Subscribers = 1_000_000;
        Rater rater = new(Offering(Sms()));
        SubscriptionPeriod[] period = [Rater.Period("BE-0123456789", "test", long.MinValue, long.MaxValue)];
        UsageRecord[] usage = new UsageRecord[10_000];
        RatingResult[] rated = new RatingResult[usage.Length];
        for (int start = 0; start < Subscribers; start += usage.Length)
        {
            for (int i = 0; i < usage.Length; i++)
            {
                UInt128 subscriber = (UInt128)(start + i + 1) * 0x9E3779B97F4A7C15;
                rater.Subscribe(subscriber, period);
                usage[i] = Message(start + i + 1) with { Subscriber = subscriber };
            }

            rater.Session.Rate(usage, rater.Tariffs, rated);
            Assert.DoesNotContain(rated, one => one.Outcome != RatingOutcome.Rated);
            rater.Session.Commit();
        }

        Stored(rater.Session);
        Assert.InRange(rater.Session.SubscriberOctets / (rater.Session.SubscriberCount), 1, 200);
        Assert.InRange(rater.Session.IdOctets / rater.Session.IdCount, 16, 39);
    }

    private static void Subscribe(Rater rater)
    {
        rater.Subscribe(1, "one");
        rater.Subscribe(2, "two");
        rater.Subscribe(3, "one");
    }

    private static List<string> Outcomes(Rater rater, UsageRecord[] usage) => [.. rater.RateUncommitted(usage).Select(Describe)];

    /// <summary>Stores a checkpoint, the one that is going on or a new one: "balance" and subscriber, "ids" and the ids.</summary>
    private static List<string> Stored(RatingSession session)
    {
        if (!session.IsCheckpointing)
        {
            session.BeginCheckpoint();
        }

        List<string> stored = [];
        BalanceEntry[] entries = new BalanceEntry[100];
        while (session.IsCheckpointing)
        {
            stored.AddRange(entries[..session.TakeBalances(entries)].Select(entry => $"balance {entry.Subscriber}"));
            _ = session.TakeMeters(new MeterEntry[100]);
            ReadOnlySpan<UInt128> ids = session.TakeIds(out _, out _);
            if (!ids.IsEmpty)
            {
                stored.Add($"ids {string.Join(' ', ids.ToArray())}");
            }

            session.Commit();
        }

        return [.. stored.Order(StringComparer.Ordinal)];
    }

    private static string DescribeAll(Rater rater, RatingResult rated)
    {
        string parts = string.Join(
            ';',
            rater.Session.Parts(in rated, rater.Tariffs).ToArray().Select(
                part => $"{part.Component} {part.VersionIndex} {part.PriceIndex} {part.BandIndex} {part.BundleIndex} {part.Tier} "
                    + $"{part.Packages} {part.Units} {part.UnitPriceNanos} {part.UnitSize} {part.AmountNanos}"));
        return $"{Describe(rated)} | {parts} | {string.Join(';', rater.Session.Meters(in rated).ToArray())}";
    }

    private static string Describe(RatingResult rated) =>
        $"{rated.Outcome} {rated.ZeroRatedReason} {rated.RejectedReason} {rated.Crossed} {rated.ChargedUnits} {rated.BundleUnits} "
        + $"{rated.AmountNanos} {rated.Balance.SpendNanos} {rated.Balance.Notified} {rated.Balance.BundleOctetsUsed}";
}
