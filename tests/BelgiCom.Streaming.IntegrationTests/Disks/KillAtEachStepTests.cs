using System.Diagnostics;
using System.Text.Json;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>
/// <c>kill -9</c> at each step that changes a file: each write, rename, deletion, cut, new file and new folder of every database, log, key,
/// archive file, journal and inbox (<see cref="FileSteps"/>). The next run must bill what follows from arithmetic (<see cref="Messages"/>),
/// with nothing lost and nothing twice; an archive must open, or be mended by the verb that was killed.
/// </summary>
/// <remarks>
/// A run has about 500 steps. All of them take hours (BELGICOM_FAULTS=full); without that, a few are taken, chosen by the seed.
/// </remarks>
public sealed class KillAtEachStepTests : IDisposable
{
    private const int Count = 20;

    private static readonly int StepsTaken = Scale.Of(4, int.MaxValue);

    // A traced process is slow.
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["Retention__Classes__BILLING__Period"] = "P6M",
        ["SchemaRegistry__Timeout"] = "00:01:00",
    };

    private readonly TemporaryFolder _folder = new();

    private string Usage => _folder.Under("usage.csv");

    private string Data => _folder.Under("data");

    private string Inbox => _folder.Under("inbox");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_KilledAtAnyStepOfAFile_BillsEachRecordOnceAfterwards()
    {
        Messages.Write(Usage, Count);
        string[] arguments = ["run", "--data", Data, "--input", Usage, "--json"];
        IReadOnlyList<FileStep> steps = await StepsOfAsync(arguments, Data);
        AssertAmong(steps, Data, "ledger.db", "files/", "keys/", "archive/", "broker/");
        Directory.Delete(Data, recursive: true);

        await AtStepsAsync(steps, StepsTaken, async step =>
        {
            Finished first = await KillAsync(arguments, step);
            Finished again = await Belgicom.RunAsync(Settings, arguments);

            Assert.True(again.ExitCode == 0, $"after {step}: exit code {again.ExitCode}\n{again.Error}\n{again.Text}");
            JsonElement report = again.Json.AssertConserved();
            JsonElement billed = report.GetProperty("total").GetProperty("billed");
            Assert.True(
                (Count, Messages.Amount(Count)) == (billed.GetProperty("lines").GetInt32(), billed.GetProperty("amount").GetString())
                && report.TotalRecords("received") - report.TotalRecords("duplicate") == Count,
                $"after {step}: {again.Text}");
            await AssertExactAsync(step, Count, files: 1);
            Directory.Delete(Data, recursive: true);
            return first.ExitCode != 0;
        });
    }

    /// <summary>An inbox with two files of usage, whose processed files stay on the same file system, or are copied to another.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("/dev/shm")]
    public async Task Up_KilledAtAnyStepOfAFile_BillsEachRecordOnceAndKeepsEachFileOnce(string? otherFileSystem)
    {
        await FileSteps.SkipWithoutRightAsync();
        Assert.SkipUnless(otherFileSystem is null || Directory.Exists(otherFileSystem), $"needs {otherFileSystem}");
        string elsewhere = Path.Combine(otherFileSystem ?? _folder.FullPath, Path.GetFileName(_folder.FullPath) + "-done");
        try
        {
            await KillUpAsync(otherFileSystem is null ? null : elsewhere);
        }
        finally
        {
            if (Directory.Exists(elsewhere))
            {
                Directory.Delete(elsewhere, recursive: true);
            }
        }
    }

    private async Task KillUpAsync(string? elsewhere)
    {
        string trace = _folder.Under("trace");
        Fill(elsewhere);
        ProcessStartInfo traced = FileSteps.Traced(Program(StayingUp.Arguments(Data, Inbox)), trace);
        await using (ChildProcess strace = new("belgicom up", traced))
        {
            await using StayingUp calm = await StayingUp.WaitForAsync(strace);
            await UntilTakenAsync(calm);
            await StopAsync(calm);
        }

        IReadOnlyList<FileStep> steps = new FileSteps([_folder.FullPath, .. elsewhere is null ? [] : new[] { elsewhere }]).Read(trace);
        AssertAmong(steps, _folder.FullPath, "data/ledger.db", "data/files/", "data/archive/", "data/broker/", "inbox/");
        FileStep[] ofInbox = [.. steps.Where(step => !step.Path.StartsWith(Data, StringComparison.Ordinal))];
        Empty(elsewhere);

        // Most steps are those of the broker's log, so the inbox has some for itself.
        await AtStepsAsync(ofInbox, Scale.Of(2, int.MaxValue), step => KillUpAndStartAgainAsync(step, elsewhere));
        if (elsewhere is null)
        {
            await AtStepsAsync(
                [.. steps.Except(ofInbox)], Scale.Of(2, int.MaxValue), step => KillUpAndStartAgainAsync(step, elsewhere));
        }
    }

    private async Task<bool> KillUpAndStartAgainAsync(FileStep step, string? elsewhere)
    {
        Fill(elsewhere);
        bool isKilled = await KillUpAsync(step);
        await using (ChildProcess process = Belgicom.Start(Settings, StayingUp.Arguments(Data, Inbox)))
        {
            await using StayingUp again = await StayingUp.WaitForAsync(process);
            await UntilTakenAsync(again);
            await again.StopAsync();
        }

        string done = string.Join(
            ' ', Directory.GetFiles(Path.Combine(Inbox, "done")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.True(done == "first.csv second.csv", $"after {step}: done has {done}");
        await AssertExactAsync(step, 2 * Count, files: 2);
        Empty(elsewhere);
        return isKilled;
    }

    /// <summary>Whether the step was taken, and the process so killed; otherwise it is stopped when it has nothing more to do.</summary>
    private async Task<bool> KillUpAsync(FileStep step)
    {
        await using ChildProcess strace = new(
            "belgicom up", FileSteps.KilledAt(Program(StayingUp.Arguments(Data, Inbox)), step));
        strace.MayEnd();
        StayingUp? up = null;
        await Wait.UntilAsync(
            async () =>
            {
                up ??= StayingUp.TryFind(strace);
                return strace.HasExited || (up is not null && IsInboxEmpty() && await up.HasBilledAsync(2 * Count));
            },
            "a kill, or the end of the work", [], Belgicom.EndMax);
        if (up is not null)
        {
            await using (up)
            {
                if (!strace.HasExited)
                {
                    await StopAsync(up);
                    return false;
                }
            }
        }

        return true;
    }

    private async Task UntilTakenAsync(StayingUp up)
    {
        await up.UntilAsync(() => Task.FromResult(IsInboxEmpty()), "the inbox to be empty");
        await up.UntilBilledAsync(2 * Count);
    }

    private bool IsInboxEmpty() => Directory.GetFiles(Inbox).Length == 0;

    /// <summary>The process is strace's child, and strace passes no signal on.</summary>
    private static async Task StopAsync(StayingUp up)
    {
        up.Process.MayEnd();
        ChildProcess.Signal(FileSteps.Traced(up.Process), "TERM");
        await up.Process.EndAsync(Belgicom.EndMax);
    }

    private void Fill(string? elsewhere)
    {
        Directory.CreateDirectory(Inbox);
        if (elsewhere is not null)
        {
            Directory.CreateDirectory(elsewhere);
            File.CreateSymbolicLink(Path.Combine(Inbox, "done"), elsewhere);
        }

        Messages.Write(Path.Combine(Inbox, "first.csv"), Count);
        Messages.Write(Path.Combine(Inbox, "second.csv"), Count);
    }

    private void Empty(string? elsewhere)
    {
        foreach (string folder in new[] { elsewhere, Data, Inbox }.OfType<string>())
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>
    /// The archive has a hold; its index is there, or lost, or damaged. Whatever the kill leaves, the archive opens or says which verb
    /// mends it, and the verb does.
    /// </summary>
    [Theory]
    [InlineData("there")]
    [InlineData("lost")]
    [InlineData("damaged")]
    public async Task Reindex_KilledAtAnyStepOfAFile_MakesAnExactIndexWhenItIsRunAgain(string index)
    {
        await FileSteps.SkipWithoutRightAsync();
        Messages.Write(Usage, Count);
        string made = _folder.Under("made");
        (await Belgicom.RunAsync(Settings, "run", "--data", made, "--input", Usage, "--json")).WithExitCode(0);
        (await HoldAsync(made)).WithExitCode(0);
        JsonElement kept = await FindAsync(made);
        Assert.Equal(Count * 2, kept.GetArrayLength());
        string file = Path.Combine(made, "archive", "index.db");
        if (index == "lost")
        {
            File.Delete(file);
        }
        else if (index == "damaged")
        {
            await File.WriteAllBytesAsync(file, new byte[4096], TestContext.Current.CancellationToken);
        }

        string[] arguments = ["retention", "reindex", "--data", Data, "--json"];
        Copy(made);
        IReadOnlyList<FileStep> steps = await StepsOfAsync(arguments, Data);
        AssertAmong(steps, Data, "archive/index.db", "archive/journal/");
        int looks = 0;
        await AtStepsAsync(steps, Scale.Of(3, int.MaxValue), async step =>
        {
            Copy(made);
            Finished first = await KillAsync(arguments, step);
            Finished opened = await VerifyAsync();
            Assert.True(
                opened.ExitCode == 0 || opened.Error.Contains("belgicom retention reindex", StringComparison.Ordinal),
                $"after {step}: {opened.Error}");

            Finished again = await Belgicom.RunAsync(Settings, arguments);
            Assert.True(
                again.ExitCode == 0 && again.Json.GetProperty("records").GetInt64() == 2 * Count
                && again.Json.GetProperty("holds").GetInt32() == 1,
                $"after {step}: {again.Error}\n{again.Text}");
            (await VerifyAsync()).WithExitCode(0);
            (await Belgicom.RunAsync(Settings, "audit", "verify", "--data", Data)).WithExitCode(0);
            // Not each time, because it takes as long as all the rest.
            if (looks++ % 4 == 0)
            {
                Assert.Equal(Offsets(kept), Offsets(await FindAsync(Data)));
            }

            return first.ExitCode != 0;
        });
    }

    private static Task<Finished> KillAsync(string[] arguments, FileStep step) =>
        ChildProcess.RunAsync(FileSteps.KilledAt(Program(arguments), step), patience: Belgicom.EndMax);

    private static IEnumerable<string> Offsets(JsonElement records) => records.EnumerateArray()
        .Select(record => $"{record.GetProperty("topic")} {record.GetProperty("partition")} {record.GetProperty("offset")}")
        .Order(StringComparer.Ordinal);

    private void Copy(string made)
    {
        if (Directory.Exists(Data))
        {
            Directory.Delete(Data, recursive: true);
        }

        foreach (string part in new[] { "archive", "keys" })
        {
            foreach (string file in Directory.GetFiles(Path.Combine(made, part), "*", SearchOption.AllDirectories))
            {
                string copy = Path.Combine(Data, Path.GetRelativePath(made, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }
    }

    private Task<Finished> VerifyAsync() => Belgicom.RunAsync(Settings, "retention", "verify", "--data", Data);

    private static Task<Finished> HoldAsync(string data) => AboutThePersonAsync("hold", data, "--id", "order-1");

    private static async Task<JsonElement> FindAsync(string data) =>
        (await AboutThePersonAsync("find", data, "--json")).WithExitCode(0).Json.GetProperty("records");

    private static Task<Finished> AboutThePersonAsync(string verb, string data, params string[] options) => ChildProcess.RunAsync(
        OurProgram.Start(
            "belgicom", Settings,
            ["retention", verb, "--data", data, "--from", "2020-01-01T00:00:00Z", "--to", "2100-01-01T00:00:00Z", "--actor", "test",
                "--reason", "test", .. options]),
        Messages.Number,
        Belgicom.EndMax);

    /// <summary>What every store says when all is there once.</summary>
    private async Task AssertExactAsync(FileStep step, int messages, int files)
    {
        Assert.True(LedgerFile.UsageIds(Path.Combine(Data, "ledger.db")) == messages, $"after {step}");
        JsonElement known = (await Belgicom.RunAsync(Settings, "files", "--data", Data, "--json")).WithExitCode(0).Json;
        Assert.Equal(
            Enumerable.Repeat("done", files),
            known.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("state").GetString()));
        (await VerifyAsync()).WithExitCode(0);
        (await Belgicom.RunAsync(Settings, "audit", "verify", "--data", Data)).WithExitCode(0);
    }

    /// <summary>Takes some of the steps, chosen by the seed.</summary>
    /// <param name="steps">All of them.</param>
    /// <param name="taken">How many kills are enough.</param>
    /// <param name="kill">Takes one and checks what came of it; whether the process was killed.</param>
    private static async Task AtStepsAsync(IReadOnlyList<FileStep> steps, int taken, Func<FileStep, Task<bool>> kill)
    {
        FileStep[] shuffled = [.. steps];
        new Random(Seed.Next()).Shuffle(shuffled);
        int killed = 0;
        int tried = 0;
        while (killed < taken && tried < shuffled.Length)
        {
            Notes.Write($"{shuffled[tried]}");
            killed += await kill(shuffled[tried++]) ? 1 : 0;
        }

        Assert.True(killed > 0 || taken == 0, "nothing was killed");
        Notes.Write($"{killed} kills at {tried} of {shuffled.Length} steps");
    }

    private async Task<IReadOnlyList<FileStep>> StepsOfAsync(string[] arguments, string folder)
    {
        await FileSteps.SkipWithoutRightAsync();
        string trace = _folder.Under("trace");
        (await ChildProcess.RunAsync(FileSteps.Traced(Program(arguments), trace), patience: Belgicom.EndMax)).WithExitCode(0);
        return new FileSteps(folder).Read(trace);
    }

    private static void AssertAmong(IReadOnlyList<FileStep> steps, string folder, params string[] parts) => Assert.All(
        parts, part => Assert.Contains(steps, step => step.Path.StartsWith(Path.Combine(folder, part), StringComparison.Ordinal)));

    private static ProcessStartInfo Program(string[] arguments) => OurProgram.Start("belgicom", Settings, arguments);
}
