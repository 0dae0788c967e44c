using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>Sends log lines to the output of the test that runs.</summary>
internal sealed class TestLog<T> : ILogger<T>
{
    public static readonly TestLog<T> Instance = new();

    private readonly ConcurrentDictionary<string, bool> _seen = [];

    /// <summary>Whether an event of that name was logged.</summary>
    public bool Saw(string name) => _seen.ContainsKey(name);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _seen[eventId.Name ?? ""] = true;
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {formatter(state, exception)}");
        }
    }
}
