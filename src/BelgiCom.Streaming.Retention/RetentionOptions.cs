using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Retention;

/// <summary>
/// Settings of the archive, section <c>Retention</c>. Classes and rules are shipped in <c>retention.json</c> beside the executable, with
/// their articles of the law; settings in the environment or in a file of the operator win over them. No period is a constant in code.
/// </summary>
public sealed partial class RetentionOptions : IValidatableObject
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Retention";

    /// <summary>Folder of the archive; one running process per folder. Default <c>data/archive</c>.</summary>
    [Required]
    public string ArchiveDirectory { get; set; } = "data/archive";

    /// <summary>Legal classes by name: upper-case letters, digits and <c>_</c>.</summary>
    public Dictionary<string, RetentionClassOptions> Classes { get; set; } = [];

    /// <summary>Which records go to which classes. The first rule that matches applies; every record must match one.</summary>
    public List<RetentionRuleOptions> Rules { get; set; } = [];

    /// <summary>
    /// Most octets of records in one encrypted block before compression, 4 KiB to 16 MiB; default 1 MiB. A look-up reads whole blocks;
    /// small blocks compress less.
    /// </summary>
    [Range(4 * 1024, 16 * 1024 * 1024)]
    public int BlockOctets { get; set; } = 1024 * 1024;

    /// <summary>
    /// How often expiry runs by itself, 1 minute to 1 day; default 1 hour. Days fall due at midnight, Europe/Brussels, so this is the lag
    /// of deletion.
    /// </summary>
    public TimeSpan ExpireEvery { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How often archive and journal are checked whole, 1 hour to 31 days; default 1 day. The first check is 10 minutes after a start.
    /// </summary>
    public TimeSpan VerifyEvery { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Most octets of records, before compression, that this check reads in a second, 1 MiB to 1 GiB; default 32 MiB, 2.7 TiB a day.
    /// </summary>
    [Range(1024 * 1024, 1024 * 1024 * 1024)]
    public int VerifyOctetsPerSecond { get; set; } = 32 * 1024 * 1024;

    /// <summary>
    /// Longest time, 1 hour to 366 days, for which the archive may have been at rest before it no longer believes the machine's clock;
    /// default 7 days. What is due only by a clock that went on by more is destroyed after a confirmation.
    /// </summary>
    public TimeSpan ClockStepMax { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// How long the day keys are kept under which mediation encrypts personal data: ISO 8601, from the day after that of the key. Empty,
    /// the default, is as long as they are needed: the longest of the topics' retention and the classes of usage.received.v1, and 3 days.
    /// Less is a fault.
    /// </summary>
    public string PersonalDataPeriod { get; set; } = "";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ExpireEvery < TimeSpan.FromMinutes(1) || ExpireEvery > TimeSpan.FromDays(1))
        {
            yield return new ValidationResult("must be from 1 minute to 1 day.", [nameof(ExpireEvery)]);
        }

        if (VerifyEvery < TimeSpan.FromHours(1) || VerifyEvery > TimeSpan.FromDays(31))
        {
            yield return new ValidationResult("must be from 1 hour to 31 days.", [nameof(VerifyEvery)]);
        }

        if (ClockStepMax < TimeSpan.FromHours(1) || ClockStepMax > TimeSpan.FromDays(366))
        {
            yield return new ValidationResult("must be from 1 hour to 366 days.", [nameof(ClockStepMax)]);
        }

        foreach (string fault in Faults())
        {
            yield return new ValidationResult(fault);
        }
    }

    /// <summary>The faults of classes, rules and periods, each as a sentence that says what to do.</summary>
    internal IEnumerable<string> Faults()
    {
        List<string> faults = [.. FaultsOfClasses()];
        return faults.Count == 0 && PersonalDataKeys.Fault(this) is { } fault ? [fault] : faults;
    }

    private IEnumerable<string> FaultsOfClasses()
    {
        foreach ((string name, RetentionClassOptions options) in Classes)
        {
            if (!ClassName().IsMatch(name))
            {
                yield return $"class '{name}': a name is upper-case letters, digits and _, at most 40";
            }

            if (!RetentionPeriod.TryParse(options.Period, out _))
            {
                yield return options.Period.Length == 0
                    ? $"class {name} has no period and the law gives no default ({options.LegalBasis}): decide and set "
                        + $"Retention__Classes__{name}__Period, for example P6M"
                    : $"class {name}: '{options.Period}' is no ISO 8601 period of years, months, weeks or days such as P12M (set as "
                        + $"Retention__Classes__{name}__Period)";
            }
        }

        foreach (string unknown in Rules.SelectMany(rule => rule.Classes).Where(name => !Classes.ContainsKey(name)).Distinct())
        {
            yield return $"a rule names class '{unknown}', which Retention:Classes does not have";
        }

        foreach (string topic in Rules.Select(rule => rule.Topic).Except(RetentionPolicy.ArchivedTopics))
        {
            yield return $"a rule names topic '{topic}'; archived are {string.Join(", ", RetentionPolicy.ArchivedTopics)}";
        }

        foreach (string topic in RetentionPolicy.ArchivedTopics)
        {
            List<(UsageKind kind, Direction direction)> uncovered = Enum.GetValues<UsageKind>()
                .SelectMany(kind => Enum.GetValues<Direction>().Select(direction => (kind, direction)))
                .Where(record => !Rules.Any(rule => rule.Matches(topic, record.kind, record.direction)))
                .ToList();
            if (uncovered.Count > 0)
            {
                yield return $"no rule for {topic}, {uncovered[0].kind} {uncovered[0].direction}: add one; a class with period P0D is "
                    + $"not stored at all";
            }
        }
    }

    [GeneratedRegex("^[A-Z][A-Z0-9_]{0,39}$", RegexOptions.CultureInvariant)]
    private static partial Regex ClassName();
}

/// <summary>One legal class.</summary>
public sealed class RetentionClassOptions
{
    /// <summary>
    /// How long records are kept: ISO 8601, <c>P4M</c>, <c>P12M</c>, <c>P10Y</c>; <c>P0D</c> is not stored. Empty is a fault, because
    /// somebody has to decide.
    /// </summary>
    public string Period { get; set; } = "";

    /// <summary>
    /// From when the period counts: <c>EventTime</c> (start of the communication, default) or <c>EndTime</c> (end of the session).
    /// </summary>
    public PeriodStart StartsAt { get; set; }

    /// <summary>What the data is kept for.</summary>
    [Required]
    public string Purpose { get; set; } = "";

    /// <summary>Article that asks for or allows the class.</summary>
    [Required]
    public string LegalBasis { get; set; } = "";

    /// <summary>Group of classes of which only the shortest applies to a record; empty for none.</summary>
    public string ShortestOf { get; set; } = "";

    internal RetentionClass ToClass(string name) =>
        RetentionPeriod.TryParse(Period, out RetentionPeriod period)
            ? new RetentionClass(name, period, StartsAt, Purpose, LegalBasis, ShortestOf)
            : throw new ArgumentException($"Class {name}: '{Period}' is no period.");
}

/// <summary>Which records go to which classes.</summary>
public sealed class RetentionRuleOptions
{
    /// <summary>Topic of the record.</summary>
    [Required]
    public string Topic { get; set; } = "";

    /// <summary>Kind of usage; empty for every kind. Rejected usage has the kind <c>Unknown</c>.</summary>
    public UsageKind? Kind { get; set; }

    /// <summary>Direction of a call or message; empty for every direction. Rated and rejected usage has <c>NotApplicable</c>.</summary>
    public Direction? Direction { get; set; }

    /// <summary>Names of the classes; the record is stored once under each.</summary>
    public List<string> Classes { get; set; } = [];

    internal bool Matches(string topic, UsageKind kind, Direction direction) =>
        Topic == topic && (Kind is null || Kind == kind) && (Direction is null || Direction == direction);
}
