using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.LocalKafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Starts what the workers need where the configuration does not name it: a broker, topics, and a schema registry with our schemas. The
/// workers see addresses only, and do not know which kind of server answers there.
/// </summary>
internal sealed class EmbeddedDefault : IAsyncDisposable
{
    /// <summary>Few partitions are enough for one machine and few lanes; production's 24 would only cost file handles and memory.</summary>
    public const int PartitionsMax = 4;

    private volatile Action<string> _report = Console.Error.WriteLine;
    private KafkaHomeBroker? _apacheKafka;
    private LocalKafkaBroker? _broker;
    private KafkaSchemaLog? _schemaLog;
    private LocalSchemaRegistry? _registry;

    /// <summary>Name of the broker in use, for a person.</summary>
    public string Broker { get; private set; } = "";

    /// <summary>Why the embedded broker takes no records now, as sentences; null when it takes them, and for any other broker.</summary>
    public string? NotReadyBecause => _broker?.NotReadyBecause;

    /// <summary>From now on writes into the log what the embedded broker has to say.</summary>
    public void ReportTo(ILogger logger) => _report = sentence => ToolLog.BrokerReports(logger, sentence);

    /// <summary>Starts what is missing, writes its addresses into the configuration and creates the topics.</summary>
    /// <exception cref="ToolException">A server cannot be started or reached.</exception>
    public static async Task<EmbeddedDefault> StartAsync(
        DataFolder folder, IConfigurationManager configuration, CancellationToken cancellationToken)
    {
        EmbeddedDefault embedded = new();
        try
        {
            await embedded.StartBrokerAsync(folder, configuration, cancellationToken);
            KafkaOptions kafka = new();
            configuration.GetSection("Kafka").Bind(kafka);
            await KafkaTopics.CreateAsync(
                kafka, embedded._broker is not null || embedded._apacheKafka is not null ? PartitionsMax : int.MaxValue);
            await embedded.StartRegistryAsync(kafka, configuration, cancellationToken);
            return embedded;
        }
        catch
        {
            await embedded.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // The registry keeps its state on the broker, so the broker is stopped last.
        if (_registry is not null)
        {
            await _registry.DisposeAsync();
        }

        _schemaLog?.Dispose();
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        if (_apacheKafka is not null)
        {
            await _apacheKafka.DisposeAsync();
        }
    }

    private async Task StartBrokerAsync(DataFolder folder, IConfigurationManager configuration, CancellationToken cancellationToken)
    {
        if (configuration["Kafka:BootstrapServers"] is { Length: > 0 } given)
        {
            Broker = $"Kafka at {given}";
        }
        else if (Environment.GetEnvironmentVariable(KafkaHomeBroker.Variable) is { Length: > 0 } home)
        {
            _apacheKafka = await KafkaHomeBroker.StartAsync(
                new KafkaHomeOptions { KafkaHome = home, DataDirectory = folder.ApacheKafka }, cancellationToken);
            configuration.AddInMemoryCollection([new("Kafka:BootstrapServers", _apacheKafka.BootstrapServers)]);
            Broker = $"Apache Kafka of {KafkaHomeBroker.Variable} at {_apacheKafka.BootstrapServers}";
        }
        else
        {
            _broker = await LocalKafkaBroker.StartAsync(
                new LocalKafkaOptions { DataDirectory = folder.Broker, Report = sentence => _report(sentence) }, cancellationToken);
            configuration.AddInMemoryCollection([new("Kafka:BootstrapServers", _broker.BootstrapServers)]);
            Broker = $"embedded broker at {_broker.BootstrapServers} (development and tests only)";
        }
    }

    /// <summary>
    /// Registers the schemas in a registry that this process started. In any other registry only <c>setup</c> and <c>schemas register</c>
    /// do that.
    /// </summary>
    private async Task StartRegistryAsync(KafkaOptions kafka, IConfigurationManager configuration, CancellationToken cancellationToken)
    {
        if (configuration["SchemaRegistry:Url"] is { Length: > 0 })
        {
            return;
        }

        _schemaLog = await KafkaSchemaLog.OpenAsync(kafka.BootstrapServers);
        _registry = await LocalSchemaRegistry.StartAsync(_schemaLog, new LocalSchemaRegistryOptions(), cancellationToken);
        using SchemaRegistryClient client = new(new SchemaRegistryOptions { Url = _registry.Url.ToString() });
        await SchemaSubjects.EnsureAsync(client, Topics.All.Select(topic => (topic.Name, topic.SchemaJson)), cancellationToken);
        configuration.AddInMemoryCollection([new("SchemaRegistry:Url", _registry.Url.ToString())]);
    }
}
