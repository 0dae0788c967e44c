using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>Copies each record once, from the handler's span into the client library's queue, without a managed object.</summary>
internal sealed unsafe class NativeOutput : TransactionalOutput, IDisposable
{
    private readonly SafeHandle _client;
    private readonly TransactionalOutput _withHeaders;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _clock;
    private readonly List<(string Name, nint Topic)> _topics = [];
    private bool _disposed;

    public NativeOutput(IProducer<byte[], byte[]> producer, TimeSpan patience, TimeProvider clock)
    {
        _patience = patience;
        _clock = clock;
        _withHeaders = new ManagedOutput(producer, patience, clock);
        _client = Librdkafka.HandleOf(producer);
        bool held = false;
        _client.DangerousAddRef(ref held);
    }

    public override void Produce(string topic, int? partition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        // A null pointer would make an empty value a tombstone.
        byte empty = 0;
        fixed (byte* start = value)
        {
            Enqueue(topic, partition, key, start is null ? &empty : start, value.Length);
        }
    }

    public override void Copy(
        string topic, int partition, in ConsumedRecord record, IReadOnlyList<KeyValuePair<string, byte[]>> headers) =>
        _withHeaders.Copy(topic, partition, in record, headers);

    public override void ProduceTombstone(string topic, int? partition, ReadOnlySpan<byte> key) => Enqueue(topic, partition, key, null, 0);

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        foreach ((_, nint topic) in _topics)
        {
            Librdkafka.CloseTopic(topic);
        }

        _topics.Clear();
        _client.DangerousRelease();
    }

    private void Enqueue(string topic, int? partition, ReadOnlySpan<byte> key, byte* value, int valueLength)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        nint handle = TopicOf(topic);
        fixed (byte* keyStart = key)
        {
            ErrorCode code = Librdkafka.Produce(
                handle, partition ?? Librdkafka.PartitionUnassigned, value, valueLength, keyStart, key.Length);
            if (code == ErrorCode.NoError)
            {
                return;
            }

            QueueRoom room = new(_patience, _clock);
            while (code != ErrorCode.NoError)
            {
                room.WaitOrThrow(topic, key.Length + valueLength, code);
                code = Librdkafka.Produce(handle, partition ?? Librdkafka.PartitionUnassigned, value, valueLength, keyStart, key.Length);
            }
        }
    }

    /// <summary>
    /// A handler writes to a few topics and always passes the same string objects, so comparing references finds the topic.
    /// </summary>
    private nint TopicOf(string name)
    {
        foreach ((string known, nint topic) in _topics)
        {
            if (ReferenceEquals(known, name) || known == name)
            {
                return topic;
            }
        }

        nint opened = Librdkafka.OpenTopic(_client.DangerousGetHandle(), name);
        if (opened == 0)
        {
            throw new RecordRefusedException(name, 0, ErrorCode.Local_UnknownTopic);
        }

        _topics.Add((name, opened));
        return opened;
    }
}
