using System.Security.Cryptography;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Rating;
using BelgiCom.Streaming.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Tool.Tests;

public sealed class SuspenseTests : IAsyncLifetime
{
    private const int Partitions = 2;
    private static readonly SuspenseFilter Everything = SuspenseFilter.Everything;

    private readonly FakeRegistry _registry = new();
    private TestBroker? _broker;
    private KafkaRoles? _kafka;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _broker = await TestBroker.StartAsync(BrokerKind.Embedded);
        _kafka = new KafkaRoles(
            new KafkaOptions { BootstrapServers = _broker.BootstrapServers }, new ConsumerOptions(), new TransactionOptions());
        using TopicAdmin admin = new(_kafka.Clients, NullLogger<TopicAdmin>.Instance);
        await admin.EnsureAsync(
        [
            .. new[] { Topics.UsageReceived, Topics.UsageRejected, Topics.UsageRated, Topics.Quarantine }
                .Select(topic => new TopicSpec(topic, Partitions, new Dictionary<string, string>(), 1)),
        ]);
    }

    public async ValueTask DisposeAsync() => await _broker!.DisposeAsync();

    /// <summary>Usage of a schema that the registry learns later waits as long as it is not known, and is then sent.</summary>
    [Fact]
    public async Task Recycle_OfASchemaThatIsNotKnown_GoesOnWaitingUntilItIs()
    {
        JsonNode newer = JsonNode.Parse(UsageReceived.SchemaJson)!;
        newer["fields"]!.AsArray().Add(new JsonObject { ["name"] = "later", ["type"] = "string", ["default"] = "" });
        int newerId = _registry.Add(UsageReceived.SchemaJson) + 1;
        byte[] value = [.. EventValue.Of(newerId, Usage(7).Write), 0];
        Send(Suspended(1, value, RejectedReason.UnknownSchema));
        using Suspense suspense = await Suspense.OpenAsync(_kafka!, _registry, Cancel);
        Assert.Equal(new DecisionCount(0, 1), suspense.Recycle(Everything, [], NullLoggerFactory.Instance, Cancel));
        Assert.Equal(1, Assert.Single(suspense.List(Everything, [], Cancel).Waiting).Events);

        Assert.Equal(newerId, _registry.Add(newer.ToJsonString()));
        using Suspense later = await Suspense.OpenAsync(_kafka!, _registry, Cancel);
        Assert.Equal("sms.csv", Assert.Single(later.List(Everything, [], Cancel).Waiting).File);
        Assert.Equal(new DecisionCount(1, 0), later.Recycle(Everything, [], NullLoggerFactory.Instance, Cancel));
        Assert.Equal(new DecisionCount(0, 0), later.Recycle(Everything, [], NullLoggerFactory.Instance, Cancel));

        UsageReceived sent = UsageReceived.Read(Assert.Single(Records(Topics.UsageReceived)).Value.AsSpan(WireFormat.HeaderSize));
        Assert.Equal(("UNKNOWN_SCHEMA", Usage(7).UsageId), (sent.History!.SuspendedFor, sent.UsageId));
        Assert.Empty(later.List(Everything, [], Cancel).Waiting);
    }

    /// <summary>
    /// What is sent differs from what came only in saying that it was suspended; it goes to the partition it came from.
    /// </summary>
    [Fact]
    public async Task Recycle_OfOneReason_SendsItAndLeavesTheOthers()
    {
        Send([.. Enumerable.Range(0, 50).Select(number =>
            Suspended(number, Value(number), number % 5 == 0 ? RejectedReason.NoTariff : RejectedReason.UnknownSubscriber))]);

        using Suspense suspense = await Suspense.OpenAsync(_kafka!, _registry, Cancel);
        SuspenseFilter noTariff = new() { Reasons = new HashSet<RejectedReason> { RejectedReason.NoTariff } };
        Assert.Equal(new DecisionCount(10, 0), suspense.Recycle(noTariff, [], NullLoggerFactory.Instance, Cancel));

        WaitingUsage left = Assert.Single(suspense.List(Everything, [], Cancel).Waiting);
        Assert.Equal((RejectedReason.UnknownSubscriber, 40L), (left.Reason, left.Events));
        IReadOnlyList<(int Partition, byte[] Value)> sent = Records(Topics.UsageReceived);
        Assert.Equal(10, sent.Count);
        Assert.All(sent, record =>
        {
            UsageReceived usage = UsageReceived.Read(record.Value.AsSpan(WireFormat.HeaderSize));
            int number = (int)usage.UsageId.Low - 1;
            Assert.Equal((number % Partitions, 0), (record.Partition, number % 5));
            Assert.Equal(Value(number), EventValue.Of(FakeRegistry.IdOf(Topics.UsageReceived), (usage with { History = null }).Write));
        });
        Assert.Equal(new DecisionCount(40, 0), suspense.Recycle(Everything, [], NullLoggerFactory.Instance, Cancel));
        Assert.Equal(50, Records(Topics.UsageReceived).Count);
    }

    /// <summary>
    /// When two operators recycle at a time, each event is sent once, and one of the two may be told that the other took over.
    /// </summary>
    [Fact]
    public async Task Recycle_TwoAtATime_SendsEachEventOnce()
    {
        Send([.. Enumerable.Range(0, 400).Select(number => Suspended(number, Value(number), RejectedReason.UnknownSubscriber))]);

        KafkaRoles small = _kafka! with { Consumer = new ConsumerOptions { BatchMaxRecords = 10 } };
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            using Suspense suspense = await Suspense.OpenAsync(small, new FakeRegistry(), Cancel);
            try
            {
                suspense.Recycle(Everything, [], NullLoggerFactory.Instance, Cancel);
            }
            catch (ClientFailedException)
            {
                // The other one took over.
            }
        })));
        using Suspense last = await Suspense.OpenAsync(small, _registry, Cancel);
        last.Recycle(Everything, [], NullLoggerFactory.Instance, Cancel);

        Assert.Equal(400, Records(Topics.UsageReceived).Count);
        Assert.Equal(400, Records(Topics.UsageReceived).Select(record => Convert.ToHexString(record.Value)).Distinct().Count());
        Assert.Empty(last.List(Everything, [], Cancel).Waiting);
    }

    /// <summary>
    /// What is decided by the way (a file, a time, all) is about suspended usage only; conflicts and rejected usage must be named.
    /// </summary>
    [Fact]
    public async Task Decision_ThatNamesNoReasonAndNoId_LeavesConflictsAndRejectedUsage()
    {
        Send(
            Suspended(0, Value(0), RejectedReason.UnknownSubscriber),
            Suspended(1, Value(1), RejectedReason.Conflict) with { Outcome = RejectedOutcome.Conflict },
            Suspended(2, Value(2), RejectedReason.Currency) with { Outcome = RejectedOutcome.Rejected },
            Suspended(3, Value(3), RejectedReason.AlreadyRated) with { Outcome = RejectedOutcome.Duplicate });
        using Suspense suspense = await Suspense.OpenAsync(_kafka!, _registry, Cancel);
        Assert.Equal(3, suspense.List(Everything, [], Cancel).Events);

        SuspenseFilter file = new() { Files = new HashSet<string> { "sms.csv" } };
        Assert.Equal(new DecisionCount(1, 0), Discard(suspense, file));
        Assert.Equal(new DecisionCount(0, 0), suspense.Recycle(file, [], NullLoggerFactory.Instance, Cancel));
        SuspenseFilter conflict = new() { UsageIds = new HashSet<UsageId> { Usage(1).UsageId } };
        Assert.Equal(new DecisionCount(1, 0), Discard(suspense, conflict));
        SuspenseFilter before = new() { Reasons = new HashSet<RejectedReason> { RejectedReason.Currency }, Until = Usage(2).EventTime };
        Assert.Equal(new DecisionCount(0, 0), Discard(suspense, before));
        Assert.Equal(new DecisionCount(1, 0), Discard(suspense, before with { From = before.Until, Until = null }));

        SuspenseList list = suspense.List(Everything, [], Cancel);
        Assert.Empty(list.Waiting);
        Assert.All(list.Discarded, group => Assert.Equal((1L, "Discarded by A: T-12"), (group.Events, group.Decision)));
        Assert.Equal(
            [RejectedReason.Currency, RejectedReason.UnknownSubscriber, RejectedReason.Conflict],
            list.Discarded.Select(group => group.Reason));
        Assert.Empty(Records(Topics.UsageReceived));
    }

    /// <summary>What was given up is taken back only by recycling that says so; a conflict goes under an id of its own.</summary>
    [Fact]
    public async Task Recycle_OfDiscardedUsage_TakesItBackOnce()
    {
        Send(Suspended(1, Value(1), RejectedReason.Conflict) with { Outcome = RejectedOutcome.Conflict });
        using Suspense suspense = await Suspense.OpenAsync(_kafka!, _registry, Cancel);
        SuspenseFilter conflicts = new() { Reasons = new HashSet<RejectedReason> { RejectedReason.Conflict } };
        Assert.Equal(new DecisionCount(1, 0), Discard(suspense, conflicts));
        Assert.Equal(new DecisionCount(0, 0), Discard(suspense, conflicts));
        Assert.Equal(new DecisionCount(0, 0), suspense.Recycle(conflicts, [], NullLoggerFactory.Instance, Cancel));

        SuspenseFilter discarded = conflicts with { IsOfDiscarded = true };
        Assert.Equal(new DecisionCount(1, 0), suspense.Recycle(discarded, [], NullLoggerFactory.Instance, Cancel));
        Assert.Equal(new DecisionCount(0, 0), suspense.Recycle(discarded, [], NullLoggerFactory.Instance, Cancel));
        Assert.Equal(new DecisionCount(0, 0), Discard(suspense, conflicts));

        SuspenseList list = suspense.List(Everything, [], Cancel);
        Assert.Empty(list.Waiting.Concat(list.Discarded));
        UsageReceived sent = UsageReceived.Read(Assert.Single(Records(Topics.UsageReceived)).Value.AsSpan(WireFormat.HeaderSize));
        Assert.NotEqual(Usage(1).UsageId, sent.UsageId);
        Assert.Equal((Usage(1).EventTime, "CONFLICT"), (sent.EventTime, sent.History!.SuspendedFor));
    }

    /// <summary>Two people decide at once, and the same content came twice: all that is sent has one id, so rating charges one.</summary>
    [Fact]
    public async Task Recycle_OfOneConflictByTwoPeople_SendsOneId()
    {
        Send([.. Enumerable.Repeat(Suspended(1, Value(1), RejectedReason.Conflict) with { Outcome = RejectedOutcome.Conflict }, 2)]);
        SuspenseFilter conflicts = new() { Reasons = new HashSet<RejectedReason> { RejectedReason.Conflict } };
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            using Suspense suspense = await Suspense.OpenAsync(_kafka!, new FakeRegistry(), Cancel);
            try
            {
                suspense.Recycle(conflicts, [], NullLoggerFactory.Instance, Cancel);
            }
            catch (ClientFailedException)
            {
                // The other one took over.
            }
        })));

        UsageId[] ids =
        [
            .. Records(Topics.UsageReceived).Select(record => UsageReceived.Read(record.Value.AsSpan(WireFormat.HeaderSize)).UsageId),
        ];
        Assert.Equal(2, ids.Length);
        Assert.Single(ids.Distinct());
    }

    /// <summary>The equation counts usage of every reason as the outcome that rating writes, and knows whether it waits.</summary>
    [Fact]
    public async Task Equation_CountsEveryReason_AsRatingDoes()
    {
        RejectedReason[] reasons = Enum.GetValues<RejectedReason>();
        Send(
        [
            .. reasons.Select((reason, number) => Suspended(number, Value(number), reason) with
            {
                Outcome = Enum.Parse<RejectedOutcome>(RejectedReasons.OutcomeOf(reason).ToString()),
            }),
        ]);
        using UsageCount count = await CountAsync();
        count.Advance(Cancel);
        UsageTally total = count.Total;
        Assert.Equal(
            [
                .. new[]
                {
                    RatingOutcome.Duplicate, RatingOutcome.Late, RatingOutcome.Suspended, RatingOutcome.Rejected, RatingOutcome.Conflict,
                }.Select(outcome => reasons.LongCount(reason => RejectedReasons.OutcomeOf(reason) == outcome)),
            ],
            new[] { total.Duplicate, total.Late, total.Suspended, total.Rejected, total.Conflict });
        using Suspense suspense = await Suspense.OpenAsync(_kafka!, _registry, Cancel);
        Assert.Equal(count.WaitingFor.Keys.Order(), suspense.List(Everything, [], Cancel).Waiting.Select(group => group.Reason).Order());
        Assert.Equal(total.Suspended + total.Rejected + total.Conflict, count.WaitingFor.Values.Sum());
    }

    /// <summary>
    /// Usage in another currency that an earlier release rejected waits where it was, and a decision takes it from where it was counted.
    /// </summary>
    [Fact]
    public async Task UsageInAnotherCurrency_OfAnEarlierRelease_WaitsAndIsCountedWhereItWas()
    {
        Send(
            Suspended(0, Value(0), RejectedReason.Currency) with { Outcome = RejectedOutcome.Rejected },
            Suspended(2, Value(2), RejectedReason.Currency) with { Outcome = RejectedOutcome.Rejected },
            Suspended(4, Value(4), RejectedReason.Currency),
            Suspended(6, Value(6), RejectedReason.UnknownSchema) with { Outcome = RejectedOutcome.Rejected });
        using UsageCount count = await CountAsync();
        using Suspense suspense = await Suspense.OpenAsync(_kafka!, _registry, Cancel);
        Assert.Equal(3, suspense.List(Everything, [], Cancel).Events);
        count.Advance(Cancel);
        Assert.Equal((1L, 3L, 3L), (count.Total.Suspended, count.Total.Rejected, count.WaitingFor[RejectedReason.Currency]));

        SuspenseFilter first = new() { UsageIds = new HashSet<UsageId> { Usage(0).UsageId } };
        Assert.Equal(new DecisionCount(1, 0), Discard(suspense, first));
        SuspenseFilter third = new() { UsageIds = new HashSet<UsageId> { Usage(4).UsageId } };
        Assert.Equal(new DecisionCount(1, 0), Discard(suspense, third));
        count.Advance(Cancel);
        Assert.Equal((0L, 2L, 2L), (count.Total.Suspended, count.Total.Rejected, count.Total.Discarded));
        Assert.Equal(1, count.WaitingFor[RejectedReason.Currency]);
    }

    private async Task<UsageCount> CountAsync() => new(
        _kafka!.Clients, _kafka.Consumer,
        await EventTopic.OpenAsync<UsageReceivedView>(Topics.UsageReceived, _registry, Cancel),
        await EventTopic.OpenAsync<UsageRatedView>(Topics.UsageRated, _registry, Cancel),
        await EventTopic.OpenAsync<UsageRejectedView>(Topics.UsageRejected, _registry, Cancel),
        _ => 0);

    private static DecisionCount Discard(Suspense suspense, SuspenseFilter filter) =>
        suspense.Discard(filter, [], "Discarded by A: T-12", NullLoggerFactory.Instance, Cancel);

    private static UsageReceived Usage(int number) => new()
    {
        UsageId = UsageId.FromHalves(1, (ulong)number + 1),
        SubscriberRef = SubscriberRef.FromHalves(2, (ulong)number + 1),
        Kind = UsageKind.Sms,
        EventTime = new DateTimeOffset(2026, 1, 20, 11, 0, 0, TimeSpan.Zero),
        Messages = 1,
        FileName = "sms.csv",
    };

    private static byte[] Value(int number) => EventValue.Of(FakeRegistry.IdOf(Topics.UsageReceived), Usage(number).Write);

    private static UsageRejected Suspended(int number, byte[] original, RejectedReason reason) => new()
    {
        UsageId = Usage(number).UsageId,
        SubscriberRef = Usage(number).SubscriberRef,
        Outcome = RejectedOutcome.Suspended,
        Reason = reason,
        EventTime = Usage(number).EventTime,
        ReceivedTopic = Topics.UsageReceived,
        ReceivedPartition = number % Partitions,
        ReceivedOffset = number / Partitions,
        Original = original,
        OriginalHash = SHA256.HashData(original),
    };

    private void Send(params UsageRejected[] suspended)
    {
        using TransactionalSender sender = new(
            _kafka!.Clients, new TransactionOptions(), "test", TimeProvider.System, NullLogger<TransactionalSender>.Instance);
        sender.Send(
            output =>
            {
                byte[] key = new byte[SubscriberRef.Size];
                foreach (UsageRejected one in suspended)
                {
                    one.SubscriberRef.CopyTo(key);
                    byte[] value = EventValue.Of(FakeRegistry.IdOf(Topics.UsageRejected), one.Write);
                    output.Produce(Topics.UsageRejected, one.ReceivedPartition, key, value);
                }
            },
            Cancel);
    }

    private List<(int Partition, byte[] Value)> Records(string topic)
    {
        using TopicReader reader = new(_kafka!.Clients, new ConsumerOptions(), TimeProvider.System);
        List<(int Partition, byte[] Value)> records = [];
        reader.Read(
            reader.RangesOf(topic),
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    records.Add((batch[index].Partition, batch[index].Value.ToArray()));
                }
            },
            Cancel);
        return records;
    }
}
