using Serilog.Events;

namespace BelgiCom.Streaming.Hosting;

/// <summary>Section <c>Log</c>: what is written to the log.</summary>
public sealed class LogOptions
{
    /// <summary>Lowest level that is written: Verbose, Debug, Information, Warning, Error or Fatal. Default Information.</summary>
    public LogEventLevel Level { get; init; } = LogEventLevel.Information;

    /// <summary>
    /// A file that the log is written to as well, as compact JSON; a new file begins at 100 MB, and 5 are kept. A person at the terminal
    /// then sees warnings and errors only. Default none.
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
