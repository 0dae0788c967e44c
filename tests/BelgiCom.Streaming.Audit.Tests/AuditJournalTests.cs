using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Audit.Tests;

/// <summary>F21: what was done to the journal is found, and the first bad entry named.</summary>
public sealed class AuditJournalTests : IDisposable
{
    private const string Stream = "test";
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("journal-");
    private readonly FileKeyStore _keys;

    public AuditJournalTests()
    {
        _keys = new FileKeyStore(Path.Combine(_folder.FullName, "keys"));
        Append(50);
    }

    private string Directory => Path.Combine(_folder.FullName, "journal");

    private string EntriesFile => Path.Combine(Directory, "entries");

    private string CheckpointsFile => Path.Combine(Directory, "checkpoints");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Verify_Untouched_IsIntact() => Assert.Equal(new AuditVerification(50, AuditFault.None, -1), Verify());

    [Fact]
    public void Append_AfterReopening_GoesOnWithTheChain()
    {
        using (AuditJournal journal = AuditJournal.Open(Directory, Stream, _keys))
        {
            Assert.Equal(50, journal.Append(DateTimeOffset.UnixEpoch, "actor", "action", "object", "decision", "correlation").Sequence);
        }

        Assert.Equal(new AuditVerification(51, AuditFault.None, -1), Verify());
    }

    [Fact]
    public void Verify_EntryEdited_NamesIt()
    {
        List<byte[]> entries = Entries();
        entries[20][^60] ^= 1;
        Write(entries);
        Assert.Equal((AuditFault.Edited, 20), FaultAt());
    }

    [Fact]
    public void Verify_EntryDeleted_NamesIt()
    {
        List<byte[]> entries = Entries();
        entries.RemoveAt(20);
        Write(entries);
        Assert.Equal((AuditFault.Deleted, 20), FaultAt());
    }

    [Fact]
    public void Verify_EntriesReordered_NamesTheFirst()
    {
        List<byte[]> entries = Entries();
        (entries[20], entries[30]) = (entries[30], entries[20]);
        Write(entries);
        Assert.Equal((AuditFault.Reordered, 20), FaultAt());
    }

    [Fact]
    public void Verify_TailTruncated_NamesTheFirstMissing()
    {
        Write(Entries()[..40]);
        Assert.Equal((AuditFault.Truncated, 40), FaultAt());
        Assert.Throws<AuditException>(() => AuditJournal.Open(Directory, Stream, _keys));
    }

    /// <summary>The journal and its checkpoints came back from an older copy together: they agree, but others know more.</summary>
    [Fact]
    public void Open_FewerEntriesThanPublished_IsRefused()
    {
        using (AuditJournal journal = AuditJournal.Open(Directory, Stream, _keys))
        {
            journal.Published = 50;
        }

        Write(Entries()[..40]);
        string checkpoints = Path.Combine(Directory, "checkpoints");
        File.WriteAllBytes(checkpoints, File.ReadAllBytes(checkpoints)[..(40 * AuditJournal.CheckpointSize)]);

        Assert.Throws<AuditException>(() => AuditJournal.Open(Directory, Stream, _keys));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(149)]
    [InlineData(150)]
    public void ReadFrom_AnyEntry_GivesItAndAllAfterIt(int sequence)
    {
        Append(100);
        using AuditJournal journal = AuditJournal.Open(Directory, Stream, _keys);

        Assert.Equal(
            Enumerable.Range(0, 150).Skip(sequence).Select(expected => (long)expected),
            journal.ReadFrom(sequence).Select(entry => entry.Sequence));
    }

    [Fact]
    public void Verify_AllRestamped_NamesTheFirstThatWasChanged()
    {
        Write(Restamped(from: 20));
        Assert.Equal((AuditFault.Rewritten, 20), FaultAt());
    }

    [Fact]
    public void Verify_RestampedWithForgedCheckpoints_IsFound()
    {
        Write(Restamped(from: 20));
        string file = Path.Combine(Directory, "checkpoints");
        byte[] checkpoints = File.ReadAllBytes(file);
        List<AuditEntry> entries = AuditJournal.Read(Directory).ToList();
        DataKey forger = new("forger", new byte[DataKey.Size]);
        for (int i = 20; i < 50; i++)
        {
            AuditJournal.EncodeCheckpoint(forger, Stream, i + 1, entries[i].Hash).CopyTo(checkpoints, i * AuditJournal.CheckpointSize);
        }

        File.WriteAllBytes(file, checkpoints);
        Assert.Equal((AuditFault.CheckpointForged, 20), FaultAt());
    }

    [Fact]
    public void Verify_EntryAddedByAnother_IsFound()
    {
        AuditEntry last = AuditJournal.Read(Directory).Last();
        AuditEntry added = Stamp(new AuditEntry { Stream = Stream, Sequence = 50, Actor = "actor", PreviousHash = last.Hash });
        Write([.. Entries(), AuditJournal.Encode(added)]);
        Assert.Equal((AuditFault.CheckpointForged, 50), FaultAt());
    }

    /// <summary>What was done to the files is found, whether or not a worker starts in between: a start repairs nothing of it.</summary>
    [Theory]
    [InlineData("edit", AuditFault.Edited, 20)]
    [InlineData("delete", AuditFault.Deleted, 20)]
    [InlineData("swap", AuditFault.Reordered, 20)]
    [InlineData("duplicate", AuditFault.Reordered, 21)]
    [InlineData("cut inside, rest moved up", AuditFault.Truncated, 20)]
    [InlineData("cut entries", AuditFault.Truncated, 40)]
    [InlineData("cut the last entry", AuditFault.Truncated, 49)]
    [InlineData("cut both", AuditFault.Truncated, 40)]
    [InlineData("empty entries", AuditFault.Truncated, 0)]
    [InlineData("empty both", AuditFault.Truncated, 0)]
    [InlineData("empty checkpoints", AuditFault.CheckpointForged, 0)]
    [InlineData("cut checkpoints", AuditFault.CheckpointForged, 40)]
    [InlineData("last checkpoint only", AuditFault.CheckpointForged, 0)]
    [InlineData("last checkpoint twice", AuditFault.CheckpointForged, 50)]
    [InlineData("zeros behind checkpoints", AuditFault.CheckpointForged, 50)]
    [InlineData("zeros behind entries", AuditFault.Edited, 50)]
    [InlineData("half an entry behind entries", AuditFault.Edited, 50)]
    [InlineData("a length of -1 behind entries", AuditFault.Edited, 50)]
    [InlineData("a forged entry", AuditFault.CheckpointForged, 50)]
    [InlineData("every second entry written anew", AuditFault.CheckpointForged, 0)]
    [InlineData("every second entry written anew, checkpoints kept", AuditFault.Rewritten, 0)]
    public void Manipulation_IsFoundBeforeAndAfterAStart(string what, AuditFault fault, int firstBad)
    {
        Manipulate(what);
        Assert.Equal((fault, firstBad), FaultAt());

        AuditException refused = Assert.Throws<AuditException>(() => AuditJournal.Open(Directory, Stream, _keys).Dispose());

        Assert.Contains($"entry {firstBad} is the first", refused.Message, StringComparison.Ordinal);
        Assert.Equal((fault, firstBad), FaultAt());
    }

    /// <summary>
    /// A crash leaves a checkpoint, whole or in part, and what was written of its entry. Nobody was told that the entry is written.
    /// </summary>
    [Theory]
    [InlineData(30, 0)]
    [InlineData(72, 0)]
    [InlineData(72, 1)]
    [InlineData(72, 4)]
    [InlineData(72, 90)]
    public void Open_AfterCrashInAnEntry_RemovesWhatIsThere(int checkpointOctets, int entryOctets)
    {
        byte[] head = AuditJournal.Read(Directory).Last().Hash;
        AuditEntry next = Stamp(new AuditEntry { Stream = Stream, Sequence = 50, Actor = new string('a', 200), PreviousHash = head });
        byte[] body = AuditJournal.Encode(next);
        byte[] checkpoint = AuditJournal.EncodeCheckpoint(
            _keys.GetOrCreate(KeyPurposes.AuditCheckpoint, scope: ""), Stream, 51, next.Hash);
        AppendTo(CheckpointsFile, checkpoint[..checkpointOctets]);
        AppendTo(EntriesFile, [.. ((byte[])[.. BitConverter.GetBytes(body.Length), .. body])[..entryOctets]]);
        Assert.True(Verify().IsIntact);

        using (AuditJournal journal = AuditJournal.Open(Directory, Stream, _keys))
        {
            Assert.Equal(50, journal.Count);
            journal.Append(DateTimeOffset.UnixEpoch, "actor", "action", "object", "decision", "correlation");
        }

        Assert.Equal(new AuditVerification(51, AuditFault.None, -1), Verify());
    }

    [Fact]
    public void Append_OfAnEntryThatNoReaderTakes_IsRefusedAndLeavesNothing()
    {
        using (AuditJournal journal = AuditJournal.Open(Directory, Stream, _keys))
        {
            Assert.Throws<ArgumentException>(() => journal.Append(
                DateTimeOffset.UnixEpoch, "actor", "action", "object", new string('x', AuditJournal.EntryOctetsMax), "correlation"));
            journal.Append(DateTimeOffset.UnixEpoch, "actor", "action", "object", "decision", "correlation");
        }

        Assert.Equal(new AuditVerification(51, AuditFault.None, -1), Verify());
    }

    /// <summary>
    /// Entries that a full disk refuses leave nothing behind, and the journal goes on when there is room again. The disk is a file system
    /// in memory, in a process of its own that may mount it.
    /// </summary>
    [Fact]
    public async Task Append_OnAFullDisk_LeavesNothing()
    {
        if (Environment.GetEnvironmentVariable(FullDisk) is { } disk)
        {
            AppendUntilFull(disk);
            return;
        }

        string mount = _folder.CreateSubdirectory("disk").FullName;
        ProcessStartInfo unshare = new("unshare")
        {
            ArgumentList =
            {
                "--user", "--map-root-user", "--mount", "sh", "-c",
                "mount -t tmpfs -o size=256k none \"$1\" || exit 77; exec \"$2\" -method \"$3\"",
                "sh", mount, Environment.ProcessPath!, $"*.{nameof(Append_OnAFullDisk_LeavesNothing)}",
            },
            Environment = { [FullDisk] = mount },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = TryStart(unshare) ?? throw new InvalidOperationException("unshare did not start");
        Task<string> reading = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string errors = await reading;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.SkipWhen(process.ExitCode == 77 || errors.Contains("unshare failed", StringComparison.Ordinal), "no right to mount");
        Assert.True(process.ExitCode == 0, output + errors);
    }

    private const string FullDisk = "BELGICOM_TEST_FULL_DISK";

    private static Process? TryStart(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start);
        }
        catch (Win32Exception)
        {
            Assert.Skip("there is no unshare here");
            return null;
        }
    }

    private void AppendUntilFull(string disk)
    {
        string folder = Path.Combine(disk, "journal");
        int appended = 0, refused = 0;
        using (AuditJournal journal = AuditJournal.Open(folder, Stream, _keys))
        {
            for (int i = 0; i < 5; i++)
            {
                TryAppend(journal);
            }

            string filler = Path.Combine(disk, "filler");
            Assert.Throws<IOException>(() => File.WriteAllBytes(filler, new byte[512 * 1024]));
            for (int i = 0; i < 60; i++)
            {
                TryAppend(journal);
            }

            Assert.True(refused > 0);
            File.Delete(filler);
            for (int i = 0; i < 5; i++)
            {
                TryAppend(journal);
            }

            Assert.Equal(appended, journal.Count);
        }

        Assert.Equal(new AuditVerification(appended, AuditFault.None, -1), AuditJournal.Verify(folder, Stream, _keys));
        using AuditJournal again = AuditJournal.Open(folder, Stream, _keys);
        Assert.Equal(appended, again.Count);

        void TryAppend(AuditJournal journal)
        {
            try
            {
                journal.Append(DateTimeOffset.UnixEpoch, "actor", "action", "object", new string('d', 700), "correlation");
                appended++;
            }
            catch (IOException)
            {
                refused++;
            }
        }
    }

    private void Manipulate(string what)
    {
        List<byte[]> entries = Entries();
        byte[] checkpoints = File.ReadAllBytes(CheckpointsFile);
        AuditEntry last = AuditJournal.Read(Directory).Last();
        switch (what)
        {
            case "edit":
                entries[20][^60] ^= 1;
                Write(entries);
                break;
            case "delete":
                entries.RemoveAt(20);
                Write(entries);
                break;
            case "swap":
                (entries[20], entries[21]) = (entries[21], entries[20]);
                Write(entries);
                break;
            case "duplicate":
                entries.Insert(21, entries[20]);
                Write(entries);
                break;
            case "cut inside, rest moved up":
                Write(entries[..20]);
                AppendTo(EntriesFile, [.. BitConverter.GetBytes(entries[20].Length), .. entries[20][..16]]);
                break;
            case "cut entries":
                Write(entries[..40]);
                break;
            case "cut the last entry":
                Write(entries[..49]);
                break;
            case "cut both":
                Write(entries[..40]);
                File.WriteAllBytes(CheckpointsFile, checkpoints[..(40 * AuditJournal.CheckpointSize)]);
                break;
            case "empty entries":
                Write([]);
                break;
            case "empty both":
                Write([]);
                File.WriteAllBytes(CheckpointsFile, []);
                break;
            case "empty checkpoints":
                File.WriteAllBytes(CheckpointsFile, []);
                break;
            case "cut checkpoints":
                File.WriteAllBytes(CheckpointsFile, checkpoints[..(40 * AuditJournal.CheckpointSize)]);
                break;
            case "last checkpoint only":
                File.WriteAllBytes(CheckpointsFile, checkpoints[^AuditJournal.CheckpointSize..]);
                break;
            case "last checkpoint twice":
                AppendTo(CheckpointsFile, checkpoints[^AuditJournal.CheckpointSize..]);
                break;
            case "zeros behind checkpoints":
                AppendTo(CheckpointsFile, new byte[AuditJournal.CheckpointSize]);
                break;
            case "zeros behind entries":
                AppendTo(EntriesFile, new byte[4096]);
                break;
            case "half an entry behind entries":
                AppendTo(EntriesFile, [.. BitConverter.GetBytes(entries[0].Length), .. entries[0][..16]]);
                break;
            case "a length of -1 behind entries":
                AppendTo(EntriesFile, BitConverter.GetBytes(-1));
                break;
            case "a forged entry":
                Write([.. entries, AuditJournal.Encode(
                    Stamp(new AuditEntry { Stream = Stream, Sequence = 50, Actor = "intruder", PreviousHash = last.Hash }))]);
                break;
            default:
                Write(EverySecond());
                File.WriteAllBytes(
                    CheckpointsFile, what.EndsWith("kept", StringComparison.Ordinal) ? checkpoints : []);
                break;
        }
    }

    /// <summary>Writes every second entry anew, by another actor, as a chain that fits.</summary>
    private List<byte[]> EverySecond()
    {
        byte[] previous = [];
        List<byte[]> written = [];
        foreach (AuditEntry entry in AuditJournal.Read(Directory).Where(entry => entry.Sequence % 2 == 0))
        {
            AuditEntry anew = Stamp(entry with { Sequence = written.Count, Actor = "somebody else", PreviousHash = previous, Hash = [] });
            previous = anew.Hash;
            written.Add(AuditJournal.Encode(anew));
        }

        return written;
    }

    private static void AppendTo(string path, byte[] octets)
    {
        using FileStream file = new(path, FileMode.Append);
        file.Write(octets);
    }

    private void Append(int entries)
    {
        using AuditJournal journal = AuditJournal.Open(Directory, Stream, _keys);
        for (int i = 0; i < entries; i++)
        {
            journal.Append(DateTimeOffset.UnixEpoch.AddSeconds(i), "actor", "action", $"object {i}", "decision", $"correlation {i}");
        }
    }

    private AuditVerification Verify() => AuditJournal.Verify(Directory, Stream, _keys);

    private (AuditFault Fault, int Bad) FaultAt() => (Verify().Fault, (int)Verify().FirstBadIndex);

    private List<byte[]> Entries() => [.. AuditJournal.Read(Directory).Select(AuditJournal.Encode)];

    private void Write(List<byte[]> entries)
    {
        using FileStream file = new(EntriesFile, FileMode.Create);
        foreach (byte[] entry in entries)
        {
            file.Write(BitConverter.GetBytes(entry.Length));
            file.Write(entry);
        }
    }

    /// <summary>
    /// What somebody with the code but without the key would do: change one entry and make the whole chain behind it fit.
    /// </summary>
    private List<byte[]> Restamped(int from)
    {
        byte[] previous = [];
        List<byte[]> restamped = new();
        foreach (AuditEntry entry in AuditJournal.Read(Directory))
        {
            AuditEntry changed = Stamp(new AuditEntry
            {
                Stream = Stream,
                Sequence = entry.Sequence,
                Time = entry.Time,
                Actor = entry.Sequence == from ? "somebody else" : entry.Actor,
                Action = entry.Action,
                Object = entry.Object,
                Decision = entry.Decision,
                CorrelationId = entry.CorrelationId,
                PreviousHash = previous,
            });
            previous = changed.Hash;
            restamped.Add(AuditJournal.Encode(changed));
        }

        return restamped;
    }

    private static AuditEntry Stamp(AuditEntry entry) => new()
    {
        Stream = entry.Stream,
        Sequence = entry.Sequence,
        Time = entry.Time,
        Actor = entry.Actor,
        Action = entry.Action,
        Object = entry.Object,
        Decision = entry.Decision,
        CorrelationId = entry.CorrelationId,
        PreviousHash = entry.PreviousHash,
        Hash = SHA256.HashData(AuditJournal.Encode(entry)),
    };
}
