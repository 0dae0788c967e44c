using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// F22: everybody's usage crosses the thresholds of a bundle, or the limits of both regimes of bill shock, while two workers are killed,
/// moved and brought back.
/// </summary>
public sealed class F22_ThresholdTests
{
    private const int EventsPerSubscriber = 12;

    [Fact]
    public async Task F22_BundlesCrossedDuringKillsAndRebalances_OneNotificationPerThresholdAndExactBalances()
    {
        int seed = Seed.Next();
        Random random = new(seed);
        int subscribers = Scale.Of(150, 10_000);
        await using RatingPlatform platform = await RatingPlatform.StartAsync(subscribers);
        FaultUsage usage = platform.Usage(seed);

        // Each event uses a tenth of the bundle, and they come in any order, so that a batch holds the crossings of many subscribers.
        UsageToSend[] events = [.. Enumerable.Range(0, subscribers * EventsPerSubscriber)
            .Select(number => usage.Of(number, number % subscribers, UsageKind.Data, FaultTariff.DataBundleOctets / 10, FaultTariff.Home))];
        random.Shuffle(events);
        await StormAsync(platform, events, random);

        TopicContents contents = platform.AssertExact();
        Assert.Equal(events.Length, contents.Rated.Count);
        foreach (NotificationKind kind in new[] { NotificationKind.DataBundle80Percent, NotificationKind.DataBundleUsedUp })
        {
            SubscriberRef[] notified = [.. contents.Notifications.Where(line => line.Kind == kind).Select(line => line.Subscriber)];
            Assert.Equal(subscribers, notified.Length);
            Assert.Equal(subscribers, notified.Distinct().Count());
        }

        // Nobody gets more than the bundle: what is over is paid.
        Assert.All(contents.Rated, line => Assert.True(line.Balance.BundleOctets <= FaultTariff.DataBundleOctets));
    }

    /// <summary>
    /// Twelve charges abroad of a tenth of the limit each, and twelve messages at home above the bundle, of a fifth of the limit each, in
    /// any order. A stop is an order, so usage goes on: nothing may be warned of, or stopped, twice.
    /// </summary>
    [Fact]
    public async Task F22_LimitsOfBothRegimesCrossedDuringKillsAndRebalances_OneWarningAndOneStopEachAndExactSpend()
    {
        const int Messages = EventsPerSubscriber + (int)FaultTariff.MessageBundle;
        const long TenthOfTheLimit = 4000 * 8 / 10;
        int seed = Seed.Next();
        Random random = new(seed);
        int subscribers = Scale.Of(150, 10_000);
        await using RatingPlatform platform = await RatingPlatform.StartAsync(subscribers);
        FaultUsage usage = platform.Usage(seed);
        int abroad = subscribers * EventsPerSubscriber;
        UsageToSend[] events =
        [
            .. Enumerable.Range(0, abroad).Select(
                number => usage.Of(number, number % subscribers, UsageKind.Data, TenthOfTheLimit, FaultTariff.World)),
            .. Enumerable.Range(abroad, subscribers * Messages).Select(
                number => usage.Of(number, number % subscribers, UsageKind.Sms, 1, FaultTariff.Home)),
        ];
        random.Shuffle(events);
        await StormAsync(platform, events, random);

        TopicContents contents = platform.AssertExact();
        Assert.Equal(events.Length, contents.Rated.Count);
        decimal limit = FaultTariff.RoamingLimitAmount;
        (string Step, LimitAction Action, decimal Spend)[] expected =
        [
            ("be-domestic 1000", LimitAction.Message, 5 * 0.08m), // 0.40 × 1.21 is the limit with VAT
            ("eu-roaming 1000", LimitAction.CutOff, limit),
            ("eu-roaming 800", LimitAction.Warn, 0.8m * limit),
        ];
        foreach (IGrouping<SubscriberRef, NotificationLine> subscriber in contents.Notifications.Where(line => line.Step.Length > 0)
            .GroupBy(line => line.Subscriber))
        {
            Assert.Equal(
                expected,
                subscriber.Select(line => (line.Step, line.Action, line.Amount)).OrderBy(line => line.Step, StringComparer.Ordinal));
        }

        Assert.Equal(subscribers, contents.Notifications.Where(line => line.Step.Length > 0).DistinctBy(line => line.Subscriber).Count());
        foreach (IGrouping<SubscriberRef, RatedLine> subscriber in contents.Rated.GroupBy(line => line.Subscriber))
        {
            Assert.Equal(
                (EventsPerSubscriber * limit / 10) + (EventsPerSubscriber * 0.08m), subscriber.Max(line => line.Balance.Spend));
            Assert.Equal(EventsPerSubscriber * limit / 10, subscriber.Max(line => line.Balance.RoamingSpend));
        }
    }

    /// <summary>Two workers take the usage; each is killed once and comes back, one of them in the middle of a transaction.</summary>
    private static async Task StormAsync(RatingPlatform platform, UsageToSend[] events, Random random)
    {
        int part = events.Length / 3;
        platform.Send(events[..part]);
        await using MidTransaction killed = await MidTransaction.ReachAsync(platform, random, part / 2);
        RatingProcess other = platform.StartWorker("b");
        await killed.KillAsync();

        platform.Send(events[part..(2 * part)]);
        RatingProcess again = platform.StartWorker("a");
        await platform.UntilMembersAsync(2, other, again);
        await killed.DisposeAsync();
        await other.KillAsync();

        platform.Send(events[(2 * part)..]);
        other = platform.StartWorker("b");
        await platform.UntilMembersAsync(2, other, again);
        await platform.UntilRatedAsync(other, again);
        await other.DrainAsync();
        await again.DrainAsync();
    }
}
