using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Asks whether a broker answers. A process that writes now and then and never polls needs it for its readiness; a consumer knows by itself
/// (<see cref="GroupHost.NotReadyBecause"/>).
/// </summary>
public sealed class BrokerProbe : IDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(2);

    private readonly KafkaOptions _options;
    private readonly Lazy<IAdminClient> _admin;

    /// <summary>Connects at the first question.</summary>
    /// <param name="options">Brokers.</param>
    /// <param name="logger">Receives the client's errors and log lines.</param>
    public BrokerProbe(KafkaOptions options, ILogger<BrokerProbe> logger)
    {
        _options = options;
        _admin = new Lazy<IAdminClient>(() => KafkaClients.Admin(options, logger));
    }

    /// <summary>Asks which brokers there are.</summary>
    /// <returns>A sentence when no broker answered within 2 s; null when one did.</returns>
    public async Task<string?> NotReadyBecauseAsync()
    {
        _admin.Value.Remind(_options);
        try
        {
            await _admin.Value.DescribeClusterAsync(new DescribeClusterOptions { RequestTimeout = RequestTimeout })
                .OffPollThread()
                .ConfigureAwait(false);
            return null;
        }
        catch (KafkaException failure)
        {
            return $"No broker of {_options.BootstrapServers} answers ({failure.Error.Code}).";
        }
    }

    /// <summary>Closes the client.</summary>
    public void Dispose()
    {
        if (_admin.IsValueCreated)
        {
            _admin.Value.Dispose();
        }
    }
}
