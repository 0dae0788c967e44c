using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>Chooses how records get into a producer: native where it binds and is wanted, else managed.</summary>
internal static class OutputPath
{
    public static TransactionalOutput Over(IProducer<byte[], byte[]> producer, ClientPath path, TimeSpan patience, TimeProvider clock) =>
        path == ClientPath.Native && Librdkafka.IsAvailable
            ? new NativeOutput(producer, patience, clock)
            : new ManagedOutput(producer, patience, clock);
}
