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

    /// <summary>
    /// Since when the first of them waits on usage.rejected.v1, whose retention deletes what is older; null when the ledger holds them.
    /// </summary>
    public DateTimeOffset? Since { get; private set; }

    /// <summary>Counts an event.</summary>
    /// <param name="eventTimeMilliseconds">When the usage began; 0 when not known.</param>
    /// <param name="waitsFromMilliseconds">Since when it waits; 0 when the ledger holds it.</param>
    public void Add(long eventTimeMilliseconds, long waitsFromMilliseconds)
    {
        Events++;
        OldestUsage = Earlier(OldestUsage, eventTimeMilliseconds);
        Since = Earlier(Since, waitsFromMilliseconds);
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? known, long milliseconds)
    {
        if (milliseconds == 0)
        {
            return known;
        }

        DateTimeOffset time = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        return known is { } earlier && earlier <= time ? earlier : time;
    }
}

/// <summary>The groups that a list is made of.</summary>
internal sealed class WaitingGroups
{
    private readonly Dictionary<(RejectedReason Reason, string Source, string File, string Decision), WaitingUsage> _groups = [];

    /// <summary>What waits, in the order in which it is shown.</summary>
    public IReadOnlyList<WaitingUsage> Waiting => Sorted(group => group.Decision.Length == 0);

    /// <summary>What was given up, the same.</summary>
    public IReadOnlyList<WaitingUsage> Discarded => Sorted(group => group.Decision.Length > 0);

    /// <summary>The group of an event.</summary>
    public WaitingUsage Of(RejectedOutcome outcome, RejectedReason reason, string source, string file, string decision)
    {
        if (!_groups.TryGetValue((reason, source, file, decision), out WaitingUsage? group))
        {
            group = new WaitingUsage(outcome, reason, source, file, decision);
            _groups.Add((reason, source, file, decision), group);
        }

        return group;
    }

    private WaitingUsage[] Sorted(Func<WaitingUsage, bool> which) =>
    [
        .. _groups.Values.Where(which).OrderBy(group => group.Outcome).ThenBy(group => group.Reason)
            .ThenBy(group => group.Source, StringComparer.Ordinal).ThenBy(group => group.File, StringComparer.Ordinal),
    ];
}
