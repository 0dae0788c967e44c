using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// What the caller may do after a failed transactional call (librdkafka INTRODUCTION.md, "Transactional producer: error handling").
/// </summary>
internal enum FailureClass
{
    /// <summary>The same call may be made again.</summary>
    Retriable,

    /// <summary>The transaction must be aborted; the producer is usable after that.</summary>
    Abortable,

    /// <summary>The producer cannot be used any more. An error that the library puts in no class counts as fatal, too (rule P5).</summary>
    Fatal,
}

internal static class TransactionFailure
{
    public static FailureClass Classify(KafkaException failure) => failure switch
    {
        { Error.IsFatal: true } => FailureClass.Fatal,
        KafkaTxnRequiresAbortException => FailureClass.Abortable,
        KafkaRetriableException => FailureClass.Retriable,
        _ => FailureClass.Fatal,
    };

    public static bool IsFenced(Error error) =>
        error.Code is ErrorCode.Local_Fenced or ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch
            or ErrorCode.InvalidProducerIdMapping;
}

/// <summary>The transaction cannot be committed any more; abort it and read its batch again.</summary>
internal sealed class TransactionAbortableException(string call, Exception cause) : Exception($"{call}: {cause.Message}", cause);

/// <summary>
/// Nobody on this side knows whether a request of the transaction took effect, or will. Only a new producer of the same id (higher epoch)
/// settles it.
/// </summary>
internal sealed class OutcomeUnknownException(string call, Exception cause) : Exception($"{call}: {cause.Message}", cause);
