namespace BelgiCom.Streaming.FaultTests;

/// <summary>A record of a transaction that tells which one: the input that it answers, and a number for each attempt.</summary>
internal readonly record struct Tag(long Number, int Attempt);

/// <summary>
/// F6's check: a transaction of k records is visible with k records or with none, and each input is answered by exactly one.
/// </summary>
internal static class TagCheck
{
    public static IReadOnlyList<Finding> Find(IReadOnlyCollection<Tag> visible, int inputs, int recordsPerTransaction)
    {
        List<Finding> findings = [];
        Dictionary<Tag, int> counts = visible.GroupBy(tag => tag).ToDictionary(group => group.Key, group => group.Count());
        findings.AddRange(counts.Where(entry => entry.Value != recordsPerTransaction)
            .Select(entry => new Finding(FindingKind.Torn, $"{entry.Key}: {entry.Value} of {recordsPerTransaction} records")));
        ILookup<long, Tag> answers = counts.Keys.ToLookup(tag => tag.Number);
        for (long number = 0; number < inputs; number++)
        {
            int count = answers[number].Count();
            if (count != 1)
            {
                FindingKind kind = count == 0 ? FindingKind.Lost : FindingKind.Duplicated;
                findings.Add(new Finding(kind, $"input {number} is answered by {count} transactions"));
            }
        }

        return findings;
    }
}
