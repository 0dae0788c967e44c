using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Retention;

/// <summary>
/// Decides which record goes to which legal classes, as configured. Immutable; made once from <see cref="RetentionOptions"/>.
/// </summary>
public sealed class RetentionPolicy
{
    private readonly Dictionary<string, RetentionClass> _classes;
    private readonly Dictionary<(string Topic, UsageKind Kind, Direction Direction), RetentionClass[]> _byRecord = [];

    private RetentionPolicy(Dictionary<string, RetentionClass> classes, RetentionClass personalData)
    {
        _classes = classes;
        PersonalData = personalData;
    }

    /// <summary>Topics that are archived.</summary>
    public static IReadOnlyList<string> ArchivedTopics { get; } = [Topics.UsageReceived, Topics.UsageRated, Topics.UsageRejected];

    /// <summary>All classes, ordered by name.</summary>
    public IEnumerable<RetentionClass> Classes => _classes.Values.OrderBy(retentionClass => retentionClass.Name, StringComparer.Ordinal);

    /// <summary>
    /// How long the day keys are kept under which mediation encrypts personal data. It is not a class of records: nothing is stored under
    /// it, and no rule can name it. The period begins with the day after that of the key, because usage that is encrypted last on a day may
    /// arrive on the next.
    /// </summary>
    public RetentionClass PersonalData { get; }

    /// <summary>Makes the policy of options that have been validated.</summary>
    /// <exception cref="ArgumentException">The options are not valid; the message lists why.</exception>
    public static RetentionPolicy From(RetentionOptions options) => From(options, atLeast: []);

    /// <summary>Makes the policy of options that have been validated, with periods that are at least as long as given.</summary>
    /// <param name="options">The options.</param>
    /// <param name="atLeast">Period by class.</param>
    internal static RetentionPolicy From(RetentionOptions options, Dictionary<string, RetentionPeriod> atLeast)
    {
        List<string> faults = options.Faults().ToList();
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, faults), nameof(options));
        }

        Dictionary<string, RetentionClass> classes = options.Classes.ToDictionary(
            entry => entry.Key, entry => Lengthen(entry.Value.ToClass(entry.Key), atLeast), StringComparer.Ordinal);
        RetentionPolicy policy = new(classes, Lengthen(PersonalDataKeys.ClassOf(options, classes), atLeast));
        foreach (string topic in ArchivedTopics)
        {
            foreach (UsageKind kind in Enum.GetValues<UsageKind>())
            {
                foreach (Direction direction in Enum.GetValues<Direction>())
                {
                    RetentionRuleOptions rule = options.Rules.First(rule => rule.Matches(topic, kind, direction));
                    policy._byRecord[(topic, kind, direction)] = Applicable(rule.Classes.Select(name => policy._classes[name]));
                }
            }
        }

        return policy;
    }

    /// <summary>The class with this name; null when the configuration no longer has it.</summary>
    public RetentionClass? Find(string name) => _classes.GetValueOrDefault(name);

    /// <summary>Classes under which a record is kept; empty when it is not kept at all.</summary>
    /// <exception cref="KeyNotFoundException">Not a topic that is archived.</exception>
    public IReadOnlyList<RetentionClass> ClassesOf(string topic, UsageKind kind, Direction direction) =>
        _byRecord[(topic, kind, direction)];

    /// <summary>Leaves out the classes that keep nothing and, of each group in which the shortest wins, all but the shortest.</summary>
    internal static RetentionClass[] Applicable(IEnumerable<RetentionClass> classes)
    {
        RetentionClass[] kept = classes.Distinct().ToArray();
        IEnumerable<RetentionClass> ungrouped = kept.Where(retentionClass => retentionClass.ShortestOf.Length == 0);
        IEnumerable<RetentionClass> shortest = kept.Where(retentionClass => retentionClass.ShortestOf.Length > 0)
            .GroupBy(retentionClass => retentionClass.ShortestOf)
            .Select(group => group.MinBy(retentionClass => retentionClass.Period.Length)!);
        return [.. ungrouped.Concat(shortest).Where(retentionClass => !retentionClass.Period.IsZero)];
    }

    private static RetentionClass Lengthen(RetentionClass retentionClass, Dictionary<string, RetentionPeriod> atLeast) =>
        atLeast.TryGetValue(retentionClass.Name, out RetentionPeriod longer) && longer.Length > retentionClass.Period.Length
            ? retentionClass with { Period = longer }
            : retentionClass;
}
