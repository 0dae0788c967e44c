using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Testing;

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

    /// <summary>A record that cannot be read "keeps its earlier value"; a deletion of no offering and version ended the lane.</summary>
    [Fact]
    public void CatalogueTombstoneWithAnotherKey_IsReported_AndUsageGoesOn()
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

    /// <summary>A registry's follower answers "not found" once, and learns the schema later.</summary>
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
    /// Usage under the IMSI of a line with an MSISDN: 600 octets under the number, 500 under the other name. The bundle of 1,000 octets is
    /// one, so the second event gets 400 of it; and the usage passed on is rated once and not passed on again.
    /// </summary>
    [Fact]
    public void UsageUnderAnotherName_IsPassedOnOnce_AndSharesTheBalance()
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Subscribe(1);
        _lanes.Name(2, names: 1);
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Data(1, 600));
        _lanes.Receive(RatingLanes.Data(2, 500, subscriber: 2));
        _lanes.Run(handler);
        Assert.Single(_lanes.Rated);
        Assert.Equal(3, _lanes.Log[Topics.UsageReceived, 0].Count);

        _lanes.Run(handler, from: 2);
        SubscriberRef subscriber = RatingLanes.Subscriber(1);
        Assert.Equal([(subscriber, 600L), (subscriber, 400L)], _lanes.Rated.Select(one => (one.SubscriberRef, one.BundleUnits)));
        Assert.Equal("BE-1", _lanes.Rated[1].Account);
        Assert.Empty(_lanes.Rejected);

        // The same record once more is a duplicate, where the usage was rated.
        _lanes.Receive(RatingLanes.Data(2, 500, subscriber: 2));
        _lanes.Run(handler, from: 3);
        _lanes.Run(handler, from: 4);
        Assert.Equal(RejectedOutcome.Duplicate, Assert.Single(_lanes.Rejected).Outcome);
    }

    [Fact]
    public void NamesThatNameEachOther_SuspendTheUsage_InsteadOfPassingItOnForEver()
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Name(1, names: 2);
        _lanes.Name(2, names: 1);
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Run(handler);
        _lanes.Run(handler, from: 1);

        Assert.Equal(2, _lanes.Log[Topics.UsageReceived, 0].Count);
        Assert.Equal(RejectedOutcome.Suspended, Assert.Single(_lanes.Rejected).Outcome);
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
    /// Rating was killed while usage was not in a checkpoint, and started again after the retention. The mark is older than the window of
    /// 45 days, so the ids and balances that are gone are not asked for any more.
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
