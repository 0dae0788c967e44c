namespace BelgiCom.Streaming.Adapters;

/// <summary>Follows the numbers that nodes give their records.</summary>
internal static class RecordSequences
{
    // A file of a busy node holds hundreds of thousands of records, and several may be late.
    private const uint Window = 10_000_000;

    // Records are numbered when they are written, by several threads, and their times are in seconds.
    private static readonly TimeSpan Disorder = TimeSpan.FromMinutes(1);

    /// <summary>Finds the places of the records of a part of a file. The caller keeps the entry, in the same transaction.</summary>
    public static RecordPlaces Place(NumberStore store, FileEntry file, RecordNumbers numbers, DateTimeOffset now)
    {
        if (numbers.Count == 0)
        {
            return RecordPlaces.None;
        }

        List<SequenceGap> gaps = [];
        List<NodeRestart> restarts = [];
        long missed = 0, filled = 0;
        foreach ((string node, IEnumerable<NumberSpan> spans) in numbers.ByNode())
        {
            NumberCounter counter = new(NumberedKind.Records, file.Source, node, 0);
            NumberRuns runs = new(Window, (long)Disorder.TotalMilliseconds) { Runs = store.Load(counter) };
            foreach (NumberSpan span in spans)
            {
                NumberPlace place = runs.Place(span, file.Name, now.ToUnixTimeMilliseconds());
                missed += place.Gap?.Count ?? 0;
                filled += place.Filled;
                if (place.Gap is { } gap)
                {
                    gaps.Add(NumberStore.GapOf(file.Source, node, gap));
                }

                if (place.BeginsAfter is { } last)
                {
                    restarts.Add(new NodeRestart(node, last, span.First));
                }
            }

            store.Save(counter, runs.Runs);
        }

        return new RecordPlaces(gaps, restarts, missed, filled);
    }
}

/// <summary>What the records of a part of a file say about others.</summary>
/// <param name="Gaps">Ranges that are missing since they came; some may have been filled by later ones of the part.</param>
/// <param name="Restarts">Nodes whose counters began anew.</param>
/// <param name="Missed">How many numbers are in the ranges.</param>
/// <param name="Filled">How many numbers were missing before.</param>
public sealed record RecordPlaces(
    IReadOnlyList<SequenceGap> Gaps, IReadOnlyList<NodeRestart> Restarts, long Missed, long Filled)
{
    /// <summary>Nothing, of records without numbers.</summary>
    public static RecordPlaces None { get; } = new([], [], 0, 0);
}

/// <summary>A node whose counter began anew.</summary>
/// <param name="Node">Name of the node.</param>
/// <param name="Before">Highest number before.</param>
/// <param name="First">The number that it began with.</param>
public readonly record struct NodeRestart(string Node, long Before, long First);
