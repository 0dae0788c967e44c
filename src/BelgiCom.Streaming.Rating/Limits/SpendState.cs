namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What a subscriber spent in one scope and period, and what was sent for it. The next period begins with <see cref="Empty"/>; it is stored
/// in the transaction of the charge, so that a step is sent exactly once, also over a restart.
/// </summary>
/// <param name="SpendNanos">Spend in nano-units on the basis of the price list; goes down with a reversal.</param>
/// <param name="Sent">Numbers of the steps that were sent (<see cref="SpendNotice.Number"/>), each once.</param>
public sealed record SpendState(long SpendNanos, IReadOnlyList<ulong> Sent)
{
    /// <summary>The beginning of a period.</summary>
    public static readonly SpendState Empty = new(0, []);
}

/// <summary>A step that was reached.</summary>
/// <param name="Number">Number of the step: the same in every process and release, another one for a limit of another amount.</param>
/// <param name="Limit">Its limit.</param>
/// <param name="Step">The step.</param>
public readonly record struct SpendNotice(ulong Number, SpendLimit Limit, SpendLimitStep Step);
