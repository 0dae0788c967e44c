using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Catalogue and subscriptions as they are published now, and what rating would do with one event by them. Nothing of it is written.
/// </summary>
internal sealed class PublishedReference
{
    // With the shared bundles of accounts, too: there is one session here, and no other to pass such usage on to.
    private readonly CompiledCatalogue _catalogue = new(takesAllTerms: true, chargesByRecord: true);
    private readonly TopicReader _reader;
    private readonly EventTopic<Subscription> _subscriptions;

    /// <summary>Reads the catalogue.</summary>
    /// <param name="reader">Reads topics.</param>
    /// <param name="catalogue">catalogue.tariffs.v1.</param>
    /// <param name="subscriptions">customer.subscriptions.v1.</param>
    /// <param name="stopping">Stops it.</param>
    public PublishedReference(
        TopicReader reader, EventTopic<OfferingVersion> catalogue, EventTopic<Subscription> subscriptions, CancellationToken stopping)
    {
        (_reader, _subscriptions) = (reader, subscriptions);
        PublishedCatalogue.ReadInto(_catalogue, reader, catalogue, stopping);
    }

    /// <summary>A published version; null when the topic has none of that number.</summary>
    public OfferingVersion? Version(string offering, int version) => _catalogue.Find(offering, version);

    /// <summary>The published version of an offering in force at an instant; null when there is none.</summary>
    public OfferingVersion? VersionAt(string offering, DateTimeOffset instant) => _catalogue.FindAt(offering, instant);

    /// <summary>What rating would do with an event now, with an empty balance, as a sentence.</summary>
    /// <param name="received">The event.</param>
    /// <param name="stopping">Stops it.</param>
    public string Try(scoped in UsageReceivedView received, CancellationToken stopping)
    {
        DateTimeOffset start = DateTimeOffset.FromUnixTimeMilliseconds(received.EventTimeMilliseconds);
        Subscription? own = SubscriptionOf(received.SubscriberRef, stopping);
        SubscriptionPeriod? alias = own?.Periods.FirstOrDefault(period => period.AliasOf is not null
            && !(period.ValidFrom > start) && !(period.ValidTo <= start));
        Subscription? subscription = alias?.AliasOf is { } named ? SubscriptionOf(named, stopping) : own;
        RatingSession session = new(dedupDays: 1, lateDays: 1);
        UsageRecord usage = UsageEvents.ToRecord(in received, receivedTimeMilliseconds: 0, _catalogue.Tariffs.UsesDetails);
        if (subscription is not null)
        {
            UInt128 subscriber = UsageEvents.ToNumber(subscription.SubscriberRef);
            session.SetSubscription(subscriber, subscription.Periods, _catalogue.Offerings);
            usage = usage with { Subscriber = subscriber, IsRecycled = true };
        }

        if (_catalogue.Offerings.DependingOnMembers > 0 && usage.Called != UInt128.Zero
            && SubscriptionOf(UsageEvents.ToSubscriberRef(usage.Called), stopping) is { } called)
        {
            session.SetMember(usage.Called, called.Periods, _catalogue.Offerings);
        }

        session.Rate(in usage, _catalogue.Tariffs, out RatingResult result);
        if (result.Outcome is not (RatingOutcome.Rated or RatingOutcome.ZeroRated))
        {
            return $"it would be {result.Outcome.ToString().ToLowerInvariant()} again ({SuspenseFilter.NameOf(result.RejectedReason)})";
        }

        TariffVersion version = _catalogue.Tariffs.Version(result.VersionIndex);
        string offering = Encoding.UTF8.GetString(version.OfferingUtf8);
        string currency = Encoding.UTF8.GetString(version.CurrencyUtf8);
        return result.Outcome == RatingOutcome.ZeroRated
            ? $"it would be accounted without a price under {offering}, version {version.Version}"
            : $"it would be charged {ExplainedPart.Money(result.AmountNanos)} {currency} under {offering}, version {version.Version}, if "
                + "the balance of its month were empty";
    }

    private Subscription? SubscriptionOf(SubscriberRef subscriber, CancellationToken stopping)
    {
        Subscription? found = null;
        byte[] key = subscriber.ToByteArray();
        _reader.Read(
            _reader.RangesOf(Topics.CustomerSubscriptions),
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    ConsumedRecord record = batch[index];
                    if (record.Key.SequenceEqual(key))
                    {
                        found = !record.IsTombstone && _subscriptions.TryRead(record.Value, out Subscription? read) ? read : null;
                    }
                }
            },
            stopping);
        return found;
    }
}
