using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>A topic that should exist.</summary>
/// <param name="Name">Topic name.</param>
/// <param name="Partitions">Number of partitions, at least 1.</param>
/// <param name="Configs">Topic settings by Kafka's names, for example cleanup.policy.</param>
/// <param name="ReplicationFactor">Copies, or -1 for the brokers' default.</param>
public sealed record TopicSpec(string Name, int Partitions, IReadOnlyDictionary<string, string> Configs, short ReplicationFactor = -1);

/// <summary>Creates topics. What exists is left as it is: partitions and settings of a live topic are changed by a person.</summary>
public sealed class TopicAdmin : IDisposable
{
    private readonly IAdminClient _admin;
    private readonly ILogger _logger;

    /// <summary>Connects lazily.</summary>
    /// <param name="options">Brokers.</param>
    /// <param name="logger">Where creations are logged.</param>
    public TopicAdmin(KafkaOptions options, ILogger<TopicAdmin> logger)
    {
        _admin = new AdminClientBuilder(KafkaClients.AdminConfig(options)).SetLogHandler((_, _) => { }).Build();
        _logger = logger;
    }

    /// <summary>Creates those of the topics that do not exist.</summary>
    /// <param name="specs">Topics.</param>
    /// <returns>Names of the topics that were created.</returns>
    /// <exception cref="CreateTopicsException">A topic could not be created for another reason than that it exists.</exception>
    public async Task<IReadOnlyList<string>> EnsureAsync(IReadOnlyCollection<TopicSpec> specs)
    {
        List<TopicSpec> created = [.. specs];
        try
        {
            await _admin.CreateTopicsAsync(specs.Select(spec => new TopicSpecification
            {
                Name = spec.Name,
                NumPartitions = spec.Partitions,
                ReplicationFactor = spec.ReplicationFactor,
                Configs = spec.Configs.ToDictionary(),
            })).OffPollThread().ConfigureAwait(false);
        }
        catch (CreateTopicsException failure) when (failure.Results.All(result => !result.Error.IsError || result.Error.Code == ErrorCode.TopicAlreadyExists))
        {
            HashSet<string> existing = [.. failure.Results.Where(result => result.Error.IsError).Select(result => result.Topic)];
            created.RemoveAll(spec => existing.Contains(spec.Name));
        }

        foreach (TopicSpec spec in created)
        {
            KafkaLog.TopicCreated(_logger, spec.Name, spec.Partitions);
        }

        return [.. created.Select(spec => spec.Name)];
    }

    /// <summary>Closes the client.</summary>
    public void Dispose() => _admin.Dispose();
}
