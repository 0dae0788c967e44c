using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Retention;

/// <summary>
/// A record on its way into the archive: where it was read, the fields that decide its classes, and its octets. Valid as long as the batch.
/// </summary>
public readonly ref struct CdrToArchive
{
    /// <summary>Topic it was read from.</summary>
    public required string Topic { get; init; }

    /// <summary>Partition of the topic.</summary>
    public required int Partition { get; init; }

    /// <summary>Offset in the partition.</summary>
    public required long Offset { get; init; }

    /// <summary>Reference of the served subscriber.</summary>
    public required SubscriberRef Subscriber { get; init; }

    /// <summary>What was used; unknown for rejected usage.</summary>
    public required UsageKind Kind { get; init; }

    /// <summary>Direction of a call or message; not applicable where the record has none.</summary>
    public required Direction Direction { get; init; }

    /// <summary>Start of the communication, milliseconds since 1970-01-01 UTC.</summary>
    public required long EventTimeMilliseconds { get; init; }

    /// <summary>End of the communication, milliseconds since 1970-01-01 UTC.</summary>
    public required long EndTimeMilliseconds { get; init; }

    /// <summary>Value as on the topic, wire-format header included.</summary>
    public required ReadOnlySpan<byte> Value { get; init; }

    /// <summary>When the record was appended to the topic, milliseconds since 1970-01-01 UTC.</summary>
    public required long ReceivedMilliseconds { get; init; }

    /// <summary>
    /// When the retention period begins. A time that is missing (0), or that lies after the record's own arrival, cannot be that of a
    /// communication; the arrival is taken instead, so that a wrong clock in the network keeps nothing for ever.
    /// </summary>
    internal long StartOf(PeriodStart start)
    {
        long time = start == PeriodStart.EndTime ? EndTimeMilliseconds : EventTimeMilliseconds;
        return time == 0 || time > ReceivedMilliseconds ? ReceivedMilliseconds : time;
    }
}
