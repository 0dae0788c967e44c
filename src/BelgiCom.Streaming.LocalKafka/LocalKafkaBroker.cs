using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// A small single-node broker that speaks the Kafka protocol on loopback, for development and tests: it lets an engineer with nothing but
/// the .NET SDK run the whole chain with the production client, transactions included.
/// <para>
/// It survives a killed process: what it has acknowledged is with the operating system, and half-written tails are cut off at the next
/// start. It does not survive a power cut, unless <see cref="LocalKafkaOptions.FlushEachBatch"/> is set.
/// </para>
/// </summary>
public sealed class LocalKafkaBroker : IAsyncDisposable
{
    /// <summary>The sentence that every host of this broker prints when it starts it.</summary>
    public const string Notice =
        "LocalKafka is for development and tests only: one node, loopback, no replication, no authentication, no flush to disk per batch. "
        + "For production set Kafka__BootstrapServers to an Apache Kafka cluster.";

    // What the system says of a file that another process has.
    private const int WouldBlock = 11, WouldBlockOnMac = 35, SharingViolation = unchecked((int)0x80070020);

    private readonly FileStream _lock;
    private readonly LogSettings _settings;
    private readonly TopicStore _topics;
    private readonly TransactionCoordinator _transactions;
    private readonly Housekeeping _housekeeping;
    private readonly Listener _listener;

    internal int Connections => _listener.Connections;

    private int _stopped;

    private LocalKafkaBroker(LocalKafkaOptions options, FileStream dataLock, Socket socket)
    {
        _lock = dataLock;
        Port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        LogSettings settings = new(options.TimeProvider, options.FlushEachBatch, options.Report ?? (_ => { }));
        _settings = settings;
        _topics = new TopicStore(options.DataDirectory, settings, options.DefaultPartitions);
        GroupStore offsets = new(_topics, settings);
        GroupCoordinator groups = new(offsets, options);
        _transactions = new TransactionCoordinator(_topics, offsets, new ProducerIds(options.DataDirectory), settings, options);
        _housekeeping = new Housekeeping(_topics, settings, options.CleanupInterval);
        ClusterIdentity identity = new(ClusterIdentity.LoadClusterId(options.DataDirectory), Port);
        Router = new RequestRouter(
            new ClusterRequests(identity, _topics, options.AutoCreateTopics),
            new ProduceRequests(_topics),
            new FetchRequests(_topics),
            new OffsetLookupRequests(_topics),
            new GroupRequests(groups),
            new OffsetRequests(groups, offsets, _transactions, _topics),
            new TransactionRequests(_transactions, _topics),
            new TopicRequests(_topics),
            new ConfigRequests(_topics, Describe(options)));
        _listener = new Listener(socket, Router, settings.Report);
    }

    /// <summary>Answers requests; tests ask it without a connection.</summary>
    internal RequestRouter Router { get; }

    /// <summary>The TCP port it listens on.</summary>
    public int Port { get; }

    /// <summary>The address for a client's <c>bootstrap.servers</c>: <c>127.0.0.1:PORT</c>.</summary>
    public string BootstrapServers => FormattableString.Invariant($"{ClusterIdentity.Host}:{Port}");

    /// <summary>Why it takes no records now, since when, where and what to do, as sentences; null when it takes them.</summary>
    public string? NotReadyBecause => _settings.Fault?.ToString();

    /// <summary>Starts a broker, which answers when the task completes.</summary>
    /// <param name="options">Data directory, port and the rest.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    /// <returns>The running broker; dispose it to stop it.</returns>
    /// <exception cref="LocalKafkaPortInUseException">Another process has the port.</exception>
    /// <exception cref="LocalKafkaException">Another broker uses the data directory, or a file in it is damaged.</exception>
    public static Task<LocalKafkaBroker> StartAsync(LocalKafkaOptions options, CancellationToken cancellationToken = default) =>
        Task.Run(() => Start(options), cancellationToken);

    /// <summary>Stops: closes all connections, then the files. What was acknowledged is kept.</summary>
    /// <returns>A task that ends when the port and the data directory are free again.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 0)
        {
            await Task.Run(Stop).ConfigureAwait(false);
        }
    }

    private void Stop()
    {
        _listener.Dispose();
        _transactions.Dispose();
        _housekeeping.Dispose();
        _topics.Dispose();
        _lock.Dispose();
    }

    private static LocalKafkaBroker Start(LocalKafkaOptions options)
    {
        Directory.CreateDirectory(options.DataDirectory);
        FileStream dataLock = Lock(options.DataDirectory);
        Socket? socket = null;
        try
        {
            socket = Listen(options.Port);
            return new LocalKafkaBroker(options, dataLock, socket);
        }
        catch
        {
            socket?.Dispose();
            dataLock.Dispose();
            throw;
        }
    }

    private static FileStream Lock(string dataDirectory)
    {
        try
        {
            return new FileStream(Path.Combine(dataDirectory, "broker.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException fault) when (fault.HResult is not (WouldBlock or WouldBlockOnMac or SharingViolation))
        {
            throw new LocalKafkaException(
                $"The data directory {dataDirectory} of the embedded broker cannot be written: {fault.Message} Free space there, mend its "
                + "rights, or choose another directory.",
                fault);
        }
        catch (IOException fault)
        {
            throw new LocalKafkaException(
                $"Another broker uses the data directory {dataDirectory}. Stop it, or choose another directory.", fault);
        }
    }

    private static Socket Listen(int port)
    {
        const int backlog = 512;
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            listener.Listen(backlog);
            return listener;
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            listener.Dispose();
            throw new LocalKafkaPortInUseException(port, fault);
        }
    }

    private static Dictionary<string, string> Describe(LocalKafkaOptions options) => new()
    {
        ["auto.create.topics.enable"] = options.AutoCreateTopics ? "true" : "false",
        ["group.initial.rebalance.delay.ms"] = Milliseconds(options.GroupInitialRebalanceDelay),
        ["group.min.session.timeout.ms"] = Milliseconds(options.GroupMinSessionTimeout),
        ["log.retention.check.interval.ms"] = Milliseconds(options.CleanupInterval),
        ["node.id"] = ClusterIdentity.NodeId.ToString(CultureInfo.InvariantCulture),
        ["num.partitions"] = options.DefaultPartitions.ToString(CultureInfo.InvariantCulture),
        ["transaction.max.timeout.ms"] = Milliseconds(options.TransactionMaxTimeout),
    };

    private static string Milliseconds(TimeSpan span) => ((long)span.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
}
