using System.Buffers.Binary;
using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Who has which subscription, and to which partition usage is guided. There are as many partitions as in production, whatever the machine
/// has cores, because what is late depends on the newest usage of the partition. Members of an account with a shared bundle are in one
/// partition, so that its balance is exact.
/// </summary>
internal sealed class SimulatedSubscribers
{
    private readonly List<Subscription> _subscriptions;
    private readonly Dictionary<SubscriberRef, IReadOnlyList<SubscriptionPeriod>> _aliases = [];
    private readonly Dictionary<SubscriberRef, int> _members = [];

    /// <param name="subscriptions">One for each reference.</param>
    /// <param name="catalogues">The versions of all catalogues that are simulated.</param>
    public SimulatedSubscribers(IEnumerable<Subscription> subscriptions, IEnumerable<OfferingVersion> catalogues)
    {
        HashSet<string> shared = [.. catalogues.Where(version => version.Bundles.Any(bundle => bundle.Shared)).Select(one => one.Offering)];
        _subscriptions = [.. subscriptions];
        foreach (Subscription subscription in _subscriptions)
        {
            if (subscription.Periods.Any(period => period.AliasOf is not null))
            {
                _aliases.Add(subscription.SubscriberRef, subscription.Periods);
            }

            if (subscription.Periods.FirstOrDefault(period => shared.Contains(period.Offering)) is { } member)
            {
                _members.Add(subscription.SubscriberRef, PartitionOf(member.Account));
            }
        }
    }

    /// <summary>Partitions of usage.received.v1 in production.</summary>
    public static int Partitions { get; } = Topics.All.First(topic => topic.Name == Topics.UsageReceived).Partitions;

    /// <summary>How many references have a subscription.</summary>
    public int Count => _subscriptions.Count;

    /// <summary>Partition of a reference.</summary>
    public int PartitionOf(SubscriberRef subscriber) => _members.Count > 0 && _members.TryGetValue(subscriber, out int partition)
        ? partition
        : (int)(subscriber.Low % (ulong)Partitions);

    /// <summary>The subscriber who has the subscription of a reference that is another name at an instant; null when it is none.</summary>
    public SubscriberRef? NamedAt(SubscriberRef reference, long milliseconds)
    {
        if (!_aliases.TryGetValue(reference, out IReadOnlyList<SubscriptionPeriod>? periods))
        {
            return null;
        }

        foreach (SubscriptionPeriod period in periods)
        {
            if ((period.ValidFrom is not { } from || from.ToUnixTimeMilliseconds() <= milliseconds)
                && (period.ValidTo is not { } to || milliseconds < to.ToUnixTimeMilliseconds()))
            {
                return period.AliasOf;
            }
        }

        return null;
    }

    /// <summary>Gives the sessions of all partitions their subscriptions.</summary>
    /// <param name="sessions">A session for each partition.</param>
    /// <param name="offerings">Numbers of the offerings, shared with the tariffs.</param>
    public void Subscribe(IReadOnlyList<RatingSession> sessions, OfferingIndex offerings)
    {
        foreach (Subscription subscription in _subscriptions)
        {
            sessions[PartitionOf(subscription.SubscriberRef)].SetSubscription(
                UsageEvents.ToNumber(subscription.SubscriberRef), subscription.Periods, offerings);
        }
    }

    private static int PartitionOf(string account)
    {
        Span<byte> key = stackalloc byte[AccountKey.Size];
        AccountKey.Write(Encoding.UTF8.GetBytes(account), key);
        return (int)(BinaryPrimitives.ReadUInt64BigEndian(key) % (ulong)Partitions);
    }
}
