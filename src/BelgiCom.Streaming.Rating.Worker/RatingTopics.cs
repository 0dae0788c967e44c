using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>The topics that one lane of rating reads and writes.</summary>
internal sealed record RatingTopics(
    EventTopic<UsageReceivedView> Received, EventTopic<UsageRatedView> Rated, EventTopic<UsageRejectedView> Rejected,
    EventTopic<CustomerNotification> Notifications, EventTopic<RatingStateView> State, EventTopic<OfferingVersion> Catalogue,
    EventTopic<Subscription> Subscriptions)
{
    /// <exception cref="SchemaRegistryException">A schema is not registered, or the registry refuses us.</exception>
    public static async Task<RatingTopics> OpenAsync(ISchemaRegistry registry, CancellationToken stopping) => new(
        await EventTopic.OpenAsync<UsageReceivedView>(Topics.UsageReceived, registry, stopping).ConfigureAwait(false),
        await EventTopic.OpenAsync<UsageRatedView>(Topics.UsageRated, registry, stopping).ConfigureAwait(false),
        await EventTopic.OpenAsync<UsageRejectedView>(Topics.UsageRejected, registry, stopping).ConfigureAwait(false),
        await EventTopic.OpenAsync<CustomerNotification>(Topics.CustomerNotifications, registry, stopping).ConfigureAwait(false),
        await EventTopic.OpenAsync<RatingStateView>(Topics.RatingState, registry, stopping).ConfigureAwait(false),
        await EventTopic.OpenAsync<OfferingVersion>(Topics.CatalogueTariffs, registry, stopping).ConfigureAwait(false),
        await EventTopic.OpenAsync<Subscription>(Topics.CustomerSubscriptions, registry, stopping).ConfigureAwait(false));
}
