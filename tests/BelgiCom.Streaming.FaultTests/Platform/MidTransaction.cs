using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>A worker that is in the middle of a transaction and stays there: a proxy holds back a request of it, or the response.</summary>
internal sealed class MidTransaction : IAsyncDisposable
{
    // Records, offsets or the commit are on their way in these requests.
    private static readonly KafkaApi[] Moments = [KafkaApi.Produce, KafkaApi.AddOffsetsToTxn, KafkaApi.TxnOffsetCommit, KafkaApi.EndTxn];

    private readonly RatingPlatform _platform;
    private readonly KafkaProxy _proxy;
    private readonly Hold _held;
    private readonly string _moment;
    private bool _disposed;

    private MidTransaction(RatingPlatform platform, KafkaProxy proxy, Hold held, RatingProcess worker, string moment)
    {
        _platform = platform;
        _proxy = proxy;
        _held = held;
        Worker = worker;
        _moment = moment;
    }

    public RatingProcess Worker { get; }

    /// <summary>Starts a worker and lets it rate so many records, then holds it at a moment that chance chooses.</summary>
    public static async Task<MidTransaction> ReachAsync(RatingPlatform platform, Random random, int records)
    {
        KafkaProxy proxy = KafkaProxy.Start(platform.Kafka.BootstrapServers);
        Hold enough = proxy.HoldRequestsAfter(records / platform.RecordsPerTransaction, KafkaApi.EndTxn);
        RatingProcess worker = platform.StartWorker("a", proxy.BootstrapServers);
        await Wait.UntilAsync(enough.Caught, $"{records} records to be rated", worker);

        KafkaApi api = Moments[random.Next(Moments.Length)];
        bool isResponse = random.Next(2) == 0;
        string moment = $"{api} {(isResponse ? "response" : "request")}";
        Hold held = isResponse ? proxy.HoldResponses(api) : proxy.HoldRequests(api);
        enough.Release();
        await Wait.UntilAsync(held.Caught, moment, worker);
        return new MidTransaction(platform, proxy, held, worker, moment);
    }

    public async Task KillAsync()
    {
        await Worker.KillAsync();
        Notes.Write($"killed at {_moment}, lag {await _platform.LagAsync()}");
    }

    /// <summary>Lets the worker go on.</summary>
    public void Release()
    {
        Notes.Write($"released at {_moment}");
        _held.Release();
    }

    /// <summary>Lets go what is held, then closes the proxy.</summary>
    public async ValueTask DisposeAsync()
    {
        _held.Release();
        if (!_disposed)
        {
            _disposed = true;
            await _proxy.DisposeAsync();
        }
    }
}
