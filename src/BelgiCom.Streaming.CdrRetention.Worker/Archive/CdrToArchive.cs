using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.CdrRetention.Worker;

/// <summary>
/// A record on its way into the archive: where it was read, what decides its classes, and its octets. Valid only while the batch is.
/// </summary>
internal readonly ref struct CdrToArchive
{
    public required string Topic { get; init; }

    public required int Partition { get; init; }

    public required long Offset { get; init; }

    public required SubscriberRef Subscriber { get; init; }

    public required UsageKind Kind { get; init; }

    public required Direction Direction { get; init; }

    /// <summary>Start of the communication, milliseconds since 1970-01-01 UTC.</summary>
    public required long EventTimeMilliseconds { get; init; }

    /// <summary>End of the communication, milliseconds since 1970-01-01 UTC.</summary>
    public required long EndTimeMilliseconds { get; init; }

    /// <summary>Value as it is on the topic, wire-format header included.</summary>
    public required ReadOnlySpan<byte> Value { get; init; }

    /// <summary>When the record was appended to the topic, milliseconds since 1970-01-01 UTC.</summary>
    public required long ReceivedMilliseconds { get; init; }

    /// <summary>
    /// When the retention period begins. A time that the record does not have (0), or that lies after the record's own arrival, cannot be
    /// that of a communication; the arrival is taken instead, so that a wrong clock in the network makes nothing immortal.
    /// </summary>
    public long StartOf(PeriodStart start)
    {
        long time = start == PeriodStart.EndTime ? EndTimeMilliseconds : EventTimeMilliseconds;
        return time == 0 || time > ReceivedMilliseconds ? ReceivedMilliseconds : time;
    }
}
