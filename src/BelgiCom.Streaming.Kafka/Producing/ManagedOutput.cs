using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Produces with the stock Produce, at two arrays and a message object per record. It is the fallback of the native way, and always used
/// for records with headers.
/// </summary>
internal sealed class ManagedOutput(IProducer<byte[], byte[]> producer, TimeSpan patience, TimeProvider clock) : TransactionalOutput
{
    public override void Produce(string topic, int? partition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        Enqueue(topic, partition, new Message<byte[], byte[]> { Key = KeyOf(key)!, Value = value.ToArray() });

    public override void Copy(
        string topic, int partition, in ConsumedRecord record, IReadOnlyList<KeyValuePair<string, byte[]>> headers)
    {
        Message<byte[], byte[]> message = new()
        {
            Key = KeyOf(record.Key)!,
            Value = record.IsTombstone ? null! : record.Value.ToArray(),
            Headers = [],
        };
        foreach ((string name, byte[] content) in headers)
        {
            message.Headers.Add(name, content);
        }

        Enqueue(topic, partition, message);
    }

    public override void ProduceTombstone(string topic, int? partition, ReadOnlySpan<byte> key) =>
        Enqueue(topic, partition, new Message<byte[], byte[]> { Key = KeyOf(key)!, Value = null! });

    private static byte[]? KeyOf(ReadOnlySpan<byte> key) => key.IsEmpty ? null : key.ToArray();

    private void Enqueue(string topic, int? partition, Message<byte[], byte[]> message)
    {
        TopicPartition destination = new(topic, partition is { } number ? new Partition(number) : Partition.Any);
        QueueRoom room = new(patience, clock);
        while (true)
        {
            try
            {
                producer.Produce(destination, message);
                return;
            }
            catch (ProduceException<byte[], byte[]> failure)
            {
                room.WaitOrThrow(topic, (message.Key?.Length ?? 0) + (message.Value?.Length ?? 0), failure.Error.Code);
            }
        }
    }
}

/// <summary>Decides what a refused record means, for both outputs: wait for room, give up the transaction, or tell the handler.</summary>
internal struct QueueRoom(TimeSpan patience, TimeProvider clock)
{
    private long? _since;

    public void WaitOrThrow(string topic, int octets, ErrorCode code)
    {
        switch (code)
        {
            case ErrorCode.Local_QueueFull:
                _since ??= clock.GetTimestamp();
                if (clock.GetElapsedTime(_since.Value) > patience)
                {
                    throw new TransactionAbortableException(
                        "Produce", new TimeoutException($"the client's queue stayed full for {patience}"));
                }

                KafkaMetrics.QueueFull();
                Thread.Sleep(1);
                break;

            case ErrorCode.MsgSizeTooLarge or ErrorCode.Local_UnknownPartition or ErrorCode.Local_UnknownTopic
                or ErrorCode.Local_InvalidArg:
                throw new RecordRefusedException(topic, octets, code);

            default:
                // The transaction (Local_State) or the producer (Local_Fatal) has failed in the background; aborting shows which.
                throw new TransactionAbortableException("Produce", new KafkaException(code));
        }
    }
}
