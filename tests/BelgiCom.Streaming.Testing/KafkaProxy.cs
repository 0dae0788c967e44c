using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace BelgiCom.Streaming.Testing;

/// <summary>
/// A TCP proxy between Kafka clients and brokers on loopback that knows requests from each other: it delays, throttles, swallows and cuts
/// connections, and holds back single kinds of requests or responses until the test lets them go.
/// </summary>
/// <remarks>
/// One listener per broker. Brokers tell clients their own address in some responses; it is replaced there in place, which needs no
/// decoding because the address is "127.0.0.1" and a 4-octet port in every version of the protocol, hence of one length.
/// </remarks>
public sealed class KafkaProxy : IAsyncDisposable
{
    private static readonly byte[] Loopback = "127.0.0.1"u8.ToArray();

    private readonly ConcurrentDictionary<ProxyConnection, byte> _connections = [];
    private readonly List<(TcpListener Listener, int BrokerPort)> _listeners = [];
    private readonly List<Hold> _holds = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<KafkaApi, int> _forwarded = [];
    private volatile TaskCompletionSource _flowing = Completed();

    private KafkaProxy(IEnumerable<int> brokerPorts)
    {
        foreach (int port in brokerPorts)
        {
            TcpListener listener = new(IPAddress.Loopback, 0);
            listener.Start();
            _listeners.Add((listener, port));
        }
    }

    /// <summary>What clients take as bootstrap.servers.</summary>
    public string BootstrapServers =>
        string.Join(',', _listeners.Select(entry => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{PortOf(entry.Listener)}")));

    /// <summary>Time added to every request and to every response.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>Octets per second and direction of each connection; 0 for no limit.</summary>
    public int BytesPerSecond { get; set; }

    /// <summary>Whether brokers answer as one does that starts or stood still: they know the topics, and of no broker.</summary>
    public bool HideBrokers { get; set; }

    /// <summary>Starts listening.</summary>
    /// <param name="bootstrapServers">All brokers, "127.0.0.1:port" separated by commas.</param>
    /// <returns>The running proxy.</returns>
    public static KafkaProxy Start(string bootstrapServers)
    {
        KafkaProxy proxy = new(
            bootstrapServers.Split(',').Select(server => int.Parse(server[(server.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture)));
        foreach ((TcpListener listener, int brokerPort) in proxy._listeners)
        {
            _ = proxy.AcceptAsync(listener, brokerPort);
        }

        return proxy;
    }

    /// <summary>How many requests of a kind have reached the broker.</summary>
    /// <param name="api">Kind of request.</param>
    /// <returns>Requests since the start.</returns>
    public int Forwarded(KafkaApi api) => _forwarded.GetValueOrDefault(api);

    /// <summary>
    /// Holds back requests of the given kinds before they reach the broker. What follows on the same connection waits behind them.
    /// </summary>
    /// <param name="apis">Kinds of request.</param>
    /// <returns>Lets them go.</returns>
    public Hold HoldRequests(params KafkaApi[] apis) => HoldRequestsAfter(0, apis);

    /// <summary>Lets a number of requests of the given kinds through and holds back those after them.</summary>
    /// <param name="passing">Requests to let through first.</param>
    /// <param name="apis">Kinds of request.</param>
    /// <returns>Lets them go.</returns>
    public Hold HoldRequestsAfter(int passing, params KafkaApi[] apis) => Add(new Hold(apis, responses: false, passing));

    /// <summary>
    /// Lets requests of the given kinds through and holds back their responses: they take effect, and the client does not learn it.
    /// </summary>
    /// <param name="apis">Kinds of request.</param>
    /// <returns>Lets them go.</returns>
    public Hold HoldResponses(params KafkaApi[] apis) => Add(new Hold(apis, responses: true, passing: 0));

    /// <summary>Swallows everything from now on; connections stay open.</summary>
    public void BlackHole()
    {
        if (_flowing.Task.IsCompleted)
        {
            _flowing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Ends <see cref="BlackHole"/>: what was on its way goes on.</summary>
    public void Heal() => _flowing.TrySetResult();

    /// <summary>Resets every connection; new ones are accepted.</summary>
    public void ResetConnections()
    {
        foreach (ProxyConnection connection in _connections.Keys)
        {
            connection.Reset();
        }
    }

    /// <summary>Closes listeners and connections.</summary>
    /// <returns>When they are closed.</returns>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        foreach ((TcpListener listener, _) in _listeners)
        {
            listener.Stop();
        }

        Heal();
        lock (_holds)
        {
            _holds.ForEach(hold => hold.Release());
        }

        ResetConnections();
        _stopping.Dispose();
    }

    internal async Task PassRequestAsync(KafkaApi api, int octets)
    {
        await PassAsync(api, octets, responses: false).ConfigureAwait(false);
        _forwarded.AddOrUpdate(api, 1, (_, count) => count + 1);
    }

    internal async Task<Memory<byte>> PassResponseAsync(KafkaApi api, short version, Memory<byte> frame)
    {
        if (api is KafkaApi.Metadata or KafkaApi.FindCoordinator or KafkaApi.DescribeCluster)
        {
            ReplaceAddresses(frame.Span);
        }

        await PassAsync(api, frame.Length, responses: true).ConfigureAwait(false);
        return api == KafkaApi.Metadata && HideBrokers ? WithoutBrokers(frame, flexible: version >= 9) : frame;
    }

    internal void Closed(ProxyConnection connection) => _connections.TryRemove(connection, out _);

    private static TaskCompletionSource Completed()
    {
        TaskCompletionSource source = new();
        source.SetResult();
        return source;
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private async Task PassAsync(KafkaApi api, int octets, bool responses)
    {
        await _flowing.Task.ConfigureAwait(false);
        Hold[] holds;
        lock (_holds)
        {
            holds = [.. _holds.Where(hold => hold.Concerns(api, responses))];
        }

        foreach (Hold hold in holds)
        {
            await hold.WaitAsync().ConfigureAwait(false);
        }

        TimeSpan delay = Latency + (BytesPerSecond > 0 ? TimeSpan.FromSeconds((double)octets / BytesPerSecond) : TimeSpan.Zero);
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay).ConfigureAwait(false);
        }
    }

    private Hold Add(Hold hold)
    {
        lock (_holds)
        {
            _holds.Add(hold);
        }

        return hold;
    }

    private async Task AcceptAsync(TcpListener listener, int brokerPort)
    {
        try
        {
            while (true)
            {
                Socket client = await listener.AcceptSocketAsync(_stopping.Token).ConfigureAwait(false);
                Socket broker = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await broker.ConnectAsync(IPAddress.Loopback, brokerPort, _stopping.Token).ConfigureAwait(false);
                }
                catch (SocketException)
                {
                    // The broker is down; the client sees its connection closed.
                    client.Dispose();
                    broker.Dispose();
                    continue;
                }

                ProxyConnection connection = new(this, client, broker);
                _connections[connection] = 0;
                connection.Start();
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy is being disposed.
        }
    }

    /// <summary>
    /// Metadata response: correlation id, throttle time, brokers (id, host, port, rack), the rest. Since version 9 lengths are unsigned
    /// varints, one higher than what they count, and tagged fields follow the header and each broker; here there are none.
    /// </summary>
    private static Memory<byte> WithoutBrokers(Memory<byte> frame, bool flexible)
    {
        int at = sizeof(int) + (flexible ? 1 : 0) + sizeof(int);
        Memory<byte> list = frame[at..];
        for (int brokers = Length(sizeof(int)); brokers > 0; brokers--)
        {
            at += sizeof(int);
            SkipText();
            at += sizeof(int);
            SkipText();
            at += flexible ? 1 : 0;
        }

        Memory<byte> rest = frame[at..];
        Span<byte> none = flexible ? [1] : [0, 0, 0, 0];
        none.CopyTo(list.Span);
        rest.CopyTo(list[none.Length..]);
        return frame[..^(list.Length - none.Length - rest.Length)];

        void SkipText()
        {
            int length = Length(sizeof(short));
            at += Math.Max(0, length);
        }

        int Length(int size)
        {
            ReadOnlySpan<byte> from = frame.Span[at..];
            at += flexible ? 1 : size;
            return flexible
                ? from[0] < 0x80 ? from[0] - 1 : throw new NotSupportedException("more than 126 brokers, or a longer name")
                : size == sizeof(int) ? BinaryPrimitives.ReadInt32BigEndian(from) : BinaryPrimitives.ReadInt16BigEndian(from);
        }
    }

    private void ReplaceAddresses(Span<byte> frame)
    {
        for (int at = frame.IndexOf(Loopback); at >= 0;)
        {
            Span<byte> port = frame.Slice(at + Loopback.Length, sizeof(int));
            foreach ((TcpListener listener, int brokerPort) in _listeners)
            {
                if (BinaryPrimitives.ReadInt32BigEndian(port) == brokerPort)
                {
                    BinaryPrimitives.WriteInt32BigEndian(port, PortOf(listener));
                    break;
                }
            }

            int next = frame[(at + Loopback.Length)..].IndexOf(Loopback);
            at = next < 0 ? -1 : at + Loopback.Length + next;
        }
    }
}

/// <summary>Kinds of request that tests name; numbers are the protocol's api keys.</summary>
public enum KafkaApi
{
    /// <summary>Records in.</summary>
    Produce = 0,

    /// <summary>Records out.</summary>
    Fetch = 1,

    /// <summary>Which brokers and leaders there are.</summary>
    Metadata = 3,

    /// <summary>Committed offsets in, outside transactions.</summary>
    OffsetCommit = 8,

    /// <summary>Committed offsets out.</summary>
    OffsetFetch = 9,

    /// <summary>Which broker coordinates a group or transactional id.</summary>
    FindCoordinator = 10,

    /// <summary>A member joins or rejoins its group.</summary>
    JoinGroup = 11,

    /// <summary>A member is alive.</summary>
    Heartbeat = 12,

    /// <summary>A producer gets its id and epoch.</summary>
    InitProducerId = 22,

    /// <summary>A partition joins the transaction.</summary>
    AddPartitionsToTxn = 24,

    /// <summary>A group's offsets join the transaction.</summary>
    AddOffsetsToTxn = 25,

    /// <summary>Commit or abort.</summary>
    EndTxn = 26,

    /// <summary>Offsets in, inside a transaction.</summary>
    TxnOffsetCommit = 28,

    /// <summary>Which brokers there are.</summary>
    DescribeCluster = 60,
}

/// <summary>Holds back some kinds of request or response until it is released.</summary>
public sealed class Hold
{
    private readonly KafkaApi[] _apis;
    private readonly bool _responses;
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _caught = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _passing;

    internal Hold(KafkaApi[] apis, bool responses, int passing)
    {
        _apis = apis;
        _responses = responses;
        _passing = passing;
    }

    /// <summary>Completes when the first one is held.</summary>
    public Task Caught => _caught.Task;

    /// <summary>Lets go what is held, and holds nothing more.</summary>
    public void Release() => _released.TrySetResult();

    internal bool Concerns(KafkaApi api, bool responses) => responses == _responses && _apis.Contains(api) && !_released.Task.IsCompleted;

    internal Task WaitAsync()
    {
        if (Interlocked.Decrement(ref _passing) >= 0)
        {
            return Task.CompletedTask;
        }

        _caught.TrySetResult();
        return _released.Task;
    }
}
