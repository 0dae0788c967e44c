using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace BelgiCom.Streaming.Testing;

/// <summary>
/// A program as a process of its own: what it prints is read as it comes, so that it never blocks, and can be waited for; it can be killed,
/// stopped and continued, and it ends with the test at the latest.
/// </summary>
public class ChildProcess : IAsyncDisposable
{
    private const int TailLines = 30;
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly string _name;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly List<byte> _output = [];
    private readonly List<byte> _error = [];
    private readonly Task _drained;
    private bool _mayEnd;
    private bool _disposed;

    /// <param name="name">What a failure's message calls it.</param>
    /// <param name="start">Program, arguments, environment; input and outputs are redirected.</param>
    public ChildProcess(string name, ProcessStartInfo start)
    {
        _name = name;
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        _process = Process.Start(start)!;
        _drained = Task.WhenAll(
            DrainAsync(_process.StandardOutput.BaseStream, _output), DrainAsync(_process.StandardError.BaseStream, _error));
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Standard input; closing it is the end of the input.</summary>
    public StreamWriter Input => _process.StandardInput;

    /// <summary>The last lines it printed, for a failure's message.</summary>
    public string Tail => $"{_name}:\n  {string.Join("\n  ", _lines.TakeLast(TailLines))}";

    /// <summary>Every line it printed so far, on standard output and error.</summary>
    public IEnumerable<string> Lines => _lines;

    /// <summary>Whether a program of this name is on the PATH.</summary>
    public static bool IsOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Runs a program to its end.</summary>
    /// <param name="start">Program, arguments, environment.</param>
    /// <param name="input">Its standard input, which ends there.</param>
    /// <param name="patience">How long it may take.</param>
    public static async Task<Finished> RunAsync(ProcessStartInfo start, byte[]? input = null, TimeSpan? patience = null)
    {
        await using ChildProcess process = new(Path.GetFileName(start.FileName), start);
        try
        {
            await process.Input.BaseStream.WriteAsync(input ?? [], TestContext.Current.CancellationToken);
            process.Input.Close();
        }
        catch (IOException)
        {
            // It has ended or closed its input before it read all; how it ended says why.
        }

        return await process.EndAsync(patience);
    }

    /// <summary>Waits for a line on standard output or error; fails when the process ends before.</summary>
    public async Task<string> LineAsync(Func<string, bool> wanted, string what, TimeSpan? patience = null)
    {
        string? found = null;
        await Wait.UntilAsync(() => Task.FromResult((found = _lines.FirstOrDefault(wanted)) is not null), what, [this], patience);
        return found!;
    }

    /// <summary>Fails when it has ended although nothing asked it to.</summary>
    public void AssertRunning() => Assert.False(HasEndedUnasked(), EndedUnasked);

    /// <summary>kill -9, with all its children.</summary>
    public async Task KillAsync()
    {
        _mayEnd = true;
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>From now on its end is no failure of the test: something else may end it at any time.</summary>
    public void MayEnd() => _mayEnd = true;

    /// <summary>SIGTERM, as a container platform stops a process.</summary>
    public void Terminate()
    {
        _mayEnd = true;
        Signal(Id, "TERM");
    }

    /// <summary>SIGSTOP: it stands still and does not know it.</summary>
    public void Freeze() => Signal(Id, "STOP");

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Signal(Id, "CONT");

    /// <summary>Waits for the end.</summary>
    public async Task<Finished> EndAsync(TimeSpan? patience = null)
    {
        _mayEnd = true;
        await Wait.UntilAsync(() => Task.FromResult(_process.HasExited), $"the end of {_name}", [this], patience);
        await DrainedAsync();
        lock (_output)
        {
            return new Finished(_process.ExitCode, [.. _output], Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(_error)));
        }
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
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        await DrainedAsync();
        _process.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Sends a signal to any process.</summary>
    /// <param name="process">Its id.</param>
    /// <param name="signal">Name without SIG.</param>
    public static void Signal(int process, string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), $"SIG{signal} needs POSIX signals");
        using Process kill = Process.Start("kill", [$"-{signal}", process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Whether it has ended although nothing asked it to, and all that it printed is here.</summary>
    internal bool HasEndedUnasked()
    {
        if (_mayEnd || !_process.HasExited)
        {
            return false;
        }

        _drained.Wait(DrainMax);
        return true;
    }

    /// <summary>A failure's message for it.</summary>
    internal string EndedUnasked => _process.HasExited ? $"it ended with {_process.ExitCode}; {Tail}" : Tail;

    /// <summary>A child of the process that goes on may keep the pipe open; what the process itself printed is here by then.</summary>
    private async Task DrainedAsync() => await ((Task)_drained.WaitAsync(DrainMax)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task DrainAsync(Stream stream, List<byte> octets)
    {
        byte[] buffer = new byte[1 << 14];
        int lineStart = 0;
        for (int read; (read = await stream.ReadAsync(buffer)) > 0;)
        {
            lock (_output)
            {
                octets.AddRange(buffer.AsSpan(0, read));
                for (int end; (end = octets.IndexOf((byte)'\n', lineStart)) >= 0; lineStart = end + 1)
                {
                    Keep(octets, lineStart, end);
                }
            }
        }

        if (lineStart < octets.Count)
        {
            Keep(octets, lineStart, octets.Count);
        }
    }

    private void Keep(List<byte> octets, int from, int to) =>
        _lines.Enqueue(Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(octets)[from..to]).TrimEnd('\r'));
}
