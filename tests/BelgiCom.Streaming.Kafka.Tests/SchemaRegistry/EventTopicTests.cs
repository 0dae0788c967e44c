using System.Diagnostics.CodeAnalysis;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace BelgiCom.Streaming.Kafka.Tests;

public sealed class EventTopicTests
{
    private const string Older = """{"type":"record","name":"R","fields":[{"name":"n","type":"int"}]}""";
    private const string Foreign = """{"type":"record","name":"Other","fields":[]}""";

    private readonly FakeRegistry _registry = new();

    public EventTopicTests() => _registry.Add(Thing.OurSchema);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Value_Written_IsTheHeaderThenTheBodyAndIsReadWithoutTheRegistry()
    {
        EventTopic<Thing> topic = _registry.Open<Thing>("things");
        byte[] value = topic.Write(new Thing(1, -1)).ToArray();

        Assert.Equal([0, 0, 0, 0, (byte)topic.SchemaId, 2, 1], value);
        Assert.True(topic.TryRead(value, out Thing? thing));
        Assert.Equal(new Thing(1, -1), thing);
        Assert.Equal(0, _registry.Asked);
    }

    [Fact]
    public void Value_OfAnyVersion_IsOneOfOursAndItsSchemaIsAskedForOnce()
    {
        int older = _registry.Add(Older);
        int same = _registry.Add(Thing.OurSchema.Replace("\"R\"", "\"R\",\"doc\":\"Other words.\"", StringComparison.Ordinal));
        EventTopic<Thing> topic = _registry.Open<Thing>("things");
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(new Thing(1, 5), Read(topic, older, [2]));
            Assert.Equal(new Thing(1, 2), Read(topic, same, [2, 4]));
        }

        Assert.Equal(2, _registry.Asked);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Foreign)]
    [InlineData("not a schema")]
    public void Value_WhoseSchemaWeCannotRead_IsNoneAndSaysSo(string? schema)
    {
        int id = schema is null ? 999 : _registry.Add(schema);
        EventTopic<Thing> topic = _registry.Open<Thing>("things");
        Assert.Null(Read(topic, id, [2]));
        Assert.Null(Read(topic, id, [2]));
        Assert.True(topic.IsOfUnknownSchema(EventValue.Of(id, [2])));
        Assert.Equal(1, _registry.Asked);
    }

    [Fact]
    public void Value_ThatIsNotOfItsSchemaOrHasNoHeader_IsNoneAndItsSchemaIsKnown()
    {
        int older = _registry.Add(Older);
        EventTopic<Thing> topic = _registry.Open<Thing>("things");
        byte[][] values = [EventValue.Of(older, [0x80]), EventValue.Of(topic.SchemaId, [2]), [], [0, 0, 0, 1], [1, 0, 0, 0, 1, 2, 4]];
        Assert.All(values, value => Assert.False(topic.TryRead(value, out _)));
        Assert.All(values, value => Assert.False(topic.IsOfUnknownSchema(value)));
    }

    [Fact]
    public void Schema_ThatCannotBeKnownYet_IsAskedForAgain()
    {
        int older = _registry.Add(Older);
        EventTopic<Thing> topic = _registry.Open<Thing>("things");
        _registry.IsAway = true;
        Assert.Throws<SchemaRegistryException>(() => Read(topic, older, [2]));
        _registry.IsAway = false;
        Assert.Equal(new Thing(1, 5), Read(topic, older, [2]));
    }

    /// <summary>Ids come from records: a flood of made-up ones must not fill the memory.</summary>
    [Fact]
    public void Ids_WithoutEnd_AreForgotten()
    {
        EventTopic<Thing> topic = _registry.Open<Thing>("things");
        for (int id = 1_000; id < 6_000; id++)
        {
            Assert.Null(Read(topic, id, [2]));
        }

        Assert.Null(Read(topic, 1_000, [2]));
        Assert.Equal(5_001, _registry.Asked);
    }

    /// <summary>A registry that lost its schemas is noticed before a record is read or written beside it.</summary>
    [Fact]
    public async Task Open_OurSchemaIsNotRegistered_SaysWhatToDo()
    {
        SchemaRegistryException e = await Assert.ThrowsAsync<SchemaRegistryException>(
            () => EventTopic.OpenAsync<Thing>("things", new FakeRegistry(), Cancel));

        Assert.Equal((SchemaRegistryFailure.Unregistered, false), (e.Failure, e.IsTransient));
        Assert.Contains("schemas register", e.Message, StringComparison.Ordinal);
        Assert.Contains("things", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Usage_ReadAndWrittenAsAView_AllocatesNothing()
    {
        EventTopic<UsageRatedView> topic = _registry.Open<UsageRatedView>(Topics.UsageRated);
        byte[] value = EventValue.Of(topic.SchemaId, new UsageRated { Account = "a", Source = "s" }.Write);
        Assert.Equal(value, Again(topic, value));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            Again(topic, value);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Asked in the middle of a batch, a registry that is away is waited for up to the patience.</summary>
    [Fact]
    public async Task PatientRegistry_SchemaOfARecord_IsWaitedForUpToThePatience()
    {
        FakeTimeProvider clock = new();
        PatientRegistry patient = new(_registry, TimeSpan.FromSeconds(20), clock, NullLogger.Instance, Cancel);
        _registry.IsAway = true;
        Task<string> schema = patient.GetSchemaAsync(1, Cancel);
        await PassAsync(clock, TimeSpan.FromSeconds(19), schema);
        Assert.False(schema.IsCompleted);
        await PassAsync(clock, TimeSpan.FromSeconds(30), schema);
        Assert.True((await Assert.ThrowsAsync<SchemaRegistryException>(() => schema)).IsTransient);
    }

    /// <summary>At the start there is nothing else to do: our own schema is waited for without an end.</summary>
    [Fact]
    public async Task PatientRegistry_OurOwnSchema_IsWaitedForWithoutAnEnd()
    {
        FakeTimeProvider clock = new();
        PatientRegistry patient = new(_registry, TimeSpan.Zero, clock, NullLogger.Instance, Cancel);
        _registry.IsAway = true;
        Task<int> id = patient.GetIdAsync("things-value", Thing.OurSchema, Cancel);
        await PassAsync(clock, TimeSpan.FromHours(1), id);
        Assert.False(id.IsCompleted);
        _registry.IsAway = false;
        await PassAsync(clock, TimeSpan.FromSeconds(10), id);
        Assert.Equal(_registry.Open<Thing>("things").SchemaId, await id);
    }

    [Fact]
    public async Task PatientRegistry_AskedToStop_Stops()
    {
        using CancellationTokenSource stopping = new();
        PatientRegistry patient = new(_registry, TimeSpan.Zero, new FakeTimeProvider(), NullLogger.Instance, stopping.Token);
        _registry.IsAway = true;
        Task<int> id = patient.GetIdAsync("things-value", Thing.OurSchema, Cancel);
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => id);
    }

    private static async Task PassAsync(FakeTimeProvider clock, TimeSpan time, Task waiting)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time && !waiting.IsCompleted; passed += TimeSpan.FromSeconds(1))
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    private static byte[] Again(EventTopic<UsageRatedView> topic, byte[] value)
    {
        if (!topic.TryRead(value, out UsageRatedView view))
        {
            throw new InvalidDataException();
        }

        return topic.Write(in view).SequenceEqual(value) ? value : [];
    }

    private static Thing? Read(EventTopic<Thing> topic, int id, byte[] body) =>
        topic.TryRead(EventValue.Of(id, body), out Thing? thing) ? thing : null;

    private sealed record Thing(long Number, int Kind) : IAvroRecord<Thing>
    {
        public const string OurSchema =
            """{"type":"record","name":"R","fields":[{"name":"n","type":"long"},{"name":"k","type":"int","default":5}]}""";

        static string IAvroRecord<Thing>.Schema => OurSchema;

        public int MaxSize => 15;

        public static bool TryRead(ReadOnlySpan<byte> body, [MaybeNullWhen(false)] out Thing record)
        {
            AvroReader reader = new(body);
            record = new Thing(reader.ReadLong(), reader.ReadInt());
            return reader.TryFinish();
        }

        public void WriteTo(ref AvroWriter writer)
        {
            writer.WriteLong(Number);
            writer.WriteInt(Kind);
        }
    }
}
