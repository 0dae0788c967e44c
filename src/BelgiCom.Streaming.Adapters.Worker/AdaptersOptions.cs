using System.ComponentModel.DataAnnotations;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>Section "Adapters".</summary>
public sealed class AdaptersOptions : IValidatableObject
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Adapters";

    /// <summary>Folder of the file ledger.</summary>
    [Required]
    public string DataDirectory { get; set; } = "";

    /// <summary>Where usage comes from. Without any, files are still mediated by request, with their format detected.</summary>
    public List<SourceOptions> Sources { get; } = [];

    /// <summary>Most usage events in one transaction, 1 to 100,000. After a crash the worker does again what was not committed.</summary>
    [Range(1, 100_000)]
    public int ChunkEvents { get; set; } = 10_000;

    /// <summary>Octets after which a transaction is closed.</summary>
    [Range(1 << 16, 1 << 30)]
    public int ChunkOctets { get; set; } = 8 << 20;

    /// <summary>
    /// How often inboxes are looked through when no change is signalled, and how long a file that was not renamed into place must have been
    /// left alone.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long processed files stay in done/ before they are deleted; 0 deletes at once. They hold personal data in clear. Failed files
    /// stay until a person has looked at them.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "90.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan KeepDone { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// How far the clock may go on while the worker is off, or at once while it runs, before it is no longer believed to have made
    /// processed files older.
    /// </summary>
    [Range(typeof(TimeSpan), "01:00:00", "366.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ClockStepMax { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long after an upgrade usage that began before it carries the id that it had under the former key: longer than
    /// <c>Rating:DedupDays</c>, or usage that comes again would be charged twice.
    /// </summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3660.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan FormerIdsFor { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How much one usage event may say.</summary>
    public UsageBounds Bounds { get; set; } = new();

    /// <summary>Which short numbers usage carries in clear.</summary>
    public ShortNumbers ShortNumbers { get; set; } = new();

    /// <summary>
    /// Whether usage says, as a pseudonym, who was called or written to: only for a catalogue with prices for calls within an account
    /// (<c>calledIn</c>). Default: no, because it is personal data of the other party.
    /// </summary>
    public bool CalledSubscribers { get; set; }

    /// <summary>Most octets that a compressed file may expand to.</summary>
    [Range(1, long.MaxValue)]
    public long MaxExpandedOctets { get; set; } = 8L << 30;

    /// <summary>Most octets that a compressed file may expand to, per octet of it.</summary>
    [Range(2, 10_000)]
    public int MaxExpansionRatio { get; set; } = 200;

    /// <summary>Records of a file that may be unreadable before the rest of the file is not read; it can be asked for again.</summary>
    [Range(1, long.MaxValue)]
    public long MaxFaults { get; set; } = 100_000;

    /// <summary>
    /// Longest that looking for the records of one chunk may take. A file that takes longer ends as incomplete and can be asked for again.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan MaxChunkTime { get; set; } = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (string? name
            in Sources.GroupBy(source => source.Name, StringComparer.OrdinalIgnoreCase)
                .Where(group => group.Count() > 1)
                .Select(group => group.Key))
        {
            yield return new($"two sources are named {name}", [nameof(Sources)]);
        }
    }
}
