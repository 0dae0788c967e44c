using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// Knows where the owner of another partition answers, from what the members of the group announce. It asks at most once a second, and only
/// when a request came to the wrong instance. An address of another scheme than our own is ignored: nobody is sent from https to http.
/// </summary>
/// <param name="kafka">Brokers.</param>
/// <param name="options">Says where this instance answers; without that nobody is sent anywhere.</param>
/// <param name="clock">Says how old an answer is.</param>
internal sealed class OnlineOwners(KafkaOptions kafka, OnlineOptions options, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly GroupAnnouncements _group = new(kafka, RatingWorker.Group);
    private readonly Uri? _own = OnlineOptions.DoorOf(options.PublicUrl);
    private Task<IReadOnlyDictionary<int, Uri>>? _asked;
    private long _askedAt;

    /// <summary>Where the owner of a partition answers; null when that is not known, or here.</summary>
    public async Task<Uri?> DoorOfAsync(int partition, CancellationToken aborted)
    {
        if (_own is null || partition < 0)
        {
            return null;
        }

        try
        {
            IReadOnlyDictionary<int, Uri> doors = await Ask().WaitAsync(options.RequestTimeout, clock, aborted).ConfigureAwait(false);
            return doors.TryGetValue(partition, out Uri? door) && door != _own ? door : null;
        }
        catch (Exception unknown) when (unknown is KafkaException or TimeoutException)
        {
            // The consumer may ask again, here or elsewhere.
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _group.Dispose();

    private Task<IReadOnlyDictionary<int, Uri>> Ask()
    {
        lock (_gate)
        {
            if (_asked is null || (_asked.IsCompleted && clock.GetElapsedTime(_askedAt) >= Interval))
            {
                _askedAt = clock.GetTimestamp();
                _asked = DoorsAsync();
            }

            return _asked;
        }
    }

    private async Task<IReadOnlyDictionary<int, Uri>> DoorsAsync()
    {
        Dictionary<int, Uri> doors = [];
        foreach ((TopicPartition partition, string announced) in await _group.ReadAsync(options.RequestTimeout).ConfigureAwait(false))
        {
            if (partition.Topic == Topics.UsageReceived && OnlineOptions.DoorOf(announced) is { } door && door.Scheme == _own!.Scheme)
            {
                doors[partition.Partition.Value] = door;
            }
        }

        return doors;
    }
}
