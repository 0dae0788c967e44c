using System.Diagnostics;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>Reads what a child process prints, so that it never blocks, and keeps the last lines for the fault message.</summary>
internal sealed class ProcessOutput
{
    private const int KeptLines = 30;
    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private readonly TaskCompletionSource _found = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _wanted;

    public ProcessOutput(Process process) => Drained = Task.WhenAll(DrainAsync(process.StandardOutput), DrainAsync(process.StandardError));

    /// <summary>Ends when the process has closed its output.</summary>
    public Task Drained { get; }

    public string LastLines
    {
        get
        {
            lock (_gate)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Waits for a line that holds <paramref name="text"/>.</summary>
    public async Task WaitForAsync(string text, TimeSpan timeout, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _wanted = text;
            _lines.ToList().ForEach(Match);
        }

        Task first = await Task.WhenAny(_found.Task, Drained, Task.Delay(timeout, cancellationToken)).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (first != _found.Task)
        {
            throw new LocalKafkaException(
                $"The broker did not print \"{text}\" within {timeout.TotalSeconds:0} s. Its last lines:\n{LastLines}");
        }
    }

    private async Task DrainAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            lock (_gate)
            {
                _lines.Enqueue(line);
                if (_lines.Count > KeptLines)
                {
                    _lines.Dequeue();
                }

                Match(line);
            }
        }
    }

    private void Match(string line)
    {
        if (_wanted is not null && line.Contains(_wanted, StringComparison.Ordinal))
        {
            _found.TrySetResult();
        }
    }
}
