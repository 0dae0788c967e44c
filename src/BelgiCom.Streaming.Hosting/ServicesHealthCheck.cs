using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace BelgiCom.Streaming.Hosting;

/// <summary>Unhealthy when a background service has ended with an error, because the process can no longer do its work.</summary>
internal sealed class ServicesHealthCheck(IServiceProvider services) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        BackgroundService? failed = services.GetServices<IHostedService>()
            .OfType<BackgroundService>()
            .FirstOrDefault(service => service.ExecuteTask is { IsFaulted: true });
        return Task.FromResult(
            failed is null ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"{failed.GetType().Name} has failed"));
    }
}
