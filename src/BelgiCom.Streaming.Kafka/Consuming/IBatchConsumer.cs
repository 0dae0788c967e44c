using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Takes batches from a consumer. The client runs its rebalance callbacks inside <see cref="Poll"/>, on the caller's thread.
/// </summary>
internal interface IBatchConsumer : IDisposable
{
    /// <summary>Fills the one batch, which is used again each time; the caller releases it before the next poll.</summary>
    /// <param name="limits">When the batch is full.</param>
    /// <param name="wait">Time to wait for the first record or event.</param>
    /// <returns>The batch; empty when nothing came.</returns>
    PolledBatch Poll(BatchLimits limits, TimeSpan wait);

    /// <summary>
    /// Ends the wait of the poll that is in progress, or that of the next one, although no record has come. From any thread.
    /// </summary>
    void Wake();
}

/// <summary>Chooses how batches are taken: the native way where it is configured and can be bound, else the managed one.</summary>
internal static class BatchConsumer
{
    public static IBatchConsumer Over(IConsumer<byte[], byte[]> consumer, ClientPath path, TimeProvider clock) =>
        path == ClientPath.Native && Librdkafka.IsAvailable
            ? new NativeBatchConsumer(consumer, clock)
            : new ManagedBatchConsumer(consumer, clock);
}
