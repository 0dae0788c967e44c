using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// Knows where the owner of another partition answers, from what the members of the group announce. It asks at most once a second, and only
/// when a request came to the wrong instance. An address of another scheme than our own is ignored: nobody is sent from https to http.
/// </summary>
/// <param name="kafka">Brokers.</param>
/// <param name="options">Say where this instance answers; without that nobody is sent anywhere.</param>
/// <param name="clock">Says how old an answer is.</param>
internal sealed class DoorOwners(KafkaOptions kafka, RatingOptions options, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly GroupAnnouncements _group = new(kafka, RatingWorker.Group);
    private readonly AnnouncedDoors _own = AnnouncedDoors.Of(options);
    private Task<IReadOnlyDictionary<int, AnnouncedDoors>>? _asked;
    private long _askedAt;

    /// <summary>Where the owner of a partition answers what the online door answers; null when that is not known, or here.</summary>
    public Task<Uri?> OnlineDoorOfAsync(int partition, CancellationToken aborted) =>
        DoorOfAsync(partition, doors => doors.Online, aborted);

    /// <summary>Where the owner of a partition answers what the balance door answers; null when that is not known, or here.</summary>
    public Task<Uri?> BalanceDoorOfAsync(int partition, CancellationToken aborted) =>
        DoorOfAsync(partition, doors => doors.Balances, aborted);

    /// <inheritdoc/>
    public void Dispose() => _group.Dispose();

    private async Task<Uri?> DoorOfAsync(int partition, Func<AnnouncedDoors, Uri?> which, CancellationToken aborted)
    {
        if (which(_own) is not { } own || partition < 0)
        {
            return null;
        }

        try
        {
            IReadOnlyDictionary<int, AnnouncedDoors> doors = await Ask().WaitAsync(Patience, clock, aborted).ConfigureAwait(false);
            return doors.TryGetValue(partition, out AnnouncedDoors announced) && which(announced) is { } door
                && door != own && door.Scheme == own.Scheme
                ? door
                : null;
        }
        catch (Exception unknown) when (unknown is KafkaException or TimeoutException)
        {
            // The client may ask again, here or elsewhere.
            return null;
        }
    }

    private Task<IReadOnlyDictionary<int, AnnouncedDoors>> Ask()
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

    private async Task<IReadOnlyDictionary<int, AnnouncedDoors>> DoorsAsync()
    {
        Dictionary<int, AnnouncedDoors> doors = [];
        foreach ((TopicPartition partition, string announced) in await _group.ReadAsync(Patience).ConfigureAwait(false))
        {
            if (partition.Topic == Topics.UsageReceived)
            {
                doors[partition.Partition.Value] = AnnouncedDoors.Read(announced);
            }
        }

        return doors;
    }
}

/// <summary>
/// Where an instance answers, as the members of its group tell each other: the address of online charging, a comma, that of the balance
/// door. Either may be missing, and so may the comma.
/// </summary>
/// <param name="Online">Address of online charging; null when it is not told.</param>
/// <param name="Balances">Address of the balance door; null when it is not told.</param>
internal readonly record struct AnnouncedDoors(Uri? Online, Uri? Balances)
{
    private const char Comma = ',';

    /// <summary>What this instance tells.</summary>
    public static AnnouncedDoors Of(RatingOptions options) => new(options.Online.Announced, options.Balances.Announced);

    /// <summary>Reads what an instance tells; what is no address is not told.</summary>
    public static AnnouncedDoors Read(string announced)
    {
        string[] doors = announced.Split(Comma);
        return new AnnouncedDoors(DoorOptions.AddressOf(doors[0]), DoorOptions.AddressOf(doors.ElementAtOrDefault(1)));
    }

    /// <summary>As it is told; null for nothing.</summary>
    public string? Write() => (Online, Balances) switch
    {
        (null, null) => null,
        ({ } online, null) => online.AbsoluteUri,
        var (online, balances) => online?.AbsoluteUri + Comma + balances!.AbsoluteUri,
    };
}
