using System.Buffers;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>The lane takes corrections in its transactions: whole or not at all, once, and only for the state they were made for.</summary>
public sealed class CorrectionLaneTests
{
    private const long DecidedAt = 1_767_225_600_000;

    private readonly RatingLanes _lanes = new();

    public CorrectionLaneTests()
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Subscribe(1);
    }

    /// <summary>
    /// 600 octets three times under a bundle of 1,000 at 0.01 a MiB: 600, 400 and nothing are covered. A second version grants 1,500, and
    /// the three are rated again as 600, 600 and 300. Killed at any place, the lane that comes next ends in the same state.
    /// </summary>
    [Fact]
    public void Corrections_AreTakenOnce_AndRestored()
    {
        ReceiveAll();
        _lanes.Run(_lanes.NewHandler(0));
        Assert.Equal([600L, 400L, 0L], _lanes.Rated.Select(one => one.BundleUnits));
        PublishCorrection();
        CorrectionPlan plan = Plan();
        Assert.Equal([2, 3], plan.Steps.Select(step => (int)(step.UsageId.Low & 0xFF)));
        Send(plan);

        // A transaction that is lost leaves nothing behind.
        RatingBatchHandler lost = _lanes.NewHandler(0);
        lost.Handle(_lanes.Batch(0, 3, 2), new FakeTransaction(_lanes.Log));
        lost.Aborted();
        Assert.Equal(3, _lanes.Rated.Count);
        RatingBatchHandler lane = _lanes.NewHandler(0);
        Handle(lane, 3, 1);
        Handle(_lanes.NewHandler(0), 4, 1);

        UsageRated[] corrections = [.. _lanes.Rated.Skip(3)];
        Assert.Equal([true, false, true, false], corrections.Select(one => one.Correction!.IsReversal));
        Assert.Equal([-400L, 600L, 0L, 300L], corrections.Select(one => one.BundleUnits));
        Assert.Equal([-600L, 600L, -600L, 600L], corrections.Select(one => one.ChargedUnits));
        Assert.All(corrections, one => Assert.Equal((1500L, CorrectionReason.Tariff), (one.BundleOctetsUsed, one.Correction!.Reason)));
        Assert.Equal(
            decimal.Round((300 * 0.01m) / (1 << 20), 9, MidpointRounding.AwayFromZero), _lanes.Rated.Sum(one => one.Amount));
        Assert.Equal(2, corrections[^1].OfferingVersion);
        Assert.All(corrections, one => Assert.Equal(
            ("clerk", "T-1", DateTimeOffset.FromUnixTimeMilliseconds(DecidedAt)),
            (one.Correction!.DecidedBy, one.Correction.Because, one.Correction.DecidedAt)));

        // Sent once more, they are stale; and what is used from now on finds no bundle.
        Send(plan);
        Handle(_lanes.NewHandler(0), 5, 2);
        Assert.Equal(7, _lanes.Rated.Count);
        Assert.Empty(Plan().Steps);
        _lanes.Receive(RatingLanes.Data(9, 100));
        Handle(_lanes.NewHandler(0), 7, 1);
        Assert.Equal((0L, 1500L), (_lanes.Rated[^1].BundleUnits, _lanes.Rated[^1].BundleOctetsUsed));
        Assert.Empty(_lanes.Rejected);
    }

    [Fact]
    public void UsageSinceThePlan_MakesItStale_AndTheNextPlanHasBoth()
    {
        ReceiveAll();
        _lanes.Run(_lanes.NewHandler(0));
        PublishCorrection(units: 3000);
        CorrectionPlan plan = Plan();
        _lanes.Receive(RatingLanes.Data(4, 600));
        Send(plan);
        Handle(_lanes.NewHandler(0), 3, 3);
        Assert.Equal(4, _lanes.Rated.Count);

        Send(Plan());
        Handle(_lanes.NewHandler(0), 6, 2);
        Assert.Equal(2400, _lanes.Rated[^1].BundleOctetsUsed);
        Assert.Equal(0, _lanes.Rated.Sum(one => one.Amount));
        Assert.Empty(Plan().Steps);
    }

    private void ReceiveAll()
    {
        for (int id = 1; id <= 3; id++)
        {
            _lanes.Receive(RatingLanes.Data(id, 600));
        }
    }

    private void PublishCorrection(long units = 1500) => _lanes.Publish(RatingLanes.Offering() with
    {
        Version = 2,
        Bundles = [new Bundle { Kind = UsageKind.Data, Units = units }],
    });

    private CorrectionPlan Plan()
    {
        CompiledCatalogue catalogue = new(takesAllTerms: false);
        foreach (FakeRecord record in _lanes.Log.All(Topics.CatalogueTariffs))
        {
            catalogue.Put(OfferingVersion.Read(record.Value.AsSpan(WireFormat.HeaderSize)));
        }

        catalogue.Compile();
        SubscriberHistory history = new(RatingLanes.Subscriber(1));
        foreach (FakeRecord record in _lanes.Log.All(Topics.UsageRated))
        {
            byte[] body = record.Value.AsSpan(WireFormat.HeaderSize).ToArray();
            Assert.True(UsageRatedView.TryRead(body, out UsageRatedView view));
            history.AddRated(in view, body);
        }

        foreach (FakeRecord record in _lanes.Log.All(Topics.UsageReceived))
        {
            byte[] body = record.Value.AsSpan(WireFormat.HeaderSize).ToArray();
            UsageReceived usage = UsageReceived.Read(body);
            if (usage.History is null)
            {
                history.AddReceived(usage.UsageId, body, record.TimestampMilliseconds);
            }
        }

        RatingOptions options = _lanes.Options;
        return new CorrectionPlanner(
            catalogue.Tariffs, catalogue.Offerings, new RerateWindow(options.DedupDays, options.LateDays, options.SessionDays),
            new RerateSelection(0, long.MaxValue), long.MinValue, new CorrectionDecision("clerk", "T-1", DecidedAt))
            .Plan(history, [new SubscriptionPeriod { Account = "BE-1", Offering = "go" }]);
    }

    private void Send(CorrectionPlan plan)
    {
        foreach (CorrectionStep step in plan.Steps)
        {
            _lanes.Receive(UsageReceived.Read(step.Received) with
            {
                History = new UsageHistory
                {
                    CorrectionReversal = step.Reversal is null ? [] : ValueOf(step.Reversal),
                    CorrectionCharge = ValueOf(step.Charge),
                    CorrectionExpects = step.Expects,
                },
            });
        }
    }

    private static byte[] ValueOf(byte[] body) =>
        EventValue.Of(FakeRegistry.IdOf(Topics.UsageRated), writer => writer.Write(body.AsSpan()));

    private void Handle(RatingBatchHandler handler, int from, int count)
    {
        FakeTransaction transaction = new(_lanes.Log);
        handler.Handle(_lanes.Batch(0, from, count), transaction);
        transaction.Commit();
        handler.Committed();
    }
}
