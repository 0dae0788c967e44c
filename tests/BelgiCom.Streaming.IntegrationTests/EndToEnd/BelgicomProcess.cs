using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>The built tool as a process of its own: what a user starts, with nothing of the test inside.</summary>
internal sealed class BelgicomProcess : IAsyncDisposable
{
    /// <summary>Longer than any run here needs; a hanging process fails the test instead of the whole build.</summary>
    public static readonly TimeSpan EndMax = TimeSpan.FromMinutes(4);

    // Settings of the machine that would change what a test means.
    private static readonly string[] SectionsOfTheMachine =
    [
        "KAFKA_HOME", "Kafka__", "SchemaRegistry__", "Billing__", "Rating__", "Retention__", "Adapters__", "Keys__", "Http__", "Log__",
    ];

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _errorLines = new();
    private readonly TaskCompletionSource _errorEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<string> _output;

    private BelgicomProcess(Process process)
    {
        _process = process;
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                _errorEnded.TrySetResult();
                return;
            }

            _errorLines.Enqueue(line.Data);
        };
        _process.BeginErrorReadLine();
        _output = _process.StandardOutput.ReadToEndAsync();
    }

    public StreamWriter Input => _process.StandardInput;

    public static BelgicomProcess Start(IReadOnlyDictionary<string, string> environment, params string[] args)
    {
        ProcessStartInfo start = new("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "belgicom.dll"));
        foreach (string arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        foreach (string? name
            in start.Environment.Keys.Where(
                name => SectionsOfTheMachine.Any(section => name.StartsWith(section, StringComparison.OrdinalIgnoreCase))).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new BelgicomProcess(Process.Start(start)!);
    }

    /// <summary>Starts the tool and waits for its end.</summary>
    public static async Task<BelgicomResult> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] args)
    {
        await using BelgicomProcess process = Start(environment, args);
        process.Input.Close();
        return await process.EndAsync();
    }

    /// <summary>Waits for the end.</summary>
    public async Task<BelgicomResult> EndAsync()
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(EndMax);
        await _process.WaitForExitAsync(timeout.Token);
        await _errorEnded.Task.WaitAsync(timeout.Token);
        return new BelgicomResult(_process.ExitCode, await _output, string.Join('\n', _errorLines));
    }

    /// <summary>Waits until standard error shows a line that the condition takes; fails when the process ends before.</summary>
    public async Task<string> ErrorLineAsync(Func<string, bool> condition)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(EndMax);
        while (true)
        {
            if (_errorLines.FirstOrDefault(condition) is { } line)
            {
                return line;
            }

            AssertRunning();
            await Task.Delay(TimeSpan.FromMilliseconds(10), timeout.Token);
        }
    }

    /// <summary>Fails with what the process said when it has ended.</summary>
    public void AssertRunning() =>
        Assert.False(
            _process.HasExited,
            $"the process ended with {(_process.HasExited ? _process.ExitCode : 0)}:\n{string.Join('\n', _errorLines)}");

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>SIGTERM, as a container platform stops a process.</summary>
    public void Terminate()
    {
        using Process kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }
}

/// <summary>How the tool ended.</summary>
internal sealed record BelgicomResult(int ExitCode, string Output, string Error)
{
    /// <summary>Standard output, which must be exactly one JSON object.</summary>
    public JsonElement Json
    {
        get
        {
            Assert.Single(Output.TrimEnd('\n').Split('\n'));
            using JsonDocument document = JsonDocument.Parse(Output);
            return document.RootElement.Clone();
        }
    }

    public BelgicomResult WithExitCode(int expected)
    {
        Assert.True(ExitCode == expected, $"exit code {ExitCode}, expected {expected}\n{Error}\n{Output}");
        return this;
    }
}
