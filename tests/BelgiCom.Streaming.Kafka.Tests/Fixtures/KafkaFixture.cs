using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Kafka.Tests;

[assembly: AssemblyFixture(typeof(KafkaFixture))]

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>One broker for all tests of the assembly.</summary>
public sealed class KafkaFixture : IAsyncLifetime
{
    private string? _bootstrapServers;

    public string BootstrapServers
    {
        get
        {
            if (_bootstrapServers is null)
            {
                Assert.Skip("no broker: set BELGICOM_TEST_BOOTSTRAP");
            }

            return _bootstrapServers;
        }
    }

    public ValueTask InitializeAsync()
    {
        _bootstrapServers = Environment.GetEnvironmentVariable("BELGICOM_TEST_BOOTSTRAP");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
