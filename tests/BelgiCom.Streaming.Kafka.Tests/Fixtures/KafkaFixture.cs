using BelgiCom.Streaming.Kafka.Tests;
using BelgiCom.Streaming.LocalKafka;

[assembly: AssemblyFixture(typeof(KafkaFixture))]

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>
/// One broker for all tests of the assembly: the embedded one, or, with BELGICOM_TEST_BROKER=external, the one that BELGICOM_TEST_BOOTSTRAP names.
/// </summary>
public sealed class KafkaFixture : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("belgicom-kafka-tests-").FullName;
    private LocalKafkaBroker? _embedded;
    private string? _bootstrapServers;

    public string BootstrapServers
    {
        get
        {
            if (_bootstrapServers is null)
            {
                Assert.Skip("BELGICOM_TEST_BROKER=external needs BELGICOM_TEST_BOOTSTRAP=host:port of an Apache Kafka.");
            }

            return _bootstrapServers;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("BELGICOM_TEST_BROKER") == "external")
        {
            _bootstrapServers = Environment.GetEnvironmentVariable("BELGICOM_TEST_BOOTSTRAP");
            return;
        }

        _embedded = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _data });
        _bootstrapServers = _embedded.BootstrapServers;
    }

    public async ValueTask DisposeAsync()
    {
        if (_embedded is not null)
        {
            await _embedded.DisposeAsync();
        }

        Directory.Delete(_data, recursive: true);
    }
}
