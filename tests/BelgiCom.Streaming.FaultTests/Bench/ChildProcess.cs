using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// A program of ours as a process of its own: it can be killed, stopped and continued, and what it logs can be waited for.
/// </summary>
internal class ChildProcess : IAsyncDisposable
{
    private const int TailLines = 30;

    // Settings of the machine that runs the tests must not reach the process under test.
    private static readonly string[] SectionsOfTheMachine =
        ["Kafka__", "SchemaRegistry__", "Rating__", "Billing__", "Retention__", "Adapters__", "Keys__", "Http__", "Log__"];

    private readonly Process _process;
    private readonly string _name;
    private readonly ConcurrentQueue<string> _lines = new();
    private bool _mayEnd;
    private bool _disposed;

    private protected ChildProcess(string name, string assembly, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        _name = name;
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, assembly), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string key in start.Environment.Keys.Where(IsOfTheMachine).ToArray())
        {
            start.Environment.Remove(key);
        }

        foreach ((string key, string value) in environment)
        {
            start.Environment[key] = value;
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The last lines it logged, for a failure's message.</summary>
    public string Tail => $"{_name}:\n  {string.Join("\n  ", _lines.TakeLast(TailLines))}";

    public int Count(string text) => _lines.Count(line => line.Contains(text, StringComparison.Ordinal));

    public string? Find(string text) => _lines.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal));

    public void AssertRunning()
    {
        if (!_mayEnd && _process.HasExited)
        {
            Assert.Fail($"it ended with {_process.ExitCode}; {Tail}");
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _mayEnd = true;
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>SIGTERM, as a container platform stops a process.</summary>
    public void Terminate()
    {
        _mayEnd = true;
        Signals.Send(Id, "TERM");
    }

    /// <summary>SIGSTOP: it stands still and does not know it.</summary>
    public void Freeze() => Signals.Send(Id, "STOP");

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Signals.Send(Id, "CONT");

    /// <summary>Waits for the end and gives the exit code.</summary>
    public async Task<int> EndAsync(TimeSpan patience)
    {
        _mayEnd = true;
        await Wait.UntilAsync(() => Task.FromResult(_process.HasExited), $"the end of {_name}", [this], patience);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Octets of memory that are resident now.</summary>
    public long ResidentOctets()
    {
        using Process fresh = Process.GetProcessById(Id);
        return fresh.WorkingSet64;
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = _mayEnd = true;
        if (!_process.HasExited)
        {
            // Ends a stopped process too.
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
        GC.SuppressFinalize(this);
    }

    private static bool IsOfTheMachine(string key) =>
        SectionsOfTheMachine.Any(section => key.StartsWith(section, StringComparison.OrdinalIgnoreCase));

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
        }
    }

    private static class Signals
    {
        public static void Send(int process, string signal)
        {
            Assert.SkipWhen(OperatingSystem.IsWindows(), $"SIG{signal} needs POSIX signals");
            using Process kill = Process.Start("kill", [$"-{signal}", process.ToString(CultureInfo.InvariantCulture)]);
            kill.WaitForExit();
            Assert.Equal(0, kill.ExitCode);
        }
    }
}
