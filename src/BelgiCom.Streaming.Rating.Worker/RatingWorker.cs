using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>Runs the lanes from usage.received.v1 to usage.rated.v1 until the host stops or a lane fails.</summary>
internal sealed class RatingWorker(
    KafkaOptions kafka, ConsumerOptions consumer, LaneOptions lanes, RatingOptions options, ISchemaRegistry registry, TimeProvider clock,
    ILoggerFactory loggers, OnlineRouter? online = null) : BackgroundService
{
    /// <summary>Consumer group, and the worker's name.</summary>
    public const string Group = "rating";

    private volatile GroupHost? _lanes;

    /// <summary>The lanes; null before the registry has their schemas.</summary>
    public GroupHost? Lanes => _lanes;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ILogger<RatingBatchHandler> logger = loggers.CreateLogger<RatingBatchHandler>();
        PatientRegistry patient = new(registry, options.RegistryPatience, clock, logger, stoppingToken);
        RatingTopics[] topics = new RatingTopics[lanes.Lanes];
        for (int lane = 0; lane < topics.Length; lane++)
        {
            topics[lane] = await RatingTopics.OpenAsync(patient, stoppingToken).ConfigureAwait(false);
        }

        List<RatingBatchHandler> handlers = [];
        try
        {
            _lanes = GroupHost.OfLanes(
                kafka, consumer, lanes, Group, [Topics.UsageReceived], lane => NewHandler(topics[lane]), clock,
                loggers.CreateLogger<GroupHost>(), AnnouncedDoors.Of(options).Write());
            await _lanes.RunAsync(stoppingToken).ConfigureAwait(false);
        }
        finally
        {
            handlers.ForEach(handler => handler.Dispose());
        }

        RatingBatchHandler NewHandler(RatingTopics own)
        {
            CommittedLog log = new(kafka, consumer, clock, logger, stoppingToken);
            OnlineLane? lane = online is null ? null : new OnlineLane(online, options.Online, clock);
            handlers.Add(new RatingBatchHandler(log, options, own, clock, logger, lane));
            return handlers[^1];
        }
    }
}

/// <summary>Unhealthy until the lanes run; degraded while one of them cannot do its work.</summary>
internal sealed class RatingHealthCheck(RatingWorker worker, TimeProvider clock) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            worker.Lanes is not { } lanes
                ? HealthCheckResult.Unhealthy("The lanes are not started yet; is the schema registry there?")
            : lanes.NotReadyBecause(clock.GetUtcNow()) is { } reason ? HealthCheckResult.Degraded(reason)
            : HealthCheckResult.Healthy());
}

/// <summary>
/// Fails liveness when a partition with usage stands still for longer than <see cref="KafkaOptions.RecoveryTimeout"/>, because a client can
/// stop on one partition and go on with the others. A rebalance or a restore starts the time of a partition anew and never fails it.
/// </summary>
internal sealed class RatingLivenessCheck(RatingWorker worker, KafkaOptions kafka, TimeProvider clock) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Judge(worker.Lanes?.Health ?? [], clock.GetUtcNow(), kafka.RecoveryTimeout));

    internal static HealthCheckResult Judge(IReadOnlyList<ConsumerHealth> lanes, DateTimeOffset now, TimeSpan patience) =>
        lanes.SelectMany(lane => lane.Partitions).FirstOrDefault(partition => partition.IsStuck(now, patience)) is { } stuck
            ? HealthCheckResult.Unhealthy(
                $"{stuck.Partition.Topic}[{stuck.Partition.Partition.Value}]@{stuck.Committed} has not moved since "
                + $"{stuck.LastProgress:O}; {stuck.Lag} records wait.")
            : HealthCheckResult.Healthy();
}
