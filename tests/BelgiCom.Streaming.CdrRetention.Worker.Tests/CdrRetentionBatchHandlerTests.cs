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
    private readonly CdrRetentionBatchHandler _handler;

    public CdrRetentionBatchHandlerTests()
    {
        _archive = _fixture.Open();
        _handler = new CdrRetentionBatchHandler(_archive, SchemaOf, NullLogger.Instance);
    }

    public void Dispose()
    {
        _archive.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public void Handle_EachTopic_GoesToItsClassesByteForByte()
    {
        DateTimeOffset now = _fixture.Clock.GetUtcNow();
        SubscriberRef subscriber = ArchiveFixture.Subscriber(1);
        TestRecord[] records =
        [
            Record(Topics.UsageReceived, 0, Serialize(
                new UsageReceived
                {
                    SubscriberRef = subscriber,
                    Kind = UsageKind.Voice,
                    Direction = Direction.Terminating,
                    EventTime = now,
                    EndTime = now,
                }, static (value, output) => value.Write(output))),
            Record(Topics.UsageRated, 0, Serialize(
                new UsageRated { SubscriberRef = subscriber, Kind = UsageKind.Voice, EventTime = now, DurationSeconds = long.MaxValue },
                static (value, output) => value.Write(output))),
            Record(Topics.UsageRejected, 0, Serialize(
                new UsageRejected { SubscriberRef = subscriber, Outcome = RejectedOutcome.Late },
                static (value, output) => value.Write(output))),
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
        Assert.Equal(1, _handler.StartOffset(new TopicPartition(Topics.UsageRated, 0)));
        Assert.Null(_handler.StartOffset(new TopicPartition(Topics.UsageRated, 1)));
    }

    [Fact]
    public void Handle_ReceivedThatCannotBeRead_IsLeftToRatingAndPassed()
    {
        _handler.Handle(new TestBatch([Record(Topics.UsageReceived, 0, [1, 2, 3])]));

        Assert.Empty(_archive.Totals().Segments);
    }

    [Fact]
    public void Handle_RatedThatCannotBeRead_StopsWithItsPositionAndKeepsNothingOfTheBatch()
    {
        DateTimeOffset now = _fixture.Clock.GetUtcNow();
        TestRecord good = Record(
            Topics.UsageRated, 0, Serialize(new UsageRated { EventTime = now }, static (value, output) => value.Write(output)));

        UnreadableRecordException fault = Assert.Throws<UnreadableRecordException>(
            () => _handler.Handle(new TestBatch([good, Record(Topics.UsageRated, 1, [1, 2, 3])])));

        Assert.Contains("usage.rated.v1[0]@1", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, _archive.Totals().Records);
        Assert.Null(_archive.NextOffset(Topics.UsageRated, 0));
    }

    private static string? SchemaOf(int id) => id switch
    {
        1 => UsageReceived.SchemaJson,
        2 => UsageRated.SchemaJson,
        3 => UsageRejected.SchemaJson,
        _ => null,
    };

    private TestRecord Record(string topic, long offset, byte[] value) =>
        new(topic, 0, offset, [], value, _fixture.Clock.GetUtcNow().ToUnixTimeMilliseconds());

    private static byte[] Serialize<T>(T value, Action<T, System.Buffers.IBufferWriter<byte>> write) =>
        new EventSerializer<T>(value is UsageReceived ? 1 : value is UsageRated ? 2 : 3, write).Serialize(value);
}
