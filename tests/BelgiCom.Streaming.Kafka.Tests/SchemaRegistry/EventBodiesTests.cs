using System.Buffers;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Kafka.Tests;

public sealed class EventBodiesTests
{
    private const string Topic = "usage.received.v1";
    private const string Ours = "ours";

    private static readonly Dictionary<string, string> Schemas = new() { [Topic] = Ours, ["other.v1"] = "theirs" };

    [Fact]
    public void Read_OurSchema_IsTheValueWithoutItsHeader()
    {
        var bodies = Bodies(StubRegistry.Answering(HttpStatusCode.OK, """{"schema":"ours"}"""));

        Assert.Equal(BodyOutcome.Readable, bodies.Read(Topic, [0, 0, 0, 0, 7, 1, 2, 3], out var body));
        Assert.Equal([1, 2, 3], body.ToArray());
    }

    [Fact]
    public void Read_AnotherVersion_IsRewritten()
    {
        var bodies = Bodies(StubRegistry.Answering(HttpStatusCode.OK, """{"schema":"older"}"""));

        Assert.Equal(BodyOutcome.Readable, bodies.Read(Topic, [0, 0, 0, 0, 7, 1, 2, 3], out var body));
        Assert.Equal([3, 2, 1], body.ToArray());
        Assert.Equal(BodyOutcome.Readable, bodies.Read(Topic, [0, 0, 0, 0, 7, 9], out body));
        Assert.Equal([9], body.ToArray());
        Assert.Equal(BodyOutcome.UnreadableBody, bodies.Read(Topic, [0, 0, 0, 0, 7], out body));
        Assert.Equal(0, body.Length);
    }

    [Theory]
    [InlineData(200, """{"schema":"foreign"}""", BodyOutcome.UnreadableSchema)]
    [InlineData(404, """{"error_code":40403,"message":"Schema 7 not found"}""", BodyOutcome.UnknownSchema)]
    public void Read_SchemaThatDoesNotServe_IsFinalAndAskedOnce(int status, string answer, BodyOutcome expected)
    {
        using var stub = StubRegistry.Answering((HttpStatusCode)status, answer);
        var bodies = Bodies(stub);

        Assert.Equal(expected, bodies.Read(Topic, [0, 0, 0, 0, 7, 1], out _));
        Assert.Equal(BodyOutcome.NoHeader, bodies.Read(Topic, "{}"u8, out _));
        Assert.Equal(expected, bodies.Read(Topic, [0, 0, 0, 0, 7, 1], out var body));
        Assert.Equal(0, body.Length);
        Assert.Single(stub.Requests);
    }

    [Fact]
    public void Read_SameIdOnTwoTopics_HasTwoPlans()
    {
        var bodies = Bodies(StubRegistry.Answering(HttpStatusCode.OK, """{"schema":"ours"}"""));

        Assert.Equal(BodyOutcome.Readable, bodies.Read(Topic, [0, 0, 0, 0, 7, 1], out _));
        Assert.Equal(BodyOutcome.UnreadableSchema, bodies.Read("other.v1", [0, 0, 0, 0, 7, 1], out _));
        Assert.Equal(BodyOutcome.Readable, bodies.Read(Topic, [0, 0, 0, 0, 7, 1], out _));
    }

    /// <summary>The registry is down for a while: the record waits and is then read, not given up.</summary>
    [Fact]
    public void Read_RegistryComesBackInTime_ReadsTheRecord()
    {
        var answers = new Queue<HttpResponseMessage>(
        [
            StubRegistry.Answer(HttpStatusCode.ServiceUnavailable, ""),
            StubRegistry.Answer(HttpStatusCode.BadGateway, ""),
            StubRegistry.Answer(HttpStatusCode.OK, """{"schema":"ours"}"""),
        ]);
        var bodies = Bodies(new StubRegistry((_, _) => Task.FromResult(answers.Dequeue())));

        Assert.Equal(BodyOutcome.Readable, bodies.Read(Topic, [0, 0, 0, 0, 7, 1], out _));
    }

    /// <summary>Longer than the patience: an exception, so that the batch is read again; and nothing is remembered against the schema.</summary>
    [Fact]
    public void Read_RegistryStaysAway_FailsAndForgets()
    {
        HttpResponseMessage Down() => StubRegistry.Answer(HttpStatusCode.ServiceUnavailable, "");
        var answer = Down;
        var bodies = Bodies(new StubRegistry((_, _) => Task.FromResult(answer())), patience: TimeSpan.Zero);

        var e = Assert.Throws<SchemaRegistryException>(() => bodies.Read(Topic, [0, 0, 0, 0, 7, 1], out _));
        answer = () => StubRegistry.Answer(HttpStatusCode.OK, """{"schema":"ours"}""");

        Assert.True(e.IsTransient);
        Assert.Equal(BodyOutcome.Readable, bodies.Read(Topic, [0, 0, 0, 0, 7, 1], out _));
    }

    [Fact]
    public async Task Read_StoppedWhileWaiting_Ends()
    {
        using var stopping = new CancellationTokenSource();
        var bodies = Bodies(
            new StubRegistry((_, _) =>
            {
                stopping.Cancel();
                return Task.FromResult(StubRegistry.Answer(HttpStatusCode.ServiceUnavailable, ""));
            }),
            stopping: stopping);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Run(() => bodies.Read(Topic, [0, 0, 0, 0, 7, 1], out _)));
    }

    [Fact]
    public void Read_RecordsWithInventedIds_KeepNoMoreThanTheLimit()
    {
        using var stub = StubRegistry.Answering(HttpStatusCode.NotFound, """{"error_code":40403,"message":"not found"}""");
        var bodies = Bodies(stub);
        for (var id = 1; id <= 10_500; id++)
        {
            var value = new byte[6];
            WireFormat.WriteHeader(value, id);
            Assert.Equal(BodyOutcome.UnknownSchema, bodies.Read(Topic, value, out _));
        }

        Assert.InRange(bodies.PlanCount, 1, 10_000);
    }

    private static EventBodies Bodies(StubRegistry registry, TimeSpan? patience = null, CancellationTokenSource? stopping = null) =>
        new(registry.Client(), Schemas, Plan, patience ?? TimeSpan.FromMinutes(1), TimeProvider.System, NullLogger.Instance, stopping?.Token ?? TestContext.Current.CancellationToken);

    private static BodyPlan Plan(string writer, string reader) => (writer, reader) switch
    {
        (Ours, Ours) => BodyPlan.AsItIs,
        ("older", Ours) => BodyPlan.By(Reverse),
        _ => BodyPlan.Unreadable,
    };

    private static bool Reverse(ReadOnlySpan<byte> body, IBufferWriter<byte> destination)
    {
        var reversed = body.ToArray();
        Array.Reverse(reversed);
        destination.Write(reversed);
        return body.Length > 0;
    }
}
