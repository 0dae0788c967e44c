using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Testing;
using CsCheck;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>Faults of the money path that were seen in rating: reference data, unknown schemas, other names, idle partitions.</summary>
public sealed class RatingFaultTests
{
    private readonly RatingLanes _lanes = new();

    private static OfferingVersion New() => new()
    {
        Offering = "new",
        Version = 1,
        Name = "New",
        Currency = "EUR",
        Zones = [new RoamingZone { Name = "home", Plmns = ["00101"] }],
        Prices =
        [
            new OfferingPrice
            {
                Kind = Contracts.UsageKind.Sms,
                Unit = Contracts.PriceUnit.Message,
                UnitSize = 1,
                UnitPrice = 5m,
                Increment = 1,
            },
        ],
    };

    /// <summary>Records of reference data that anybody may have written: each is reported, and the earlier values stay.</summary>
    [Fact]
    public void ForeignRecordsOfReferenceData_AreReported_AndUsageGoesOn()
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Subscribe(1);
        List<FakeRecord> catalogue = _lanes.Log[Topics.CatalogueTariffs, 0];
        List<FakeRecord> subscriptions = _lanes.Log[Topics.CustomerSubscriptions, 0];
        byte[] version = RatingLanes.Value(Topics.CatalogueTariffs, RatingLanes.Offering(smsPrice: 9m).Write);
        byte[] subscription = subscriptions[0].Value!;
        byte[] someone = RatingLanes.Subscriber(1).ToByteArray();
        foreach (byte[] key in new byte[][] { [], [.. "go"u8], [.. "go/x"u8], [.. "/"u8], [0xFF, 0xFE], [.. "go/2"u8] })
        {
            catalogue.Add(new FakeRecord(key, null));
            catalogue.Add(new FakeRecord(key, [1, 2, 3]));
            catalogue.Add(new FakeRecord(key, version));
        }

        foreach (byte[] key in new byte[][] { [], [7], [.. someone, 0] })
        {
            subscriptions.Add(new FakeRecord(key, null));
            subscriptions.Add(new FakeRecord(key, [1, 2, 3]));
            subscriptions.Add(new FakeRecord(key, subscription));
        }

        subscriptions.Add(new FakeRecord(someone, []));
        subscriptions.Add(new FakeRecord(someone, [1, 2, 3]));
        subscriptions.Add(new FakeRecord(RatingLanes.Subscriber(2).ToByteArray(), subscription));
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Receive(RatingLanes.Sms(2, subscriber: 2));
        _lanes.Run(handler);

        Assert.Equal(0.08m, Assert.Single(_lanes.Rated).Amount);
        Assert.Equal(RejectedReason.UnknownSubscriber, Assert.Single(_lanes.Rejected).Reason);
    }

    public static TheoryData<string, SubscriptionPeriod[]> BadPeriods()
    {
        DateTimeOffset day = RatingLanes.Now.AddDays(-10);
        return new()
        {
            { "overlapping", [Period("B", null, day), Period("C", day.AddDays(-1), null)] },
            { "not ordered", [Period("B", day, null), Period("C", null, day)] },
            { "two open", [Period("B", null, null), Period("C", null, null)] },
            { "ends before it begins", [Period("B", day, day.AddDays(-1))] },
            { "no account", [Period("", null, null)] },
            { "NUL", [Period("B\0", null, null)] },
            { "255 octets", [Period("C", null, day), Period(new string('x', 255), day, null)] },
            { "254 characters of 2 octets", [Period(new string('é', 254), null, null)] },
        };

        static SubscriptionPeriod Period(string account, DateTimeOffset? from, DateTimeOffset? to) =>
            new() { Account = account, Offering = "go", ValidFrom = from, ValidTo = to };
    }

    [Theory]
    [MemberData(nameof(BadPeriods))]
    public void SubscriptionThatCannotBe_KeepsItsEarlierValue(string why, SubscriptionPeriod[] periods)
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Subscribe(1);
        Subscription bad = new() { SubscriberRef = RatingLanes.Subscriber(1), Periods = periods };
        _lanes.Log[Topics.CustomerSubscriptions, 0].Add(
            new FakeRecord(RatingLanes.Subscriber(1).ToByteArray(), RatingLanes.Value(Topics.CustomerSubscriptions, bad.Write)));
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Run(handler);

        Assert.True(_lanes.Rated is [{ Account: "BE-1" }], why);
    }

    /// <summary>
    /// A deletion whose key names no offering and version is reported and changes nothing; it must not end the lane, as it once did.
    /// </summary>
    [Fact]
    public void CatalogueTombstoneWithAnotherKey_IsPassedOver_AndUsageGoesOn()
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Subscribe(1);
        _lanes.Log[Topics.CatalogueTariffs, 0].Add(new FakeRecord("go"u8.ToArray(), null));
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Run(handler);
        Assert.Single(_lanes.Rated);
    }

    [Fact]
    public void ChangedSubscriptionPublishedJustBeforeTheUsage_IsNotMissed()
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Publish(New());
        _lanes.Subscribe(1);
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Clock.Advance(TimeSpan.FromMilliseconds(100));
        _lanes.Subscribe(1, offering: "new");
        _lanes.Clock.Advance(TimeSpan.FromMilliseconds(100));
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Run(handler);
        Assert.Equal(("new", 5m), (Assert.Single(_lanes.Rated).Offering, _lanes.Rated[0].Amount));
    }

    /// <summary>The tariff changes between two batches of the same millisecond: version 2 begins a week before the usage.</summary>
    [Fact]
    public void ChangedTariffPublishedJustBeforeTheUsage_IsNotMissed()
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Subscribe(1);
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Run(handler);
        _lanes.Publish(RatingLanes.Offering(smsPrice: 0.5m) with { Version = 2, ValidFrom = RatingLanes.Now.AddDays(-7) });
        _lanes.Receive(RatingLanes.Sms(2));
        _lanes.Run(handler, from: 1);
        Assert.Equal([0.08m, 0.5m], _lanes.Rated.Select(rated => rated.Amount));
    }

    /// <summary>The worker's clock is 30 s ahead of the broker's, which stamps the usage.</summary>
    [Fact]
    public void NewSubscriptionPublishedBeforeTheUsage_IsNotMissed_WhenTheWorkersClockIsAhead()
    {
        _lanes.Options.ReferencePollInterval = TimeSpan.FromSeconds(5);
        _lanes.Publish(RatingLanes.Offering());
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Clock.Advance(TimeSpan.FromSeconds(1));
        _lanes.Subscribe(1);
        _lanes.Clock.Advance(TimeSpan.FromSeconds(1));
        long stamp = _lanes.Clock.GetUtcNow().AddSeconds(-30).ToUnixTimeMilliseconds();
        byte[] value = RatingLanes.Value(Topics.UsageReceived, RatingLanes.Sms(1).Write);
        _lanes.Log[Topics.UsageReceived, 0].Add(new FakeRecord([1], value, stamp));
        _lanes.Run(handler);
        Assert.Single(_lanes.Rated);
    }

    /// <summary>A follower of the registry may answer "not found" and learn the schema later.</summary>
    [Fact]
    public void SchemaThatTheRegistryLearnsLater_IsReadThen()
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Subscribe(1);
        RatingBatchHandler handler = _lanes.NewHandler(0);
        string text = UsageReceived.SchemaJson.Replace("TMF635 status 'received'.", "changed text", StringComparison.Ordinal);
        int id = _lanes.Registry.Add("\"string\"") + 1;
        _lanes.Receive(EventValue.Of(id, RatingLanes.Sms(1).Write));
        _lanes.Run(handler);
        Assert.Equal(
            (RejectedOutcome.Suspended, RejectedReason.UnknownSchema), (Assert.Single(_lanes.Rejected).Outcome, _lanes.Rejected[0].Reason));
        Assert.Equal(id, _lanes.Registry.Add(text));
        _lanes.Receive(EventValue.Of(id, RatingLanes.Sms(2).Write));
        _lanes.Run(handler, from: 1);
        Assert.Equal([2], _lanes.Rated.Select(rated => rated.RecordIndex));
    }

    /// <summary>
    /// Nothing is rated for longer than the retention, which then deletes all rated usage, transaction markers included. The mark was moved
    /// to the end on stop, so nothing is missing, however young it is.
    /// </summary>
    [Fact]
    public void IdlePartition_WhoseRatedUsageIsDeleted_StartsAgain()
    {
        RatingBatchHandler handler = OneRated();
        _lanes.RunIdle(handler, isLeaving: true);
        _lanes.Log.Begins[(Topics.UsageRated, 0)] = 1;

        RatingBatchHandler next = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Receive(RatingLanes.Sms(2));
        _lanes.Run(next, from: 1);
        Assert.Equal(RejectedOutcome.Duplicate, Assert.Single(_lanes.Rejected).Outcome);
        Assert.Equal(2, _lanes.Rated[^1].RecordIndex);
    }

    [Fact]
    public void IdlePartition_MovesItsMarkAfterTheInterval_AndThenWritesNothing()
    {
        RatingBatchHandler handler = OneRated();
        while (_lanes.RunIdle(handler))
        {
        }

        int before = _lanes.Log[Topics.RatingState, 0].Count;
        Assert.False(_lanes.RunIdle(handler));
        _lanes.Clock.Advance(_lanes.Options.CheckpointInterval);
        Assert.True(_lanes.RunIdle(handler));
        Assert.False(_lanes.RunIdle(handler));
        _lanes.Clock.Advance(_lanes.Options.CheckpointInterval);
        Assert.False(_lanes.RunIdle(handler));
        Assert.NotEqual(before, _lanes.Log[Topics.RatingState, 0].Count);
        Assert.Equal("checkpoint"u8.ToArray(), _lanes.Log[Topics.RatingState, 0][^1].Key);
    }

    /// <summary>An idle transaction whose outcome nobody knows counts as aborted: the same records are written once more.</summary>
    [Fact]
    public void IdleWorkThatIsUndone_IsDoneAgain()
    {
        RatingBatchHandler handler = OneRated();
        _lanes.Clock.Advance(_lanes.Options.CheckpointInterval);
        Assert.True(handler.HasIdleWork(isLeaving: false));
        handler.HandleIdle(new FakeTransaction(_lanes.Log));
        handler.Aborted();
        while (_lanes.RunIdle(handler))
        {
        }

        _lanes.Log.Begins[(Topics.UsageRated, 0)] = 1;
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Run(_lanes.NewHandler(0), from: 1);
        Assert.Equal(RejectedOutcome.Duplicate, Assert.Single(_lanes.Rejected).Outcome);
    }

    /// <summary>
    /// Rating was killed while usage was not in a checkpoint, and started again after the retention. It starts only when its mark is older
    /// than the window of 45 days, because the ids and balances that are gone are then not asked for any more.
    /// </summary>
    [Theory]
    [InlineData(46, true)]
    [InlineData(44, false)]
    public void MarkBeforeTheLog_IsTaken_WhenItIsOlderThanTheWindow(int days, bool starts)
    {
        _lanes.Log.WriteTime = _lanes.Clock;
        RatingBatchHandler handler = OneRated();
        _lanes.RunIdle(handler);
        _lanes.Receive(RatingLanes.Sms(2));
        _lanes.Run(handler, from: 1);
        _lanes.Log.Begins[(Topics.UsageRated, 0)] = 2;
        _lanes.Clock.Advance(TimeSpan.FromDays(days));

        if (starts)
        {
            Assert.NotNull(_lanes.NewHandler(0));
        }
        else
        {
            Assert.Throws<UnreadableStateException>(() => _lanes.NewHandler(0));
        }
    }

    [Fact]
    public void TopicsGrownTogether_AreRefused_BecauseTheStateStays()
    {
        _lanes.RunIdle(OneRated(), isLeaving: true);
        foreach (string topic in Topics.All.Select(topic => topic.Name))
        {
            _lanes.Log.PartitionCounts[topic] = 3;
        }

        Assert.Contains(
            "was made with 1", Assert.Throws<Kafka.ClientFailedException>(() => _lanes.NewHandler(0)).Message, StringComparison.Ordinal);
    }

    /// <summary>The same id with another number of messages: kept whole, counted apart, and the first stays rated.</summary>
    [Fact]
    public void SameIdWithOtherContent_IsAConflict_AlsoAfterRestore()
    {
        RatingBatchHandler handler = OneRated();
        UsageReceived other = RatingLanes.Sms(1) with { Messages = 3 };
        UsageReceived retry = RatingLanes.Sms(1) with { FileName = "b.csv", RecordIndex = 9, InputHash = 77 };
        _lanes.Receive(other);
        _lanes.Receive(retry);
        _lanes.Run(handler, from: 1);
        _lanes.Receive(other);
        _lanes.Receive(retry);
        _lanes.Run(_lanes.NewHandler(0), from: 3);

        Assert.Single(_lanes.Rated);
        Assert.Equal(
            [RejectedOutcome.Conflict, RejectedOutcome.Duplicate, RejectedOutcome.Conflict, RejectedOutcome.Duplicate],
            _lanes.Rejected.Select(one => one.Outcome));
        Assert.Equal(_lanes.Log[Topics.UsageReceived, 0][1].Value, _lanes.Rejected[0].Original);
        Assert.Equal(RejectedReason.Conflict, _lanes.Rejected[0].Reason);
    }

    /// <summary>Two events compete for the rest of a bundle while their reference data is new: they stay in their order.</summary>
    [Fact]
    public void EventsWhoseReferenceDataIsNew_AreRatedInTheirOrder()
    {
        _lanes.Publish(RatingLanes.Offering());
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Data(1, 700));
        _lanes.Subscribe(1);
        _lanes.Receive(RatingLanes.Data(2, 700));
        _lanes.Run(handler);
        Assert.Equal([700L, 300L], _lanes.Rated.Select(one => one.BundleUnits));
    }

    /// <summary>
    /// Records of reference data with any key and any value, some nearly right, in any order: usage goes on under what was published in
    /// order before and after them, at every later start too.
    /// </summary>
    [Fact]
    public void AnyRecordsOfReferenceData_NeverEndTheLane()
    {
        byte[] offering = RatingLanes.Value(Topics.CatalogueTariffs, RatingLanes.Offering().Write);
        byte[] subscription = RatingLanes.Value(
            Topics.CustomerSubscriptions,
            new Subscription { SubscriberRef = RatingLanes.Subscriber(1), Periods = [new() { Account = "BE-9", Offering = "go" }] }.Write);
        Gen<byte[]> anything = Gen.Byte.Array[0, 40];
        Gen<byte[]> nearly = Gen.Select(
            Gen.OneOf(Gen.Const(offering), Gen.Const(subscription)), Gen.Int[0, 400], Gen.Byte, Gen.Int[0, 400],
            (value, place, octet, length) =>
            {
                byte[] changed = value[..Math.Min(value.Length, length)];
                if (changed.Length > 5)
                {
                    // The five octets before say which schema it is.
                    changed[5 + (place % (changed.Length - 5))] = octet;
                }

                return changed;
            });
        Gen<byte[]> keys = Gen.OneOf(
            anything, Gen.Const("go/1x"u8.ToArray()), Gen.Const("/"u8.ToArray()), Gen.Const("go/99999999999"u8.ToArray()),
            Gen.Const(new byte[SubscriberRef.Size]));
        Gen<FakeRecord> records = Gen.Select(
            keys, Gen.OneOf(anything, nearly, Gen.Const((byte[])null!)), (key, value) => new FakeRecord(key, value));
        Gen.Select(records.Array[1, 20], records.Array[1, 20]).Sample(
            (catalogue, subscriptions) =>
            {
                RatingLanes lanes = new();
                lanes.Log[Topics.CatalogueTariffs, 0].AddRange(catalogue[..(catalogue.Length / 2)]);
                lanes.Log[Topics.CustomerSubscriptions, 0].AddRange(subscriptions[..(subscriptions.Length / 2)]);
                lanes.Publish(RatingLanes.Offering());
                lanes.Subscribe(1);
                RatingBatchHandler handler = lanes.NewHandler(0);
                lanes.Log[Topics.CatalogueTariffs, 0].AddRange(catalogue[(catalogue.Length / 2)..]);
                lanes.Log[Topics.CustomerSubscriptions, 0].AddRange(subscriptions[(subscriptions.Length / 2)..]);
                lanes.Receive(RatingLanes.Sms(1));
                lanes.Run(handler);
                lanes.Receive(RatingLanes.Sms(2));
                lanes.Run(lanes.NewHandler(0), from: 1);
                Assert.Equal(
                    [(1, "BE-1", 0.08m), (2, "BE-1", 0.08m)],
                    lanes.Rated.Select(one => (one.RecordIndex, one.Account, one.Amount)));
            },
            iter: 2000);
    }

    /// <summary>
    /// Just after a commit, the partition's end may lie before that commit's marker, and so does the mark. Later, while no usage comes, the
    /// mark moves behind it; so retention, which deletes record and marker, leaves nothing missing.
    /// </summary>
    [Fact]
    public void MarkBeforeTheLastMarker_MovesBehindIt_WhileNoUsageComes()
    {
        RatingBatchHandler handler = OneRated();
        _lanes.Receive(RatingLanes.Sms(2));
        _lanes.Run(handler, from: 1);
        _lanes.Clock.Advance(_lanes.Options.CheckpointInterval);
        _lanes.Log.Unmarked[(Topics.UsageRated, 0)] = 1;
        while (_lanes.RunIdle(handler))
        {
        }

        _lanes.Log.Unmarked.Clear();
        _lanes.Clock.Advance(_lanes.Options.CheckpointInterval);
        while (_lanes.RunIdle(handler))
        {
        }

        _lanes.Log.Begins[(Topics.UsageRated, 0)] = 2;
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Receive(RatingLanes.Sms(2));
        _lanes.Run(_lanes.NewHandler(0), from: 2);
        Assert.Equal([RejectedOutcome.Duplicate, RejectedOutcome.Duplicate], _lanes.Rejected.Select(one => one.Outcome));
    }

    /// <summary>
    /// The topics as the release before fingerprints and accounts left them: a stored balance, stored ids, and rated usage after the mark,
    /// none with a fingerprint or a hash of the account. 900 of 1,000 octets are used up by event 1, 50 by event 2; so of 100 octets 50 are
    /// covered, on the account that the state did not name; and usage that now has other ids is known by its former ones.
    /// </summary>
    [Fact]
    public void StateOfTheReleaseBefore_GoesOn_AndItsUsageIsRecognised()
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Subscribe(1);
        UsageId first = RatingLanes.Data(1, 900).UsageId;
        byte[] ids = first.ToByteArray();
        int day = DaysOf(RatingLanes.Data(1, 1).EventTime);
        int month = DaysOf(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));
        State("balance", new RatingState
        {
            Balance = new SubscriberBalance
            {
                SubscriberRef = RatingLanes.Subscriber(1),
                PeriodStart = DateOf(month),
                BundleOctetsUsed = 900,
            },
        });
        State("ids", new RatingState { Dedup = new DedupChunk { Day = DateOf(day), Chunk = 0, UsageIds = ids } });
        State("checkpoint", new RatingState { Checkpoint = new RatingCheckpoint { RatedFrom = 0 } });

        RatingLanes scratch = new();
        scratch.Publish(RatingLanes.Offering());
        scratch.Subscribe(1);
        scratch.Receive(RatingLanes.Data(1, 900));
        scratch.Receive(RatingLanes.Data(2, 50));
        scratch.Run(scratch.NewHandler(0));
        UsageRated second = scratch.Rated[1] with { ContentFingerprint = 0 };
        _lanes.Log[Topics.UsageRated, 0].Add(
            new FakeRecord(second.SubscriberRef.ToByteArray(), RatingLanes.Value(Topics.UsageRated, second.Write)));

        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Data(11, 900) with { History = new UsageHistory { FormerUsageId = first } });
        _lanes.Receive(RatingLanes.Data(12, 50) with
        {
            History = new UsageHistory { FormerUsageId = RatingLanes.Data(2, 50).UsageId },
        });
        _lanes.Receive(RatingLanes.Data(1, 900));
        _lanes.Receive(RatingLanes.Data(3, 100));
        _lanes.Run(handler);
        Assert.Equal(
            [RejectedOutcome.Duplicate, RejectedOutcome.Duplicate, RejectedOutcome.Duplicate],
            _lanes.Rejected.Select(one => one.Outcome));
        Assert.Equal((50L, "BE-1"), (_lanes.Rated[^1].BundleUnits, _lanes.Rated[^1].Account));

        void State(string key, RatingState state) => _lanes.Log[Topics.RatingState, 0].Add(
            new FakeRecord(Encoding.UTF8.GetBytes(key), RatingLanes.Value(Topics.RatingState, state.Write)));

        static int DaysOf(DateTimeOffset time) => (int)(time.ToUnixTimeMilliseconds() / 86_400_000);

        static DateOnly DateOf(int days) => DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(days);
    }

    public static TheoryData<string, UsageReceived, RejectedOutcome> SameIdAgain()
    {
        UsageReceived usage = Session(RatingLanes.Data(1, 600));
        return new()
        {
            { "nothing", usage, RejectedOutcome.Duplicate },
            { "file", usage with { FileName = "z", FileSequenceNumber = 99 }, RejectedOutcome.Duplicate },
            { "place", usage with { RecordIndex = 5, ContainerIndex = 4 }, RejectedOutcome.Duplicate },
            { "source, node and octets", usage with { Source = "other", Node = "other", InputHash = 4 }, RejectedOutcome.Duplicate },
            { "cause and radio", usage with { CauseForRecordClosing = 4, RatType = 6 }, RejectedOutcome.Duplicate },
            { "offset of local time", usage with { UtcOffsetMinutes = 60 }, RejectedOutcome.Duplicate },
            { "subscriber", usage with { SubscriberRef = RatingLanes.Subscriber(2) }, RejectedOutcome.Conflict },
            { "kind", usage with { Kind = Contracts.UsageKind.Sms }, RejectedOutcome.Conflict },
            { "direction", usage with { Direction = Direction.Terminating }, RejectedOutcome.Conflict },
            { "start", usage with { EventTime = usage.EventTime.AddMilliseconds(1) }, RejectedOutcome.Conflict },
            { "end", usage with { EndTime = usage.EndTime.AddMilliseconds(1) }, RejectedOutcome.Conflict },
            { "duration", usage with { DurationSeconds = 61 }, RejectedOutcome.Conflict },
            { "duration not measured", usage with { DurationSeconds = -1 }, RejectedOutcome.Conflict },
            { "uplink", usage with { UplinkOctets = 201 }, RejectedOutcome.Conflict },
            { "downlink", usage with { DownlinkOctets = 401 }, RejectedOutcome.Conflict },
            { "total", usage with { TotalOctets = 601 }, RejectedOutcome.Conflict },
            { "messages", usage with { Messages = 1 }, RejectedOutcome.Conflict },
            { "service units", usage with { ServiceUnits = 1 }, RejectedOutcome.Conflict },
            { "rating group", usage with { RatingGroup = 11 }, RejectedOutcome.Conflict },
            { "service", usage with { ServiceIdentifier = 7 }, RejectedOutcome.Conflict },
            { "network", usage with { ServingPlmn = "20601" }, RejectedOutcome.Conflict },
            { "no network", usage with { ServingPlmn = "" }, RejectedOutcome.Conflict },
        };
    }

    /// <summary>Each row has one difference. What the charge depends on makes a conflict, and nothing else does.</summary>
    [Theory]
    [MemberData(nameof(SameIdAgain))]
    public void SameIdAgain_IsAConflict_WhereTheChargeDependsOnTheDifference(string what, UsageReceived again, RejectedOutcome outcome)
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Subscribe(1);
        _lanes.Subscribe(2);
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(Session(RatingLanes.Data(1, 600)));
        _lanes.Receive(again);
        _lanes.Run(handler);
        Assert.True(_lanes.Rated.Count == 1 && _lanes.Rejected.Single().Outcome == outcome, what);
    }

    private static UsageReceived Session(UsageReceived usage) => usage with { DurationSeconds = 60, ServiceIdentifier = 6, Messages = -1 };

    private RatingBatchHandler OneRated()
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Subscribe(1);
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Run(handler);
        return handler;
    }
}
