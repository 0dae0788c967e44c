using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Tool;

/// <summary>Log messages of the tool itself, event ids 9021 to 9039.</summary>
internal static partial class ToolLog
{
    [LoggerMessage(9021, LogLevel.Warning, "{Sentence:l}")]
    public static partial void BrokerReports(ILogger logger, string sentence);
}
