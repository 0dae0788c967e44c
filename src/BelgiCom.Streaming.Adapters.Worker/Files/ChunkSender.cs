using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>Commits chunks to Kafka, each in one transaction, and does a chunk again until it is known to be visible.</summary>
internal interface IChunkSender
{
    /// <summary>Returns when the chunk is durable and visible.</summary>
    void Send(RecordChunk chunk, CancellationToken stopping);
}

/// <inheritdoc cref="IChunkSender"/>
internal sealed class ChunkSender(TransactionalSender sender, ILogger<ChunkSender> logger) : IChunkSender, IDisposable
{
    private const int MaxAttempts = 10;

    public void Send(RecordChunk chunk, CancellationToken stopping)
    {
        for (int attempt = 1; ; attempt++)
        {
            stopping.ThrowIfCancellationRequested();
            try
            {
                sender.Send(output => Produce(chunk, output), stopping);
                return;
            }
            catch (ChunkAbortedException aborted) when (attempt < MaxAttempts)
            {
                AdaptersLog.ChunkRepeated(logger, attempt, chunk.Count, aborted);
            }
            catch (ChunkOutcomeUnknownException unknown) when (attempt < MaxAttempts)
            {
                // It may be visible already: rating drops what it has seen, by usage id.
                AdaptersLog.ChunkRepeated(logger, attempt, chunk.Count, unknown);
            }
        }
    }

    public void Dispose() => sender.Dispose();

    private static void Produce(RecordChunk chunk, TransactionalOutput output)
    {
        for (int i = 0; i < chunk.Count; i++)
        {
            output.Produce(chunk.TopicAt(i), null, chunk.KeyAt(i), chunk.ValueAt(i));
        }
    }
}
