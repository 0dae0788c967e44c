using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Tool;

/// <summary>Usage of one reason and one source file that waits in suspense.</summary>
/// <param name="Reason">What it waits for.</param>
/// <param name="File">Name of the source file; empty when the event cannot be read.</param>
internal sealed record SuspendedUsage(RejectedReason Reason, string File)
{
    /// <summary>Events that wait.</summary>
    public long Events { get; private set; }

    /// <summary>When the oldest usage began; null when the events cannot be read.</summary>
    public DateTimeOffset? OldestUsage { get; private set; }

    /// <summary>When the first of them was suspended. What is older than the retention of usage.rejected.v1 is gone.</summary>
    public DateTimeOffset SuspendedSince { get; private set; } = DateTimeOffset.MaxValue;

    /// <summary>Counts an event.</summary>
    /// <param name="eventTimeMilliseconds">When the usage began; 0 when not known.</param>
    /// <param name="suspendedMilliseconds">When it was suspended.</param>
    public void Add(long eventTimeMilliseconds, long suspendedMilliseconds)
    {
        Events++;
        DateTimeOffset suspended = DateTimeOffset.FromUnixTimeMilliseconds(suspendedMilliseconds);
        SuspendedSince = suspended < SuspendedSince ? suspended : SuspendedSince;
        if (eventTimeMilliseconds == 0)
        {
            return;
        }

        DateTimeOffset began = DateTimeOffset.FromUnixTimeMilliseconds(eventTimeMilliseconds);
        OldestUsage = OldestUsage is { } oldest && oldest <= began ? oldest : began;
    }
}
