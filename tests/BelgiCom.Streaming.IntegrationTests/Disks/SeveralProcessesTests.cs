using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>Several processes on one data folder: each does what it was asked to, or says which folder another one works in.</summary>
public sealed class SeveralProcessesTests : IDisposable
{
    private const int Count = 10;
    private static readonly Dictionary<string, string> Period = new() { ["Retention__Classes__BILLING__Period"] = "P6M" };

    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.Under("data");

    private string Archive => Path.Combine(Data, "archive");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Verbs_BesideAProcessThatWorksInTheFolder_AreRightOrRefusedByName()
    {
        string inbox = _folder.Under("inbox");
        string usage = _folder.Under("usage.csv");
        Messages.Write(usage, Count);
        await using ChildProcess process = Belgicom.Start(Period, StayingUp.Arguments(Data, inbox));
        await using StayingUp up = await StayingUp.WaitForAsync(process);
        File.Copy(usage, Path.Combine(inbox, "usage.csv.tmp"));
        File.Move(Path.Combine(inbox, "usage.csv.tmp"), Path.Combine(inbox, "usage.csv"));
        await up.UntilBilledAsync(Count);

        AssertRefused(await VerbAsync("run", "--data", Data, "--input", usage), expected: 1, Data);
        AssertRefused(await VerbAsync("up", "--data", Data), expected: 1, Data);
        Finished[] expiries = await Task.WhenAll(
            VerbAsync("retention", "expire", "--data", Data), VerbAsync("retention", "verify", "--data", Data));
        Assert.All(expiries, expiry => AssertRefused(expiry, expected: 2, Archive));
        (await VerbAsync("files", "retry", "--all", "--data", Data)).WithExitCode(0);
        (await VerbAsync("audit", "verify", "--data", Data)).WithExitCode(0);
        await up.UntilBilledAsync(Count);
        await up.StopAsync();
    }

    /// <summary>One at a time has the archive; whoever comes meanwhile is told so, and nothing is destroyed.</summary>
    [Fact]
    public async Task Expiries_AtTheSameTime_AreDoneOrRefusedByName()
    {
        string usage = _folder.Under("usage.csv");
        Messages.Write(usage, Count);
        (await VerbAsync("run", "--data", Data, "--input", usage)).WithExitCode(0);

        Finished[] ends = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => VerbAsync("retention", "expire", "--data", Data)));

        Assert.Contains(ends, end => end.ExitCode == 0);
        Assert.All(ends.Where(end => end.ExitCode != 0), end => AssertRefused(end, expected: 2, Archive));
        (await VerbAsync("retention", "verify", "--data", Data)).WithExitCode(0);
        (await VerbAsync("audit", "verify", "--data", Data)).WithExitCode(0);
        Assert.Equal(Count, LedgerFile.UsageIds(Path.Combine(Data, "ledger.db")));
    }

    private static Task<Finished> VerbAsync(params string[] arguments) => Belgicom.RunAsync(Period, arguments);

    private static void AssertRefused(Finished end, int expected, string folder)
    {
        end.WithExitCode(expected);
        Assert.Matches($"another (belgicom )?process works in the (data )?folder '?{folder}", end.Error);
    }
}
