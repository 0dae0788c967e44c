using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// F22, first form: everybody's usage crosses 80 % and 100 % of the data bundle while two workers are killed, moved and brought back.
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
}
