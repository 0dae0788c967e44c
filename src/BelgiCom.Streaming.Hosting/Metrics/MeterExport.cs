using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Prometheus;

namespace BelgiCom.Streaming.Hosting;

/// <summary>
/// Publishes our meters under exactly the names of their instruments. The exporter's own meter adapter is switched off, because it puts the
/// meter's name before the instrument's, and because it forgets a series that was not updated for five minutes, so that a counter of
/// rejected records would vanish and start again at zero.
/// </summary>
internal sealed class MeterExport : IDisposable
{
    // Instruments with other names are the framework's. Their labels can have any number of values, and nobody asked for them.
    private const string NamePrefix = "belgicom_";

    // From half a millisecond to a minute: the range of batches, commits and files.
    private static readonly double[] SecondsBuckets =
    [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ];

    private readonly ConcurrentDictionary<Instrument, Collector> _collectors = new();
    private readonly MeterListener _listener = new();
    private readonly MetricFactory _factory;

    public MeterExport(CollectorRegistry registry)
    {
        _factory = Prometheus.Metrics.WithCustomRegistry(registry);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name.StartsWith(NamePrefix, StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
        registry.AddBeforeCollectCallback(_listener.RecordObservableInstruments);
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // Sorted, so that the same labels in another order are the same series.
        KeyValuePair<string, object?>[] sorted = tags.ToArray();
        Array.Sort(sorted, static (left, right) => string.CompareOrdinal(left.Key, right.Key));
        string[] labels = Array.ConvertAll(sorted, tag => Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "");
        switch (_collectors.GetOrAdd(instrument, Create, sorted))
        {
            case Counter counter when instrument is ObservableInstrument<long> or ObservableInstrument<int> or ObservableInstrument<double>:
                counter.WithLabels(labels).IncTo(value);
                break;
            case Counter counter:
                counter.WithLabels(labels).Inc(value);
                break;
            case Histogram histogram:
                histogram.WithLabels(labels).Observe(value);
                break;
            case Gauge gauge when IsUpDown(instrument):
                gauge.WithLabels(labels).Inc(value);
                break;
            case Gauge gauge:
                gauge.WithLabels(labels).Set(value);
                break;
        }
    }

    private Collector Create(Instrument instrument, KeyValuePair<string, object?>[] tags)
    {
        string[] names = Array.ConvertAll(tags, tag => tag.Key);
        string help = instrument.Description ?? instrument.Name;
        return Kind(instrument) switch
        {
            nameof(Counter<long>) or nameof(ObservableCounter<long>) => _factory.CreateCounter(instrument.Name, help, names),
            nameof(Histogram<long>) =>
                _factory.CreateHistogram(instrument.Name, help, names, new HistogramConfiguration { Buckets = Buckets(instrument) }),
            _ => _factory.CreateGauge(instrument.Name, help, names),
        };
    }

    private static double[] Buckets(Instrument instrument) =>
        instrument.Name.EndsWith("_seconds", StringComparison.Ordinal) ? SecondsBuckets : Histogram.ExponentialBuckets(1, 4, 12);

    private static bool IsUpDown(Instrument instrument) => Kind(instrument) == nameof(UpDownCounter<long>);

    private static string Kind(Instrument instrument) => instrument.GetType().Name.Split('`')[0];
}
