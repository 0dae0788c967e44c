using System.Buffers.Binary;
using System.Text;

namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>Record batches as a producer would send them.</summary>
internal static class Batches
{
    public static byte[] Plain(params (string Key, string? Value)[] records) =>
        Build(records, 0, RecordBatch.NoProducer, -1, RecordBatch.NoSequence);

    public static byte[] At(long timestampMs, params (string Key, string? Value)[] records) =>
        Build(records, timestampMs, RecordBatch.NoProducer, -1, RecordBatch.NoSequence);

    public static byte[] Idempotent(long producerId, short epoch, int sequence, int count = 1, bool transactional = false) =>
        Build(Records(producerId, sequence, count), 0, producerId, epoch, sequence, transactional);

    private static (string Key, string? Value)[] Records(long producerId, int sequence, int count) =>
        [.. Enumerable.Range(0, count).Select(i => ($"{i}", (string?)$"{producerId}/{sequence + i}"))];

    private static byte[] Build(
        (string Key, string? Value)[] records, long timestampMs, long producerId, short epoch, int sequence, bool transactional = false)
    {
        RecordBatchBuilder builder = new();
        for (int i = 0; i < records.Length; i++)
        {
            builder.Add(
                i, Encoding.UTF8.GetBytes(records[i].Key), Encoding.UTF8.GetBytes(records[i].Value ?? ""), records[i].Value is not null);
        }

        byte[] batch = builder.Build(timestampMs, producerId, epoch, transactional).ToArray();
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(53), sequence);
        new RecordBatch(batch).Seal();
        return batch;
    }
}
