using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Retention;

/// <summary>
/// The rule by which the day keys of personal data end: when no topic and no archived record that may still be kept needs them. Then no
/// copy and no backup of the topics tells any more whom the usage of the day concerned.
/// </summary>
internal static class PersonalDataKeys
{
    // A topic's segment closes after a day, the broker looks for old ones at an interval, and expiry runs once a day at least.
    private const int MarginDays = 3;

    /// <summary>The topics on which mediation publishes what it has encrypted; others hold copies of their values.</summary>
    private static readonly string[] EncryptedTopics = [Topics.UsageReceived, Topics.Quarantine];

    /// <summary>The rule as a class, named as the purpose of the keys.</summary>
    /// <param name="options">Options whose classes and rules are valid.</param>
    /// <param name="classes">The classes by name.</param>
    public static RetentionClass ClassOf(RetentionOptions options, IReadOnlyDictionary<string, RetentionClass> classes)
    {
        (RetentionPeriod needed, string why) = Needed(options, classes);
        bool isConfigured = RetentionPeriod.TryParse(options.PersonalDataPeriod, out RetentionPeriod configured);
        return new RetentionClass(
            KeyPurposes.PersonalData,
            isConfigured ? configured : needed,
            PeriodStart.EventTime,
            "reading what mediation has encrypted",
            $"GDPR art. 5(1)(e), Act art. 127/2: unreadable in every copy when nothing needs it; {why}",
            ShortestOf: "");
    }

    /// <summary>What is wrong with the configured period; null when nothing is.</summary>
    /// <param name="options">Options whose classes and rules are valid.</param>
    public static string? Fault(RetentionOptions options)
    {
        if (options.PersonalDataPeriod.Length == 0)
        {
            return null;
        }

        if (!RetentionPeriod.TryParse(options.PersonalDataPeriod, out RetentionPeriod configured))
        {
            return $"PersonalDataPeriod: '{options.PersonalDataPeriod}' is no ISO 8601 period of years, months, weeks or days such as P13M";
        }

        (RetentionPeriod needed, string why) = Needed(
            options, options.Classes.ToDictionary(entry => entry.Key, entry => entry.Value.ToClass(entry.Key), StringComparer.Ordinal));
        return configured.Length < needed.Length
            ? $"PersonalDataPeriod: {configured} is shorter than {needed}, the least: {why}. Leave it out, or make it longer"
            : null;
    }

    /// <summary>The shortest period for which the keys are needed, and by what.</summary>
    private static (RetentionPeriod Period, string Why) Needed(
        RetentionOptions options, IReadOnlyDictionary<string, RetentionClass> classes)
    {
        TopicDescription topic = Topics.All.Where(topic => EncryptedTopics.Contains(topic.Name)).MaxBy(DaysKept)!;
        RetentionPeriod onTopic = new(0, DaysKept(topic));
        RetentionClass? archived = options.Rules
            .Where(rule => rule.Topic == Topics.UsageReceived)
            .SelectMany(rule => RetentionPolicy.Applicable(rule.Classes.Select(name => classes[name])))
            .MaxBy(retentionClass => retentionClass.Period.Length);
        (RetentionPeriod longest, string why) = archived is not null && archived.Period.Length > onTopic.Length
            ? (archived.Period, $"class {archived.Name} keeps {Topics.UsageReceived} for {archived.Period}")
            : (onTopic, $"{topic.Name} is kept for {onTopic}");
        return (longest with { Days = longest.Days + MarginDays }, $"{why}, and it takes up to {MarginDays} days to go");
    }

    private static int DaysKept(TopicDescription topic) => (int)Math.Ceiling(
        TimeSpan.FromMilliseconds(long.Parse(topic.Config["retention.ms"], CultureInfo.InvariantCulture)).TotalDays);
}
