using System.Buffers;
using System.Security.Cryptography;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

public sealed class RatingBatchHandlerTests
{
    private readonly RatingLanes _lanes = new();

    public RatingBatchHandlerTests()
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Subscribe(1);
    }

    [Fact]
    public void Usage_IsRated_WithItsSourceItsTariffAndItsPosition()
    {
        UsageReceived usage = RatingLanes.Sms(1);
        _lanes.Receive(usage);
        _lanes.Run(_lanes.NewHandler(0));

        UsageRated rated = Assert.Single(_lanes.Rated);
        Assert.Equal(
            (usage.UsageId, usage.SubscriberRef, "BE-1", "go", 1),
            (rated.UsageId, rated.SubscriberRef, rated.Account, rated.Offering, rated.OfferingVersion));
        Assert.Equal(
            (RatedOutcome.Rated, 0.08m, "EUR", 1, "home", 0),
            (rated.Outcome, rated.Amount, rated.Currency, rated.RoundingPolicy, rated.Zone, rated.PriceIndex));
        Assert.Equal((usage.EventTime, new DateOnly(2026, 3, 1), 0.08m), (rated.EventTime, rated.PeriodStart, rated.PeriodSpend));
        Assert.Equal(
            ("test", "MSC1", "a.csv", 7L, 1, -5L),
            (rated.Source, rated.Node, rated.FileName, rated.FileSequenceNumber, rated.RecordIndex, rated.InputHash));
        Assert.Equal((0, 0L), (rated.ReceivedPartition, rated.ReceivedOffset));
        Assert.Equal(usage.SubscriberRef.ToByteArray(), _lanes.Log[Topics.UsageRated, 0][0].Key);
        Assert.Empty(_lanes.Rejected);
    }

    [Fact]
    public void BundleThreshold_IsNotifiedOnce_AlsoAfterRestore()
    {
        _lanes.Receive(RatingLanes.Data(1, 900));
        _lanes.Run(_lanes.NewHandler(0));
        _lanes.Receive(RatingLanes.Data(2, 50));
        _lanes.Run(_lanes.NewHandler(0), from: 1);
        _lanes.Receive(RatingLanes.Data(3, 100));
        _lanes.Run(_lanes.NewHandler(0), from: 2);

        Assert.Equal(
            [NotificationKind.DataBundle80Percent, NotificationKind.DataBundleUsedUp], _lanes.Notifications.Select(one => one.Kind));
        CustomerNotification first = _lanes.Notifications[0];
        Assert.Equal(("BE-1", RatingLanes.Subscriber(1), 0m), (first.Account, first.SubscriberRef, first.Amount));
        Assert.Equal(
            NotificationIdentity.OfThreshold(
                RatingLanes.Subscriber(1), NotificationKind.DataBundle80Percent, first.PeriodStart.DayNumber - 719162),
            first.NotificationId);
        Assert.Equal([900L, 950L, 1000L], _lanes.Rated.Select(one => one.BundleOctetsUsed));
    }

    [Fact]
    public void RoamingLimit_IsNotifiedWithTheSpend()
    {
        _lanes.Receive(RatingLanes.Data(1, 1000 + (200L << 20), network: "310260"));
        _lanes.Run(_lanes.NewHandler(0));

        Assert.Equal(
            [
                NotificationKind.DataBundle80Percent,
                NotificationKind.DataBundleUsedUp,
                NotificationKind.RoamingData80Percent,
                NotificationKind.RoamingDataLimit,
            ],
            _lanes.Notifications.Select(one => one.Kind));
        CustomerNotification stop = _lanes.Notifications[^1];
        Assert.Equal(
            ("eu-roaming", SpendScope.RoamingData, 1m, PriceBasis.Net, 1000, "STOP_100", LimitAction.CutOff, 2m, PriceBasis.Net, "EUR"),
            (stop.Limit, stop.Scope, stop.LimitAmount, stop.LimitBasis, stop.Permille, stop.Notification, stop.Action, stop.Amount,
                stop.SpendBasis, stop.Currency));
        Assert.Equal(
            ("Regulation (EU) 2022/612 art. 14", "BE-1", false, _lanes.Rated[0].UsageId),
            (stop.LegalBasis, stop.Account, stop.IsChosen, stop.UsageId));
    }

    /// <summary>
    /// A step is sent once, and its record is on the topic in the transaction of its charge: over aborts and restores, too.
    /// </summary>
    [Fact]
    public void LimitOfRoaming_IsNotifiedOnce_AlsoAfterRestore()
    {
        for (int number = 1; number <= 6; number++)
        {
            _lanes.Receive(RatingLanes.Data(number, 1000 + (30L << 20), network: "310260"));
            _lanes.Run(_lanes.NewHandler(0), from: number - 1);
        }

        NotificationKind[] limits = [
            .. _lanes.Notifications.Select(one => one.Kind).Where(kind => kind >= NotificationKind.RoamingData80Percent)];
        Assert.Equal([NotificationKind.RoamingData80Percent, NotificationKind.RoamingDataLimit], limits);
        Assert.Equal(_lanes.Notifications.Count, _lanes.Notifications.DistinctBy(one => one.NotificationId).Count());
    }

    [Fact]
    public void Duplicate_IsRejectedWithItsOriginalOctets_AlsoAfterRestore()
    {
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Run(_lanes.NewHandler(0));
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Run(_lanes.NewHandler(0), from: 1);

        Assert.Single(_lanes.Rated);
        UsageRejected rejected = Assert.Single(_lanes.Rejected);
        byte[] original = _lanes.Log[Topics.UsageReceived, 0][1].Value!;
        Assert.Equal((RejectedOutcome.Duplicate, RejectedReason.AlreadyRated), (rejected.Outcome, rejected.Reason));
        Assert.Equal(
            (RatingLanes.Sms(1).UsageId, RatingLanes.Subscriber(1), Topics.UsageReceived, 0, 1L),
            (rejected.UsageId, rejected.SubscriberRef, rejected.ReceivedTopic, rejected.ReceivedPartition, rejected.ReceivedOffset));
        Assert.Equal(original, rejected.Original);
        Assert.Equal(SHA256.HashData(original), rejected.OriginalHash);
    }

    [Fact]
    public void Poison_IsRejected_AndTheRestIsRated()
    {
        byte[] good = RatingLanes.Value(Topics.UsageReceived, RatingLanes.Sms(1).Write);
        byte[] lengthBomb = [.. good[..(WireFormat.HeaderSize + 33)], 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F];
        _lanes.Receive([]);
        _lanes.Receive([1, 2, 3, 4, 5, 6]);
        _lanes.Receive(good[..^4]);
        _lanes.Receive([.. good, 9]);
        _lanes.Receive(lengthBomb);
        _lanes.Receive([0, 0, 0, 3, 231, 1, 2]);
        _lanes.Receive(RatingLanes.Value(Topics.UsageRated, RatingLanes.Sms(1).Write));
        _lanes.Receive(good);
        _lanes.Run(_lanes.NewHandler(0));

        Assert.Single(_lanes.Rated);
        Assert.All(_lanes.Rejected, one => Assert.Equal(default, one.UsageId));

        // Nobody knows that a value of an unknown schema is bad: the registry may learn the schema later.
        Assert.All(
            _lanes.Rejected, one => Assert.Equal(
                one.Reason == RejectedReason.UnknownSchema ? RejectedOutcome.Suspended : RejectedOutcome.Rejected, one.Outcome));
        Assert.Equal(
            [
                RejectedReason.Undecodable, RejectedReason.Undecodable, RejectedReason.Undecodable, RejectedReason.Undecodable,
                RejectedReason.Undecodable, RejectedReason.UnknownSchema, RejectedReason.UnknownSchema,
            ],
            _lanes.Rejected.Select(one => one.Reason));
        Assert.Equal(
            Enumerable.Range(0, 7).Select(offset => _lanes.Log[Topics.UsageReceived, 0][offset].Value!),
            _lanes.Rejected.Select(one => one.Original));
        Assert.Equal(2, _lanes.Registry.Asked);
    }

    [Fact]
    public void EverNewUnknownSchemas_AreNotAllRemembered()
    {
        const int First = 10_000;
        const int Max = EventTopic<UsageReceivedView>.SchemasMax;
        foreach (int id in Enumerable.Range(First, Max + 1).Append(First + Max).Append(First))
        {
            _lanes.Receive(EventValue.Of(id, RatingLanes.Sms(1).Write));
        }

        _lanes.Run(_lanes.NewHandler(0));

        // The newest is remembered, the oldest was forgotten and asked for again.
        Assert.Equal(Max + 2, _lanes.Registry.Asked);
        Assert.All(_lanes.Rejected, one => Assert.Equal(RejectedReason.UnknownSchema, one.Reason));
    }

    [Fact]
    public void SchemaThatDiffersInTextsOnly_IsRead()
    {
        int id = _lanes.Registry.Add(UsageReceived.SchemaJson.Replace("Number of messages", "How many messages", StringComparison.Ordinal));
        _lanes.Receive(EventValue.Of(id, RatingLanes.Sms(1).Write));
        _lanes.Run(_lanes.NewHandler(0));

        Assert.Single(_lanes.Rated);
    }

    [Fact]
    public void SchemaOfAnOlderWriter_IsResolved()
    {
        // An older writer without the field 'ratType' (default 0), which lies after servingPlmn.
        const string Field =
            """{"name":"ratType","type":"int","doc":"RAT type of TS 29.061/TS 32.298: 1 UTRAN, 2 GERAN, 6 E-UTRAN,"""
            + """ 51 NR; 0 when not known.","default":0},""";
        Assert.Contains(Field, UsageReceived.SchemaJson, StringComparison.Ordinal);
        int id = _lanes.Registry.Add(UsageReceived.SchemaJson.Replace(Field, "", StringComparison.Ordinal));
        byte[] value = EventValue.Of(id, RatingLanes.Sms(1).Write);
        int ratType = value.AsSpan().IndexOf("00101"u8) + 5;
        Assert.Equal(0, value[ratType]);
        _lanes.Receive([.. value[..ratType], .. value[(ratType + 1)..]]);
        _lanes.Run(_lanes.NewHandler(0));

        UsageRated rated = Assert.Single(_lanes.Rated);
        Assert.Equal(("a.csv", 0.08m), (rated.FileName, rated.Amount));
    }

    [Fact]
    public void RegistryAway_StopsTheBatch_AndRatesItWhenItIsBack()
    {
        int id = _lanes.Registry.Add(UsageReceived.SchemaJson.Replace("Number of messages", "How many messages", StringComparison.Ordinal));
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Receive(EventValue.Of(id, RatingLanes.Sms(2).Write));
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Registry.IsAway = true;
        Assert.Throws<SchemaRegistryException>(() => handler.Handle(_lanes.Batch(0, 0, 2), new FakeTransaction(_lanes.Log)));
        handler.Aborted();
        Assert.Empty(_lanes.Rated);
        Assert.Empty(_lanes.Rejected);

        _lanes.Registry.IsAway = false;
        _lanes.Run(handler);
        Assert.Equal(2, _lanes.Rated.Count);
        Assert.Empty(_lanes.Rejected);
    }

    [Fact]
    public void UnknownSubscriber_IsSuspended_AndRatedWhenRedrivenAfterTheSubscription()
    {
        _lanes.Receive(RatingLanes.Sms(1, subscriber: 9));
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Run(handler);
        Assert.Equal(RejectedReason.UnknownSubscriber, Assert.Single(_lanes.Rejected).Reason);

        _lanes.Subscribe(9);
        _lanes.Receive(_lanes.Rejected[0].Original);
        _lanes.Run(handler, from: 1);
        Assert.Equal("BE-9", Assert.Single(_lanes.Rated).Account);
    }

    [Fact]
    public void ReferenceDataPublishedJustBeforeTheUsage_IsNeverMissed()
    {
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Subscribe(9, offering: "new");
        _lanes.Publish(
            new OfferingVersion
            {
                Offering = "new",
                Version = 1,
                Currency = "EUR",
                Zones = RatingLanes.Offering().Zones,
                Prices = RatingLanes.Offering().Prices,
            });
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Receive(RatingLanes.Sms(2, subscriber: 9));
        _lanes.Receive(RatingLanes.Sms(3, subscriber: 10));
        _lanes.Run(handler);

        Assert.Equal([1UL, 2UL], _lanes.Rated.Select(one => one.UsageId.Low));
        Assert.Equal(3UL, Assert.Single(_lanes.Rejected).UsageId.Low);
    }

    [Fact]
    public void BrokerClockAhead_SuspendsOnce_AndLosesNothing()
    {
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Clock.SetUtcNow(RatingLanes.Now.AddHours(1));
        _lanes.Receive(RatingLanes.Sms(1, subscriber: 10));
        _lanes.Clock.AdjustTime(RatingLanes.Now);
        _lanes.Run(handler);

        Assert.Equal(RejectedReason.UnknownSubscriber, Assert.Single(_lanes.Rejected).Reason);
    }

    [Fact]
    public void SubscriptionEnded_ByTombstone_SuspendsUsage()
    {
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Log[Topics.CustomerSubscriptions, 0].Add(new FakeRecord(RatingLanes.Subscriber(1).ToByteArray(), null));
        _lanes.Clock.Advance(TimeSpan.FromSeconds(2));
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Run(handler);

        Assert.Equal(RejectedReason.UnknownSubscriber, Assert.Single(_lanes.Rejected).Reason);
    }

    [Fact]
    public void BrokenOffering_SuspendsItsUsage_InsteadOfUsingAnOlderPrice()
    {
        _lanes.Publish(
            new OfferingVersion
            {
                Offering = "go",
                Version = 2,
                ValidFrom = RatingLanes.Now.AddDays(-10),
                Currency = "EUR",
                Zones = [],
                Prices = [new OfferingPrice { Kind = Contracts.UsageKind.Sms, UnitSize = 0 }],
            });
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Run(_lanes.NewHandler(0));

        Assert.Equal(RejectedReason.NoPrice, Assert.Single(_lanes.Rejected).Reason);
    }

    [Fact]
    public void Abort_UndoesTheBatch()
    {
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Data(1, 900));
        handler.Handle(_lanes.Batch(0, 0, 1), new FakeTransaction(_lanes.Log));
        handler.Aborted();
        _lanes.Run(handler);

        Assert.Equal(900, Assert.Single(_lanes.Rated).BundleOctetsUsed);
        Assert.Single(_lanes.Notifications);
    }

    [Fact]
    public void TopicsThatAreNotCoPartitioned_AreRefusedOnAssignment()
    {
        _lanes.Log.PartitionCounts[Topics.RatingState] = 3;

        Assert.Contains(
            "rating.state.v1 has 3 partitions", Assert.Throws<ClientFailedException>(() => _lanes.NewHandler(0)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void StateThatCannotBeRead_StopsTheLane()
    {
        _lanes.Log[Topics.RatingState, 0].Add(new FakeRecord(new byte[12], RatingLanes.Value(Topics.RatingState, _ => { })));

        Assert.Contains(
            "rating.state.v1[0]@0", Assert.Throws<UnreadableStateException>(() => _lanes.NewHandler(0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RatedUsageSinceTheCheckpoint_ThatIsDeletedOrOfAnotherTopic_StopsTheLane()
    {
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Run(_lanes.NewHandler(0));
        _lanes.Receive(RatingLanes.Sms(2));
        _lanes.Run(_lanes.NewHandler(0), from: 1);
        _lanes.NewHandler(0);

        _lanes.Log.Begins[(Topics.UsageRated, 0)] = 2;
        UnreadableStateException deleted = Assert.Throws<UnreadableStateException>(() => _lanes.NewHandler(0));
        Assert.Contains(
            "usage.rated.v1[0] holds @2 to @2, but the checkpoint in rating.state.v1 goes on at @1", deleted.Message,
            StringComparison.Ordinal);

        _lanes.Log.Begins.Clear();
        _lanes.Log[Topics.UsageRated, 0].Clear();
        Assert.Contains(
            "holds @0 to @0", Assert.Throws<UnreadableStateException>(() => _lanes.NewHandler(0)).Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// The first checkpoint of a partition whose rated usage does not begin at 0 was interrupted: its records are there, its mark is not.
    /// </summary>
    [Fact]
    public void CheckpointWithoutMark_OnATopicThatBeginsLater_IsCompletedFromWhatIsThere()
    {
        _lanes.Receive(RatingLanes.Data(1, 900));
        _lanes.Run(_lanes.NewHandler(0));
        _lanes.Receive(RatingLanes.Data(2, 50));
        _lanes.Run(_lanes.NewHandler(0), from: 1);
        Assert.Equal(2, _lanes.Log[Topics.RatingState, 0].RemoveAll(record => record.Key.Length == 10));
        Assert.NotEmpty(_lanes.Log[Topics.RatingState, 0]);
        _lanes.Log.Begins[(Topics.UsageRated, 0)] = 1;

        _lanes.Receive(RatingLanes.Data(3, 10));
        _lanes.Receive(RatingLanes.Data(1, 900));
        _lanes.Run(_lanes.NewHandler(0), from: 2);
        Assert.Equal(960, _lanes.Rated[^1].BundleOctetsUsed);
        Assert.Equal(RejectedOutcome.Duplicate, Assert.Single(_lanes.Rejected).Outcome);
    }

    [Fact]
    public void RatedUsageThatCannotBeRead_StopsTheLane()
    {
        _lanes.Log[Topics.UsageRated, 0].Add(new FakeRecord([1], RatingLanes.Value(Topics.UsageRated, _ => { })));

        Assert.Contains(
            "usage.rated.v1[0]@0", Assert.Throws<UnreadableStateException>(() => _lanes.NewHandler(0)).Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// A checkpoint is worth its records only when it is written once in many events, and does not store each event a second time.
    /// </summary>
    [Fact]
    public void Checkpoint_IsWrittenOnceInManyEvents()
    {
        const int Events = 1000;
        _lanes.Options.CheckpointEvents = Events;
        RatingBatchHandler handler = _lanes.NewHandler(0);
        for (int id = 1; id <= 3 * Events; id++)
        {
            _lanes.Receive(RatingLanes.Data(id, 1));
            _lanes.Run(handler, from: id - 1);
        }

        // The first mark (10 octets of key) is of the empty checkpoint at the start; then two full ones each have a balance (20), a chunk
        // (12) and a mark.
        Assert.Equal([10, 20, 12, 10, 20, 12, 10], _lanes.Log[Topics.RatingState, 0].Select(record => record.Key.Length));
    }

    [Fact]
    public void LargeCheckpoint_SplitsItsIdsIntoChunks_AndSparesReadingTheRatedUsage()
    {
        const int Events = 70_000;
        const int Chunks = 3;
        for (int id = 1; id <= Events; id++)
        {
            _lanes.Receive(RatingLanes.Sms(id));
        }

        _lanes.Options.CheckpointEvents = Events;
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Run(handler);
        for (int id = Events; id < Events + Chunks; id++)
        {
            _lanes.Receive(RatingLanes.Sms(id + 1));
            _lanes.Run(handler, from: id);
        }

        List<FakeRecord> chunks = [.. _lanes.Log[Topics.RatingState, 0].Where(record => record.Key.Length == 12)];
        Assert.Equal(Chunks, chunks.Select(record => Convert.ToHexString(record.Key)).Distinct().Count());
        Assert.All(chunks, record => Assert.True(record.Value!.Length < 1_000_000));

        // What the checkpoint holds may be gone from usage.rated.v1.
        _lanes.Log.Begins[(Topics.UsageRated, 0)] = Events;
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Receive(RatingLanes.Sms(Events));
        _lanes.Receive(RatingLanes.Sms(Events + Chunks));
        _lanes.Run(_lanes.NewHandler(0), from: Events + Chunks);
        Assert.Equal(
            [RejectedOutcome.Duplicate, RejectedOutcome.Duplicate, RejectedOutcome.Duplicate], _lanes.Rejected.Select(one => one.Outcome));
    }

    /// <summary>
    /// Each batch is rated by a new lane, which has what the lane before it counted from its rated usage alone, or from a checkpoint alone.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PriceList_CountsOn_WhereTheLaneBeforeStopped(bool isOfCheckpoint)
    {
        _lanes.Publish(RatingLanes.PriceList());
        for (int batch = 0; batch < 3; batch++)
        {
            RatingBatchHandler handler = _lanes.NewHandler(0);
            _lanes.Receive(RatingLanes.Data(batch + 1, 600));
            _lanes.Run(handler, from: batch);
            if (isOfCheckpoint)
            {
                _lanes.RunIdle(handler, isLeaving: true);
                _lanes.Log.Begins[(Topics.UsageRated, 0)] = batch + 1;
            }
        }

        // 600 and 400 octets from the bundle; then 200 and 300 in the first tier, with 0.5 once, and 300 in the second.
        Assert.Equal([0m, 4.5m, 9m], _lanes.Rated.Select(one => one.Amount));
        Assert.All(_lanes.Rated, one => Assert.Equal((2, PriceBasis.Net, 210), (one.RoundingPolicy, one.PriceBasis, one.VatPermille)));
        Assert.Equal(
            [
                (PartComponent.Bundle, "gift", 0, 600L, 0m), (PartComponent.Bundle, "gift", 0, 400L, 0m),
                (PartComponent.Usage, "", 1, 200L, 4.5m), (PartComponent.Usage, "", 1, 300L, 6m), (PartComponent.Usage, "", 2, 300L, 3m),
            ],
            _lanes.Rated.SelectMany(one => one.Parts).Select(part => (part.Component, part.Bundle, part.Tier, part.Units, part.Amount)));
        Assert.Equal([[600L], [1000, 200], [800]], _lanes.Rated.Select(one => one.Meters.Select(meter => meter.Units).ToArray()));
    }

    /// <summary>The release before wrote neither parts nor meters: its rated usage is repeated all the same.</summary>
    [Fact]
    public void RatedUsageOfTheReleaseBeforePartsAndMeters_IsRepeated()
    {
        _lanes.Receive(RatingLanes.Data(1, 900));
        _lanes.Run(_lanes.NewHandler(0));
        string schema = UsageRated.SchemaJson;
        int id = _lanes.Registry.Add(schema[..schema.IndexOf(",{\"name\":\"parts\"", StringComparison.Ordinal)] + "]}");
        List<FakeRecord> rated = _lanes.Log[Topics.UsageRated, 0];

        // Parts, meters, basis, correction and late policy are one octet each, a VAT rate of 210 is two.
        byte[] body = rated[0].Value![WireFormat.HeaderSize..^7];
        rated[0] = rated[0] with { Value = EventValue.Of(id, destination => destination.Write(body)) };
        _lanes.Receive(RatingLanes.Data(2, 200));
        _lanes.Run(_lanes.NewHandler(0), from: 1);
        UsageRated after = UsageRated.Read(rated[1].Value.AsSpan(WireFormat.HeaderSize));
        Assert.Equal((1000, 100), (after.BundleOctetsUsed, after.BundleUnits));
    }

    public static TheoryData<OfferingVersion, int> Aged => new()
    {
        // A balance each month, or the messages of a bundle, which cost nothing and leave the balance as it was.
        { RatingLanes.Offering(), StateCodec.BalanceKeySize },
        { RatingLanes.PriceList(), StateCodec.MaxKeySize },
    };

    [Theory]
    [MemberData(nameof(Aged))]
    public void StateTooOld_IsDeletedFromTheTopic(OfferingVersion offering, int keySize)
    {
        _lanes.Publish(offering);
        RatingBatchHandler handler = _lanes.NewHandler(0);
        foreach (int days in new[] { -200, -100, -6, -5 })
        {
            UsageReceived usage = RatingLanes.Sms(1000 + days);
            _lanes.Receive(new UsageReceived
            {
                UsageId = usage.UsageId,
                SubscriberRef = usage.SubscriberRef,
                Kind = usage.Kind,
                Messages = 1,
                EventTime = RatingLanes.Now.AddDays(days),
                ServingPlmn = "00101",
                Source = "test",
            });

            // The interval is over before each batch, so a checkpoint is due.
            _lanes.Clock.Advance(_lanes.Options.CheckpointInterval);
            _lanes.Run(handler, from: _lanes.Log[Topics.UsageReceived, 0].Count - 1);
        }

        Dictionary<string, FakeRecord> compacted = [];
        foreach (FakeRecord record in _lanes.Log[Topics.RatingState, 0])
        {
            compacted[Convert.ToHexString(record.Key)] = record;
        }

        Assert.Equal(4, compacted.Values.Count(record => record.Value is null));
        Assert.Equal(3, compacted.Values.Count(record => record.Value is not null));
        Assert.Equal(3, compacted.Values.Count(record => record.Key.Length == keySize));
        // Deletions are read back too.
        _lanes.NewHandler(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Handle_InTheSteadyState_AllocatesNothingPerEvent(bool isPriceList)
    {
        const int Events = 5000;
        _lanes.Publish(isPriceList ? RatingLanes.PriceList() : RatingLanes.Offering());
        for (int id = 1; id <= Events; id++)
        {
            _lanes.Receive(RatingLanes.Data(id, 10 + id));
        }

        RatingBatchHandler handler = _lanes.NewHandler(0);
        FakeBatch batch = _lanes.Batch(0, 0, Events);
        NoOutput output = new();
        long allocated = long.MaxValue;

        // The steady state begins when the compiler is done with the hot methods, which takes it longer on a busy machine.
        for (int round = 0; round < 300 && allocated >= Events; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            handler.Handle(batch, output);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            handler.Aborted();
        }

        // A few hundred octets a batch are fine: notifications, an enumerator. One octet per event would be 5,000.
        Assert.InRange(allocated, 0, Events - 1);
    }

    private sealed class NoOutput : TransactionalOutput
    {
        public override void Produce(string topic, int? partition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
        }

        public override void Copy(
            string topic, int partition, in ConsumedRecord record, IReadOnlyList<KeyValuePair<string, byte[]>> headers)
        {
        }

        public override void ProduceTombstone(string topic, int? partition, ReadOnlySpan<byte> key)
        {
        }
    }
}
