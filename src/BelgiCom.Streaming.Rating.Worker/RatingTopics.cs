using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>The topics that one lane of rating reads and writes.</summary>
internal sealed record RatingTopics(
    EventTopic<UsageReceivedView> Received, EventTopic<UsageRatedView> Rated, EventTopic<UsageRejectedView> Rejected,
    EventTopic<CustomerNotification> Notifications, EventTopic<RatingStateView> State, EventTopic<OfferingVersion> Catalogue,
    EventTopic<Subscription> Subscriptions, EventTopic<BalanceOperation> Journal)
{
    /// <summary>Reads a value of balance.journal.v1; null when it is none.</summary>
    public BalanceOperation? ReadOperation(ReadOnlySpan<byte> value) =>
        Journal.TryRead(value, out BalanceOperation? operation) ? operation : null;

    /// <summary>Reads usage as rating has it.</summary>
    /// <param name="value">Value of usage.received.v1.</param>
    /// <param name="usage">The usage.</param>
    /// <returns>False when the value is none.</returns>
    public bool TryReadUsage(ReadOnlySpan<byte> value, out UsageRecord usage)
    {
        bool isRead = Received.TryRead(value, out UsageReceivedView received);
        usage = isRead ? UsageEvents.ToRecord(in received, receivedTimeMilliseconds: 0, withDetails: true) : default;
        return isRead;
    }

    /// <exception cref="SchemaRegistryException">A schema is not registered, or the registry refuses us.</exception>
    public static async Task<RatingTopics> OpenAsync(ISchemaRegistry registry, CancellationToken stopping) => new(
        await EventTopic.OpenAsync<UsageReceivedView>(Topics.UsageReceived, registry, stopping).ConfigureAwait(false),
        await EventTopic.OpenAsync<UsageRatedView>(Topics.UsageRated, registry, stopping).ConfigureAwait(false),
        await EventTopic.OpenAsync<UsageRejectedView>(Topics.UsageRejected, registry, stopping).ConfigureAwait(false),
        await EventTopic.OpenAsync<CustomerNotification>(Topics.CustomerNotifications, registry, stopping).ConfigureAwait(false),
        await EventTopic.OpenAsync<RatingStateView>(Topics.RatingState, registry, stopping).ConfigureAwait(false),
        await EventTopic.OpenAsync<OfferingVersion>(Topics.CatalogueTariffs, registry, stopping).ConfigureAwait(false),
        await EventTopic.OpenAsync<Subscription>(Topics.CustomerSubscriptions, registry, stopping).ConfigureAwait(false),
        await EventTopic.OpenAsync<BalanceOperation>(Topics.BalanceJournal, registry, stopping).ConfigureAwait(false));
}
