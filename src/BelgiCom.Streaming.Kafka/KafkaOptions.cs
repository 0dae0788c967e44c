using System.ComponentModel.DataAnnotations;

namespace BelgiCom.Streaming.Kafka;

/// <summary>How records are taken from the client library and given to it.</summary>
public enum ClientPath
{
    /// <summary>
    /// Batches of native memory, no copy and no allocation per record; falls back to <see cref="Managed"/> when the library cannot be
    /// bound.
    /// </summary>
    Native,

    /// <summary>The stock client's Consume and Produce: one copy and some objects per record.</summary>
    Managed,
}

/// <summary>
/// Section "Kafka" for every client: where the brokers are. From the same section, a worker that consumes also reads <see
/// cref="ConsumerOptions"/>, one that writes usage <see cref="TransactionOptions"/>, and one with lanes <see cref="LaneOptions"/>; other
/// settings do not exist for it. <see cref="KafkaClients"/> pins the settings that must never vary.
/// </summary>
public sealed class KafkaOptions : IValidatableObject
{
    /// <summary>Name of the section that all roles share.</summary>
    public const string Section = "Kafka";

    /// <summary>First brokers to connect to, "host:port" separated by commas.</summary>
    [Required]
    public string BootstrapServers { get; set; } = "";

    /// <summary>Client id that brokers log and meter by. Default "belgicom".</summary>
    [Required]
    public string ClientId { get; set; } = "belgicom";

    /// <summary>
    /// Name of this running copy of a worker, for example the pod's name; default the machine's name. It is part of every transactional id,
    /// so that a restarted copy fences what its predecessor left behind. Two copies of one worker must never share it, because they would
    /// fence each other.
    /// </summary>
    [Required]
    public string InstanceId { get; set; } = Environment.MachineName;

    /// <summary>
    /// How long a member, sender or reader keeps trying without any progress while brokers fail; then it ends with an error. Default 5 min.
    /// </summary>
    public TimeSpan RecoveryTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How records are taken from the client library and given to it. Default native.</summary>
    public ClientPath ClientPath { get; set; } = ClientPath.Native;

    /// <summary>
    /// Further settings of librdkafka by their own names: TLS, SASL, buffers. A setting that <see cref="KafkaClients"/> pins is refused
    /// here, under each of its names.
    /// </summary>
    public Dictionary<string, string> Properties { get; } = [];

    /// <summary>Checks that no property is pinned and that librdkafka takes each, which attributes cannot express.</summary>
    /// <param name="validationContext">Not used.</param>
    /// <returns>One result per fault.</returns>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (string name in Properties.Keys.Where(KafkaClients.IsPinned))
        {
            yield return new ValidationResult($"'{name}' is pinned by the worker and cannot be set", [nameof(Properties)]);
        }

        if (KafkaClients.FaultOf(Properties) is { } fault)
        {
            yield return new ValidationResult(fault, [nameof(Properties)]);
        }
    }
}

/// <summary>Section "Kafka" for consumers: members of groups, and readers.</summary>
public sealed class ConsumerOptions : IValidatableObject
{
    /// <summary>
    /// Join groups as static member "InstanceId-number" (group.instance.id): a restart within <see cref="SessionTimeout"/> moves no
    /// partition. Default false.
    /// </summary>
    public bool StaticMembership { get; set; }

    /// <summary>Most records in one batch, hence in one transaction. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int BatchMaxRecords { get; set; } = 10_000;

    /// <summary>Octets of keys and values at which a batch is closed; one further record may pass the limit. Default 16 MiB.</summary>
    [Range(1, 1L << 30)]
    public long BatchMaxBytes { get; set; } = 16 << 20;

    /// <summary>Time after its first record at which a batch is closed even when it is small. Default 20 ms.</summary>
    public TimeSpan BatchMaxAge { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Most octets that one consumer reads ahead. Default 64 MiB.</summary>
    [Range(1 << 20, 1 << 30)]
    public int ReadAheadMaxBytes { get; set; } = 64 << 20;

    /// <summary>Time without a heartbeat after which the group gives a member's partitions away. Default 45 s.</summary>
    public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>Longest time between two polls, hence for one batch, before the member leaves its group. Default 5 min.</summary>
    public TimeSpan MaxPollInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Checks that the times fit each other, which attributes cannot express.</summary>
    /// <param name="validationContext">Not used.</param>
    /// <returns>One result per fault.</returns>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (BatchMaxAge < TimeSpan.Zero || BatchMaxAge > TimeSpan.FromSeconds(10))
        {
            yield return new ValidationResult("must be between 0 and 10 s", [nameof(BatchMaxAge)]);
        }

        if (SessionTimeout < TimeSpan.FromSeconds(1) || SessionTimeout > MaxPollInterval)
        {
            yield return new ValidationResult("must be at least 1 s and not more than MaxPollInterval", [nameof(SessionTimeout)]);
        }
    }
}

/// <summary>Section "Kafka" for processes that write in transactions: lanes, and the senders of usage.</summary>
public class TransactionOptions : IValidatableObject
{
    /// <summary>Time after which the coordinator aborts a transaction that its producer abandoned. Default 60 s.</summary>
    public TimeSpan TransactionTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Time to wait for one transactional request before its outcome counts as unknown. Must be less than a socket's 60 s, after which the
    /// client library would repeat the request by itself. Default 20 s.
    /// </summary>
    public TimeSpan CommitTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Checks that the times fit each other, which attributes cannot express.</summary>
    /// <param name="validationContext">Not used.</param>
    /// <returns>One result per fault.</returns>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (TransactionTimeout < TimeSpan.FromSeconds(1) || TransactionTimeout > TimeSpan.FromMinutes(15))
        {
            yield return new ValidationResult("must be between 1 s and 15 min, the brokers' own limit", [nameof(TransactionTimeout)]);
        }

        if (CommitTimeout <= TimeSpan.Zero || CommitTimeout >= TransactionTimeout || CommitTimeout >= KafkaClients.SocketTimeout)
        {
            yield return new ValidationResult("must be more than 0 and less than TransactionTimeout and 60 s", [nameof(CommitTimeout)]);
        }
    }
}

/// <summary>Section "Kafka" for lanes: from topics to topics, exactly once.</summary>
public sealed class LaneOptions : TransactionOptions
{
    /// <summary>
    /// Lanes per worker, 1 to 64: each is a group member with its own consumer, transactional producer, partitions and thread. Default 2.
    /// </summary>
    [Range(1, 64)]
    public int Lanes { get; set; } = 2;

    /// <summary>
    /// How often a handler may fail on the same batch before the lane ends with <see cref="BatchFailedException"/>. Default 3.
    /// </summary>
    [Range(1, 100)]
    public int HandlerAttempts { get; set; } = 3;
}
