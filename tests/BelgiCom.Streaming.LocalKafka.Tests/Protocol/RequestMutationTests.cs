using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>
/// Whatever the octets of a frame or of a record batch, they are answered, refused with an error code, or cost their connection.
/// </summary>
[Trait(Fuzz.Trait, Fuzz.Category)]
public sealed class RequestMutationTests
{
    // A broker collects topics, groups and producers, so each gets so many requests and another begins with nothing.
    private const int RequestsPerBroker = 2_000;

    // An answer may be larger than its request: the configuration of each topic that is named, records that were produced before, and a
    // topic of 1000 partitions takes a request of 40 octets.
    private static readonly FuzzLimits Limits = new(Runs: 4_000, Octets: 32 << 20, OctetsPerOctet: 200);

    [Fact]
    public void Request_WithAnyFields_IsAnsweredOrRefused() => Answer("request", RequestFrames.Any);

    [Fact]
    public void Request_MutatedAtRandom_IsAnsweredOrRefused() => Answer("request-mutated", random =>
        Mutation.Of([RequestFrames.Any(random), RequestFrames.Any(random)], random));

    /// <summary>
    /// The fields that <see cref="RequestFrames"/> writes are those that the broker reads: else everything would be refused.
    /// </summary>
    [Fact]
    public void Request_OfEachApi_IsReadToItsEnd()
    {
        using Broker broker = new();
        foreach (SupportedApi api in SupportedApi.All)
        {
            Assert.Contains(Enumerable.Range(0, 200), seed => broker.Answers(RequestFrames.Of(api, api.MaxVersion, new Random(seed))));
        }
    }

    [Fact]
    public void Batch_MutatedAtRandom_IsCheckedAndOpenedInBoundedMemory() => Fuzz.Run(
        "batch",
        random => random.Next(4) == 0
            ? Mutation.Of([RequestFrames.Batch(random)], random)
            : RequestFrames.Sealed(Mutation.Of([RequestFrames.Batch(random), RequestFrames.Batch(random)], random)),
        Open,
        // A decoder of Zstandard or LZ4 takes a window that the header asks for.
        Limits with { Octets = 8 << 20 });

    private static void Open(byte[] batch)
    {
        TopicConfig compacted = new(new Dictionary<string, string> { ["cleanup.policy"] = "compact" });
        ErrorCode plain = BatchValidation.Check(batch, TopicConfig.Default, 1_700_000_000_000);
        ErrorCode keyed = BatchValidation.Check(batch, compacted, 1_700_000_000_000);
        Assert.True(keyed != ErrorCode.None || plain == ErrorCode.None);
        if (batch.Length >= RecordBatch.HeaderSize && BatchOpener.TryOpen(new RecordBatch(batch), out ReadOnlySpan<byte> records))
        {
            RecordReader reader = new(records);
            for (int read = 0; reader.TryReadNext(); read++)
            {
                Assert.True(read < records.Length, "More records than octets.");
            }
        }
    }

    private static void Answer(string name, Func<Random, byte[]> frame)
    {
        Broker broker = new();
        int requests = 0;
        try
        {
            Fuzz.Run(
                name,
                random =>
                {
                    if (++requests % RequestsPerBroker == 0)
                    {
                        broker.Dispose();
                        broker = new Broker();
                    }

                    return frame(random);
                },
                octets => broker.Answers(octets),
                Limits);
        }
        finally
        {
            broker.Dispose();
        }
    }

    /// <summary>A broker that is asked without a connection.</summary>
    private sealed class Broker : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly LocalKafkaBroker _broker;
        private readonly CancellationToken _stopping = new(canceled: true);

        public Broker()
        {
            _broker = LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _folder.FullPath }).GetAwaiter().GetResult();
            foreach ((string topic, string policy) in (ReadOnlySpan<(string, string)>)[("topic", "delete"), ("compacted", "compact")])
            {
                Assert.True(Answers(CreateTopic(topic, policy)));
            }
        }

        /// <summary>False when the frame is refused: its connection would be closed.</summary>
        public bool Answers(byte[] frame)
        {
            Request request = new();
            try
            {
                request.Begin(frame);
                _broker.Router.Answer(request, _stopping);
                return true;
            }
            catch (MalformedRequestException)
            {
                return false;
            }
            catch (OperationCanceledException)
            {
                // An answer that waits for other members or for records is given up at once.
                return true;
            }
            finally
            {
                request.Writer.Release();
            }
        }

        public void Dispose()
        {
            _broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
            _folder.Dispose();
        }

        private static byte[] CreateTopic(string name, string policy)
        {
            ProtocolWriter writer = new();
            writer.Reset();
            writer.WriteInt16((short)ApiKey.CreateTopics);
            writer.WriteInt16(4);
            writer.WriteInt32(0);
            writer.WriteNullableString(null);
            writer.WriteArrayLength(1);
            writer.WriteString(name);
            writer.WriteInt32(2);
            writer.WriteInt16(1);
            writer.WriteArrayLength(0);
            writer.WriteArrayLength(1);
            writer.WriteString("cleanup.policy");
            writer.WriteNullableString(policy);
            writer.WriteInt32(1000);
            writer.WriteBoolean(false);
            byte[] frame = writer.Written.ToArray();
            writer.Release();
            return frame;
        }
    }
}
