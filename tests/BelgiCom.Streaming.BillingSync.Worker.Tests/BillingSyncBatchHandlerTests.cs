using System.Buffers;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.BillingSync.Worker.Tests;

public sealed class BillingSyncBatchHandlerTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("billing-");
    private readonly BillingOptions _options;
    private readonly BillingLedger _ledger;
    private readonly FakeRegistry _registry = new();
    private readonly CollectedDeadLetters _deadLetters = new();
    private readonly BillingSyncBatchHandler _handler;

    public BillingSyncBatchHandlerTests()
    {
        _options = new BillingOptions { DataDirectory = _folder.FullName, MaxRecordsPerTransaction = 2 };
        _ledger = BillingLedger.Open(_options, TimeProvider.System);
        _handler = Handler(_ledger, _options);
    }

    public void Dispose()
    {
        _ledger.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void Handle_RatedAndRejected_BillsWhatIsRated()
    {
        _handler.Handle(new TestBatch(
        [
            Rated(
                0,
                new UsageRated
                {
                    UsageId = Id(1),
                    Account = "a",
                    Currency = "EUR",
                    Amount = 1.25m,
                    PeriodStart = new DateOnly(2026, 10, 1),
                }),
            Rated(1, new UsageRated { UsageId = Id(2), Account = "a", Currency = "EUR", Outcome = RatedOutcome.ZeroRated }),
            Rejected(0, new UsageRejected { UsageId = Id(3), Outcome = RejectedOutcome.Late }),
            Rejected(1, new UsageRejected { UsageId = Id(1), Outcome = RejectedOutcome.Duplicate }),
            Rated(
                2,
                new UsageRated
                {
                    UsageId = Id(4),
                    Account = "b",
                    Currency = "EUR",
                    Amount = 0.000000001m,
                    PeriodStart = new DateOnly(2026, 10, 1),
                }),
        ]));

        LedgerTotals totals = _ledger.Totals();
        Assert.Equal(
            (2, 1, 1, 1),
            (totals.Lines, totals.Count(LedgerOutcome.ZeroRated), totals.Count(LedgerOutcome.Late), totals.Count(LedgerOutcome.Duplicate)));
        Assert.Equal(1_250_000_001, totals.Billed("EUR").AmountNanos);
        Assert.Equal(3, _handler.StartOffset(Log(Topics.UsageRated, 0)));
        Assert.Equal(2, _handler.StartOffset(Log(Topics.UsageRejected, 0)));
    }

    [Fact]
    public void Handle_Notifications_KeepsTheProofAndSetsAsideWhatCannotBeRead()
    {
        CustomerNotification warning = new() { Account = "a", Limit = "eu-roaming", Permille = 800, Action = LimitAction.Warn };
        byte[] value = EventValue.Of(FakeRegistry.IdOf(Topics.CustomerNotifications), warning.Write);
        _handler.Handle(new TestBatch(
        [
            Record(Topics.CustomerNotifications, 4, value), Record(Topics.CustomerNotifications, 5, [0, 1]),
            Record(Topics.CustomerNotifications, 6, value),
        ]));

        Assert.Equal(
            [(4L, "eu-roaming"), (6L, "eu-roaming")],
            _ledger.Notifications(new NotificationFilter("a", [], null, null), 10).Select(one => (one.Offset, one.Notification.Limit)));
        Assert.Equal(7, _handler.StartOffset(Log(Topics.CustomerNotifications, 0)));
    }

    /// <summary>
    /// Whatever part of a batch was taken before a crash, going on from the ledger's own position, or from far before it, gives the same
    /// ledger.
    /// </summary>
    [Fact]
    public void Handle_InterruptedAtEveryRecord_GivesTheSameLedger()
    {
        TestRecord[] records = Enumerable.Range(0, 12)
            .Select(i =>
                Rated(
                    i,
                    new UsageRated
                    {
                        UsageId = Id(i),
                        Account = "a",
                        Currency = "EUR",
                        Amount = i,
                        PeriodStart = new DateOnly(2026, 10, 1),
                    }))
            .ToArray();
        for (int cut = 0; cut <= records.Length; cut++)
        {
            DirectoryInfo folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, $"cut-{cut}"));
            BillingOptions options = new() { DataDirectory = folder.FullName, MaxRecordsPerTransaction = 5 };
            using (BillingLedger first = BillingLedger.Open(options, TimeProvider.System))
            {
                Handler(first, options).Handle(new TestBatch(records[..cut]));
            }

            using BillingLedger second = BillingLedger.Open(options, TimeProvider.System);
            BillingSyncBatchHandler handler = Handler(second, options);
            Assert.Equal(cut, handler.StartOffset(Log(Topics.UsageRated, 0)));
            handler.Handle(new TestBatch(records[Math.Max(0, cut - 3)..]));

            Assert.Equal((12, 66_000_000_000), (second.Totals().Lines, second.Totals().Billed("EUR").AmountNanos));
            Assert.Equal(0, second.Totals().Count(LedgerOutcome.LedgerDuplicate));
        }
    }

    [Fact]
    public void Handle_RecordThatCannotBeBilled_IsADeadLetterAndTheOthersAreBilled()
    {
        TestRecord good = Rated(
            0,
            new UsageRated { UsageId = Id(1), Account = "a", Currency = "EUR", Amount = 1, PeriodStart = new DateOnly(2026, 10, 1) });

        _handler.Handle(new TestBatch(
        [
            good,
            Record(Topics.UsageRated, 1, EventValue.Of(FakeRegistry.IdOf(Topics.UsageRated), body => body.Write<byte>([9, 9, 9]))),
            Record(Topics.UsageRated, 2, [1, 2, 3]),
            Record(Topics.UsageRejected, 0, [0, 0, 0, 0, 99, 1]),
            new TestRecord(Topics.UsageRejected, 0, 1, [], Value: null),
        ]));

        Assert.Equal(
            [
                "usage.rated.v1[0]@1 undecodable", "usage.rated.v1[0]@2 undecodable", "usage.rejected.v1[0]@0 unknown-schema",
                "usage.rejected.v1[0]@1 undecodable",
            ],
            _deadLetters.Letters);
        Assert.Equal((1, 4), (_ledger.Totals().Lines, _ledger.Totals().Count(LedgerOutcome.DeadLettered)));
        Assert.Equal(1_000_000_000, _ledger.Totals().Billed("EUR").AmountNanos);
        Assert.Equal(3, _ledger.NextOffset(Topics.UsageRated, 0));
        Assert.Equal(2, _ledger.NextOffset(Topics.UsageRejected, 0));
    }

    [Fact]
    public void Handle_UsageWithVat_IsBilledApartFromUsageWithout()
    {
        UsageRated usage = new() { UsageId = Id(1), Account = "a", Currency = "EUR", Amount = 1, PeriodStart = new DateOnly(2026, 10, 1) };

        _handler.Handle(new TestBatch(
        [
            Rated(0, usage with { VatPermille = 210 }),
            Rated(1, usage with { UsageId = Id(2), Amount = 5, PriceBasis = PriceBasis.Gross, VatPermille = 210 }),
        ]));

        LedgerTotals totals = _ledger.Totals();
        Assert.Equal([("EUR", PriceBasis.Net), ("EUR", PriceBasis.Gross)], totals.Sums);
        Assert.Equal(
            (1_000_000_000, 5_000_000_000),
            (totals.Billed("EUR").AmountNanos, totals.Billed("EUR", PriceBasis.Gross).AmountNanos));
        Assert.Empty(_deadLetters.Letters);
    }

    /// <summary>No position passes a record that is neither billed nor kept.</summary>
    [Fact]
    public void Handle_DeadLetterCannotBeKept_KeepsThePosition()
    {
        _deadLetters.IsAway = true;

        Assert.Throws<IOException>(() => _handler.Handle(new TestBatch([Record(Topics.UsageRated, 0, [1, 2, 3])])));

        Assert.Null(_ledger.NextOffset(Topics.UsageRated, 0));
    }

    [Fact]
    public void StartOffset_PartitionTheLedgerNeverSaw_IsTheBeginningOfTheLog() =>
        Assert.Equal(41, _handler.StartOffset(Log(Topics.UsageRated, 9, begin: 41)));

    /// <summary>
    /// What an older release wrote is still on the topic after an upgrade, and what a newer one writes may come before ours.
    /// </summary>
    [Theory]
    [InlineData("""{"name":"campaign","type":"string","default":"summer"}""")]
    [InlineData(null)]
    public void Handle_RecordOfAnotherVersion_IsRead(string? added)
    {
        string schema = Changed(fields =>
        {
            if (added is null)
            {
                fields.Remove(fields.First(field => (string?)field!["name"] == "ratingGroup"));
            }
            else
            {
                fields.Insert(3, JsonNode.Parse(added));
            }
        });

        ArrayBufferWriter<byte> body = new();
        new UsageRated
        {
            UsageId = Id(1),
            Account = "a",
            Currency = "EUR",
            RatingGroup = 7,
            Amount = 2m,
            PeriodStart = new DateOnly(2026, 10, 1),
        }.Write(body);
        ArrayBufferWriter<byte> other = new();
        SchemaResolver.Create(UsageRated.SchemaJson, schema).Resolve(body.WrittenSpan, other);
        Assert.NotEqual(body.WrittenCount, other.WrittenCount);

        _handler.Handle(new TestBatch([Record(Topics.UsageRated, 0, EventValue.Of(_registry.Add(schema), other.WrittenSpan))]));

        Assert.Equal((1, 2_000_000_000), (_ledger.Totals().Lines, _ledger.Totals().Billed("EUR").AmountNanos));
    }

    /// <summary>F14: while the registry does not answer, no offset passes a record that was not decoded.</summary>
    [Fact]
    public void Handle_RegistryDown_KeepsThePosition()
    {
        int another = _registry.Add(Changed(fields => fields.Insert(3, JsonNode.Parse("""{"name":"x","type":"int","default":0}"""))));
        _registry.IsAway = true;

        Assert.Throws<SchemaRegistryException>(
            () => _handler.Handle(new TestBatch([Record(Topics.UsageRated, 0, EventValue.Of(another, new UsageRated().Write))])));

        Assert.Null(_ledger.NextOffset(Topics.UsageRated, 0));
    }

    private static AssignedLog Log(string topic, int partition, long begin = 0) =>
        new(new TopicPartition(topic, partition), "id", begin, End: 100, Committed: null);

    private BillingSyncBatchHandler Handler(BillingLedger ledger, BillingOptions options) => new(
        ledger, options, _registry.Open<UsageRatedView>(Topics.UsageRated), _registry.Open<UsageRejectedView>(Topics.UsageRejected),
        _registry.Open<CustomerNotification>(Topics.CustomerNotifications), _deadLetters, TimeProvider.System, NullLogger.Instance);

    private static string Changed(Action<JsonArray> change)
    {
        JsonNode schema = JsonNode.Parse(UsageRated.SchemaJson)!;
        change(schema["fields"]!.AsArray());
        return schema.ToJsonString();
    }

    private static UsageId Id(int number) => UsageId.FromHalves(1, (ulong)number + 1);

    private static TestRecord Rated(long offset, UsageRated usage) =>
        Record(Topics.UsageRated, offset, EventValue.Of(FakeRegistry.IdOf(Topics.UsageRated), usage.Write));

    private static TestRecord Rejected(long offset, UsageRejected usage) =>
        Record(Topics.UsageRejected, offset, EventValue.Of(FakeRegistry.IdOf(Topics.UsageRejected), usage.Write));

    private static TestRecord Record(string topic, long offset, byte[] value) => new(topic, 0, offset, [], value);
}
