using System.Diagnostics;
using System.Globalization;
using BelgiCom.Streaming.LocalKafka;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>The Apache Kafka of KAFKA_HOME, one node. Sessions and transactions may time out as soon as a test asks for it.</summary>
internal sealed class ApacheKafkaBroker : ProcessBroker
{
    private readonly KafkaHomeOptions _options;
    private KafkaHomeBroker _broker;

    private ApacheKafkaBroker(KafkaHomeOptions options, KafkaHomeBroker broker)
    {
        _broker = broker;
        _options = options with { Port = broker.Port };
    }

    public override string BootstrapServers => _broker.BootstrapServers;

    public static async Task<ApacheKafkaBroker> StartAsync(string home, string folder)
    {
        KafkaHomeOptions options = new()
        {
            KafkaHome = home,
            DataDirectory = folder,
            Settings = new Dictionary<string, string>
            {
                ["group.min.session.timeout.ms"] = "100",
                ["transaction.abort.timed.out.transaction.cleanup.interval.ms"] = "500",
            },
        };
        return new ApacheKafkaBroker(options, await KafkaHomeBroker.StartAsync(options));
    }

    public override async Task KillAndRestartAsync()
    {
        await _broker.KillAsync();
        await RestartAsync();
    }

    public override async Task RestartAsync()
    {
        await _broker.DisposeAsync();
        _broker = await KafkaHomeBroker.StartAsync(_options);
    }

    public override void Freeze() => Send("STOP");

    public override void Thaw() => Send("CONT");

    /// <summary>The data go with the test: a stop in order would only cost time.</summary>
    public override async ValueTask DisposeAsync()
    {
        await _broker.KillAsync();
        await _broker.DisposeAsync();
    }

    private void Send(string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", _broker.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
