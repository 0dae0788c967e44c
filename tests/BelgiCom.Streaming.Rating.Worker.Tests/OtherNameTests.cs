using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>Usage under the other name of a subscriber (the IMSI of a line with an MSISDN) is rated once, where the balance is.</summary>
public sealed class OtherNameTests
{
    private readonly RatingLanes _lanes = new();

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
    /// Rating is killed while it passes usage on (nothing counts), and again after it passed it on and before it is rated: the usage is
    /// rated once, under the subscriber, and the same record that comes once more is a duplicate.
    /// </summary>
    [Fact]
    public void KillsBetweenPassingOnAndRating_LeaveTheUsageRatedOnce()
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Subscribe(1);
        _lanes.Name(2, names: 1);
        _lanes.Receive(RatingLanes.Data(1, 600, subscriber: 2));
        RatingBatchHandler killed = _lanes.NewHandler(0);
        killed.Handle(_lanes.Batch(0, 0, 1), new FakeTransaction(_lanes.Log));
        Assert.Single(_lanes.Log[Topics.UsageReceived, 0]);

        _lanes.Run(_lanes.NewHandler(0));
        killed = _lanes.NewHandler(0);
        killed.Handle(_lanes.Batch(0, 1, 1), new FakeTransaction(_lanes.Log));
        Assert.Empty(_lanes.Rated);

        _lanes.Run(_lanes.NewHandler(0), from: 1);
        _lanes.Receive(RatingLanes.Data(1, 600, subscriber: 2));
        _lanes.Run(_lanes.NewHandler(0), from: 2);
        _lanes.Run(_lanes.NewHandler(0), from: 3);
        Assert.Equal((600L, "BE-1"), (Assert.Single(_lanes.Rated).BundleUnits, _lanes.Rated[0].Account));
        Assert.Equal(RejectedOutcome.Duplicate, Assert.Single(_lanes.Rejected).Outcome);
    }

    /// <summary>Before its name is published, the usage is unknown and suspended; the next of the same subscriber is passed on.</summary>
    [Fact]
    public void NamePublishedAfterTheUsage_CountsForTheUsageAfterIt()
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Subscribe(1);
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Sms(1, subscriber: 2));
        _lanes.Run(handler);
        Assert.Equal(RejectedReason.UnknownSubscriber, Assert.Single(_lanes.Rejected).Reason);

        _lanes.Name(2, names: 1);
        _lanes.Receive(RatingLanes.Sms(1, subscriber: 2));
        _lanes.Run(handler, from: 1);
        _lanes.Run(handler, from: 2);
        Assert.Equal((RatingLanes.Subscriber(1), 0.08m), (Assert.Single(_lanes.Rated).SubscriberRef, _lanes.Rated[0].Amount));
        Assert.Single(_lanes.Rejected);
    }

    /// <summary>A SIM card goes to another number: usage from then on is that number's, and the first account pays no more.</summary>
    [Fact]
    public void NameThatChanges_LeadsToTheSubscriberOfTheUsagesTime()
    {
        DateTimeOffset change = RatingLanes.Now.AddDays(-3);
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Subscribe(1);
        _lanes.Subscribe(2);
        Subscription name = new()
        {
            SubscriberRef = RatingLanes.Subscriber(3),
            Periods =
            [
                new SubscriptionPeriod { AliasOf = RatingLanes.Subscriber(1), ValidTo = change },
                new SubscriptionPeriod { AliasOf = RatingLanes.Subscriber(2), ValidFrom = change },
            ],
        };
        _lanes.Log[Topics.CustomerSubscriptions, 0].Add(
            new FakeRecord(name.SubscriberRef.ToByteArray(), RatingLanes.Value(Topics.CustomerSubscriptions, name.Write)));
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Sms(1, subscriber: 3) with { EventTime = change.AddMilliseconds(-1), EndTime = change });
        _lanes.Receive(RatingLanes.Sms(2, subscriber: 3) with { EventTime = change, EndTime = change });
        _lanes.Run(handler);
        _lanes.Run(handler, from: 2);
        Assert.Equal([(1, "BE-1"), (2, "BE-2")], _lanes.Rated.Select(one => (one.RecordIndex, one.Account)));
    }

    [Fact]
    public void NameOfAnUnknownSubscriber_SuspendsTheUsageOnce()
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Name(2, names: 1);
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Sms(1, subscriber: 2));
        _lanes.Run(handler);
        _lanes.Run(handler, from: 1);
        Assert.Equal(
            (RejectedOutcome.Suspended, RejectedReason.UnknownSubscriber, RatingLanes.Subscriber(1)),
            (Assert.Single(_lanes.Rejected).Outcome, _lanes.Rejected[0].Reason, _lanes.Rejected[0].SubscriberRef));
        Assert.Equal(2, _lanes.Log[Topics.UsageReceived, 0].Count);
    }
}
