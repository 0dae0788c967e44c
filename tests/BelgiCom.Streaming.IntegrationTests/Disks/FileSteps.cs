using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>A step of a program that changes a file: the call, its path, and its number among one thread's calls on that path.</summary>
internal sealed record FileStep(string Call, string Path, int Number);

/// <summary>
/// What a program does to files, as strace sees it: it names the steps of a program that is left alone, kills it as it is about to take one
/// of them, and makes its file system slow.
/// </summary>
/// <remarks>
/// The number of a step counts the calls of one thread on one path, so a step that falls to another thread the next time is taken by
/// nobody; then the program ends by itself, which is as good an outcome.
/// </remarks>
/// <param name="folders">The folders whose files count, with all links resolved.</param>
internal sealed partial class FileSteps(params string[] folders)
{
    private const string Calls = "write,pwrite64,pwritev,writev,rename,renameat,renameat2,unlink,unlinkat,ftruncate,mkdir,openat";

    // Stops the program at the calls that are asked for and at no others. A signal is not delivered there.
    private const string Fast = "--seccomp-bpf";

    /// <summary>Skips the test where no process may be traced.</summary>
    public static async Task SkipWithoutRightAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && ChildProcess.IsOnPath("strace"), "needs strace");
        Finished nothing = await ChildProcess.RunAsync(new ProcessStartInfo("strace", ["-f", "-qq", "-o", "/dev/null", "true"]));
        Assert.SkipWhen(nothing.ExitCode != 0, $"no right to trace a process: {nothing.Error}");
    }

    /// <summary>How to start a program so that its steps are written into a file.</summary>
    public static ProcessStartInfo Traced(ProcessStartInfo program, string trace) =>
        UnderStrace(program, Fast, "-y", "-o", trace, "-e", $"trace={Calls}");

    /// <summary>How to start a program that <c>kill -9</c> ends as it is about to take a step.</summary>
    public static ProcessStartInfo KilledAt(ProcessStartInfo program, FileStep step) => UnderStrace(
        program, "-P", step.Path, "-o", "/dev/null", "-e", $"trace={step.Call}", "-e",
        string.Create(CultureInfo.InvariantCulture, $"inject={step.Call}:signal=SIGKILL:when={step.Number}"));

    /// <summary>How to start a program for which the entries of a folder come slowly, as from a file system that is far or hangs.</summary>
    public static ProcessStartInfo SlowAt(ProcessStartInfo program, string folder, TimeSpan delay) => UnderStrace(
        program, Fast, "-P", folder, "-o", "/dev/null", "-e", "trace=getdents64", "-e",
        string.Create(CultureInfo.InvariantCulture, $"inject=getdents64:delay_enter={(long)delay.TotalMicroseconds}"));

    /// <summary>The id of the program that a strace has started.</summary>
    public static int Traced(ChildProcess strace) => int.Parse(
        File.ReadAllText($"/proc/{strace.Id}/task/{strace.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)[0],
        CultureInfo.InvariantCulture);

    /// <summary>The steps of a program that was traced, in their order, each once.</summary>
    public IReadOnlyList<FileStep> Read(string trace)
    {
        Dictionary<(string Thread, string Call, string Path), int> counts = [];
        HashSet<FileStep> steps = [];
        foreach (string line in File.ReadLines(trace))
        {
            Match call = CallOnAPath().Match(line);
            if (!call.Success || (call.Groups["call"].Value == "openat" && !line.Contains("O_CREAT", StringComparison.Ordinal)))
            {
                continue;
            }

            if (PathIn(line) is { } path)
            {
                (string Thread, string Call, string Path) key = (call.Groups["thread"].Value, call.Groups["call"].Value, path);
                counts[key] = counts.GetValueOrDefault(key) + 1;
                steps.Add(new FileStep(key.Call, path, counts[key]));
            }
        }

        return [.. steps];
    }

    /// <summary>A path below a folder that another run has, too: no random name. Of a rename, the new name.</summary>
    private string? PathIn(string line)
    {
        foreach (string folder in folders)
        {
            int at = line.LastIndexOf(folder + "/", StringComparison.Ordinal);
            if (at < 0)
            {
                continue;
            }

            string path = line[at..];
            path = path[..path.IndexOfAny(['>', '"'])];
            string below = path[folder.Length..];
            // A log's and a shared memory's octets are of no run.
            if (!below.Contains("/log", StringComparison.Ordinal) && !below.EndsWith("-shm", StringComparison.Ordinal)
                && !RandomName().IsMatch(below))
            {
                return path;
            }
        }

        return null;
    }

    private static ProcessStartInfo UnderStrace(ProcessStartInfo program, params string[] options)
    {
        ProcessStartInfo start = new("strace", ["-f", "-qq", .. options, program.FileName, .. program.ArgumentList]);
        start.Environment.Clear();
        foreach ((string key, string? value) in program.Environment)
        {
            start.Environment[key] = value;
        }

        return start;
    }

    [GeneratedRegex(@"^(?<thread>\d+) +(?<call>\w+)\(")]
    private static partial Regex CallOnAPath();

    [GeneratedRegex("[0-9a-f]{32}")]
    private static partial Regex RandomName();
}
