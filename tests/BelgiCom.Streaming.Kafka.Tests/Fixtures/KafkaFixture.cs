using BelgiCom.Streaming.Kafka.Tests;
using BelgiCom.Streaming.LocalKafka;

[assembly: AssemblyFixture(typeof(KafkaFixture))]

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>
/// One broker for all tests of the assembly. BELGICOM_TEST_BROKER chooses: "embedded" (the default), or "kafka-home", the Apache Kafka that
/// KAFKA_HOME names.
/// </summary>
public sealed class KafkaFixture : IAsyncLifetime
{
    private readonly string _choice = Environment.GetEnvironmentVariable("BELGICOM_TEST_BROKER") ?? "embedded";
    private readonly string? _home = Environment.GetEnvironmentVariable(KafkaHomeBroker.Variable);
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("belgicom-kafka-tests-");
    private IAsyncDisposable? _broker;
    private string? _bootstrapServers;

    /// <summary>The broker's address; skips the calling test when the chosen broker is not there.</summary>
    public string BootstrapServers
    {
        get
        {
            Assert.SkipWhen(_bootstrapServers is null, "BELGICOM_TEST_BROKER=kafka-home needs KAFKA_HOME.");
            return _bootstrapServers!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        switch (_choice)
        {
            case "embedded":
                LocalKafkaBroker embedded = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _data.FullName });
                (_broker, _bootstrapServers) = (embedded, embedded.BootstrapServers);
                break;
            case "kafka-home" when !string.IsNullOrEmpty(_home):
                KafkaHomeBroker apache = await KafkaHomeBroker.StartAsync(new KafkaHomeOptions
                {
                    KafkaHome = _home,
                    DataDirectory = _data.FullName,
                    Settings = new Dictionary<string, string>
                    {
                        ["group.min.session.timeout.ms"] = "100",
                        ["transaction.abort.timed.out.transaction.cleanup.interval.ms"] = "500",
                    },
                });
                (_broker, _bootstrapServers) = (apache, apache.BootstrapServers);
                break;
            case "kafka-home":
                break;
            default:
                throw new ArgumentException($"BELGICOM_TEST_BROKER is '{_choice}'; it must be 'embedded' or 'kafka-home'.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        _data.Delete(recursive: true);
    }
}
