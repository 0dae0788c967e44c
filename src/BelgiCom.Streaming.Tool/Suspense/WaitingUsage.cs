using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Tool;

/// <summary>Usage of one outcome, reason and source file that waits in suspense, or that was given up in one decision.</summary>
/// <param name="Outcome">SUSPENDED, CONFLICT or REJECTED.</param>
/// <param name="Reason">What it waits for.</param>
/// <param name="Source">Configured source that delivered it; empty when the event cannot be read.</param>
/// <param name="File">Name of the source file; empty when the event cannot be read.</param>
/// <param name="Decision">Who gave it up and why; empty while it waits.</param>
internal sealed record WaitingUsage(RejectedOutcome Outcome, RejectedReason Reason, string Source, string File, string Decision)
{
    /// <summary>Number of events.</summary>
    public long Events { get; private set; }

    /// <summary>When the oldest usage began; null when the events cannot be read.</summary>
    public DateTimeOffset? OldestUsage { get; private set; }

    /// <summary>Since when the first of them waits. What is older than the retention of usage.rejected.v1 is gone.</summary>
    public DateTimeOffset Since { get; private set; } = DateTimeOffset.MaxValue;

    /// <summary>Counts an event.</summary>
    /// <param name="eventTimeMilliseconds">When the usage began; 0 when not known.</param>
    /// <param name="waitsFromMilliseconds">Since when it waits.</param>
    public void Add(long eventTimeMilliseconds, long waitsFromMilliseconds)
    {
        Events++;
        DateTimeOffset from = DateTimeOffset.FromUnixTimeMilliseconds(waitsFromMilliseconds);
        Since = from < Since ? from : Since;
        if (eventTimeMilliseconds == 0)
        {
            return;
        }

        DateTimeOffset began = DateTimeOffset.FromUnixTimeMilliseconds(eventTimeMilliseconds);
        OldestUsage = OldestUsage is { } oldest && oldest <= began ? oldest : began;
    }
}
