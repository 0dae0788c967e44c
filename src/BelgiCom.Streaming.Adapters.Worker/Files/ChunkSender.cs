using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>Commits chunks to Kafka, each in one transaction.</summary>
internal interface IChunkSender
{
    /// <summary>Returns when the chunk is durable and visible.</summary>
    void Send(RecordChunk chunk, CancellationToken stopping);
}

/// <summary>
/// Sends chunks with a <see cref="TransactionalSender"/>. A chunk may be visible twice; rating drops the second copy by its usage ids.
/// </summary>
internal sealed class ChunkSender(TransactionalSender sender) : IChunkSender, IDisposable
{
    public void Send(RecordChunk chunk, CancellationToken stopping) => sender.Send(output => Produce(chunk, output), stopping);

    public void Dispose() => sender.Dispose();

    private static void Produce(RecordChunk chunk, TransactionalOutput output)
    {
        for (int i = 0; i < chunk.Count; i++)
        {
            output.Produce(chunk.TopicAt(i), null, chunk.KeyAt(i), chunk.ValueAt(i));
        }
    }
}
