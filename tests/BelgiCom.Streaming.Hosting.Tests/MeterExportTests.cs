using System.Diagnostics.Metrics;
using System.Text;
using Prometheus;

namespace BelgiCom.Streaming.Hosting.Tests;

public sealed class MeterExportTests
{
    [Fact]
    public async Task Export_OurInstruments_KeepTheirNamesAndLabels()
    {
        using Meter meter = new("BelgiCom.Streaming.Sample");
        CollectorRegistry registry = Prometheus.Metrics.NewCustomRegistry();
        using MeterExport export = new(registry);
        Counter<long> records = meter.CreateCounter<long>("belgicom_sample_records_total");
        records.Add(2, new("outcome", "rated"), new("lane", 1));
        records.Add(3, new("lane", 1), new("outcome", "rated"));
        meter.CreateObservableGauge("belgicom_sample_lag_records", () => 7L);
        meter.CreateObservableCounter("belgicom_sample_bytes_total", () => 40L);
        meter.CreateHistogram<double>("belgicom_sample_commit_seconds").Record(0.02);
        UpDownCounter<int> open = meter.CreateUpDownCounter<int>("belgicom_sample_open");
        open.Add(5);
        open.Add(-2);
        meter.CreateCounter<long>("somebody_elses_total").Add(1);

        string text = await TextOf(registry);

        Assert.Contains("belgicom_sample_records_total{lane=\"1\",outcome=\"rated\"} 5", text, StringComparison.Ordinal);
        Assert.Contains("belgicom_sample_lag_records 7", text, StringComparison.Ordinal);
        Assert.Contains("belgicom_sample_bytes_total 40", text, StringComparison.Ordinal);
        Assert.Contains("belgicom_sample_commit_seconds_bucket{le=\"0.025\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("belgicom_sample_open 3", text, StringComparison.Ordinal);
        Assert.DoesNotContain("somebody", text, StringComparison.Ordinal);
    }

    private static async Task<string> TextOf(CollectorRegistry registry)
    {
        using MemoryStream stream = new();
        await registry.CollectAndExportAsTextAsync(stream, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
