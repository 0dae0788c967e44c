using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>
/// <c>kill -9</c> at each step of a run that changes a file: each write, rename, deletion, cut, new file and new folder of every database,
/// log, key, archive file and journal. strace names the steps of an undisturbed run; then a run is killed as it is about to take one of
/// them, and the next run must bill what follows from arithmetic (<see cref="Messages"/>), with nothing lost and nothing twice.
/// </summary>
/// <remarks>
/// A run has about 500 steps. All of them take hours (BELGICOM_FAULTS=full); without that, a few are taken, chosen by the seed. The number
/// of a step counts the calls of one thread on one path, so a step that falls to another thread this time is taken by nobody; then the run
/// ends by itself, which is as good an outcome.
/// </remarks>
public sealed partial class KillAtEachStepTests : IDisposable
{
    private const int Count = 20;
    private const string Calls = "write,pwrite64,pwritev,writev,rename,renameat,renameat2,unlink,unlinkat,ftruncate,mkdir,openat";

    private static readonly int StepsTaken = Scale.Of(6, int.MaxValue);
    private static readonly Dictionary<string, string> NoSettings = [];

    private static readonly Dictionary<string, string> Period = new() { ["Retention__Classes__BILLING__Period"] = "P6M" };

    private readonly TemporaryFolder _folder = new();

    private string Usage => _folder.Under("usage.csv");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_KilledAtAnyStepOfAFile_BillsEachRecordOnceAfterwards()
    {
        Messages.Write(Usage, Count);
        IReadOnlyList<Step> steps = await StepsAsync();
        Notes.Write($"{steps.Count} steps");
        Assert.All(
            new[] { "ledger.db", "files/", "keys/", "archive/", "broker/" },
            part => Assert.Contains(steps, step => step.Path.StartsWith(part, StringComparison.Ordinal)));
        Step[] taken = [.. steps];
        new Random(Seed.Next()).Shuffle(taken);
        int killed = 0;
        foreach (Step step in taken.Take(StepsTaken))
        {
            killed += await KillAndRunAgainAsync(step) ? 1 : 0;
        }

        Assert.True(killed > 0, "no run was killed");
        Notes.Write($"{killed} of {Math.Min(taken.Length, StepsTaken)} runs were killed");
    }

    private async Task<bool> KillAndRunAgainAsync(Step step)
    {
        string data = _folder.Under("data");
        Finished first = await ChildProcess.RunAsync(
            UnderStrace(
                data, "-P", Path.Combine(data, step.Path), "-o", "/dev/null", "-e", $"trace={step.Call}", "-e",
                string.Create(CultureInfo.InvariantCulture, $"inject={step.Call}:signal=SIGKILL:when={step.Number}")),
            patience: Belgicom.EndMax);
        Finished again = await Belgicom.RunAsync(NoSettings, Arguments(data));

        Assert.True(again.ExitCode == 0, $"after {step}: exit code {again.ExitCode}\n{again.Error}\n{again.Text}");
        JsonElement report = again.Json.AssertConserved();
        JsonElement billed = report.GetProperty("total").GetProperty("billed");
        Assert.True(
            (Count, Messages.Amount(Count)) == (billed.GetProperty("lines").GetInt32(), billed.GetProperty("amount").GetString())
            && report.TotalRecords("received") - report.TotalRecords("duplicate") == Count
            && LedgerFile.UsageIds(Path.Combine(data, "ledger.db")) == Count,
            $"after {step}: {again.Text}");
        JsonElement files = (await Belgicom.RunAsync(NoSettings, "files", "--data", data, "--json")).WithExitCode(0).Json;
        Assert.Equal(["done"], files.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("state").GetString()));
        (await Belgicom.RunAsync(Period, "retention", "verify", "--data", data)).WithExitCode(0);
        (await Belgicom.RunAsync(NoSettings, "audit", "verify", "--data", data)).WithExitCode(0);
        Directory.Delete(data, recursive: true);
        return first.ExitCode != 0;
    }

    /// <summary>The steps of a run that is left alone, in their order.</summary>
    private async Task<IReadOnlyList<Step>> StepsAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && ChildProcess.IsOnPath("strace"), "needs strace");
        string data = _folder.Under("calm");
        string trace = _folder.Under("trace");
        Finished calm = await ChildProcess.RunAsync(
            UnderStrace(data, "-y", "-o", trace, "-e", $"trace={Calls}"), patience: Belgicom.EndMax);
        Assert.SkipWhen(calm.Error.Contains("PTRACE", StringComparison.Ordinal), "no right to trace a process");
        calm.WithExitCode(0);
        Dictionary<(string Thread, string Call, string Path), int> counts = [];
        HashSet<Step> steps = [];
        foreach (string line in await File.ReadAllLinesAsync(trace, TestContext.Current.CancellationToken))
        {
            Match call = CallOnAPath().Match(line);
            // Of a rename, the new name.
            int at = line.LastIndexOf(data + "/", StringComparison.Ordinal);
            if (!call.Success || at < 0 || (call.Groups["call"].Value == "openat" && !line.Contains("O_CREAT", StringComparison.Ordinal)))
            {
                continue;
            }

            string path = line[(at + data.Length + 1)..];
            path = path[..path.IndexOfAny(['>', '"'])];
            if (IsSameAgain(path))
            {
                (string, string, string) key = (call.Groups["thread"].Value, call.Groups["call"].Value, path);
                counts[key] = counts.GetValueOrDefault(key) + 1;
                steps.Add(new Step(key.Item2, path, counts[key]));
            }
        }

        Directory.Delete(data, recursive: true);
        return [.. steps];
    }

    /// <summary>Whether another run has the path, too: not a random name. A log's and a shared memory's octets are of no run.</summary>
    private static bool IsSameAgain(string path) =>
        !path.StartsWith("log", StringComparison.Ordinal) && !path.EndsWith("-shm", StringComparison.Ordinal)
        && !RandomName().IsMatch(path);

    private string[] Arguments(string data) => ["run", "--data", data, "--input", Usage, "--json"];

    private ProcessStartInfo UnderStrace(string data, params string[] options)
    {
        ProcessStartInfo program = OurProgram.Start("belgicom", NoSettings, Arguments(data));
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

    private sealed record Step(string Call, string Path, int Number);
}
