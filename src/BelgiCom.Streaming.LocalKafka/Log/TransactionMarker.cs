using System.Buffers.Binary;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// The control batch that ends a transaction in one partition (kafka.apache.org/documentation, "Control Batches"): one record, whose key is
/// version and type (0 abort, 1 commit) and whose value is version and coordinator epoch.
/// </summary>
internal static class TransactionMarker
{
    private const short CommitType = 1;

    public static Span<byte> Build(long producerId, short producerEpoch, bool commit, long nowMs)
    {
        Span<byte> key = stackalloc byte[4];
        BinaryPrimitives.WriteInt16BigEndian(key[2..], commit ? CommitType : (short)0);
        Span<byte> value = stackalloc byte[6];
        RecordBatchBuilder builder = new();
        builder.Add(0, key, value);
        return builder.Build(nowMs, producerId, producerEpoch, transactional: true, control: true);
    }

    public static bool IsCommit(RecordBatch marker)
    {
        RecordReader records = new(marker.Records);
        return records.TryReadNext() && records.Key.Length >= 4 && BinaryPrimitives.ReadInt16BigEndian(records.Key[2..]) == CommitType;
    }
}
