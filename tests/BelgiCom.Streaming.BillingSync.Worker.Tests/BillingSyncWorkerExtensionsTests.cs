using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace BelgiCom.Streaming.BillingSync.Worker.Tests;

public sealed class BillingSyncWorkerExtensionsTests
{
    [Fact]
    public void AddBillingSyncWorker_ValidSettings_WiresTheWorkerAndItsHealth()
    {
        using IHost host = Builder(("Billing:ConnectionString", "Host=db;Database=billing")).Build();

        Assert.Equal("Host=db;Database=billing", host.Services.GetRequiredService<BillingOptions>().ConnectionString);
        Assert.Contains(host.Services.GetServices<IHostedService>(), service => service is BillingSyncWorker);
        Assert.Contains(
            host.Services.GetRequiredService<Microsoft.Extensions.Options.IOptions<HealthCheckServiceOptions>>().Value.Registrations,
            check => check.Name == "billing-sync");
    }

    [Fact]
    public void AddBillingSyncWorker_WrongSettings_AreAllReported()
    {
        IReadOnlyList<string> faults = Assert.Throws<ConfigurationFaultException>(() =>
            Builder(
                ("Billing:ConnectionString", "Server=db"), ("Billing:MaxRecordsPerTransaction", "0"),
                ("Billing:Flush", "1")).ThrowOnFaults()).Faults;

        Assert.Equal(3, faults.Count);
        Assert.Contains(faults, fault => fault.Contains("Billing:ConnectionString", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("Billing:MaxRecordsPerTransaction", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("Billing:Flush: no such setting", StringComparison.Ordinal));
    }

    private static HostApplicationBuilder Builder(params (string Key, string Value)[] settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(
            settings.Append(("Kafka:BootstrapServers", "127.0.0.1:9092"))
                .Append(("SchemaRegistry:Url", "http://127.0.0.1:8081"))
                .ToDictionary(setting => setting.Item1, setting => (string?)setting.Item2));
        builder.AddBillingSyncWorker();
        return builder;
    }
}
