using System.Buffers.Binary;
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

    /// <summary>
    /// Whether there is idle work; the arguments are whether the lane is about to leave, and the number of idle transactions committed.
    /// </summary>
    public Func<bool, int, bool> IsIdleWorkDue { get; init; } = (_, _) => false;

    /// <summary>Called after an idle record was produced; the argument is the number of this call, from 1.</summary>
    public Action<int> AfterIdle { get; init; } = _ => { };

    public List<TopicPartition> Owned { get; } = [];

    public int CommittedRecords { get; private set; }

    private int Handled { get; set; }

    private int InHand { get; set; }

    private bool IsIdle { get; set; }

    private int CommittedIdle { get; set; }

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

    public bool HasIdleWork(bool isLeaving) => IsIdleWorkDue(isLeaving, CommittedIdle);

    /// <summary>Writes a negative number, which counts the idle records from 1.</summary>
    public void HandleIdle(TransactionalOutput transaction)
    {
        Note("idle");
        IsIdle = true;
        Span<byte> value = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(value, -(CommittedIdle + 1));
        transaction.Produce(output, 0, value, value);
        AfterIdle(Count("idle"));
    }

    public void Committed()
    {
        if (IsIdle)
        {
            Note("idle committed");
            IsIdle = false;
            CommittedIdle++;
            return;
        }

        Note("committed");
        CommittedRecords += InHand;
        AfterCommit(CommittedRecords);
    }

    public void Aborted()
    {
        Note(IsIdle ? "idle aborted" : "aborted");
        IsIdle = false;
    }

    private void Note(string call)
    {
        lock (_calls)
        {
            _calls.Add(call);
        }
    }
}
