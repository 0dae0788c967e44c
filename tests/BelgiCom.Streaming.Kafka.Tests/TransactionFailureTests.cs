using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka.Tests;

public sealed class TransactionFailureTests
{
    /// <summary>Every error code of the client; the test takes each in every class that the library knows, and in none.</summary>
    public static TheoryData<ErrorCode> Codes => [.. Enum.GetValues<ErrorCode>().Distinct()];

    [Theory]
    [MemberData(nameof(Codes))]
    public void P05_EveryError_IsInExactlyOneClassAndNeitherMeansFatal(ErrorCode code)
    {
        Error fatal = new(code, "planted", isFatal: true);
        Assert.Equal(FailureClass.Fatal, TransactionFailure.Classify(new KafkaException(fatal)));
        if (code == ErrorCode.Local_Fatal)
        {
            return;
        }

        Error plain = new(code, "planted", isFatal: false);

        Assert.Equal(FailureClass.Retriable, TransactionFailure.Classify(new KafkaRetriableException(plain)));
        Assert.Equal(FailureClass.Abortable, TransactionFailure.Classify(new KafkaTxnRequiresAbortException(plain)));
        Assert.Equal(FailureClass.Fatal, TransactionFailure.Classify(new KafkaException(plain)));

        // Fatal wins over whatever else is said.
        Assert.Equal(FailureClass.Fatal, TransactionFailure.Classify(new KafkaRetriableException(fatal)));
        Assert.Equal(FailureClass.Fatal, TransactionFailure.Classify(new KafkaTxnRequiresAbortException(fatal)));
    }
}
