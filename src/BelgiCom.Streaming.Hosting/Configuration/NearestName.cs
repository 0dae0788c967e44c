namespace BelgiCom.Streaming.Hosting;

/// <summary>Finds the name that somebody probably meant when a name is not known.</summary>
internal static class NearestName
{
    // A name with more edits than this is no typing mistake.
    private const int EditsMax = 3;

    /// <summary>The candidate with the fewest edits to <paramref name="name"/>, or null when all are too far away.</summary>
    public static string? Of(string name, IEnumerable<string> candidates) => candidates
        .Select(candidate => (candidate, edits: Edits(name, candidate)))
        .Where(pair => pair.edits <= Math.Min(EditsMax, Math.Max(1, pair.candidate.Length / 2)))
        .OrderBy(pair => pair.edits)
        .ThenBy(pair => pair.candidate, StringComparer.Ordinal)
        .Select(pair => pair.candidate)
        .FirstOrDefault();

    /// <summary>Levenshtein distance; upper and lower case are equal.</summary>
    private static int Edits(string left, string right)
    {
        int[] previous = Enumerable.Range(0, right.Length + 1).ToArray();
        for (int i = 1; i <= left.Length; i++)
        {
            int[] current = new int[right.Length + 1];
            current[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int change = char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]) ? 0 : 1;
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + change);
            }

            previous = current;
        }

        return previous[right.Length];
    }
}
