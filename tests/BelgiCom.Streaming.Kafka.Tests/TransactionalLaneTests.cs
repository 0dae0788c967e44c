using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Kafka.Tests;

public sealed class TransactionalLaneTests(ChosenBroker kafka)
{
    [Theory]
    [InlineData(ClientPath.Native)]
    [InlineData(ClientPath.Managed)]
    public async Task Lane_PassThrough_WritesEachRecordOnceAndLagBecomesZero(ClientPath path)
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        cluster.Options.Kafka.ClientPath = path;
        await cluster.CreateAsync(4);
        cluster.Send(0, 20_000, partitions: 4);
        using CancellationTokenSource stop = new();
        PassThrough handler = new(cluster.Out);
        Task running = cluster.Lanes(_ => handler).RunAsync(stop.Token);

        await cluster.UntilDoneAsync(running);
        await stop.CancelAsync();
        await running;

        cluster.AssertExactlyOnce(0, 20_000);
        Assert.Equal("assigned", handler.Calls[0]);
        Assert.Equal("revoked", handler.Calls[^1]);
        Assert.Empty(handler.Owned);
    }

    /// <summary>A standstill is measured from its first failure: a night without records is none.</summary>
    [Fact]
    public async Task Lane_IdleForLongerThanItMayStandStill_ReadsAFailedBatchAgain()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(1);
        cluster.Send(0, 10);
        using CancellationTokenSource stop = new();
        LaterClock clock = new();
        bool fail = false;
        PassThrough handler = new(cluster.Out)
        {
            AfterHandle = _ =>
            {
                if (Interlocked.Exchange(ref fail, false))
                {
                    throw new InvalidOperationException("planted");
                }
            },
        };
        Task running = cluster.Lanes(_ => handler, clock: clock).RunAsync(stop.Token);
        await cluster.UntilDoneAsync(running);

        fail = true;
        clock.Later(2 * cluster.Options.Kafka.RecoveryTimeout);
        cluster.Send(10, 10);
        await cluster.UntilDoneAsync(running);
        await stop.CancelAsync();
        await running;

        Assert.Equal(1, handler.Count("aborted"));
        cluster.AssertExactlyOnce(0, 20);
    }

    /// <summary>
    /// While no records come, the handler writes once what it has to write, and twice more when the lane is stopped: three records of idle
    /// work beside the ten that were read, and nothing else in the output.
    /// </summary>
    [Theory]
    [InlineData(ClientPath.Native)]
    [InlineData(ClientPath.Managed)]
    public async Task Lane_WithoutRecords_WritesItsIdleWork_AlsoBeforeItLeaves(ClientPath path)
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        cluster.Options.Kafka.ClientPath = path;
        await cluster.CreateAsync(1);
        cluster.Send(0, 10);
        using CancellationTokenSource stop = new();
        PassThrough handler = new(cluster.Out) { IsIdleWorkDue = (isLeaving, committed) => committed < (isLeaving ? 3 : 1) };
        Task running = cluster.Lanes(_ => handler).RunAsync(stop.Token);

        await cluster.UntilDoneAsync(running);
        await Wait.WhileAsync(running, () => Task.FromResult(handler.Count("idle committed") == 1), "the idle work is written");
        await stop.CancelAsync();
        await running;

        Assert.Equal([-3, -2, -1, .. Enumerable.Range(0, 10).Select(number => (long)number)], cluster.Read(cluster.Out).Order());
        Assert.Equal("revoked", handler.Calls[^1]);
        Assert.Equal(0, handler.Count("aborted"));
    }

    /// <summary>Idle work that fails is undone and done again; it costs neither the lane nor the records that come after it.</summary>
    [Fact]
    public async Task Lane_WhoseIdleWorkFails_UndoesItAndGoesOn()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(1);
        cluster.Send(0, 10);
        using CancellationTokenSource stop = new();
        PassThrough handler = new(cluster.Out)
        {
            IsIdleWorkDue = (_, committed) => committed < 1,
            AfterIdle = call =>
            {
                if (call <= 2)
                {
                    throw new InvalidOperationException("planted");
                }
            },
        };
        Task running = cluster.Lanes(_ => handler).RunAsync(stop.Token);

        await Wait.WhileAsync(running, () => Task.FromResult(handler.Count("idle committed") == 1), "the idle work is written");
        cluster.Send(10, 10);
        await cluster.UntilDoneAsync(running);
        await stop.CancelAsync();
        await running;

        Assert.Equal([-1, .. Enumerable.Range(0, 20).Select(number => (long)number)], cluster.Read(cluster.Out).Order());
        Assert.Equal(2, handler.Count("idle aborted"));
    }
}
