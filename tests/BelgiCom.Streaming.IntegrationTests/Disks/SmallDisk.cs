using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>
/// A folder on a file system of its own, in memory and of limited size. Only the process that is started on it sees it, in a mount
/// namespace of its own, for which no right of the machine is needed; the test reaches it through that process.
/// </summary>
internal sealed class SmallDisk(string folder, string size)
{
    private const string Mount = "mount -t tmpfs -o size=\"$1\",mode=0700 none \"$2\" || exit 77; shift 2; ";

    private string? _seenFrom;

    /// <summary>How to start a program for which the folder lies on the small file system.</summary>
    public ProcessStartInfo Start(ProcessStartInfo program) => InNamespace(program, Mount + "exec \"$@\"");

    /// <summary>
    /// How to run a program twice: in a fault of the file system, and after it. It ends as the second run does; the exit code of the first
    /// is the only line on standard output that begins with "first: ".
    /// </summary>
    /// <param name="program">The program.</param>
    /// <param name="fault">Brings about the fault; $F is the folder.</param>
    /// <param name="mending">Ends it.</param>
    public ProcessStartInfo StartInFaultAndAfter(ProcessStartInfo program, string fault, string mending) => InNamespace(
        program,
        $"F=\"$2\"; {Mount} {fault}; \"$@\" >\"$F.first\" 2>&1 </dev/null; echo \"first: $?\"; {mending}; exec \"$@\"");

    /// <summary>Skips the test where nobody may mount in a namespace of their own.</summary>
    public static async Task SkipWithoutRightAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && ChildProcess.IsOnPath("unshare"), "needs unshare of Linux");
        using TemporaryFolder folder = new();
        ProcessStartInfo nothing = new("true");
        try
        {
            Finished end = await ChildProcess.RunAsync(new SmallDisk(folder.FullPath, "64k").Start(nothing));
            Assert.SkipWhen(end.ExitCode != 0, $"no right to mount in a namespace of its own: {end.Error}");
        }
        catch (Win32Exception missing)
        {
            Assert.Skip(missing.Message);
        }
    }

    /// <summary>The process sees the file system from now on, so the test can reach it.</summary>
    public void IsSeenBy(ChildProcess process) =>
        _seenFrom = string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/root");

    /// <summary>The path of a file as the process sees it, for the test.</summary>
    public string Through(string path) => _seenFrom + path;

    /// <summary>Leaves no octet free.</summary>
    public void Fill()
    {
        using FileStream filler = new(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (int octets in new[] { 1 << 16, 1 << 12, 1 })
        {
            try
            {
                while (true)
                {
                    filler.Write(new byte[octets]);
                }
            }
            catch (IOException)
            {
                // Full, for pieces of this size.
            }
        }
    }

    /// <summary>Makes the space free again.</summary>
    public void Free() => File.Delete(Filler);

    private string Filler => Through(Path.Combine(folder, ".filler.tmp"));

    private ProcessStartInfo InNamespace(ProcessStartInfo program, string script)
    {
        Directory.CreateDirectory(folder);
        ProcessStartInfo start = new("unshare")
        {
            ArgumentList = { "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", size, folder, program.FileName },
        };
        foreach (string argument in program.ArgumentList)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        foreach ((string key, string? value) in program.Environment)
        {
            start.Environment[key] = value;
        }

        return start;
    }
}
