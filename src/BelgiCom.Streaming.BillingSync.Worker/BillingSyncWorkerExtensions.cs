using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace BelgiCom.Streaming.BillingSync.Worker;

/// <summary>Wiring of the worker that bills.</summary>
public static class BillingSyncWorkerExtensions
{
    /// <summary>
    /// Adds the worker that takes rated and rejected usage into the billing ledger. Reads the sections <c>Kafka</c>, <c>SchemaRegistry</c>
    /// and <c>Billing</c>.
    /// </summary>
    public static IHostApplicationBuilder AddBillingSyncWorker(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<KafkaOptions>(KafkaOptions.Section);
        builder.AddValidatedOptions<ConsumerOptions>(KafkaOptions.Section);
        builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry");
        builder.AddValidatedOptions<BillingOptions>(BillingOptions.Section);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<ISchemaRegistry, SchemaRegistryClient>();
        builder.Services.AddSingleton<BillingSyncWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<BillingSyncWorker>());
        builder.Services.AddHostedService<ReconciliationWorker>();
        builder.Services.AddHealthChecks().AddCheck<BillingSyncHealthCheck>("billing-sync");
        return builder;
    }
}
