using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Asks whether any broker answers, before a verb does anything with it. A worker waits for its brokers, because nobody sits before it; a
/// person who typed a wrong address wants to know it now.
/// </summary>
internal static class Brokers
{
    /// <summary>So long the brokers may take to answer at all; after it, slow answers are waited for as by a worker.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <exception cref="ToolException">No broker answers.</exception>
    public static async Task RequireAsync(KafkaOptions kafka, TimeProvider clock)
    {
        using BrokerProbe probe = new(kafka, NullLogger<BrokerProbe>.Instance);
        long started = clock.GetTimestamp();
        while (await probe.NotReadyBecauseAsync() is { } sentence)
        {
            if (clock.GetElapsedTime(started) >= Patience)
            {
                throw new ToolException(
                    WorkerHost.ExitFailed,
                    $"{sentence.TrimEnd('.')}: check Kafka__BootstrapServers, that the brokers are up and can be reached from here, and "
                    + "the security settings in Kafka__Properties. Nothing was changed");
            }
        }
    }
}
