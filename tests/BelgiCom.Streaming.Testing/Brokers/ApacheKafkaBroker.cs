using BelgiCom.Streaming.LocalKafka;
using Xunit;

namespace BelgiCom.Streaming.Testing;

/// <summary>The Apache Kafka of KAFKA_HOME, one node.</summary>
internal sealed class ApacheKafkaBroker : ProcessBroker
{
    private readonly TemporaryFolder _folder = new();
    private KafkaHomeOptions _options;
    private KafkaHomeBroker? _broker;

    private ApacheKafkaBroker(string home) => _options = new KafkaHomeOptions
    {
        KafkaHome = home,
        DataDirectory = _folder.FullPath,
        Settings = new Dictionary<string, string>(Settings)
        {
            ["log.cleaner.dedupe.buffer.size"] = "2097152",
            ["internal.segment.bytes.min"] = "14",
        },
    };

    public override string BootstrapServers => $"127.0.0.1:{_options.Port}";

    public static async Task<ApacheKafkaBroker> StartAsync(string home)
    {
        ApacheKafkaBroker broker = new(home);
        await broker.StartAgainAsync();
        return broker;
    }

    public override async Task KillAsync()
    {
        await _broker!.KillAsync();
        await StopAsync();
    }

    public override async Task StopAsync()
    {
        await _broker!.DisposeAsync();
        _broker = null;
    }

    public override async Task StartAgainAsync()
    {
        _broker = await KafkaHomeBroker.StartAsync(_options, TestContext.Current.CancellationToken);
        _options = _options with { Port = _broker.Port };
    }

    public override void Freeze() => ChildProcess.Signal(_broker!.ProcessId, "STOP");

    public override void Thaw() => ChildProcess.Signal(_broker!.ProcessId, "CONT");

    /// <summary>The data go with the test: a stop in order would only cost time.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (_broker is not null)
        {
            await KillAsync();
        }

        _folder.Dispose();
    }
}
