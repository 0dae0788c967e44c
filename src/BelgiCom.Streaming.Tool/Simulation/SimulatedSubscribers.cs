using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Who has which subscription, and to which partition usage is guided. There are as many partitions as the recorded topic has, or as in
/// production, whatever the machine has cores, because what is late depends on the newest usage of the partition. Members of an account
/// for which an offering counts are in one partition, so that its balance is exact.
/// </summary>
internal sealed class SimulatedSubscribers
{
    /// <summary>Most partitions that are told apart.</summary>
    public const int PartitionsMax = byte.MaxValue - 1;

    private static readonly int OfProduction = Topics.All.First(topic => topic.Name == Topics.UsageReceived).Partitions;

    private readonly HashSet<string> _shared;

    // Accounts within which calls may have a price of their own.
    private readonly HashSet<string> _groups;
    private readonly List<Subscription> _subscriptions;
    private readonly Dictionary<SubscriberRef, IReadOnlyList<SubscriptionPeriod>> _aliases = [];
    private readonly Dictionary<SubscriberRef, (long From, long To, int Partition)[]> _members = [];

    /// <param name="subscriptions">One for each reference.</param>
    /// <param name="catalogues">The versions of all catalogues that are simulated.</param>
    /// <param name="partitions">Partitions of usage.received.v1; null for those of production.</param>
    public SimulatedSubscribers(
        IEnumerable<Subscription> subscriptions, IEnumerable<OfferingVersion> catalogues, int? partitions = null)
    {
        Partitions = Math.Min(partitions ?? OfProduction, PartitionsMax);
        OfferingVersion[] versions = [.. catalogues];
        HashSet<string> asking = [.. versions.Where(AccountTerms.AskForGroups).Select(one => one.Offering)];
        _shared = [.. versions.Where(AccountTerms.AreIn).Select(one => one.Offering)];
        _subscriptions = [.. subscriptions];
        _groups =
        [
            .. _subscriptions.SelectMany(one => one.Periods).Where(period => period.AddOns.Append(period.Offering).Any(asking.Contains))
                .Select(period => period.Account),
        ];
        foreach (Subscription subscription in _subscriptions)
        {
            if (subscription.Periods.Any(period => period.AliasOf is not null))
            {
                _aliases.Add(subscription.SubscriberRef, subscription.Periods);
            }

            if (subscription.Periods.Any(IsShared))
            {
                _members.Add(
                    subscription.SubscriberRef,
                    [
                        .. subscription.Periods.Where(IsShared).Select(period => (
                            period.ValidFrom?.ToUnixTimeMilliseconds() ?? long.MinValue,
                            period.ValidTo?.ToUnixTimeMilliseconds() ?? long.MaxValue,
                            PartitionOf(period.Account))),
                    ]);
            }
        }
    }

    /// <summary>Partitions of usage.received.v1.</summary>
    public int Partitions { get; }

    /// <summary>How many references have a subscription.</summary>
    public int Count => _subscriptions.Count;

    /// <summary>Whether members of an account share a bundle in one of the catalogues.</summary>
    public bool HasMembers => _members.Count > 0;

    /// <summary>
    /// Partition of a reference: that of its key on usage.received.v1, or, while its offering counts for an account, that of the account.
    /// </summary>
    /// <param name="subscriber">The reference.</param>
    /// <param name="milliseconds">When, milliseconds since 1970-01-01 UTC.</param>
    public int PartitionOf(SubscriberRef subscriber, long milliseconds)
    {
        if (_members.Count > 0 && _members.TryGetValue(subscriber, out (long From, long To, int Partition)[]? periods))
        {
            foreach ((long from, long to, int partition) in periods)
            {
                if (from <= milliseconds && milliseconds < to)
                {
                    return partition;
                }
            }
        }

        return OwnPartitionOf(subscriber);
    }

    private int OwnPartitionOf(SubscriberRef subscriber)
    {
        Span<byte> key = stackalloc byte[SubscriberRef.Size];
        subscriber.CopyTo(key);
        return KeyPartition.Of(key, Partitions);
    }

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
            // Each account has the usage of its time; who was with several has a subscription on the partition of each.
            UInt128 subscriber = UsageEvents.ToNumber(subscription.SubscriberRef);
            int[] own = [.. PartitionsOf(subscription.SubscriberRef)];
            foreach (int partition in own)
            {
                sessions[partition].SetSubscription(subscriber, subscription.Periods, offerings);
            }

            // Members of a group may be called from anywhere.
            foreach (int partition in subscription.Periods.Any(period => _groups.Contains(period.Account))
                ? Enumerable.Range(0, sessions.Count).Except(own)
                : [])
            {
                sessions[partition].SetMember(subscriber, subscription.Periods, offerings);
            }
        }
    }

    /// <summary>Whether usage of a reference is on several partitions, one time on this one and one time on that.</summary>
    public bool IsOnSeveral(UInt128 subscriber) =>
        _members.Count > 0 && PartitionsOf(UsageEvents.ToSubscriberRef(subscriber)).Skip(1).Any();

    private IEnumerable<int> PartitionsOf(SubscriberRef subscriber)
    {
        IEnumerable<int> own = [OwnPartitionOf(subscriber)];
        return _members.TryGetValue(subscriber, out (long From, long To, int Partition)[]? periods)
            ? own.Concat(periods.Select(period => period.Partition)).Distinct()
            : own;
    }

    /// <summary>Whether the main offering of a period, or an add-on, counts for the account.</summary>
    private bool IsShared(SubscriptionPeriod period) => period.AddOns.Append(period.Offering).Any(_shared.Contains);

    private int PartitionOf(string account)
    {
        Span<byte> key = stackalloc byte[AccountKey.Size];
        return KeyPartition.Of(AccountKey.Write(Encoding.UTF8.GetBytes(account), key), Partitions);
    }
}
