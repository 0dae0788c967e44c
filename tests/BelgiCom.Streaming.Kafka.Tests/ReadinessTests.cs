using BelgiCom.Streaming.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>Ready is only what can do its work now.</summary>
public sealed class ReadinessTests(ChosenBroker kafka)
{
    [Fact]
    public void NotReady_BeforeTheStart_SaysSo() => Assert.Equal(
        "Group 'g' has not started.",
        GroupHost.OfSink(
            new KafkaOptions(), new ConsumerOptions(), "g", ["t"], new NoSink(), TimeProvider.System, NullLogger<GroupHost>.Instance)
            .NotReadyBecause(TimeProvider.System.GetUtcNow()));

    /// <summary>A rolling update starts a copy more than there are partitions: were it not ready, the update would stand still.</summary>
    [Fact]
    public async Task Ready_MoreMembersThanPartitions_AreAll()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(1);
        cluster.Options.Lanes.Lanes = 2;
        using CancellationTokenSource stop = new();
        GroupHost host = cluster.Lanes(_ => new PassThrough(cluster.Out));
        Task running = host.RunAsync(stop.Token);

        await Wait.WhileAsync(running, () => IsReady(host, TimeProvider.System));
        await Wait.WhileAsync(running, () => host.Health.Sum(member => member.Partitions.Count) == 1);
        await stop.CancelAsync();
        await running;

        Assert.Equal(
            $"Member 0 of group '{cluster.Group}' has stopped.", host.NotReadyBecause(TimeProvider.System.GetUtcNow()));
    }

    [Fact]
    public async Task NotReady_SinkFails_SaysSinceWhenAndIsReadyAgainAfterIt()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(1);
        cluster.Send(0, 10);
        using CancellationTokenSource stop = new();
        NoSink sink = new() { IsAway = true };
        GroupHost host = cluster.Sink(sink);
        Task running = host.RunAsync(stop.Token);

        await Wait.WhileAsync(running, () => Says(host, TimeProvider.System, "fails on a batch and reads it again since"));
        sink.IsAway = false;
        await Wait.WhileAsync(running, () => IsReady(host, TimeProvider.System));
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task NotReady_BrokerStopped_UntilItIsBack()
    {
        await using ProcessBroker broker = await TestBroker.StartChosenProcessAsync();
        TestCluster cluster = new(broker.BootstrapServers);
        await cluster.CreateAsync(1);
        LaterClock clock = new();
        using CancellationTokenSource stop = new();
        GroupHost host = cluster.Lanes(_ => new PassThrough(cluster.Out), clock: clock);
        using BrokerProbe probe = new(cluster.Options.Kafka, NullLogger<BrokerProbe>.Instance);
        Task running = host.RunAsync(stop.Token);
        await Wait.WhileAsync(running, () => IsReady(host, clock));

        // No record comes for long; the member asks the broker, and is ready all the same.
        clock.Later(2 * ConsumerHealth.AnswerMaxAge);
        await Wait.WhileAsync(running, () => IsReady(host, clock));
        Assert.Null(await probe.NotReadyBecauseAsync());

        await broker.StopAsync();
        clock.Later(2 * ConsumerHealth.AnswerMaxAge);
        await Wait.WhileAsync(running, () => Says(host, clock, "has no answer of the brokers since"));
        await Wait.WhileAsync(running, () => host.Health[0].State == ConsumerState.Polling);
        Assert.StartsWith(
            $"No broker of {cluster.Options.Kafka.BootstrapServers} answers", await probe.NotReadyBecauseAsync(), StringComparison.Ordinal);

        await broker.StartAgainAsync();
        await Wait.WhileAsync(running, () => IsReady(host, clock));
        await Wait.WhileAsync(running, async () => await probe.NotReadyBecauseAsync() is null);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task NotReady_NoBrokerAtTheStart_HasNoPlaceInItsGroup()
    {
        using CancellationTokenSource stop = new();
        TestCluster nowhere = new("127.0.0.1:1");
        GroupHost host = nowhere.Sink(new NoSink());
        Task running = host.RunAsync(stop.Token);

        await Wait.WhileAsync(running, () => Says(host, TimeProvider.System, "has no place in its group yet"));
        await stop.CancelAsync();
        await running;
    }

    private static bool IsReady(GroupHost host, TimeProvider clock) => host.NotReadyBecause(clock.GetUtcNow()) is null;

    private static bool Says(GroupHost host, TimeProvider clock, string reason) =>
        host.NotReadyBecause(clock.GetUtcNow())?.Contains(reason, StringComparison.Ordinal) == true;

    private sealed class NoSink : ISinkBatchHandler
    {
        public volatile bool IsAway;

        public void Handle(RecordBatch batch)
        {
            if (IsAway)
            {
                throw new IOException("planted");
            }
        }
    }
}
