using System.Buffers.Binary;
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

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(90)]
    public void Open_AfterCrashInAnEntry_RemovesTheHalf(int octets)
    {
        using (FileStream file = new(EntriesFile, FileMode.Append))
        {
            byte[] half = new byte[octets];
            BinaryPrimitives.WriteInt32LittleEndian(octets >= 4 ? half : new byte[4], 200);
            file.Write(half);
        }

        using (AuditJournal journal = AuditJournal.Open(Directory, Stream, _keys))
        {
            Assert.Equal(50, journal.Count);
            journal.Append(DateTimeOffset.UnixEpoch, "actor", "action", "object", "decision", "correlation");
        }

        Assert.Equal(new AuditVerification(51, AuditFault.None, -1), Verify());
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
