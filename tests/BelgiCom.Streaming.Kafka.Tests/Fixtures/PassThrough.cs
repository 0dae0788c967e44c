using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>
/// Writes every record it reads to the output topic, same partition, and remembers what it was told. Tests hook in where they want
/// something to go wrong.
/// </summary>
internal sealed class PassThrough(string output) : ITransactionalBatchHandler
{
    private readonly List<string> _calls = [];

    /// <summary>Called after the batch's records were produced; the argument is the number of this call, from 1.</summary>
    public Action<int> AfterHandle { get; init; } = _ => { };

    /// <summary>Called after the batch's commit; the argument is the number of records committed so far.</summary>
    public Action<int> AfterCommit { get; init; } = _ => { };

    public List<TopicPartition> Owned { get; } = [];

    public int CommittedRecords { get; private set; }

    private int Handled { get; set; }

    private int InHand { get; set; }

    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (_calls)
            {
                return [.. _calls];
            }
        }
    }

    public int Count(string call) => Calls.Count(known => known == call);

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
        InHand = batch.Count;
        for (int i = 0; i < batch.Count; i++)
        {
            ConsumedRecord record = batch[i];
            transaction.Produce(output, record.Partition, record.Key, record.Value);
        }

        AfterHandle(++Handled);
    }

    public void Committed()
    {
        Note("committed");
        CommittedRecords += InHand;
        AfterCommit(CommittedRecords);
    }

    public void Aborted() => Note("aborted");

    private void Note(string call)
    {
        lock (_calls)
        {
            _calls.Add(call);
        }
    }
}
