using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>
/// Calls to members of the caller's account have a price of their own, on whatever partition the members have their subscriptions.
/// </summary>
public sealed class CalledGroupTests
{
    private const string Account = "BE-enterprise";
    private const int Partitions = 3;

    private readonly RatingLanes _lanes = new(Partitions);
    private readonly int[] _done = new int[Partitions];
    private int _calls;

    /// <summary>
    /// Subscriber 0 calls 1, of the same account on another partition and under another offering; 2, of another account; and itself. A
    /// message costs 0.08, within the account nothing. Each lane is a new process.
    /// </summary>
    [Fact]
    public void MembersOnOtherPartitions_AreCalledAtThePriceOfTheGroup()
    {
        _lanes.Publish(Office());
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Subscribe(0, 0, "office", Account);
        _lanes.Subscribe(1, 1, "go", Account);
        _lanes.Subscribe(2, 2, "office", "BE-another");
        Call(0, 1);
        Call(0, 2);
        Call(0, 0);
        RunAll();

        Assert.Equal([0m, 0.08m, 0.08m], _lanes.Rated.Select(one => one.Amount));
        Assert.Empty(_lanes.Rejected);
    }

    /// <summary>
    /// A lane that runs follows everybody: who joins is a member from then on, and who is deleted is none. The messages are of 14 March,
    /// and the subscription that is ported in begins on the 13th.
    /// </summary>
    [Fact]
    public void MemberThatComesAndGoes_IsFollowedByALaneThatRuns()
    {
        _lanes.Publish(Office());
        _lanes.Subscribe(0, 0, "office", Account);
        RatingBatchHandler lane = _lanes.NewHandler(0);
        Call(0, 1);
        _lanes.Run(lane);
        _lanes.Subscribe(1, 1, [Period("office", Account, from: 13, to: null)]);
        Call(0, 1);
        _lanes.Run(lane, from: 1);
        _lanes.Subscribe(1, 1, [Period("office", Account, from: 15, to: null)]);
        Call(0, 1);
        _lanes.Run(lane, from: 2);
        _lanes.Subscribe(1, 1, [Period("office", Account, from: null, to: 15), Period("office", "BE-another", from: 15, to: null)]);
        Call(0, 1);
        _lanes.Run(lane, from: 3);
        _lanes.Log[Topics.CustomerSubscriptions, 1].Add(new FakeRecord(RatingLanes.Subscriber(1).ToByteArray(), null!));
        Call(0, 1);
        _lanes.Run(lane, from: 4);

        Assert.Equal([0.08m, 0m, 0.08m, 0m, 0.08m], _lanes.Rated.Select(one => one.Amount));
    }

    /// <summary>The price comes into a catalogue that runs: all subscriptions are read again, which nobody kept before.</summary>
    [Fact]
    public void PriceThatComesLater_KnowsTheMembersOfBefore()
    {
        _lanes.Publish(Office() with { Prices = [Office().Prices[1]] });
        _lanes.Subscribe(0, 0, "office", Account);
        _lanes.Subscribe(1, 1, "office", Account);
        RatingBatchHandler lane = _lanes.NewHandler(0);
        Call(0, 1);
        _lanes.Run(lane);
        _lanes.Publish(Office() with { Version = 2, ValidFrom = RatingLanes.Now.AddDays(-7) });
        Call(0, 1);
        _lanes.Run(lane, from: 1);

        Assert.Equal([0.08m, 0m], _lanes.Rated.Select(one => one.Amount));
    }

    /// <summary>The same where something counts for the account, so that the lane of the account rates.</summary>
    [Fact]
    public void UsageOfAnAccountThatShares_KnowsItsGroup()
    {
        _lanes.Publish(Office() with { Bundles = [new Bundle { Id = "gb", Kind = UsageKind.Data, Units = 1000, Shared = true }] });
        _lanes.Subscribe(0, 0, "office", Account);
        _lanes.Subscribe(1, 1, "office", Account);
        Call(0, 1);
        Call(0, 2);
        RunAll();

        Assert.Equal([0m, 0.08m], _lanes.Rated.Select(one => one.Amount));
        Assert.All(_lanes.Rated, one => Assert.Equal(_lanes.PartitionOf(Account), one.ReceivedPartition));
    }

    /// <summary>Usage from before the field waits, with what to do; under a version without the price it is charged.</summary>
    [Fact]
    public void UsageThatDoesNotSayWhoWasCalled_Waits()
    {
        _lanes.Publish(Office());
        _lanes.Subscribe(0, 0, "office", Account);
        _lanes.Receive(Message(0, null), 0);
        RunAll();

        UsageRejected waiting = Assert.Single(_lanes.Rejected);
        Assert.Equal((RejectedOutcome.Suspended, RejectedReason.CalledUnknown), (waiting.Outcome, waiting.Reason));
        Assert.Contains("Adapters:CalledSubscribers", waiting.Detail, StringComparison.Ordinal);

        _lanes.Publish(Office() with { Version = 2, Prices = [Office().Prices[1]] });
        _lanes.Receive(Message(0, null), 0);
        RunAll();
        Assert.Equal([0.08m], _lanes.Rated.Select(one => one.Amount));
    }

    /// <summary>Who was called is on no topic but the one that came.</summary>
    [Fact]
    public void Reference_OfWhoWasCalled_IsNotOnRatedUsage()
    {
        _lanes.Publish(Office());
        _lanes.Subscribe(0, 0, "office", Account);
        _lanes.Subscribe(7, 0, "office", Account);
        Call(0, 7);
        RunAll();

        Assert.Single(_lanes.Rated);
        byte[] reference = RatingLanes.Subscriber(7).ToByteArray();
        Assert.All(
            [Topics.UsageRated, Topics.RatingState, Topics.CustomerNotifications],
            topic => Assert.All(_lanes.Log.All(topic), record => Assert.Equal(-1, record.Value.AsSpan().IndexOf(reference))));
    }

    private static OfferingVersion Office() => RatingLanes.Offering() with
    {
        Offering = "office",
        Bundles = [],
        Prices =
        [
            RatingLanes.Offering().Prices[0] with { Id = "group", CalledInGroup = true, ZeroRated = true, Bundle = false },
            RatingLanes.Offering().Prices[0] with { Id = "sms", Bundle = false },
        ],
    };

    private static SubscriptionPeriod Period(string offering, string account, int? from, int? to) => new()
    {
        Account = account,
        Offering = offering,
        ValidFrom = from is { } first ? new DateTimeOffset(2026, 3, first, 0, 0, 0, TimeSpan.Zero) : null,
        ValidTo = to is { } end ? new DateTimeOffset(2026, 3, end, 0, 0, 0, TimeSpan.Zero) : null,
    };

    private void Call(int caller, int called) => _lanes.Receive(Message(caller, called), caller);

    private UsageReceived Message(int caller, int? called) => RatingLanes.Sms(++_calls, caller) with
    {
        OtherPartyPrefix = "32475000",
        CalledRef = called is { } number ? RatingLanes.Subscriber(number).ToByteArray() : [],
    };

    /// <summary>Lets a lane of its own for each partition rate until nothing is left; a new process each time.</summary>
    private void RunAll()
    {
        for (bool isDone = false; !isDone;)
        {
            isDone = true;
            for (int partition = 0; partition < Partitions; partition++)
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
}
