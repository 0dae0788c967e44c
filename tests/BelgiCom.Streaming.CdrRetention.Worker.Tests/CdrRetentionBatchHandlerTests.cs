using System.Buffers;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Retention;
using BelgiCom.Streaming.Retention.Tests;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.CdrRetention.Worker.Tests;

public sealed class CdrRetentionBatchHandlerTests : IDisposable
{
    private readonly ArchiveFixture _fixture = new();
    private readonly CdrArchive _archive;
    private readonly CollectedDeadLetters _deadLetters = new();
    private readonly CdrRetentionBatchHandler _handler;

    public CdrRetentionBatchHandlerTests()
    {
        FakeRegistry registry = new();
        _archive = _fixture.Open();
        _handler = new CdrRetentionBatchHandler(
            _archive, registry.Open<UsageReceivedView>(Topics.UsageReceived), registry.Open<UsageRatedView>(Topics.UsageRated),
            registry.Open<UsageRejectedView>(Topics.UsageRejected), _deadLetters, NullLogger.Instance);
    }

    public void Dispose()
    {
        _archive.Dispose();
        _fixture.Dispose();
    }

    /// <summary>A topic that was made anew has other records under the same offsets; the archive takes all of them.</summary>
    [Fact]
    public void StartOffset_TopicMadeAnew_StartsAgain()
    {
        Assert.Null(_handler.StartOffset(Log(Topics.UsageRated, 0, "first")));
        Assert.True(_handler.TryReach([new TopicPartitionOffset(Topics.UsageRated, 0, 7)]));
        Assert.Equal(7, _handler.StartOffset(Log(Topics.UsageRated, 0, "first")));

        Assert.Null(_handler.StartOffset(Log(Topics.UsageRated, 0, "second")));
        Assert.True(_handler.TryReach([new TopicPartitionOffset(Topics.UsageRated, 0, 2)]));
        Assert.Equal(2, _handler.StartOffset(Log(Topics.UsageRated, 0, "second")));
    }

    private UsageReceived Message(int subscriber) => new()
    {
        SubscriberRef = ArchiveFixture.Subscriber(subscriber),
        Kind = UsageKind.Sms,
        Direction = Direction.Originating,
        EventTime = _fixture.Clock.GetUtcNow(),
        EndTime = _fixture.Clock.GetUtcNow(),
    };

    private static AssignedLog Log(string topic, int partition, string topicId) =>
        new(new TopicPartition(topic, partition), topicId, Begin: 0, End: 100, Committed: null);

    [Fact]
    public void Handle_EachTopic_GoesToItsClassesByteForByte()
    {
        DateTimeOffset now = _fixture.Clock.GetUtcNow();
        SubscriberRef subscriber = ArchiveFixture.Subscriber(1);
        TestRecord[] records =
        [
            Record(Topics.UsageReceived, 0, Value(Topics.UsageReceived, new UsageReceived
                {
                    SubscriberRef = subscriber,
                    Kind = UsageKind.Voice,
                    Direction = Direction.Terminating,
                    EventTime = now,
                    EndTime = now,
                }.Write)),
            Record(Topics.UsageRated, 0, Value(
                Topics.UsageRated,
                new UsageRated
                {
                    SubscriberRef = subscriber,
                    Kind = UsageKind.Voice,
                    EventTime = now,
                    DurationSeconds = long.MaxValue,
                }.Write)),
            Record(Topics.UsageRejected, 0, Value(
                Topics.UsageRejected, new UsageRejected { SubscriberRef = subscriber, Outcome = RejectedOutcome.Late }.Write)),
        ];

        _handler.Handle(new TestBatch(records));

        IReadOnlyList<ArchivedRecord> found = _fixture.FindAll(_archive, 1).Records;
        Assert.Equal(
            [
                ("BILLING", Topics.UsageRated),
                ("BILLING", Topics.UsageRejected),
                ("FRAUD_4M", Topics.UsageReceived),
                ("INCOMING_12M", Topics.UsageReceived),
            ],
            found.Select(record => (record.RetentionClass, record.Topic)).Order());
        Assert.All(found, record => Assert.Equal(records.First(sent => sent.Topic == record.Topic).Value, record.Value));
        Assert.All(found, record => Assert.Equal(now, record.StartOfPeriod));
        Assert.Equal(1, _handler.StartOffset(Log(Topics.UsageRated, 0, "first")));
        Assert.Null(_handler.StartOffset(Log(Topics.UsageRated, 1, "first")));
    }

    /// <summary>
    /// Usage that was suspended is on the topic again when it is recycled: the archive has it from its first coming, except when nobody
    /// could read it then.
    /// </summary>
    [Theory]
    [InlineData("UNKNOWN_SUBSCRIBER", 1)]
    [InlineData("UNKNOWN_SCHEMA", 2)]
    public void Handle_RecycledUsage_IsArchivedOnce(string suspendedFor, int kept)
    {
        UsageReceived usage = Message(subscriber: 1);
        UsageReceived recycled = usage with { History = new UsageHistory { SuspendedFor = suspendedFor } };

        _handler.Handle(new TestBatch(
        [
            Record(Topics.UsageReceived, 0, Value(Topics.UsageReceived, usage.Write)),
            Record(Topics.UsageReceived, 1, Value(Topics.UsageReceived, recycled.Write)),
            Record(Topics.UsageRejected, 0, Value(
                Topics.UsageRejected,
                new UsageRejected { SubscriberRef = usage.SubscriberRef, Outcome = RejectedOutcome.Recycled }.Write)),
        ]));

        IReadOnlyList<ArchivedRecord> found = _fixture.FindAll(_archive, 1).Records;
        Assert.Equal(kept, found.Count);
        Assert.All(found, record => Assert.Equal(Topics.UsageReceived, record.Topic));
        Assert.Equal(2, _handler.StartOffset(Log(Topics.UsageReceived, 0, "first")));
        Assert.Equal(1, _handler.StartOffset(Log(Topics.UsageRejected, 0, "first")));
    }

    /// <summary>Who gave usage up and why is kept as long as the usage itself.</summary>
    [Fact]
    public void Handle_DiscardedUsage_ArchivesTheDecision()
    {
        UsageReceived usage = Message(subscriber: 1);
        byte[] decision = Value(
            Topics.UsageRejected,
            new UsageRejected
            {
                SubscriberRef = usage.SubscriberRef,
                Outcome = RejectedOutcome.Discarded,
                Detail = "Discarded by A: T-12",
                EventTime = usage.EventTime,
            }.Write);

        _handler.Handle(new TestBatch([Record(Topics.UsageRejected, 0, decision)]));

        Assert.Equal(decision, Assert.Single(_fixture.FindAll(_archive, 1).Records).Value);
    }

    /// <summary>
    /// Usage of the IMSI of a line with an MSISDN is passed on to the MSISDN's reference. A question by either number must find it, and so
    /// must an erasure; each finds it once.
    /// </summary>
    [Fact]
    public void Handle_UsageThatWasPassedOn_IsFoundOnceByEitherReference()
    {
        UsageReceived usage = Message(subscriber: 1);
        UsageReceived passedOn = usage with
        {
            SubscriberRef = ArchiveFixture.Subscriber(2),
            History = new UsageHistory { AliasRef = usage.SubscriberRef },
        };

        _handler.Handle(new TestBatch(
        [
            Record(Topics.UsageReceived, 0, Value(Topics.UsageReceived, usage.Write)),
            Record(Topics.UsageReceived, 1, Value(Topics.UsageReceived, passedOn.Write)),
        ]));

        Assert.Equal(Value(Topics.UsageReceived, usage.Write), Assert.Single(_fixture.FindAll(_archive, 1).Records).Value);
        Assert.Equal(Value(Topics.UsageReceived, passedOn.Write), Assert.Single(_fixture.FindAll(_archive, 2).Records).Value);
    }

    /// <summary>On its way to an account with shared bundles, usage keeps its reference: the archive has it already.</summary>
    [Fact]
    public void Handle_UsageThatWasPassedOnToItsAccount_IsKeptOnce()
    {
        UsageReceived usage = Message(subscriber: 1);
        UsageReceived guided = usage with { History = new UsageHistory { Account = "BE-1", Offering = "family" } };

        _handler.Handle(new TestBatch(
        [
            Record(Topics.UsageReceived, 0, Value(Topics.UsageReceived, usage.Write)),
            Record(Topics.UsageReceived, 1, Value(Topics.UsageReceived, guided.Write)),
        ]));

        Assert.Equal(Value(Topics.UsageReceived, usage.Write), Assert.Single(_fixture.FindAll(_archive, 1).Records).Value);
    }

    [Fact]
    public void Handle_ReceivedThatCannotBeRead_IsLeftToRatingAndPassed()
    {
        _handler.Handle(new TestBatch([Record(Topics.UsageReceived, 0, [1, 2, 3])]));

        Assert.Empty(_archive.Totals().Segments);
    }

    [Fact]
    public void Handle_RatedThatCannotBeRead_IsADeadLetterAndTheOthersAreKept()
    {
        DateTimeOffset now = _fixture.Clock.GetUtcNow();
        TestRecord good = Record(
            Topics.UsageRated, 0, Value(Topics.UsageRated, new UsageRated { EventTime = now }.Write));

        _handler.Handle(new TestBatch(
            [good, Record(Topics.UsageRated, 1, [1, 2, 3]), Record(Topics.UsageRejected, 5, [0, 0, 0, 0, 99, 1])]));

        Assert.Equal(["usage.rated.v1[0]@1 undecodable", "usage.rejected.v1[0]@5 unknown-schema"], _deadLetters.Letters);
        Assert.Equal(1, _archive.Totals().Records);
        Assert.Equal(2, _archive.NextOffset(Topics.UsageRated, 0));
        Assert.Equal(6, _archive.NextOffset(Topics.UsageRejected, 0));
    }

    /// <summary>No position passes a record that is neither archived nor kept elsewhere.</summary>
    [Fact]
    public void Handle_DeadLetterCannotBeKept_KeepsNothingOfTheBatch()
    {
        DateTimeOffset now = _fixture.Clock.GetUtcNow();
        _deadLetters.IsAway = true;
        TestRecord good = Record(
            Topics.UsageRated, 0, Value(Topics.UsageRated, new UsageRated { EventTime = now }.Write));

        Assert.Throws<IOException>(() => _handler.Handle(new TestBatch([good, Record(Topics.UsageRated, 1, [1, 2, 3])])));

        Assert.Equal(0, _archive.Totals().Records);
        Assert.Null(_archive.NextOffset(Topics.UsageRated, 0));
    }

    private TestRecord Record(string topic, long offset, byte[] value) =>
        new(topic, 0, offset, [], value, _fixture.Clock.GetUtcNow().ToUnixTimeMilliseconds());

    private static byte[] Value(string topic, Action<IBufferWriter<byte>> write) => EventValue.Of(FakeRegistry.IdOf(topic), write);
}
