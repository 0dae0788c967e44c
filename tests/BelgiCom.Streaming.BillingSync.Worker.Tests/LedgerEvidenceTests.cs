using System.Diagnostics.Metrics;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.BillingSync.Worker.Tests;

public sealed class LedgerEvidenceTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeRegistry _registry = new();
    private TestBroker? _broker;
    private BillingOptions? _options;
    private BillingLedger? _ledger;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private KafkaOptions Kafka => new() { BootstrapServers = _broker!.BootstrapServers };

    public async ValueTask InitializeAsync()
    {
        _broker = await TestBroker.StartAsync(BrokerKind.Embedded);
        _options = new BillingOptions { DataDirectory = _folder.FullPath };
        _ledger = BillingLedger.Open(_options, TimeProvider.System);
        using TopicAdmin admin = new(Kafka, NullLogger<TopicAdmin>.Instance);
        await admin.EnsureAsync([new TopicSpec(Topics.UsageRated, 2, new Dictionary<string, string>(), 1)]);
    }

    public async ValueTask DisposeAsync()
    {
        _ledger!.Dispose();
        await _broker!.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>What cannot be read has an unknown amount: half of a comparison must not pass for a whole one.</summary>
    [Fact]
    public void Collect_RecordThatCannotBeRead_IsNoPeace()
    {
        Send(0, Value(Usage(1)), [1, 2, 3], Value(Usage(2)));
        Bill(0, Usage(1), offset: 0);

        Assert.Throws<UnreadableRecordException>(() => Collect());
    }

    [Fact]
    public void Collect_BilledAndNotBilledAndBehind_CountsEach()
    {
        Send(0, Value(Usage(1)), Value(Usage(2)), Value(Usage(3)), Value(Usage(4)));
        Send(1, Value(Usage(5)));
        Bill(0, Usage(1), offset: 0);

        // The ledger passed the second one without billing it.
        Bill(0, Usage(3), offset: 2);

        LedgerEvidence evidence = Collect();

        Assert.Equal((1L, 0L, 2L, false), (
            evidence.Differences, evidence.Conflicts, evidence.NotYetBilled, evidence.IsReconciled));
        LedgerDifference difference = Assert.Single(evidence.Partitions.SelectMany(partition => partition.Differences));
        Assert.Equal((LedgerDifferenceKind.NotBilled, 1L), (difference.Kind, difference.Offset));
    }

    [Fact]
    public async Task Compare_OfWhatDiffers_ShowsItAsMetrics()
    {
        Send(0, Value(Usage(1)), Value(Usage(2)));
        Bill(0, Usage(2), offset: 1);
        using ReconciliationWorker worker = new(
            Kafka, new ConsumerOptions(), _options!, _registry, TimeProvider.System, NullLogger<ReconciliationWorker>.Instance);

        await worker.CompareAsync(Cancel);

        Assert.Equal(1, Gauge("belgicom_reconcile_differences"));
        Assert.Equal(0, Gauge("belgicom_reconcile_conflicts"));
        Assert.True(Gauge("belgicom_reconcile_last_seconds") > 0, "the comparison has no time");

        // A comparison that fails leaves the last result, whose age shows.
        _registry.IsAway = true;
        await worker.CompareAsync(Cancel);
        Assert.Equal(1, Gauge("belgicom_reconcile_differences"));
    }

    private static double Gauge(string name)
    {
        double? value = null;
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, me) =>
        {
            if (instrument.Name == name)
            {
                me.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, measured, _, _) => value = measured);
        listener.Start();
        listener.RecordObservableInstruments();
        return value ?? throw new InvalidOperationException($"{name} has no value");
    }

    private static UsageRated Usage(int number) => new()
    {
        UsageId = UsageId.FromHalves(9, (ulong)number),
        Account = "a",
        Offering = "o",
        Currency = "EUR",
        Amount = 1.25m,
        Outcome = RatedOutcome.Rated,
        EventTime = new DateTimeOffset(2026, 10, 5, 0, 0, 0, TimeSpan.Zero),
        PeriodStart = new DateOnly(2026, 10, 1),
    };

    private static byte[] Value(UsageRated usage) => EventValue.Of(FakeRegistry.IdOf(Topics.UsageRated), usage.Write);

    private LedgerEvidence Collect()
    {
        using TopicReader reader = new(Kafka, new ConsumerOptions(), TimeProvider.System);
        return LedgerEvidence.Collect(reader, _registry.Open<UsageRatedView>(Topics.UsageRated), _ledger!, Cancel);
    }

    private void Bill(int partition, UsageRated usage, long offset)
    {
        LedgerBatch batch = new();
        Assert.True(_registry.Open<UsageRatedView>(Topics.UsageRated).TryRead(Value(usage), out UsageRatedView view));
        batch.AddRated(Topics.UsageRated, partition, offset, view);
        _ledger!.Apply(batch);
    }

    private void Send(int partition, params byte[][] values)
    {
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(
            new ProducerConfig { BootstrapServers = _broker!.BootstrapServers }).Build();
        foreach (byte[] value in values)
        {
            producer.Produce(new TopicPartition(Topics.UsageRated, partition), new Message<byte[], byte[]> { Value = value });
        }

        producer.Flush(Cancel);
    }
}
