namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// The numbers that a node gave its files or records, as far as they came: 32 bits, so that 0 follows 4294967295, and from the start again
/// when the node lost its counter. Each run of the counter has a lowest and a highest number; the numbers between them that have not come
/// are its open gaps. A number is at home in the newest run that it fits.
/// </summary>
/// <remarks>
/// The time of a number tells a late one from the first one of a counter that began again. Where there is none, only the numbers 0 and 1
/// begin a run within the numbers of another.
/// </remarks>
/// <param name="window">
/// How far a number may be from the numbers of a run and still belong to it. A number farther away, of damaged octets perhaps, begins a run
/// of its own, and does not count millions as missing.
/// </param>
/// <param name="disorder">By how many milliseconds a number may be later than the highest one and still be lower.</param>
internal sealed class NumberRuns(uint window, long disorder)
{
    /// <summary>
    /// Runs of a counter that are followed. Wild numbers begin many runs; those of long ago get no numbers any more, and are forgotten.
    /// </summary>
    public const int RunsMax = 16;

    // Of a counter whose numbers are far from consecutive; the oldest gaps are only counted then.
    private const int GapsMax = 1000;

    /// <summary>The runs, the newest first.</summary>
    public required List<NumberRun> Runs { get; init; }

    /// <summary>Finds the place of numbers that have come, and opens, shrinks and closes gaps by them.</summary>
    /// <param name="span">The numbers.</param>
    /// <param name="seenIn">Name of the file that they came in.</param>
    /// <param name="now">When they came, milliseconds since 1970-01-01 UTC.</param>
    public NumberPlace Place(in NumberSpan span, string seenIn, long now)
    {
        NumberRun? repeats = null;
        for (int i = 0; i < Runs.Count; i++)
        {
            NumberRun run = Runs[i];
            if (span.FirstAt < run.BegunAt && i + 1 < Runs.Count && IsMissingOrNext(span.First, Runs[i + 1]))
            {
                continue;
            }

            if (run.Contains(span.First))
            {
                bool isMissing = run.IsMissing(span.First);
                if (i == 0 && IsRestart(span, run, isMissing))
                {
                    return Begin(span, seenIn);
                }

                if (isMissing)
                {
                    return Take(run, span, seenIn, now);
                }

                repeats ??= run;
            }
            else if (IsAbove(span.First, run) || (run.Lowest - span.First <= window && !IsLater(span, run)))
            {
                return Take(run, span, seenIn, now);
            }
        }

        return repeats is null ? Begin(span, seenIn) : Take(repeats, span, seenIn, now);
    }

    private bool IsAbove(uint number, NumberRun run) => number - run.Highest <= window;

    private bool IsLater(in NumberSpan span, NumberRun run) => span.FirstAt - disorder > run.HighestAt;

    /// <summary>
    /// Whether a counter began again with a number that its last run has given already: late numbers and second ones are of a time before
    /// the newest one. Where times may be in disorder, one of the same time is a second one, too.
    /// </summary>
    private bool IsRestart(in NumberSpan span, NumberRun run, bool isMissing) => IsLater(span, run)
        ? span.First != run.Highest || span.First <= 1
        : !isMissing && span.First <= 1 && span.First != run.Highest
            && !(span.FirstAt < run.HighestAt + Math.Min(disorder, 1));

    private bool IsMissingOrNext(uint number, NumberRun run) => run.Contains(number) ? run.IsMissing(number) : IsAbove(number, run);

    private NumberPlace Begin(in NumberSpan span, string seenIn)
    {
        NumberRun? before = Runs.FirstOrDefault();
        NumberRun run = new()
        {
            Number = before is null ? 0 : before.Number + 1,
            Lowest = span.First,
            Highest = span.Last,
            BegunAt = span.FirstAt,
            HighestAt = span.LastAt,
            LowestIn = seenIn,
            HighestIn = seenIn,
            IsChanged = true,
        };
        Runs.Insert(0, run);
        if (Runs.Count > RunsMax)
        {
            Runs.RemoveAt(RunsMax);
        }

        return new NumberPlace(run.Number, null, 0, false, before?.Highest);
    }

    private NumberPlace Take(NumberRun run, in NumberSpan span, string seenIn, long now)
    {
        run.IsChanged = true;
        NumberGap? opened = null;
        if (!run.Contains(span.First) && IsAbove(span.First, run))
        {
            opened = new(run.Highest + 1, span.First - 1, now, run.HighestIn, seenIn);
            run.Extend(span, seenIn);
        }
        else if (!run.Contains(span.First))
        {
            opened = new(span.Last + 1, run.Lowest - 1, now, seenIn, run.LowestIn);
            bool isApart = span.Count <= run.Lowest - span.First;
            run.Lowest = span.First;
            run.BegunAt = span.FirstAt ?? run.BegunAt;
            run.LowestIn = seenIn;
            if (isApart)
            {
                return new NumberPlace(run.Number, Open(run, 0, opened.Value), 0, false, null);
            }

            opened = null;
        }

        long filled = opened is null ? run.Fill(span, seenIn) : 0;
        bool isRepeated = opened is null && filled == 0 && run.Contains(span.Last);
        if (!run.Contains(span.Last))
        {
            run.Extend(span, seenIn);
        }

        return new NumberPlace(run.Number, opened is { } gap ? Open(run, run.Gaps.Count, gap) : null, filled, isRepeated, null);
    }

    /// <summary>Opens a gap, unless the numbers follow each other, so that there is nothing between them.</summary>
    private static NumberGap? Open(NumberRun run, int place, NumberGap gap)
    {
        if (gap.First == gap.Last + 1)
        {
            return null;
        }

        run.Gaps.Insert(place, gap);
        if (run.Gaps.Count > GapsMax)
        {
            run.Forgotten += run.Gaps[0].Count;
            run.Gaps.RemoveAt(0);
        }

        return gap;
    }
}

/// <summary>Where numbers stand among those of their counter.</summary>
/// <param name="Run">Run that they belong to.</param>
/// <param name="Gap">Numbers that are missing since they came; null when none are.</param>
/// <param name="Filled">How many of them were missing before.</param>
/// <param name="IsRepeated">True when all of them came before.</param>
/// <param name="BeginsAfter">Highest number of the run before, when they begin another; null when they begin none, or the first.</param>
internal readonly record struct NumberPlace(long Run, NumberGap? Gap, long Filled, bool IsRepeated, long? BeginsAfter);

/// <summary>Numbers of a run that have not come.</summary>
/// <param name="First">First missing number.</param>
/// <param name="Last">Last missing number; lower than the first when 0 follows 4294967295 between them.</param>
/// <param name="Since">When they were missed first, milliseconds since 1970-01-01 UTC; 0 when an earlier release noted it not.</param>
/// <param name="After">Name of the file that has the number before the first.</param>
/// <param name="Before">Name of the file that has the number after the last.</param>
internal readonly record struct NumberGap(uint First, uint Last, long Since, string After, string Before)
{
    /// <summary>How many numbers are missing.</summary>
    public long Count => (long)(Last - First) + 1;
}

/// <summary>One run of a counter.</summary>
internal sealed class NumberRun
{
    /// <summary>Number of the run, from 0.</summary>
    public required long Number { get; init; }

    /// <summary>Lowest number that came.</summary>
    public required uint Lowest { get; set; }

    /// <summary>Highest number that came; below <see cref="Lowest"/> when 0 follows 4294967295 between them.</summary>
    public required uint Highest { get; set; }

    /// <summary>Time of the lowest number, milliseconds since 1970-01-01 UTC; null when not known.</summary>
    public required long? BegunAt { get; set; }

    /// <summary>Time of the highest number, as the lowest's.</summary>
    public required long? HighestAt { get; set; }

    /// <summary>Name of the file that the lowest number came in.</summary>
    public required string LowestIn { get; set; }

    /// <summary>Name of the file that the highest number came in.</summary>
    public required string HighestIn { get; set; }

    /// <summary>How many missing numbers are no longer held as gaps, because there were too many gaps.</summary>
    public long Forgotten { get; set; }

    /// <summary>The open gaps, the lowest first.</summary>
    public List<NumberGap> Gaps { get; init; } = [];

    /// <summary>True when it is not stored as it is.</summary>
    public bool IsChanged { get; set; }

    /// <summary>Whether a number is between the lowest and the highest.</summary>
    public bool Contains(uint number) => number - Lowest <= Highest - Lowest;

    /// <summary>Whether a number is in an open gap.</summary>
    public bool IsMissing(uint number)
    {
        foreach (NumberGap gap in Gaps)
        {
            if (number - gap.First <= gap.Last - gap.First)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Makes the last of the numbers the highest.</summary>
    public void Extend(in NumberSpan span, string seenIn)
    {
        Highest = span.Last;
        HighestAt = span.LastAt ?? HighestAt;
        HighestIn = seenIn;
    }

    /// <summary>Takes numbers, the first of which is not below the lowest, out of the gaps, and returns how many were missing.</summary>
    public long Fill(in NumberSpan span, string seenIn)
    {
        long filled = 0, first = span.First - Lowest, last = first + span.Count - 1;
        for (int i = 0; i < Gaps.Count; i++)
        {
            NumberGap gap = Gaps[i];
            long from = gap.First - Lowest, to = gap.Last - Lowest;
            if (to < first)
            {
                continue;
            }

            if (from > last)
            {
                break;
            }

            filled += Math.Min(to, last) - Math.Max(from, first) + 1;
            Gaps.RemoveAt(i--);
            if (from < first)
            {
                Gaps.Insert(++i, gap with { Last = span.First - 1, Before = seenIn });
            }

            if (to > last)
            {
                Gaps.Insert(++i, gap with { First = span.Last + 1, After = seenIn });
            }
        }

        return filled;
    }
}
