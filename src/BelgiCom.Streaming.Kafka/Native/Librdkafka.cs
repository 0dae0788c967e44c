using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// The few functions of librdkafka that Confluent.Kafka does not expose, called on the library and the handles that Confluent.Kafka has
/// loaded. All native code is in this file and its two users. Functions and struct are part of librdkafka's stable C interface (rdkafka.h).
/// </summary>
internal static unsafe class Librdkafka
{
    /// <summary>RD_KAFKA_PARTITION_UA: the partitioner chooses.</summary>
    public const int PartitionUnassigned = -1;

    /// <summary>RD_KAFKA_MSG_F_COPY: the library copies key and value before the call returns.</summary>
    public const int CopyFlag = 2;

    private static readonly Exports? Bound = Bind(out UnavailableBecauseOf);

    /// <summary>Why binding failed; null when it worked.</summary>
    public static readonly string? UnavailableBecauseOf;

    public static bool IsAvailable => Bound is not null;

    private static Exports Functions
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Bound!;
    }

    /// <summary>The native handle of a client. The caller keeps a reference to the client while it uses the pointer.</summary>
    public static SafeHandle HandleOf(IClient client) => (SafeHandle)HandleProperty()!.GetValue(client.Handle)!;

    public static nint ConsumerQueue(nint client) => Functions.QueueGetConsumer(client);

    public static void DestroyQueue(nint queue) => Functions.QueueDestroy(queue);

    /// <summary>
    /// Takes up to <paramref name="capacity"/> messages. Meanwhile the library runs rebalance and error callbacks on this thread.
    /// </summary>
    public static int ConsumeBatch(nint queue, int timeoutMilliseconds, Message** messages, int capacity) =>
        (int)Functions.ConsumeBatchQueue(queue, timeoutMilliseconds, messages, (nuint)capacity);

    /// <summary>
    /// Makes the call of <see cref="ConsumeBatch"/> that waits, or the next one that would, return at once. From any thread.
    /// </summary>
    public static void Yield(nint queue) => Functions.QueueYield(queue);

    public static void Destroy(Message* message) => Functions.MessageDestroy(message);

    public static long TimestampOf(Message* message)
    {
        int type;
        return Functions.MessageTimestamp(message, &type);
    }

    public static List<KeyValuePair<string, byte[]>> HeadersOf(Message* message)
    {
        List<KeyValuePair<string, byte[]>> headers = [];
        nint list;
        if (Functions.MessageHeaders(message, &list) != 0)
        {
            return headers;
        }

        byte* name;
        byte* value;
        nuint length;
        while (Functions.HeaderGetAll(list, (nuint)headers.Count, &name, &value, &length) == 0)
        {
            headers.Add(new(
                Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name)),
                new ReadOnlySpan<byte>(value, value is null ? 0 : (int)length).ToArray()));
        }

        return headers;
    }

    public static ReadOnlySpan<byte> NameOf(nint topic) => MemoryMarshal.CreateReadOnlySpanFromNullTerminated(Functions.TopicName(topic));

    public static nint OpenTopic(nint client, string name)
    {
        nint utf8 = Marshal.StringToCoTaskMemUTF8(name);
        try
        {
            return Functions.TopicNew(client, (byte*)utf8, 0);
        }
        finally
        {
            Marshal.FreeCoTaskMem(utf8);
        }
    }

    public static void CloseTopic(nint topic) => Functions.TopicDestroy(topic);

    /// <summary>Copies one record into the producer's queue.</summary>
    public static ErrorCode Produce(nint topic, int partition, byte* value, int valueLength, byte* key, int keyLength) =>
        Functions.Produce(topic, partition, CopyFlag, value, (nuint)valueLength, key, (nuint)keyLength, 0) == 0
            ? ErrorCode.NoError
            : (ErrorCode)Functions.LastError();

    private static PropertyInfo? HandleProperty() =>
        typeof(Handle).GetProperty("LibrdkafkaHandle", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public);

    private static Exports? Bind(out string? reason)
    {
        reason = null;
        try
        {
            // Confluent.Kafka tries several builds of the library and keeps the one that loads; its own delegates tell which. Loading it by
            // the same name gives the same library, not a second copy.
            Library.Load();
            Assembly client = typeof(IClient).Assembly;
            MethodInfo? version = (client.GetType("Confluent.Kafka.Impl.Librdkafka")?
                .GetField("_version", BindingFlags.Static | BindingFlags.NonPublic)?
                .GetValue(null) as Delegate)?.Method;
            string? name = version?.GetCustomAttribute<DllImportAttribute>()?.Value;
            if (name is null || HandleProperty() is null)
            {
                reason = "this version of Confluent.Kafka keeps its library and handles elsewhere";
                return null;
            }

            return new Exports(NativeLibrary.Load(name, client, null));
        }
        catch (Exception failure)
            when (failure is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException or TargetInvocationException)
        {
            reason = failure.Message;
            return null;
        }
    }

    /// <summary>rd_kafka_message_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Message
    {
        public int Error;
        public nint Topic;
        public int Partition;
        public byte* Value;
        public nuint ValueLength;
        public byte* Key;
        public nuint KeyLength;
        public long Offset;
        public nint Private;
    }

    private sealed class Exports(nint library)
    {
        public readonly delegate* unmanaged[Cdecl]<nint, nint> QueueGetConsumer =
            (delegate* unmanaged[Cdecl]<nint, nint>)NativeLibrary.GetExport(library, "rd_kafka_queue_get_consumer");

        public readonly delegate* unmanaged[Cdecl]<nint, void> QueueDestroy =
            (delegate* unmanaged[Cdecl]<nint, void>)NativeLibrary.GetExport(library, "rd_kafka_queue_destroy");

        public readonly delegate* unmanaged[Cdecl]<nint, void> QueueYield =
            (delegate* unmanaged[Cdecl]<nint, void>)NativeLibrary.GetExport(library, "rd_kafka_queue_yield");

        public readonly delegate* unmanaged[Cdecl]<nint, int, Message**, nuint, nint> ConsumeBatchQueue =
            (delegate* unmanaged[Cdecl]<nint, int, Message**, nuint, nint>)NativeLibrary.GetExport(library, "rd_kafka_consume_batch_queue");

        public readonly delegate* unmanaged[Cdecl]<Message*, void> MessageDestroy =
            (delegate* unmanaged[Cdecl]<Message*, void>)NativeLibrary.GetExport(library, "rd_kafka_message_destroy");

        // The function only reads two fields, so leaving the runtime's managed mode would cost more than the call.
        public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<Message*, int*, long> MessageTimestamp =
            (delegate* unmanaged[Cdecl, SuppressGCTransition]<Message*, int*, long>)NativeLibrary.GetExport(
                library, "rd_kafka_message_timestamp");

        public readonly delegate* unmanaged[Cdecl]<Message*, nint*, int> MessageHeaders =
            (delegate* unmanaged[Cdecl]<Message*, nint*, int>)NativeLibrary.GetExport(library, "rd_kafka_message_headers");

        public readonly delegate* unmanaged[Cdecl]<nint, nuint, byte**, byte**, nuint*, int> HeaderGetAll =
            (delegate* unmanaged[Cdecl]<nint, nuint, byte**, byte**, nuint*, int>)NativeLibrary.GetExport(
                library, "rd_kafka_header_get_all");

        public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, byte*> TopicName =
            (delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, byte*>)NativeLibrary.GetExport(library, "rd_kafka_topic_name");

        public readonly delegate* unmanaged[Cdecl]<nint, byte*, nint, nint> TopicNew =
            (delegate* unmanaged[Cdecl]<nint, byte*, nint, nint>)NativeLibrary.GetExport(library, "rd_kafka_topic_new");

        public readonly delegate* unmanaged[Cdecl]<nint, void> TopicDestroy =
            (delegate* unmanaged[Cdecl]<nint, void>)NativeLibrary.GetExport(library, "rd_kafka_topic_destroy");

        public readonly delegate* unmanaged[Cdecl]<nint, int, int, byte*, nuint, byte*, nuint, nint, int> Produce =
            (delegate* unmanaged[Cdecl]<nint, int, int, byte*, nuint, byte*, nuint, nint, int>)NativeLibrary.GetExport(
                library, "rd_kafka_produce");

        public readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<int> LastError =
            (delegate* unmanaged[Cdecl, SuppressGCTransition]<int>)NativeLibrary.GetExport(library, "rd_kafka_last_error");
    }
}
