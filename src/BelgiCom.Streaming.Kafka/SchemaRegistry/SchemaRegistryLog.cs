using System.Net;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>Ids 1080 to 1089 of the Kafka client code.</summary>
internal static partial class SchemaRegistryLog
{
    [LoggerMessage(1080, LogLevel.Warning, "Schema {Id} of {Topic} is not known here and the registry does not answer (HTTP {Status}): the batch waits")]
    public static partial void Waiting(ILogger logger, int id, string topic, HttpStatusCode? status);
}
