using System.CommandLine;
using BelgiCom.Streaming.Audit;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Retention;

namespace BelgiCom.Streaming.Tool.Tests;

public sealed class AuditCommandTests : IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("audit-verb-");

    private string Journal => Path.Combine(_data.FullName, "archive", "journal");

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public async Task Verify_OfAnUntouchedJournal_EndsWithZero()
    {
        Write(entries: 3);

        Assert.Equal(WorkerHost.ExitDone, await VerifyAsync());
    }

    [Fact]
    public async Task Verify_OfAnEntryThatCannotBeRead_EndsWithTwo()
    {
        Write(entries: 3);
        string file = Path.Combine(Journal, "entries");
        byte[] octets = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        octets[0] ^= 0x80; // The length of the entry; where it is wrong, the library tells the operator to run this verb.
        octets[3] ^= 0x80;
        await File.WriteAllBytesAsync(file, octets, TestContext.Current.CancellationToken);

        Assert.Equal(WorkerHost.ExitFailed, await VerifyAsync());
    }

    [Fact]
    public async Task Verify_WithoutAJournal_EndsWithOneAndMakesNothing()
    {
        Assert.Equal(WorkerHost.ExitConfiguration, await VerifyAsync());
        Assert.Empty(_data.EnumerateFileSystemInfos());
    }

    private void Write(int entries)
    {
        FileKeyStore keys = new(Path.Combine(_data.FullName, "keys"));
        using AuditJournal journal = AuditJournal.Open(Journal, CdrArchive.JournalStream, keys);
        for (int i = 0; i < entries; i++)
        {
            journal.Append(DateTimeOffset.UnixEpoch, "actor", "action", "object", "decision", "correlation");
        }
    }

    private Task<int> VerifyAsync()
    {
        RootCommand root = new() { AuditCommand.Create() };
        return CommandLine.RunAsync(root, ["audit", "verify", "--data", _data.FullName]);
    }
}
