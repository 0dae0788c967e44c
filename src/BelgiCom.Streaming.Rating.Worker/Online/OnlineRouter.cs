using System.Collections.Concurrent;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>Finds the lane of this process that owns a subscriber's partition. Lanes write it, requests read it.</summary>
internal sealed class OnlineRouter
{
    private readonly ConcurrentDictionary<int, OnlineLane> _lanes = [];
    private volatile int _partitions;

    /// <summary>The lane owns these partitions from now on.</summary>
    public void Own(IEnumerable<int> partitions, int count, OnlineLane lane)
    {
        foreach (int partition in partitions)
        {
            _lanes[partition] = lane;
        }

        _partitions = count;
    }

    /// <summary>The lane owns the partition no more.</summary>
    public void Disown(int partition, OnlineLane lane) => _lanes.TryRemove(KeyValuePair.Create(partition, lane));

    /// <summary>Partition of a subscriber's usage and state; -1 while no lane has said how many there are.</summary>
    public int PartitionOf(SubscriberRef subscriber)
    {
        Span<byte> key = stackalloc byte[SubscriberRef.Size];
        subscriber.CopyTo(key);
        int partitions = _partitions;
        return partitions == 0 ? -1 : KeyPartition.Of(key, partitions);
    }

    /// <summary>Tells the lane of a partition, if it is of this process, that an amount is on its way there.</summary>
    public void Expect(int partition)
    {
        if (_lanes.TryGetValue(partition, out OnlineLane? lane))
        {
            lane.Expect();
        }
    }

    /// <summary>Gives work to the lane of its partition, which answers it; at once when there is none.</summary>
    public void Send(LaneWork work)
    {
        if (_lanes.TryGetValue(work.Partition, out OnlineLane? lane))
        {
            lane.Take(work);
        }
        else
        {
            work.Refuse(OnlineResult.NotOwned);
        }
    }
}
