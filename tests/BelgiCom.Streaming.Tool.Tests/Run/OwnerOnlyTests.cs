using System.Text;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>What the tool writes is its owner's only, and what it writes in clear does not outlive it.</summary>
public sealed class OwnerOnlyTests : IDisposable
{
    private const UnixFileMode GroupAndOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const UnixFileMode UsualFolder =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private static readonly Dictionary<string, string> NoSettings = [];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The folders are there already, open to all as usual masks make them, so that only the modes of the files protect.</summary>
    [Fact]
    public async Task Run_InFoldersOpenToAll_WritesNothingThatOthersMayRead()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no mode bits.");
        (string data, string usage) = (_folder.Under("data"), _folder.Under("usage"));
        Directory.CreateDirectory(data);
        Directory.CreateDirectory(usage);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(data, UsualFolder);
            File.SetUnixFileMode(usage, UsualFolder);
        }

        await BuiltTool.RunAsync("generate", "--records", "200", "--out", usage);
        await BuiltTool.RunAsync("run", "--input", usage, "--data", data);
        await BuiltTool.RunAsync("retention", "due", "--data", data);

        string[] written = [.. new[] { data, usage }.SelectMany(
            folder => Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories))];
        Assert.Contains(written, path => path.EndsWith(".cdra", StringComparison.Ordinal));
        Assert.Contains(written, path => path.EndsWith(".cdr", StringComparison.Ordinal));
        Assert.Contains(written, path => Path.GetFileName(path) == "ledger.db");
        Assert.DoesNotContain(written, path => (new FileInfo(path).UnixFileMode & GroupAndOthers) != 0);
    }

    /// <summary>The copy of standard input ends with its process: nothing below the data folder has its name or a number of it.</summary>
    [Fact]
    public async Task Run_KilledWhileItReadsStandardInput_LeavesNoCopy()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc shows that the copy is open.");
        const string Msisdn = "999177345612";
        string data = _folder.Under("data");
        byte[] usage = Encoding.ASCII.GetBytes(
            "record_id,call_start,call_seconds,msisdn,imsi,direction,other_party,serving_plmn,node\n"
            + string.Concat(Enumerable.Range(0, 20_000).Select(
                number => $"{number},2026-03-01T12:00:00+01:00,60,{Msisdn},001010000000001,MO,999000000009,00101,N\n")));
        await using ChildProcess run = new("belgicom", OurProgram.Start("belgicom", NoSettings, "run", "--input", "-", "--data", data));
        await run.Input.BaseStream.WriteAsync(usage, TestContext.Current.CancellationToken);
        await run.Input.BaseStream.FlushAsync(TestContext.Current.CancellationToken);
        // A pipe holds 64 KiB, so the process has read most of it. The input does not end, so the process goes on reading.
        await Wait.UntilAsync(() => Task.FromResult(HasCopyOpen(run.Id)), "the copy of standard input", [run]);

        await run.KillAsync();

        string[] left = Directory.GetFiles(data, "*", SearchOption.AllDirectories);
        Assert.NotEmpty(left);
        Assert.DoesNotContain(left, path => Path.GetFileName(path).StartsWith("spool-", StringComparison.Ordinal));
        Assert.DoesNotContain(left, path => File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.ASCII.GetBytes(Msisdn)) >= 0);
    }

    /// <summary>Whether a process has the copy open. Its name is gone by then, and Linux says so behind it.</summary>
    private static bool HasCopyOpen(int process)
    {
        foreach (string descriptor in Directory.GetFileSystemEntries($"/proc/{process}/fd"))
        {
            try
            {
                string name = File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.Name ?? "";
                if (name.StartsWith("spool-", StringComparison.Ordinal))
                {
                    return true;
                }
            }
            catch (IOException)
            {
                // The process has closed it meanwhile.
            }
        }

        return false;
    }
}
