using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Testing;
using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.Retention.Tests;

/// <summary>Whatever a segment holds, its blocks are read as they were written, or each that is not is refused by name.</summary>
public sealed class SegmentMutationTests : IDisposable
{
    private const string Name = "CLASS/2026-01-15-1";
    private static readonly FuzzLimits Limits = new(Runs: 200, Octets: 4 << 20, OctetsPerOctet: 64) { Slowness = 20 };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Trait(Fuzz.Trait, Fuzz.Category)]
    public void Segment_MutatedAtRandom_GivesItsBlocksOrTypedFaults()
    {
        DataKey key = new("key", [.. Enumerable.Range(0, DataKey.Size).Select(i => (byte)i)]);
        string path = Path.Combine(_folder.FullPath, "segment");
        byte[] good = WriteSegment(path, key);
        Fuzz.Run("segment", [good], content =>
        {
            File.WriteAllBytes(path, content);
            using SafeFileHandle file = File.OpenHandle(path);
            for (long at = 0; at < content.Length;)
            {
                try
                {
                    long before = at;
                    BlockRecords records = new(SegmentFile.Read(file, Name, at, content.Length, key, out at));
                    Assert.True(at > before);
                    int read = 0;
                    while (records.Next())
                    {
                        Assert.True(records.Value.SequenceEqual(ArchiveFixture.Value(records.Partition, records.Offset)));
                        read++;
                    }

                    Assert.Equal(3, read);
                }
                catch (ArchiveException damaged)
                {
                    Assert.Equal(ArchiveFault.Damaged, damaged.Fault);
                    return;
                }
            }
        }, Limits);
    }

    private static BlockBuilder Block()
    {
        BlockBuilder block = new("CLASS", "purpose");
        for (int i = 0; i < 3; i++)
        {
            PersonRef person = PersonRef.FromBytes(new byte[PersonRef.Size]);
            block.Add(person, 1_700_000_000_000, null, Topics.UsageReceived, i, i, ArchiveFixture.Value(i, i));
        }

        return block;
    }

    private static byte[] WriteSegment(string path, DataKey key)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite);
        long at = 0;
        for (int block = 0; block < 3; block++)
        {
            at += SegmentFile.Write(file, Name, at, Block(), key);
        }

        byte[] written = new byte[at];
        Assert.Equal(at, RandomAccess.Read(file, written, 0));
        return written;
    }
}
