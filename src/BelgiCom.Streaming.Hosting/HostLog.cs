using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Hosting;

/// <summary>Log messages of the host itself, event ids 9001 to 9019.</summary>
internal static partial class HostLog
{
    [LoggerMessage(
        9001, LogLevel.Warning, "{Wanted} is taken by another process; listening on a free port instead. Set Http__Url to choose one.")]
    public static partial void PortTaken(ILogger logger, string wanted);

    [LoggerMessage(9002, LogLevel.Information, "{Name:l} is up: {Url:l}/health/ready, {Url:l}/metrics")]
    public static partial void Up(ILogger logger, string name, string url);

    [LoggerMessage(9004, LogLevel.Debug, "{Name:l} did not start")]
    public static partial void NotStarted(ILogger logger, Exception exception, string name);

    [LoggerMessage(9003, LogLevel.Critical, "{Service} failed; the process ends with exit code 2")]
    public static partial void ServiceFailed(ILogger logger, Exception exception, string service);
}
