using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>Writes every record it reads to the output topic, same partition, and remembers what it was told.</summary>
internal sealed class PassThrough(string output) : ITransactionalBatchHandler
{
    public List<string> Calls { get; } = [];

    public List<TopicPartition> Owned { get; } = [];

    public int Handled { get; private set; }

    public void Assigned(IReadOnlyList<TopicPartition> partitions)
    {
        Owned.AddRange(partitions);
        Note("assigned");
    }

    public void Revoked(IReadOnlyList<TopicPartition> partitions)
    {
        Owned.RemoveAll(partitions.Contains);
        Note("revoked");
    }

    public void Handle(RecordBatch batch, TransactionalOutput transaction)
    {
        Note("handle");
        for (int i = 0; i < batch.Count; i++)
        {
            ConsumedRecord record = batch[i];
            transaction.Produce(output, record.Partition, record.Key, record.Value);
            Handled++;
        }
    }

    public void Committed() => Note("committed");

    public void Aborted() => Note("aborted");

    private void Note(string call)
    {
        lock (Calls)
        {
            Calls.Add(call);
        }
    }
}
