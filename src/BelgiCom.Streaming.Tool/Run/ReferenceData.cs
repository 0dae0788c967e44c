using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Tool;

/// <summary>Catalogue and subscriptions that the workers need before the first usage.</summary>
internal sealed class ReferenceData
{
    private readonly IReadOnlyList<OfferingVersion> _catalogue;
    private readonly string _subscriptions;

    private ReferenceData(IReadOnlyList<OfferingVersion> catalogue, string subscriptions)
    {
        _catalogue = catalogue;
        _subscriptions = subscriptions;
    }

    /// <summary>Reads the catalogue; the subscriptions are read when they are published, because they need the pseudonyms' key.</summary>
    /// <param name="catalogue">Folder, or null for the sample catalogue.</param>
    /// <param name="subscriptions">File, or null for those of the samples.</param>
    /// <exception cref="InputFaultException">A tariff is wrong.</exception>
    /// <exception cref="ToolException">A path does not exist.</exception>
    public static ReferenceData Read(string? catalogue, string? subscriptions)
    {
        if (catalogue is not null && !Directory.Exists(catalogue))
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration,
                $"the catalogue folder '{catalogue}' does not exist: give a folder of *.yaml files with --catalogue");
        }

        if (subscriptions is not null && !File.Exists(subscriptions))
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration,
                $"the subscriptions file '{subscriptions}' does not exist: give a CSV or JSON lines file with --subscriptions");
        }

        return new ReferenceData(CatalogueFolder.Load(catalogue ?? SampleFiles.Catalogue), subscriptions ?? SampleFiles.Subscriptions);
    }

    /// <summary>Publishes what the topics do not hold yet.</summary>
    /// <returns>Versions and subscriptions that were written.</returns>
    /// <exception cref="InputFaultException">The subscriptions are wrong, or a published version was changed.</exception>
    public async Task<(PublishResult Catalogue, PublishResult Subscriptions)> PublishAsync(
        KafkaOptions kafka, ConsumerOptions consumer, ISchemaRegistry registry, IKeyStore keys, ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        ReferencePublisher publisher = new(kafka, consumer, registry, TimeProvider.System, loggers);
        SubscriptionsFile subscriptions = new(_subscriptions, new SubscriberPseudonymizer(keys));
        if (subscriptions.Check() is { Count: > 0 } faults)
        {
            throw new InputFaultException(faults);
        }

        return (
            await publisher.PublishAsync(_catalogue, cancellationToken),
            await publisher.PublishAsync(subscriptions.Read(), cancellationToken));
    }
}
