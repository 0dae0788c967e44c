using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Retention;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace BelgiCom.Streaming.CdrRetention.Worker.Tests;

public sealed class CdrRetentionWorkerExtensionsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("retention-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void AddCdrRetentionWorker_InDevelopment_RunsOnTheShippedClasses()
    {
        HostApplicationBuilder builder = Builder(Environments.Development);
        builder.ThrowOnFaults();
        using IHost host = builder.Build();

        CdrArchive archive = host.Services.GetRequiredService<CdrArchive>();

        Assert.Contains(archive.Policy.Classes, retentionClass => retentionClass.Name == "BILLING");
        Assert.Contains(host.Services.GetServices<IHostedService>(), service => service is CdrRetentionWorker);
        Assert.Contains(host.Services.GetServices<IHostedService>(), service => service is RetentionExpiryWorker);
        Assert.Contains(host.Services.GetServices<IHostedService>(), service => service is ArchiveVerificationWorker);
    }

    [Fact]
    public void AddCdrRetentionWorker_InProduction_AsksForTheBillingPeriodAndTakesIt()
    {
        string fault = Assert.Single(
            Assert.Throws<ConfigurationFaultException>(() => Builder(Environments.Production).ThrowOnFaults()).Faults);
        Assert.Contains("BILLING has no period", fault, StringComparison.Ordinal);

        Builder(Environments.Production, ("Retention:Classes:BILLING:Period", "P18M")).ThrowOnFaults();
    }

    [Fact]
    public void AddCdrRetentionWorker_OperatorsSetting_WinsOverTheShippedOne()
    {
        using IHost host = Builder(Environments.Development, ("Retention:Classes:BILLING:Period", "P18M")).Build();

        Assert.Equal(new RetentionPeriod(18, 0), host.Services.GetRequiredService<CdrArchive>().Policy.Find("BILLING")!.Period);
    }

    private HostApplicationBuilder Builder(string environment, params (string Key, string Value)[] settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(
            new HostApplicationBuilderSettings { EnvironmentName = environment });
        builder.Configuration.AddInMemoryCollection(settings
            .Append(("Kafka:BootstrapServers", "127.0.0.1:9092")).Append(("SchemaRegistry:Url", "http://127.0.0.1:8081"))
            .Append(("Keys:Directory", Path.Combine(_folder.FullName, "keys")))
            .Append(("Retention:ArchiveDirectory", Path.Combine(_folder.FullName, "archive")))
            .ToDictionary(setting => setting.Item1, setting => (string?)setting.Item2));
        builder.AddCdrRetentionWorker();
        return builder;
    }
}
