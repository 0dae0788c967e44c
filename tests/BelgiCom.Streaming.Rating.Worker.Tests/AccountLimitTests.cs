using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>
/// A limit of an account counts what all its subscribers spend, on whatever partition their subscriptions are: each step is sent once.
/// </summary>
public sealed class AccountLimitTests
{
    private const string Account = "BE-office";
    private const int Partitions = 3;

    private readonly RatingLanes _lanes = new(Partitions);
    private readonly int[] _done = new int[Partitions];
    private int _messages;

    /// <summary>
    /// Messages cost 0.08 and the account may spend 0.40: four of them, 0.32, are 80 %, and five 100 %. They come from three members in
    /// turn, and each lane is a new process. The member who reaches a step is named, and the account.
    /// </summary>
    [Fact]
    public void StepsOfAnAccount_AreSentOnceForAllMembers()
    {
        _lanes.Publish(Office());
        Subscribe();
        for (int message = 0; message < 7; message++)
        {
            Send(message % Partitions);
        }

        Assert.Equal(
            [("office", SpendScope.Account, "WARN", 0.32m, 0UL), ("office", SpendScope.Account, "STOP", 0.40m, 1UL)],
            Notices().Select(sent => (sent.Limit, sent.Scope, sent.Notification, sent.Amount, sent.SubscriberRef.Low)));
        Assert.All(Notices(), sent => Assert.Equal((Account, 0.40m), (sent.Account, sent.LimitAmount)));
        Assert.Equal(2, Notices().Select(sent => sent.NotificationId).Distinct().Count());
        Assert.Equal(7, _lanes.Rated.Count(one => one.ReceivedPartition == _lanes.PartitionOf(Account)));
        Assert.Empty(_lanes.Rejected);
    }

    /// <summary>A member cannot opt the account out, and what another account or offering spends is not the account's.</summary>
    [Fact]
    public void ChoiceOfAMember_AndSpendOfOthers_ChangeNothing()
    {
        _lanes.Publish(Office());
        _lanes.Publish(Office() with { Offering = "other-office" });
        LimitChoice optOut = new() { Limit = "office", From = RatingLanes.Now.AddDays(-30), InForce = false };
        _lanes.Subscribe(0, 0, [new SubscriptionPeriod { Account = Account, Offering = "office", Limits = [optOut] }]);
        _lanes.Subscribe(1, 1, "office", "BE-another");
        _lanes.Subscribe(2, 2, "other-office", Account);
        for (int message = 0; message < 4; message++)
        {
            Send(1);
            Send(2);
            Send(0);
        }

        // The fourth message of each account and offering reaches its own 80 %.
        Assert.Equal([0UL, 1UL, 2UL], Notices().Select(sent => sent.SubscriberRef.Low).Order());
        Assert.All(Notices(), sent => Assert.Equal(("WARN", 0.32m), (sent.Notification, sent.Amount)));
    }

    /// <summary>A batch that is aborted after it reached the limit sends the stop once, when it is rated again.</summary>
    [Fact]
    public void StepOfABatchThatWasAborted_IsSentWithTheNext()
    {
        _lanes.Publish(Office());
        Subscribe();
        for (int message = 0; message < 4; message++)
        {
            Send(0);
        }

        _lanes.Receive(Message(1), 1);
        RunOnce(1);
        int home = _lanes.PartitionOf(Account);
        int left = _lanes.Log[Topics.UsageReceived, home].Count - _done[home];
        RatingBatchHandler lane = _lanes.NewHandler(home);
        FakeTransaction aborted = new(_lanes.Log);
        lane.Handle(_lanes.Batch(home, _done[home], left), aborted);
        lane.Aborted();
        FakeTransaction transaction = new(_lanes.Log);
        lane.Handle(_lanes.Batch(home, _done[home], left), transaction);
        transaction.Commit();
        lane.Committed();

        Assert.Equal(["WARN", "STOP"], Notices().Select(sent => sent.Notification));
    }

    /// <summary>
    /// Where the account shares a bundle, a limit of the subscriber counts what it pays itself, on the account's lane, too: 600 and 400 of
    /// 1,000 shared octets are covered, and of 600 octets of the second member 200 cost 0.01 each, of the third all: 2 and 6.
    /// </summary>
    [Fact]
    public void LimitOfASubscriber_WithASharedBundle_CountsItsOwnSpend()
    {
        _lanes.Publish(RatingLanes.Family() with
        {
            Limits = [Limit("own", SpendScope.All, 5m), Limit("all", SpendScope.Account, 7m)],
        });
        for (int member = 0; member < Partitions; member++)
        {
            _lanes.Subscribe(member, member, "family", Account);
        }

        for (int member = 0; member < Partitions; member++)
        {
            _lanes.Receive(RatingLanes.Data(++_messages, 600, member), member);
            RunAll();
        }

        Assert.Equal([0m, 2m, 6m], _lanes.Rated.Select(one => one.Amount));
        Assert.Equal(
            [("own", "WARN", 6m), ("own", "STOP", 6m), ("all", "WARN", 8m), ("all", "STOP", 8m)],
            Notices().Select(sent => (sent.Limit, sent.Notification, sent.Amount)).OrderByDescending(sent => sent.Limit));
    }

    private static OfferingVersion Office() => RatingLanes.Offering() with
    {
        Offering = "office",
        Bundles = [],
        Prices = [RatingLanes.Offering().Prices[0] with { Bundle = false }],
        Limits = [Limit("office", SpendScope.Account, 0.40m)],
    };

    private static OfferingLimit Limit(string id, SpendScope scope, decimal amount) => new()
    {
        Id = id,
        Scope = scope,
        Amount = amount,
        Basis = PriceBasis.Net,
        Steps =
        [
            new OfferingLimitStep { Permille = 800, Notification = "WARN", Action = LimitAction.Warn },
            new OfferingLimitStep { Permille = 1000, Notification = "STOP", Action = LimitAction.CutOff },
        ],
    };

    private UsageReceived Message(int member) => RatingLanes.Sms(++_messages, member);

    private void Subscribe()
    {
        for (int member = 0; member < Partitions; member++)
        {
            _lanes.Subscribe(member, member, "office", Account);
        }
    }

    private void Send(int member)
    {
        _lanes.Receive(Message(member), member);
        RunAll();
    }

    private IReadOnlyList<CustomerNotification> Notices() =>
    [
        .. _lanes.Log.All(Topics.CustomerNotifications)
            .Select(record => CustomerNotification.Read(record.Value.AsSpan(Kafka.WireFormat.HeaderSize)))
            .Where(sent => sent.Limit.Length > 0),
    ];

    /// <summary>Lets a lane of its own for each partition rate until nothing is left; a new process each time.</summary>
    private void RunAll()
    {
        for (bool isDone = false; !isDone;)
        {
            isDone = true;
            for (int partition = 0; partition < Partitions; partition++)
            {
                isDone &= !RunOnce(partition);
            }
        }
    }

    /// <summary>Lets a new lane rate what is left on a partition; false when nothing is.</summary>
    private bool RunOnce(int partition)
    {
        int left = _lanes.Log[Topics.UsageReceived, partition].Count - _done[partition];
        if (left == 0)
        {
            return false;
        }

        RatingBatchHandler lane = _lanes.NewHandler(partition);
        FakeTransaction transaction = new(_lanes.Log);
        lane.Handle(_lanes.Batch(partition, _done[partition], left), transaction);
        transaction.Commit();
        lane.Committed();
        _done[partition] += left;
        return true;
    }
}
