using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Tool;

/// <summary>The last warnings and errors of the log, for the status page.</summary>
internal sealed class RecentProblems : ILoggerProvider
{
    // Older problems are in the log file only.
    private const int Max = 20;

    private readonly ConcurrentQueue<Problem> _problems = new();

    /// <summary>Newest first.</summary>
    public IReadOnlyList<Problem> All => [.. _problems.Reverse()];

    public ILogger CreateLogger(string categoryName) => new Collector(this);

    public void Dispose()
    {
    }

    private void Add(Problem problem)
    {
        _problems.Enqueue(problem);
        while (_problems.Count > Max)
        {
            _problems.TryDequeue(out _);
        }
    }

    /// <param name="At">When, UTC.</param>
    /// <param name="Level">Warning, Error or Critical.</param>
    /// <param name="Message">The message of the log, which holds no personal data.</param>
    internal sealed record Problem(DateTimeOffset At, string Level, string Message);

    private sealed class Collector(RecentProblems owner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                string cause = exception is null ? "" : $" ({exception.GetType().Name}: {exception.Message})";
                owner.Add(new Problem(TimeProvider.System.GetUtcNow(), logLevel.ToString(), formatter(state, exception) + cause));
            }
        }
    }
}
