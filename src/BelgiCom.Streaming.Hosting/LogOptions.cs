using Serilog.Events;

namespace BelgiCom.Streaming.Hosting;

/// <summary>Section <c>Log</c>: what is written to the log.</summary>
public sealed class LogOptions
{
    /// <summary>Lowest level that is written: Verbose, Debug, Information, Warning, Error or Fatal. Default Information.</summary>
    public LogEventLevel Level { get; init; } = LogEventLevel.Information;

    /// <summary>
    /// File to write to as well, compact JSON; at most 100 MB, then a new one, 5 are kept. What a person reads is then only warnings and
    /// worse. Default none.
    /// </summary>
    public string? File { get; init; }
}

/// <summary>Who reads the log, and therefore how it is written.</summary>
public enum LogReader
{
    /// <summary>A log collector: one compact JSON object a line on standard output.</summary>
    Collector,

    /// <summary>A person at a terminal: plain lines on standard error, so that standard output stays free for results.</summary>
    Person,
}
