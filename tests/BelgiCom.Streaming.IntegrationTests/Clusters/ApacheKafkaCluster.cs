using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Confluent.Kafka;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>Apache Kafka from the folder that KAFKA_HOME names: one node, KRaft, own ports, own folder; absent when the variable is not set.</summary>
public sealed class ApacheKafkaCluster : Cluster
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("belgicom-kafka-");
    private Process? _process;

    protected override async Task StartBrokerAsync(CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable("KAFKA_HOME") is not { Length: > 0 } home)
        {
            Absent = "KAFKA_HOME is not set: no Apache Kafka to test on";
            return;
        }

        var (port, controllerPort) = (FreePort(), FreePort());
        var properties = Path.Combine(_folder.FullName, "server.properties");
        await File.WriteAllTextAsync(properties, Properties(port, controllerPort), cancellationToken);
        var format = await ExternalProgram.RunAsync(
            Path.Combine(home, "bin", "kafka-storage.sh"), ["format", "--standalone", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", properties], cancellationToken: cancellationToken);
        Assert.True(format.ExitCode == 0, format.Error);

        var start = new ProcessStartInfo(Path.Combine(home, "bin", "kafka-server-start.sh"), properties) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["KAFKA_HEAP_OPTS"] = "-Xmx400m";
        start.Environment["LOG_DIR"] = _folder.FullName;
        _process = Process.Start(start)!;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Address = $"127.0.0.1:{port}";
        await AnsweringAsync(cancellationToken);
    }

    protected override async Task StopBrokerAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private async Task AnsweringAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        while (await tick.WaitForNextTickAsync(limit.Token))
        {
            Assert.False(_process!.HasExited, "Apache Kafka ended while starting");
            try
            {
                using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Address }).SetLogHandler(static (_, _) => { }).Build();
                admin.GetMetadata(TimeSpan.FromSeconds(2));
                return;
            }
            catch (KafkaException)
            {
                // Not listening yet.
            }
        }
    }

    private string Properties(int port, int controllerPort) => $"""
        process.roles=broker,controller
        node.id=1
        controller.quorum.bootstrap.servers=127.0.0.1:{controllerPort}
        listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controllerPort}
        advertised.listeners=PLAINTEXT://127.0.0.1:{port}
        controller.listener.names=CONTROLLER
        listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
        inter.broker.listener.name=PLAINTEXT
        log.dirs={_folder.FullName}/log
        auto.create.topics.enable=false
        offsets.topic.replication.factor=1
        offsets.topic.num.partitions=3
        transaction.state.log.replication.factor=1
        transaction.state.log.min.isr=1
        transaction.state.log.num.partitions=3
        group.initial.rebalance.delay.ms=0
        """;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
