using System.ComponentModel.DataAnnotations;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>Section <c>Rating</c>. Lanes and the size and age of batches are in the section <c>Kafka</c>.</summary>
public sealed class RatingOptions : IValidatableObject
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Rating";

    /// <summary>Days of usage, back from the newest day rated, in which duplicates are found; 1 to 3,660. Default 45.</summary>
    [Range(1, 3660)]
    public int DedupDays { get; set; } = 45;

    /// <summary>
    /// Usage that is more than this number of days older than the newest day rated is late and not rated; 0 to <see cref="DedupDays"/>.
    /// Default 45.
    /// </summary>
    [Range(0, 3660)]
    public int LateDays { get; set; } = 45;

    /// <summary>What becomes of usage that comes late and is not older than <see cref="LateDays"/>. Default: all is charged.</summary>
    public LateOptions Late { get; set; } = new();

    /// <summary>
    /// Days of usage for which a session that has no new record is remembered; a record that comes later is charged as a session of its
    /// own. 0 to 3,660, and never longer than <see cref="LateDays"/>. Default 45.
    /// </summary>
    [Range(0, 3660)]
    public int SessionDays { get; set; } = 45;

    /// <summary>
    /// Least events rated in a partition between the beginnings of two checkpoints of its state; 1 to 10,000,000. A partition of many
    /// subscribers waits for two events per subscriber. A smaller number makes restoring faster, a larger one writes less. Default 100,000.
    /// </summary>
    [Range(1, 10_000_000)]
    public int CheckpointEvents { get; set; } = 100_000;

    /// <summary>
    /// Longest time between the beginnings of two checkpoints of a partition in which anything was rated; 1 s to 1 day. It must stay far
    /// below the retention of usage.rated.v1, because usage rated after the checkpoint is restored from there. Default 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How often the topics of catalogue and subscriptions are read for news while no usage comes; 10 ms to 1 min. Before each batch of
    /// usage they are read anyway. Default 1 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ReferencePollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long one attempt at a batch waits for a schema registry that does not answer, before the batch is aborted and read again; 0 to
    /// 40 s, below the transaction timeout. Default 20 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:40", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RegistryPatience { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Online charging; off by default.</summary>
    [Required]
    public OnlineOptions Online { get; set; } = new();

    /// <summary>Prepaid money over HTTP; off by default.</summary>
    [Required]
    public BalanceOptions Balances { get; set; } = new();

    /// <summary>Checks that the settings fit each other.</summary>
    /// <param name="validationContext">Not used.</param>
    /// <returns>The faults.</returns>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (LateDays > DedupDays)
        {
            yield return new ValidationResult(
                "must not be more than DedupDays: a duplicate of older usage could not be told", [nameof(LateDays)]);
        }

        foreach (string fault in Late.Faults(LateDays))
        {
            yield return new ValidationResult(fault, [nameof(Late)]);
        }
    }
}
