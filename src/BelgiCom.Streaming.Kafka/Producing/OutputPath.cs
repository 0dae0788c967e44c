using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Chooses how records are given to a producer: the native way where it is configured and can be bound, else the managed one.
/// </summary>
internal static class OutputPath
{
    public static TransactionalOutput Over(IProducer<byte[], byte[]> producer, ClientPath path, TimeSpan patience, TimeProvider clock) =>
        path == ClientPath.Native && Librdkafka.IsAvailable
            ? new NativeOutput(producer, patience, clock)
            : new ManagedOutput(producer, patience, clock);
}
