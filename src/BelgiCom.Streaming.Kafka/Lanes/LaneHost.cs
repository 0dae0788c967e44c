using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Runs a worker's lanes, exactly once from topics to topics. Each lane has a thread of its own because the client's poll blocks. One
/// failing lane stops the others in order and faults the task: the process should exit with an error and be restarted.
/// </summary>
public sealed class LaneHost
{
    private readonly KafkaOptions _options;
    private readonly string _group;
    private readonly IReadOnlyList<string> _topics;
    private readonly Func<int, ITransactionalBatchHandler> _handlers;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private volatile TransactionalLane[] _lanes = [];

    /// <summary>Describes the lanes; <see cref="RunAsync"/> starts them.</summary>
    /// <param name="options">Brokers, limits and the number of lanes.</param>
    /// <param name="group">Consumer group id, the worker's name.</param>
    /// <param name="topics">Topics to consume.</param>
    /// <param name="handlers">Makes the handler of a lane, by lane number from 0. Lanes share nothing, so each call must give a new
    /// one.</param>
    /// <param name="clock">Clock for timeouts and health.</param>
    /// <param name="logger">Where lanes log.</param>
    public LaneHost(
        KafkaOptions options, string group, IReadOnlyList<string> topics, Func<int, ITransactionalBatchHandler> handlers,
        TimeProvider clock, ILogger<LaneHost> logger)
    {
        _options = options;
        _group = group;
        _topics = topics;
        _handlers = handlers;
        _clock = clock;
        _logger = logger;
    }

    /// <summary>State and progress of every lane, for readiness and liveness probes and for metrics; empty before the start.</summary>
    public IReadOnlyList<LaneHealth> Health => [.. _lanes.Select(lane => lane.Health)];

    /// <summary>
    /// Runs until cancelled: then every lane finishes its batch, commits, leaves the group, and the task completes without error.
    /// </summary>
    /// <param name="stopping">Asks the lanes to stop.</param>
    /// <returns>Completes when all lanes have ended.</returns>
    /// <exception cref="LaneFailedException">A lane ended because going on would be wrong.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        if (_options.ClientPath == ClientPath.Native && Librdkafka.UnavailableBecauseOf is { } reason)
        {
            KafkaLog.NativeUnavailable(_logger, reason);
        }

        NativeAllocator.KeepFreedMemory();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        TransactionalLane[] lanes = [.. Enumerable.Range(0, _options.Lanes)
            .Select(lane => new TransactionalLane(_options, _group, _topics, lane, _handlers(lane), _clock, _logger))];
        _lanes = lanes;
        try
        {
            await Task.WhenAll(lanes.Select((lane, number) => DedicatedThread.Run($"{_group}-{number}", () => RunLane(lane, stop))))
                .ConfigureAwait(false);
        }
        finally
        {
            foreach (TransactionalLane lane in lanes)
            {
                lane.Dispose();
            }
        }
    }

    private static void RunLane(TransactionalLane lane, CancellationTokenSource stop)
    {
        try
        {
            lane.Run(stop.Token);
        }
        catch
        {
            stop.Cancel();
            throw;
        }
    }
}
