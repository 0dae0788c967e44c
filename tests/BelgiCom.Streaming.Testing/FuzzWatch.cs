using System.Diagnostics;
using Xunit;

namespace BelgiCom.Streaming.Testing;

/// <summary>
/// Watches one parser read inputs: what it throws, how long it takes, what it allocates. An input that fails is kept as a file, one of each
/// kind of failure; the others are counted.
/// </summary>
internal sealed class FuzzWatch : IDisposable
{
    // Milliseconds are usual, and the longest is printed. A busy machine may give a process so little time that seconds prove nothing.
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Hangs = TimeSpan.FromMinutes(5);
    private readonly string _parser;
    private readonly Action<byte[]> _read;
    private readonly FuzzLimits _limits;
    private readonly Dictionary<string, int> _failures = [];
    private readonly List<string> _found = [];
    private readonly Timer _watchdog;
    private byte[] _input = [];
    private long _began;
    private int _inputs;
    private TimeSpan _longest;
    private long _mostAllocated;

    public FuzzWatch(string parser, Action<byte[]> read, FuzzLimits limits)
    {
        _parser = parser;
        _read = read;
        _limits = limits;
        _watchdog = new Timer(_ => EndIfItHangs(), null, Hangs, Hangs / 4);
    }

    /// <summary>Reads one input.</summary>
    /// <param name="input">The octets.</param>
    /// <param name="origin">File of the corpus, or the variables that make the input again.</param>
    public void Read(byte[] input, string origin)
    {
        _inputs++;
        (TimeSpan took, long allocated, Exception? thrown) = Measure(input);
        // A machine that is busy makes anything slow once, but not the same input three times.
        for (int again = 0; took > Slow && again < 2; again++)
        {
            TimeSpan retook = Measure(input).Took;
            took = retook < took ? retook : took;
        }

        _longest = took > _longest ? took : _longest;
        _mostAllocated = Math.Max(_mostAllocated, allocated);
        if (thrown is not null)
        {
            Note(Kind(thrown), thrown.ToString(), input, origin);
        }
        else if (took > Slow)
        {
            Note("slow", $"Takes {took}.", input, origin);
        }
        else if (allocated > _limits.For(input.Length))
        {
            Note("growth", $"Allocates {allocated} octets; the limit is {_limits.For(input.Length)}.", input, origin);
        }
    }

    /// <summary>Says what was read, and fails when anything was found.</summary>
    public void Finish(int firstSeed)
    {
        Notes.Write(
            $"fuzz {_parser}: {_inputs} inputs from seed {firstSeed}, {_failures.Values.Sum()} failed, "
            + $"longest {(long)_longest.TotalMilliseconds} ms, most allocated {_mostAllocated} octets, "
            + $"peak of the process {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB");
        string kinds = string.Join("; ", _failures.Select(failure => $"{failure.Value} × {failure.Key}"));
        Assert.True(_failures.Count == 0, $"{_parser}: {kinds}{Environment.NewLine}{string.Join(Environment.NewLine, _found)}");
    }

    public void Dispose() => _watchdog.Dispose();

    private (TimeSpan Took, long Allocated, Exception? Thrown) Measure(byte[] input)
    {
        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        long began = Stopwatch.GetTimestamp();
        _input = input;
        Volatile.Write(ref _began, began);
        Exception? thrown = null;
        try
        {
            _read(input);
        }
        catch (Exception fault)
        {
            thrown = fault;
        }

        Volatile.Write(ref _began, 0);
        return (Stopwatch.GetElapsedTime(began), GC.GetAllocatedBytesForCurrentThread() - allocatedBefore, thrown);
    }

    /// <summary>What threw, and where: two inputs that fail in one place show one fault.</summary>
    private static string Kind(Exception thrown)
    {
        string? place = thrown.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains(nameof(BelgiCom), StringComparison.Ordinal));
        return $"{thrown.GetType().Name}{place?.TrimEnd()}";
    }

    private void Note(string kind, string what, byte[] input, string origin)
    {
        _failures[kind] = _failures.GetValueOrDefault(kind) + 1;
        if (_failures[kind] == 1)
        {
            _found.Add(
                $"{what}{Environment.NewLine}{origin} repeats it. The input is kept as {Keep(input)}; "
                + $"as a file of Corpus/{_parser} every build reads it.");
        }
    }

    private string Keep(byte[] input)
    {
        DirectoryInfo folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "belgicom-fuzz"));
        string path = Path.Combine(folder.FullName, $"{_parser}-{Guid.NewGuid():N}.bin");
        File.WriteAllBytes(path, input);
        return path;
    }

    /// <summary>A parser that does not come back cannot be stopped; the process ends, and says with which input.</summary>
    private void EndIfItHangs()
    {
        if (Volatile.Read(ref _began) is > 0 and long began && Stopwatch.GetElapsedTime(began) > Hangs)
        {
            Environment.FailFast($"{_parser} has read one input for {Hangs}: {Keep(_input)}");
        }
    }
}
