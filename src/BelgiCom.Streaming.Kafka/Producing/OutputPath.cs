using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>Chooses how records get into a producer: native where it binds and is wanted, else managed.</summary>
internal static class OutputPath
{
    public static TransactionalOutput Over(IProducer<byte[], byte[]> producer, KafkaOptions options, TimeProvider clock) =>
        options.ClientPath == ClientPath.Native && Librdkafka.IsAvailable
            ? new NativeOutput(producer, options.CommitTimeout, clock)
            : new ManagedOutput(producer, options.CommitTimeout, clock);
}
