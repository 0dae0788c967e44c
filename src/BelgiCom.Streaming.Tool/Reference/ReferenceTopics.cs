using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Tool;

/// <summary>The topics of tariffs and subscriptions, and the way in which verbs publish to them what they do not hold yet.</summary>
internal sealed class ReferenceTopics(
    KafkaOptions kafka, ConsumerOptions consumer, ISchemaRegistry registry, IKeyStore keys, ILoggerFactory loggers)
{
    private readonly ReferencePublisher _publisher = new(kafka, consumer, registry, TimeProvider.System, loggers);

    /// <exception cref="InputFaultException">A published version was changed.</exception>
    public Task<PublishResult> PublishAsync(IReadOnlyList<OfferingVersion> versions, CancellationToken cancellationToken) =>
        _publisher.PublishAsync(versions, cancellationToken);

    /// <param name="path">CSV or JSON lines.</param>
    /// <param name="overwrite">Whether a subscription that differs from the published one replaces it; if not, the published one
    /// stays.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InputFaultException">The file has faults; nothing was published.</exception>
    /// <exception cref="ToolException">There is no such file.</exception>
    public async Task<PublishResult> PublishAsync(string path, bool overwrite, CancellationToken cancellationToken)
    {
        RequireSubscriptions(path);
        SubscriptionsFile file = new(path, new SubscriberPseudonymizer(keys));
        return file.Check() is { Count: > 0 } faults
            ? throw new InputFaultException(faults)
            : await _publisher.PublishAsync(file.Read(), overwrite, cancellationToken);
    }

    /// <summary>The subscriptions that are published.</summary>
    /// <param name="versions">The catalogue, which must say what is published.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InputFaultException">A version of the catalogue is published with other content.</exception>
    public Task<IReadOnlyList<Subscription>> ReadSubscriptionsAsync(
        IReadOnlyList<OfferingVersion> versions, CancellationToken cancellationToken) =>
        _publisher.ReadSubscriptionsAsync(versions, cancellationToken);

    /// <summary>Adds what the customer of some numbers chose for a limit.</summary>
    /// <exception cref="InputFaultException">The numbers have no subscription then, or it has no such limit.</exception>
    public Task ChooseAsync(SubscriberNumbers numbers, LimitChoice choice, CancellationToken cancellationToken) =>
        _publisher.ChooseAsync(numbers.ToReferences(keys), choice, cancellationToken);

    /// <exception cref="ToolException">There is no such file.</exception>
    public static void RequireSubscriptions(string path)
    {
        if (!File.Exists(path))
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration, $"the subscriptions file '{path}' does not exist: give a CSV or JSON lines file");
        }
    }
}
