using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// All log messages of the Kafka client code; ids 1000 to 1099. They never hold a key or a value, which may be personal data.
/// </summary>
internal static partial class KafkaLog
{
    [LoggerMessage(1000, LogLevel.Information, "{Group} member {Member}: {From} -> {To}")]
    public static partial void StateChanged(ILogger logger, string group, int member, ConsumerState from, ConsumerState to);

    [LoggerMessage(1001, LogLevel.Information, "{Group}: {Kind} {Partitions}")]
    public static partial void OwnershipChanged(ILogger logger, string group, OwnershipKind kind, string partitions);

    [LoggerMessage(1002, LogLevel.Warning, "{Group} member {Member}: batch {Range} failed and is read again, attempt {Attempt}: {Reason}")]
    public static partial void BatchReadAgain(ILogger logger, string group, int member, string range, int attempt, string reason);

    [LoggerMessage(
        1003, LogLevel.Warning, "{Group} member {Member}: outcome of a transactional request unknown ({Reason}); a new producer finds out")]
    public static partial void OutcomeUnknown(ILogger logger, string group, int member, string reason);

    [LoggerMessage(1004, LogLevel.Warning, "{Group} member {Member}: batch {Range} turned out {Outcome}")]
    public static partial void OutcomeFound(ILogger logger, string group, int member, string range, string outcome);

    [LoggerMessage(1005, LogLevel.Error, "{Group} member {Member} ended")]
    public static partial void Ended(ILogger logger, Exception failure, string group, int member);

    [LoggerMessage(1006, LogLevel.Warning, "{Group}: committed offsets not available yet ({Code})")]
    public static partial void OffsetsUnavailable(ILogger logger, string group, ErrorCode code);

    [LoggerMessage(1007, LogLevel.Warning, "{Group}: consumer reports {Code}")]
    public static partial void ConsumeError(ILogger logger, string group, ErrorCode code);

    [LoggerMessage(1008, LogLevel.Warning, "{Client}: client reports {Code}, fatal {IsFatal}")]
    public static partial void ClientError(ILogger logger, string client, ErrorCode code, bool isFatal);

    [LoggerMessage(1009, LogLevel.Debug, "{Client}: {Facility} {Line}")]
    public static partial void ClientLine(ILogger logger, string client, string facility, string line);

    [LoggerMessage(1010, LogLevel.Warning, "{TransactionalId}: {Call} not answered yet ({Code}), calling again")]
    public static partial void CallingAgain(ILogger logger, string transactionalId, string call, ErrorCode code);

    [LoggerMessage(1011, LogLevel.Information, "{TransactionalId}: producer ready, transactions of its predecessors are settled")]
    public static partial void ProducerReady(ILogger logger, string transactionalId);

    [LoggerMessage(1012, LogLevel.Warning, "Native batches are not available, records are copied: {Reason}")]
    public static partial void NativeUnavailable(ILogger logger, string reason);

    [LoggerMessage(1013, LogLevel.Warning, "{TransactionalId}: chunk sent again after attempt {Attempt}: {Reason}")]
    public static partial void ChunkSentAgain(ILogger logger, string transactionalId, int attempt, string reason);

    [LoggerMessage(1014, LogLevel.Information, "Topic {Topic} created with {Partitions} partitions")]
    public static partial void TopicCreated(ILogger logger, string topic, int partitions);

    [LoggerMessage(1015, LogLevel.Warning, "Waiting for the schema registry: {Reason}")]
    public static partial void RegistryUnreachable(ILogger logger, string reason);

    [LoggerMessage(
        1017, LogLevel.Warning, "{Group} member {Member}: work that follows from no batch was not done ({Failure}); it is tried again")]
    public static partial void IdleWorkFailed(ILogger logger, string group, int member, string failure);

    [LoggerMessage(
        1016, LogLevel.Error,
        "{Group}: {Count} records cannot be handled and are dead letters now, the first {Topic}[{Partition}]@{Offset} ({Reason})")]
    public static partial void DeadLettered(
        ILogger logger, string group, int count, string topic, int partition, long offset, string reason);
}
