using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>
/// Shows the files that wait in the inboxes as metrics and as health. The health is degraded while a file cannot be read or moved away,
/// or an inbox is away, because only a person can mend that.
/// </summary>
internal sealed class InboxBacklogs : IHealthCheck, IDisposable
{
    private readonly Meter _meter = new("BelgiCom.Streaming.Adapters.Inboxes");
    private readonly IReadOnlyList<InboxBacklog> _inboxes;

    public InboxBacklogs(IReadOnlyList<InboxBacklog> inboxes)
    {
        _inboxes = inboxes;
        _meter.CreateObservableGauge(
            "belgicom_adapters_waiting_files", () => Each(inbox => (double)inbox.Waiting), "{file}", "Files that lie in the inbox.");
        _meter.CreateObservableGauge(
            "belgicom_adapters_stuck_files", () => Each(inbox => (double)inbox.Stuck), "{file}",
            "Files in the inbox that cannot be read or moved away; each needs a person.");
        _meter.CreateObservableGauge(
            "belgicom_adapters_oldest_waiting_file_seconds", () => Each(inbox => inbox.OldestAge.TotalSeconds), "s",
            "How long the oldest file in the inbox has been waiting; 0 when there is none.");
    }

    /// <summary>The backlog of a source's inbox.</summary>
    public InboxBacklog Of(string source) => _inboxes.First(inbox => inbox.Source == source);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        string problems = string.Join(" ", _inboxes.SelectMany(inbox => inbox.Problems()));
        return Task.FromResult(problems.Length == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(problems));
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<double>> Each(Func<InboxBacklog, double> value) =>
        _inboxes.Select(inbox => new Measurement<double>(value(inbox), new KeyValuePair<string, object?>("source", inbox.Source)));
}
