using System.Runtime.InteropServices;
using System.Text;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Takes batches straight from the client library's consumer queue: keys and values stay where the fetch response put them, and nothing is
/// copied or allocated per record. Consume polls the same queue, so rebalances, errors and max.poll.interval work as usual.
/// </summary>
internal sealed unsafe class NativeBatchConsumer : IBatchConsumer
{
    // The library has no limit by octets, so a batch is taken in pieces and its size checked in between.
    private const int PieceRecords = 1024;

    private readonly SafeHandle _client;
    private readonly nint _queue;
    private readonly TimeProvider _clock;
    private readonly Batch _batch = new();
    private readonly Lock _gate = new();
    private bool _disposed;

    public NativeBatchConsumer(IConsumer<byte[], byte[]> consumer, TimeProvider clock)
    {
        _clock = clock;
        _client = Librdkafka.HandleOf(consumer);
        bool held = false;
        _client.DangerousAddRef(ref held);
        _queue = Librdkafka.ConsumerQueue(_client.DangerousGetHandle());
    }

    public PolledBatch Poll(BatchLimits limits, TimeSpan wait)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _batch.Release();
        _batch.Reserve(limits.MaxRecords);
        if (_batch.Take(_queue, Milliseconds(wait), 1) == 0)
        {
            return _batch;
        }

        long started = _clock.GetTimestamp();
        while (_batch.Count < limits.MaxRecords && _batch.Bytes < limits.MaxBytes)
        {
            int piece = Math.Min(PieceRecords, limits.MaxRecords - _batch.Count);
            if (_batch.Take(_queue, Milliseconds(limits.MaxAge - _clock.GetElapsedTime(started)), piece) < piece)
            {
                break;
            }
        }

        return _batch;
    }

    public void Wake()
    {
        // The queue must not go while another thread holds it.
        lock (_gate)
        {
            if (!_disposed)
            {
                Librdkafka.Yield(_queue);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _batch.Free();
            Librdkafka.DestroyQueue(_queue);
            _client.DangerousRelease();
        }
    }

    private static int Milliseconds(TimeSpan time) => Math.Max(0, (int)Math.Ceiling(time.TotalMilliseconds));

    private sealed class Batch : PolledBatch
    {
        private Librdkafka.Message** _messages;
        private int _capacity;
        private int _count;
        private nint _lastTopic;
        private string _lastName = "";
        private readonly List<string> _names = [];

        public override int Count => _count;

        public override ConsumedRecord this[int index]
        {
            get
            {
                Librdkafka.Message* message = At(index);
                return new ConsumedRecord(
                    NameOf(message->Topic),
                    message->Partition,
                    message->Offset,
                    Librdkafka.TimestampOf(message),
                    new ReadOnlySpan<byte>(message->Key, (int)message->KeyLength),
                    new ReadOnlySpan<byte>(message->Value, (int)message->ValueLength),
                    message->Value is null);
            }
        }

        public override IReadOnlyList<KeyValuePair<string, byte[]>> HeadersOf(int index) => Librdkafka.HeadersOf(At(index));

        public void Reserve(int records)
        {
            if (records > _capacity)
            {
                _messages = (Librdkafka.Message**)NativeMemory.Realloc(_messages, (nuint)records * (nuint)sizeof(nint));
                _capacity = records;
            }
        }

        /// <summary>Appends what the queue has and returns the number of entries, ends of partitions and errors included.</summary>
        public int Take(nint queue, int timeoutMilliseconds, int records)
        {
            Librdkafka.Message** taken = _messages + _count;
            int got = Librdkafka.ConsumeBatch(queue, timeoutMilliseconds, taken, records);
            for (int i = 0; i < got; i++)
            {
                Librdkafka.Message* message = taken[i];
                if (message->Error == 0)
                {
                    Took(NameOf(message->Topic), message->Partition, message->Offset, (long)(message->KeyLength + message->ValueLength));
                    _messages[_count++] = message;
                    continue;
                }

                if ((ErrorCode)message->Error == ErrorCode.Local_PartitionEOF)
                {
                    ReachedEnd(NameOf(message->Topic), message->Partition, message->Offset);
                }
                else
                {
                    // In an error, the text stands where a record's value would be.
                    Reported(
                        new Error(
                            (ErrorCode)message->Error, Encoding.UTF8.GetString(message->Value, (int)message->ValueLength),
                            IsFatal(message)));
                }

                Librdkafka.Destroy(message);
            }

            return Math.Max(got, 0);
        }

        public void Free()
        {
            Release();
            NativeMemory.Free(_messages);
            _messages = null;
            _capacity = 0;
        }

        protected override void RemoveRecords(RecordPredicate drop)
        {
            int kept = 0;
            for (int i = 0; i < _count; i++)
            {
                Librdkafka.Message* message = _messages[i];
                if (drop(NameOf(message->Topic), message->Partition, message->Offset))
                {
                    Librdkafka.Destroy(message);
                }
                else
                {
                    _messages[kept++] = message;
                }
            }

            _count = kept;
        }

        protected override void ReleaseRecords()
        {
            for (int i = 0; i < _count; i++)
            {
                Librdkafka.Destroy(_messages[i]);
            }

            _count = 0;
            _lastTopic = 0;
        }

        /// <summary>Releasing also protects the memory: after it the count is 0, and no pointer can be reached.</summary>
        private Librdkafka.Message* At(int index)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count);
            return _messages[index];
        }

        private static bool IsFatal(Librdkafka.Message* message) => (ErrorCode)message->Error is ErrorCode.Local_Fatal;

        /// <summary>
        /// A pointer stands for the same topic only while the batch holds a message of it, so pointers are forgotten with the batch. The
        /// strings stay, so that all records of a topic have the same string object.
        /// </summary>
        private string NameOf(nint topic)
        {
            if (topic == _lastTopic)
            {
                return _lastName;
            }

            _lastTopic = topic;
            ReadOnlySpan<byte> utf8 = topic == 0 ? default : Librdkafka.NameOf(topic);
            foreach (string name in _names)
            {
                if (Ascii.Equals(utf8, name))
                {
                    return _lastName = name;
                }
            }

            _lastName = Encoding.UTF8.GetString(utf8);
            _names.Add(_lastName);
            return _lastName;
        }
    }
}
