using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Runs a worker's members of its consumer group: lanes (exactly once from topics to topics) or a sink (at least once into something
/// outside Kafka). Each member has a thread of its own because the client's poll blocks. When one member fails, the others are stopped in
/// order and the task faults: the process should then exit with an error and be restarted.
/// </summary>
public sealed class GroupHost
{
    private readonly string _group;
    private readonly Func<IEnumerable<GroupLoop>> _make;
    private volatile GroupLoop[] _members = [];

    private GroupHost(string group, Func<IEnumerable<GroupLoop>> make)
    {
        _group = group;
        _make = make;
    }

    /// <summary>State and progress of every member, for probes and metrics; empty before the start.</summary>
    public IReadOnlyList<ConsumerHealth> Health => [.. _members.Select(member => member.Health)];

    /// <summary>
    /// Why the group cannot do its work now: a member has not joined, has ended, reads a batch again and again, or hears nothing from the
    /// brokers. Null when all members are well. For readiness probes only, because a restart would not help against what time can heal.
    /// </summary>
    /// <param name="now">Current time.</param>
    /// <returns>A sentence without personal data, or null.</returns>
    public string? NotReadyBecause(DateTimeOffset now)
    {
        GroupLoop[] members = _members;
        return members.Length == 0
            ? $"Group '{_group}' has not started."
            : members.Select(member => member.Health)
                .Select(health => (health.Member, Reason: health.NotReadyBecause(now)))
                .Where(member => member.Reason is not null)
                .Select(member => $"Member {member.Member} of group '{_group}' {member.Reason}.")
                .FirstOrDefault();
    }

    /// <summary>Describes lanes; <see cref="RunAsync"/> starts them.</summary>
    /// <param name="options">Brokers.</param>
    /// <param name="consumer">Limits and times of batches, buffers and sessions.</param>
    /// <param name="lanes">How many, and times of their transactions.</param>
    /// <param name="group">Consumer group id, the worker's name.</param>
    /// <param name="topics">Topics to consume.</param>
    /// <param name="handlers">Makes the handler of a lane, by lane number from 0. Lanes share nothing, so each call must give a new
    /// one.</param>
    /// <param name="clock">Clock for timeouts and health.</param>
    /// <param name="logger">Where lanes log.</param>
    /// <param name="announced">What other instances may know of this one (<see cref="GroupAnnouncements"/>), without blanks; null for
    /// nothing.</param>
    /// <returns>The host, not started.</returns>
    public static GroupHost OfLanes(
        KafkaOptions options, ConsumerOptions consumer, LaneOptions lanes, string group, IReadOnlyList<string> topics,
        Func<int, ITransactionalBatchHandler> handlers, TimeProvider clock, ILogger<GroupHost> logger, string? announced = null) =>
        new(group, () =>
        {
            WarnOfCopies(options, logger);
            NativeAllocator.KeepFreedMemory();
            return Enumerable.Range(0, lanes.Lanes).Select(lane => new GroupLoop(
                options, consumer, group, topics, lane,
                new TransactionalEnd(options, lanes, group, lane, handlers(lane), clock, logger), clock, logger, announced));
        });

    /// <summary>Describes a sink, one member; <see cref="RunAsync"/> starts it.</summary>
    /// <param name="options">Brokers.</param>
    /// <param name="consumer">Limits and times of batches, buffers and sessions.</param>
    /// <param name="group">Consumer group id, the worker's name.</param>
    /// <param name="topics">Topics to consume.</param>
    /// <param name="handler">The sink.</param>
    /// <param name="clock">Clock for timeouts and health.</param>
    /// <param name="logger">Where the sink's loop logs.</param>
    /// <returns>The host, not started.</returns>
    public static GroupHost OfSink(
        KafkaOptions options, ConsumerOptions consumer, string group, IReadOnlyList<string> topics, ISinkBatchHandler handler,
        TimeProvider clock, ILogger<GroupHost> logger) => new(group, () =>
        {
            WarnOfCopies(options, logger);
            return [new GroupLoop(options, consumer, group, topics, 0, new SinkEnd(handler), clock, logger)];
        });

    /// <summary>
    /// Runs until it is cancelled. Then every member finishes its batch, commits and leaves the group, and the task completes without
    /// error.
    /// </summary>
    /// <param name="stopping">Asks the members to stop.</param>
    /// <returns>Completes when all members have ended.</returns>
    /// <exception cref="ClientFailedException">A member ended because going on could lose or double records.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        GroupLoop[] members = [.. _make()];
        _members = members;
        try
        {
            await Task.WhenAll(members.Select((member, number) => DedicatedThread.Run($"{_group}-{number}", () => Run(member, stop))))
                .ConfigureAwait(false);
        }
        finally
        {
            foreach (GroupLoop member in members)
            {
                member.Dispose();
            }
        }
    }

    private static void Run(GroupLoop member, CancellationTokenSource stop)
    {
        try
        {
            member.Run(stop.Token);
        }
        catch
        {
            stop.Cancel();
            throw;
        }
    }

    private static void WarnOfCopies(KafkaOptions options, ILogger logger)
    {
        if (options.ClientPath == ClientPath.Native && Librdkafka.UnavailableBecauseOf is { } reason)
        {
            KafkaLog.NativeUnavailable(logger, reason);
        }
    }
}
