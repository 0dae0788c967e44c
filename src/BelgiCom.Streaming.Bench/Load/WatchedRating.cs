using System.Diagnostics.Metrics;
using System.Globalization;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Rating.Worker;
using BelgiCom.Streaming.Tool;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace BelgiCom.Streaming.Bench;

/// <summary>The rating worker as it ships, observed through its metrics.</summary>
internal sealed class WatchedRating : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly MeterListener _listener = new();

    private WatchedRating(IHost host) => _host = host;

    /// <summary>Starts the worker.</summary>
    /// <param name="cluster">Where.</param>
    /// <param name="lanes">Number of lanes.</param>
    /// <param name="metric">Receives the name of an instrument of the worker, the value added to it, and the outcome it was added for, if
    /// any; called from any thread.</param>
    /// <param name="stopping">Ends the start.</param>
    /// <param name="settings">Further settings.</param>
    public static async Task<WatchedRating> StartAsync(
        FilledCluster cluster, int lanes, Action<string, long, string?> metric, CancellationToken stopping,
        IReadOnlyDictionary<string, string?>? settings = null)
    {
        HostApplicationBuilder builder = new(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Kafka:BootstrapServers"] = cluster.Kafka.BootstrapServers,
            ["Kafka:InstanceId"] = cluster.Kafka.InstanceId,
            ["Kafka:Lanes"] = lanes.ToString(CultureInfo.InvariantCulture),
            ["SchemaRegistry:Url"] = cluster.Registry.ToString(),
        });
        builder.Configuration.AddInMemoryCollection(settings ?? new Dictionary<string, string?>());
        builder.Services.AddLogging();
        builder.AddRatingWorker();
        builder.ThrowOnFaults();
        WatchedRating rating = new(builder.Build());
        rating.Listen(metric);
        await rating._host.StartAsync(stopping);
        return rating;
    }

    /// <summary>Rates everything once, from a state without balances and ids.</summary>
    /// <returns>The figures of <see cref="CommitClock"/>.</returns>
    public static async Task<double[]> RateAllAsync(FilledCluster cluster, int lanes, long records, CancellationToken stopping)
    {
        await cluster.ForgetRatingAsync();
        CommitClock clock = new();
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long rated = 0;
        await using WatchedRating host = await StartAsync(cluster, lanes, Notice, stopping);
        await host.UntilAsync(done.Task, stopping);
        return clock.Figures();

        void Notice(string instrument, long value, string? outcome)
        {
            if (instrument == "belgicom_usage_outcomes_total" && outcome != "rated")
            {
                done.TrySetException(new InvalidDataException($"usage was not rated but {outcome}"));
            }
            else if (instrument == "belgicom_usage_received_total")
            {
                clock.Committed(value);
                if (Interlocked.Add(ref rated, value) >= records)
                {
                    done.TrySetResult();
                }
            }
        }
    }

    /// <summary>Waits for something the metrics tell.</summary>
    /// <exception cref="ToolException">The worker ended before.</exception>
    public async Task UntilAsync(Task done, CancellationToken stopping)
    {
        TaskCompletionSource ended = new();
        using CancellationTokenRegistration ending = _host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping
            .Register(() => ended.TrySetResult());
        if (await Task.WhenAny(done, ended.Task).WaitAsync(stopping) != done)
        {
            throw new ToolException(WorkerHost.ExitFailed, "the rating worker failed during the benchmark");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        _listener.Dispose();
        _host.Dispose();
    }

    private void Listen(Action<string, long, string?> metric)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "BelgiCom.Streaming.Rating")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(
            (instrument, value, tags, _) => metric(instrument.Name, value, tags.IsEmpty ? null : tags[0].Value as string));
        _listener.Start();
    }
}
