using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>The output that belongs to one producer, and what must be freed before that producer.</summary>
internal sealed class OutputPath(TransactionalOutput output) : IDisposable
{
    public TransactionalOutput Output { get; } = output;

    public static OutputPath Over(IProducer<byte[], byte[]> producer, KafkaOptions options, TimeProvider clock) =>
        new(new ManagedOutput(producer, options.CommitTimeout, clock));

    public void Dispose()
    {
    }
}
