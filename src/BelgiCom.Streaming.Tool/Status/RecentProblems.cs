using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Tool;

/// <summary>The last warnings and errors of the log, for the status page.</summary>
internal sealed class RecentProblems : ILoggerProvider
{
    // Older problems are in the log file only.
    private const int Max = 20;

    private readonly Lock _lock = new();
    private readonly List<Problem> _problems = [];

    /// <summary>Newest first.</summary>
    public IReadOnlyList<Problem> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _problems.AsEnumerable().Reverse()];
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => new Collector(this, categoryName);

    public void Dispose()
    {
    }

    /// <summary>
    /// A problem that goes on is one entry with the time of its beginning, so that a probe or a worker that repeats it every few seconds
    /// does not push the others out.
    /// </summary>
    private void Add(Problem problem)
    {
        lock (_lock)
        {
            int known = _problems.FindIndex(one => one.Key == problem.Key);
            if (known >= 0)
            {
                problem = problem with { Since = _problems[known].Since, Times = _problems[known].Times + 1 };
                _problems.RemoveAt(known);
            }

            _problems.Add(problem);
            if (_problems.Count > Max)
            {
                _problems.RemoveAt(0);
            }
        }
    }

    /// <param name="Since">When it was logged first, UTC.</param>
    /// <param name="At">When it was logged last, UTC.</param>
    /// <param name="Level">Warning, Error or Critical.</param>
    /// <param name="Message">The message of the log as it was last, which holds no personal data.</param>
    /// <param name="Times">How often it was logged.</param>
    internal sealed record Problem(DateTimeOffset Since, DateTimeOffset At, string Level, string Message, int Times)
    {
        /// <summary>
        /// What makes it the same problem: who logs it, which message it is, and the texts in it, but no numbers or times.
        /// </summary>
        [JsonIgnore]
        public string Key { get; init; } = "";
    }

    private sealed class Collector(RecentProblems owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            string cause = exception is null ? "" : $" ({exception.GetType().Name}: {exception.Message})";
            DateTimeOffset now = TimeProvider.System.GetUtcNow();
            owner.Add(new Problem(now, now, logLevel.ToString(), formatter(state, exception) + cause, Times: 1)
            {
                Key = string.Join('\0', [category, .. TextsOf(state)]),
            });
        }

        /// <summary>The message before anything was filled in, and the texts that are, but not those that a request adds to it.</summary>
        private static IEnumerable<string> TextsOf<TState>(TState state)
        {
            KeyValuePair<string, object?>[] values = state is IEnumerable<KeyValuePair<string, object?>> all ? [.. all] : [];
            string template = values.FirstOrDefault(value => value.Key == "{OriginalFormat}").Value as string ?? "";
            return values
                .Where(value => value.Value is string or Enum && template.Contains($"{{{value.Key}", StringComparison.Ordinal))
                .Select(value => value.Value!.ToString()!)
                .Prepend(template);
        }
    }
}
