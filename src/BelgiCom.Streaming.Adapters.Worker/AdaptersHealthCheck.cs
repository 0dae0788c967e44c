using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>Degraded while no broker answers, because files then wait in their inboxes.</summary>
internal sealed class AdaptersHealthCheck(BrokerProbe brokers) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await brokers.NotReadyBecauseAsync().ConfigureAwait(false) is { } reason
            ? HealthCheckResult.Degraded(reason)
            : HealthCheckResult.Healthy();
}
