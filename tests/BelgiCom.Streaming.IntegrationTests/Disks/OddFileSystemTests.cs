using System.Diagnostics;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>File systems and rights as operators have them: an inbox that hangs, files of other users, a full disk.</summary>
public sealed class OddFileSystemTests : IDisposable
{
    private const int Count = 10;

    // nobody, on every Linux.
    private const string OtherUser = "65534";

    // Longer than health waits before it says so. strace lets a process end only when a delay is over.
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(20);

    private static readonly Dictionary<string, string> NoSettings = [];

    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.Under("data");

    private string Inbox => _folder.Under("inbox");

    public void Dispose() => _folder.Dispose();

    /// <summary>The file system of one inbox answers late: the other inbox goes on, health says which, and a stop ends well.</summary>
    [Fact]
    public async Task Up_WithAnInboxThatHangs_TakesTheOtherSaysSoAndStops()
    {
        await FileSteps.SkipWithoutRightAsync();
        string slow = Directory.CreateDirectory(_folder.Under("slow")).FullName;
        Dictionary<string, string> settings = new()
        {
            ["Adapters__Sources__0__Name"] = "slow",
            ["Adapters__Sources__0__Vendor"] = "ericsson",
            ["Adapters__Sources__0__Inbox"] = slow,
        };
        ProcessStartInfo program = OurProgram.Start("belgicom", settings, StayingUp.Arguments(Data, Inbox));
        await using ChildProcess strace = new("belgicom up", FileSteps.SlowAt(program, slow, Delay));
        await using StayingUp up = await StayingUp.WaitForAsync(strace);

        Messages.Write(Path.Combine(Inbox, "good.csv"), Count);
        await up.UntilAsync(
            () => Task.FromResult(File.Exists(Path.Combine(Inbox, "done", "good.csv"))), "the file of the other inbox to be taken");
        await up.UntilNotReadyBecauseOfAsync(slow, "hangs");

        strace.MayEnd();
        ChildProcess.Signal(FileSteps.Traced(strace), "TERM");
        (await strace.EndAsync(Belgicom.EndMax)).WithExitCode(0);
        Assert.Equal(Count, LedgerFile.UsageIds(Path.Combine(Data, "ledger.db")));
    }

    /// <summary>A file that the worker may not read waits, and that is said; one of another owner that it may read leaves.</summary>
    [Fact]
    public async Task Up_WithFilesOfAnotherUser_TakesWhatItMayReadAndNamesTheRest()
    {
        await SkipUnlessRootAsync();
        Directory.CreateDirectory(Inbox);
        await RunAsync("chown", "-R", OtherUser, _folder.FullPath);
        Messages.Write(Path.Combine(Inbox, "closed.csv"), Count);
        Messages.Write(Path.Combine(Inbox, "open.csv"), Count);
        await RunAsync("chmod", "0400", Path.Combine(Inbox, "closed.csv"));
        await using ChildProcess process = new("belgicom up", AsOtherUser(StayingUp.Arguments(Data, Inbox)));
        await using StayingUp up = await StayingUp.WaitForAsync(process);

        await up.UntilNotReadyBecauseOfAsync(Inbox, "rights");
        await up.UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(Inbox, "done", "open.csv"))), "the readable file to leave");
        Assert.True(File.Exists(Path.Combine(Inbox, "closed.csv")));

        await up.StopAsync();
        await RunAsync("chmod", "0404", Path.Combine(Inbox, "closed.csv"));
        await using ChildProcess next = new("belgicom up", AsOtherUser(StayingUp.Arguments(Data, Inbox)));
        await using StayingUp again = await StayingUp.WaitForAsync(next);
        await again.UntilBilledAsync(2 * Count);
        await again.StopAsync();
    }

    [Fact]
    public async Task Run_InADataFolderOfAnotherUser_NamesItAndWhatToDo()
    {
        await SkipUnlessRootAsync();
        string usage = _folder.Under("usage.csv");
        Messages.Write(usage, Count);
        (await Belgicom.RunAsync(NoSettings, "run", "--data", Data, "--input", usage)).WithExitCode(0);
        await RunAsync("chmod", "0755", _folder.FullPath);

        Finished refused = await ChildProcess.RunAsync(
            AsOtherUser("run", "--data", Data, "--input", usage), patience: Belgicom.EndMax);

        Assert.InRange(refused.ExitCode, 1, 2);
        string sentence = Assert.Single(
            refused.Error.Split('\n'), line => line.StartsWith("belgicom: ", StringComparison.Ordinal));
        Assert.Contains(Data, sentence, StringComparison.Ordinal);
        Assert.Contains("right", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("\n   at ", refused.Error, StringComparison.Ordinal);
    }

    /// <summary>What a full disk leaves of generated files is not called as a whole one is; with room the verb makes all of them.</summary>
    [Fact]
    public async Task Generate_OntoAFullDisk_SaysSoAndLeavesNoPartThatLooksWhole()
    {
        await SmallDisk.SkipWithoutRightAsync();
        string output = _folder.Under("out");
        string[] arguments = ["generate", "--records", "400", "--subscribers", "2000", "--out", output, "--json"];

        Finished after = (await ChildProcess.RunAsync(
            new SmallDisk(output, "8m").StartInFaultAndAfter(
                OurProgram.Start("belgicom", NoSettings, arguments),
                "dd if=/dev/zero of=\"$F/filler\" bs=4k 2>/dev/null; truncate -s -20k \"$F/filler\"",
                "ls \"$F\" >\"$F.left\"; rm \"$F/filler\""),
            patience: Belgicom.EndMax)).WithExitCode(0);

        string first = await File.ReadAllTextAsync(output + ".first", TestContext.Current.CancellationToken);
        Assert.StartsWith("first: 2\n", after.Text, StringComparison.Ordinal);
        Assert.Contains("space", first, StringComparison.Ordinal);
        Assert.DoesNotContain("\n   at ", first, StringComparison.Ordinal);
        string[] left = await File.ReadAllLinesAsync(output + ".left", TestContext.Current.CancellationToken);
        Assert.All(left, name => Assert.True(name == "filler" || name.EndsWith(".tmp", StringComparison.Ordinal), name));
    }

    private static async Task SkipUnlessRootAsync()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && ChildProcess.IsOnPath("setpriv"),
            "needs to be root of Linux, and setpriv");
        Finished help = await ChildProcess.RunAsync(AsOtherUser("--version"), patience: Belgicom.EndMax);
        Assert.SkipUnless(help.ExitCode == 0, $"the build cannot be started by another user: {help.Error}");
    }

    private static async Task RunAsync(string program, params string[] arguments) =>
        (await ChildProcess.RunAsync(new ProcessStartInfo(program, arguments))).WithExitCode(0);

    private static ProcessStartInfo AsOtherUser(params string[] arguments)
    {
        ProcessStartInfo program = OurProgram.Start("belgicom", NoSettings, arguments);
        ProcessStartInfo start = new(
            "setpriv",
            [
                $"--reuid={OtherUser}", $"--regid={OtherUser}", "--clear-groups",
                program.FileName, .. program.ArgumentList,
            ]);
        start.Environment.Clear();
        foreach ((string key, string? value) in program.Environment)
        {
            start.Environment[key] = value;
        }

        start.Environment["HOME"] = "/nonexistent";
        return start;
    }
}
