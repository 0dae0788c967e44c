using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.BillingSync.Worker;
using BelgiCom.Streaming.CdrRetention.Worker;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Rating.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>The section "Kafka" is one, but a setting exists only for the workers that read it.</summary>
public sealed class WorkerSettingsTests
{
    private static readonly Dictionary<string, Action<HostApplicationBuilder>> Workers = new()
    {
        ["adapters"] = builder => builder.AddAdaptersWorker(),
        ["rating"] = builder => builder.AddRatingWorker(),
        ["cdr-retention"] = builder => builder.AddCdrRetentionWorker(),
        ["billing-sync"] = builder => builder.AddBillingSyncWorker(),
    };

    // One value that each setting takes.
    private static readonly Dictionary<string, string> Values = new()
    {
        ["Kafka:Lanes"] = "8",
        ["Kafka:HandlerAttempts"] = "5",
        ["Kafka:TransactionTimeout"] = "00:00:50",
        ["Kafka:CommitTimeout"] = "00:00:10",
        ["Kafka:SessionTimeout"] = "00:00:30",
        ["Kafka:ReadAheadMaxBytes"] = "16777216",
    };

    [Theory]
    [InlineData("billing-sync", "Kafka:Lanes", "rating")]
    [InlineData("billing-sync", "Kafka:TransactionTimeout", "adapters, rating")]
    [InlineData("cdr-retention", "Kafka:HandlerAttempts", "rating")]
    [InlineData("cdr-retention", "Kafka:CommitTimeout", "adapters, rating")]
    [InlineData("adapters", "Kafka:SessionTimeout", "billing-sync, cdr-retention, rating")]
    [InlineData("adapters", "Kafka:Lanes", "rating")]
    public void Setting_ThatAWorkerDoesNotRead_IsAFaultThatNamesWhoDoes(string worker, string setting, string readers)
    {
        string fault = Assert.Single(FaultsOf([worker], setting));
        Assert.StartsWith($"{setting}: no such setting here, only in {readers} ", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rating", "Kafka:Lanes")]
    [InlineData("rating", "Kafka:CommitTimeout")]
    [InlineData("rating", "Kafka:ReadAheadMaxBytes")]
    [InlineData("adapters", "Kafka:TransactionTimeout")]
    [InlineData("billing-sync", "Kafka:SessionTimeout")]
    public void Setting_ThatAWorkerReads_IsNoFault(string worker, string setting) => Assert.Empty(FaultsOf([worker], setting));

    /// <summary>All workers share one process in <c>belgicom run</c>.</summary>
    [Fact]
    public void Settings_OfAllWorkersInOneProcess_AreNoFault() => Assert.Empty(FaultsOf([.. Workers.Keys], [.. Values.Keys]));

    private static IReadOnlyList<string> FaultsOf(string[] workers, params string[] settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(
            settings.ToDictionary(setting => setting, string? (setting) => Values[setting])
                .Append(new("Kafka:BootstrapServers", "127.0.0.1:9092"))
                .Append(new("SchemaRegistry:Url", "http://127.0.0.1:8081"))
                .Append(new("Keys:Directory", "keys"))
                .Append(new("Adapters:DataDirectory", "files"))
                .Append(new("Retention:Classes:BILLING:Period", "P6M")));
        foreach (string worker in workers)
        {
            Workers[worker](builder);
        }

        try
        {
            builder.ThrowOnFaults();
            return [];
        }
        catch (ConfigurationFaultException exception)
        {
            // The configuration lacks what some of the workers need outside "Kafka"; their own tests tell that.
            return [.. exception.Faults.Where(fault => fault.StartsWith("Kafka:", StringComparison.Ordinal))];
        }
    }
}
