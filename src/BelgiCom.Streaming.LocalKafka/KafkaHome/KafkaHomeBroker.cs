using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// An Apache Kafka of the engineer's own (<c>KAFKA_HOME</c>), started as a child process: KRaft, one node, loopback only. It has the same
/// members as <see cref="LocalKafkaBroker"/> and takes its place.
/// </summary>
public sealed class KafkaHomeBroker : IAsyncDisposable
{
    /// <summary>Environment variable that names the distribution's folder.</summary>
    public const string Variable = "KAFKA_HOME";
    private const string StartedLine = "Kafka Server started";
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);
    private readonly Process _process;
    private readonly Task _draining;

    private KafkaHomeBroker(Process process, Task draining, int port)
    {
        _process = process;
        _draining = draining;
        Port = port;
    }

    /// <summary>The TCP port it listens on.</summary>
    public int Port { get; }

    /// <summary>Id of the broker's process, for tests that stop and continue it by signals.</summary>
    public int ProcessId => _process.Id;

    /// <summary>The address for a client's <c>bootstrap.servers</c>: <c>127.0.0.1:PORT</c>.</summary>
    public string BootstrapServers => FormattableString.Invariant($"127.0.0.1:{Port}");

    /// <summary>Formats the data directory if need be and starts the broker, which answers when the task completes.</summary>
    /// <param name="options">Distribution, data directory, port and settings.</param>
    /// <param name="cancellationToken">Gives up the start and ends the process.</param>
    /// <returns>The running broker; dispose it to stop it.</returns>
    /// <exception cref="LocalKafkaException">The distribution is not there, or the broker did not start; the message holds its last
    /// lines.</exception>
    public static async Task<KafkaHomeBroker> StartAsync(KafkaHomeOptions options, CancellationToken cancellationToken = default)
    {
        string script = Path.Combine(options.KafkaHome, "bin", "kafka-server-start.sh");
        if (!File.Exists(script))
        {
            throw new LocalKafkaException(
                $"{script} is not there. Let {Variable} name the folder of an Apache Kafka distribution, or unset it.");
        }

        Directory.CreateDirectory(options.DataDirectory);
        int port = options.Port == 0 ? FreePort() : options.Port;
        string logDirectory = Path.Combine(options.DataDirectory, "log");
        string propertiesFile = Path.Combine(options.DataDirectory, "server.properties");
        await File.WriteAllLinesAsync(propertiesFile, Properties(options, port, FreePort(), logDirectory), cancellationToken)
            .ConfigureAwait(false);
        if (!File.Exists(Path.Combine(logDirectory, "meta.properties")))
        {
            string clusterId = ClusterIdentity.LoadClusterId(options.DataDirectory);

            // Option and value are one argument, because an id may begin with "-" and would be taken for an option.
            await RunToEndAsync(
                options, "kafka-storage.sh", ["format", $"--cluster-id={clusterId}", "-c", propertiesFile], cancellationToken)
                .ConfigureAwait(false);
        }

        Process process = Launch(options, "kafka-server-start.sh", [propertiesFile]);
        ProcessOutput output = new(process);
        KafkaHomeBroker broker = new(process, output.Drained, port);
        try
        {
            await output.WaitForAsync(StartedLine, options.StartTimeout, cancellationToken).ConfigureAwait(false);
            return broker;
        }
        catch
        {
            await broker.KillAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends the process at once, as <c>kill -9</c> does.</summary>
    /// <returns>A task that ends with the process.</returns>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().ConfigureAwait(false);
        await _draining.ConfigureAwait(false);
    }

    /// <summary>Asks the process to stop, and ends it when it does not.</summary>
    /// <returns>A task that ends with the process.</returns>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using CancellationTokenSource patience = new(StopTimeout);
            try
            {
                using Process signal = Process.Start("kill", ["-TERM", FormattableString.Invariant($"{_process.Id}")]);
                await _process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                await KillAsync().ConfigureAwait(false);
            }
        }

        await _draining.ConfigureAwait(false);
        _process.Dispose();
    }

    private static IEnumerable<string> Properties(KafkaHomeOptions options, int port, int controllerPort, string logDirectory)
    {
        Dictionary<string, string> properties = new()
        {
            ["process.roles"] = "broker,controller",
            ["node.id"] = "1",
            ["controller.quorum.voters"] = FormattableString.Invariant($"1@127.0.0.1:{controllerPort}"),
            ["listeners"] = FormattableString.Invariant($"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controllerPort}"),
            ["advertised.listeners"] = FormattableString.Invariant($"PLAINTEXT://127.0.0.1:{port}"),
            ["controller.listener.names"] = "CONTROLLER",
            ["listener.security.protocol.map"] = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            ["log.dirs"] = logDirectory,
            ["auto.create.topics.enable"] = "false",
            ["group.initial.rebalance.delay.ms"] = "0",
            ["offsets.topic.num.partitions"] = "1",
            ["offsets.topic.replication.factor"] = "1",
            ["transaction.state.log.num.partitions"] = "1",
            ["transaction.state.log.replication.factor"] = "1",
            ["transaction.state.log.min.isr"] = "1",
        };
        foreach ((string name, string value) in options.Settings)
        {
            properties[name] = value;
        }

        return properties.Select(property => $"{property.Key}={property.Value}");
    }

    private static async Task RunToEndAsync(
        KafkaHomeOptions options, string script, string[] arguments, CancellationToken cancellationToken)
    {
        using Process process = Launch(options, script, arguments);
        ProcessOutput output = new(process);
        await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        await output.Drained.ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new LocalKafkaException($"{script} ended with {process.ExitCode}:\n{output.LastLines}");
        }
    }

    private static Process Launch(KafkaHomeOptions options, string script, string[] arguments)
    {
        ProcessStartInfo start = new(Path.Combine(options.KafkaHome, "bin", script), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["KAFKA_HEAP_OPTS"] = "-Xmx512m";
        start.Environment["LOG_DIR"] = Path.Combine(options.DataDirectory, "server-log");
        return Process.Start(start) ?? throw new LocalKafkaException($"{script} did not start.");
    }

    private static int FreePort()
    {
        using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
