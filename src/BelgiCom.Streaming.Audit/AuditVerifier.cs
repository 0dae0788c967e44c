using System.Buffers.Binary;
using System.Security.Cryptography;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Audit;

/// <summary>Checks a journal against its chain and its checkpoints.</summary>
internal static class AuditVerifier
{
    public static AuditVerification Verify(string directory, string stream, DataKey seal)
    {
        List<byte[]> hashes = new();
        (AuditFault fault, long bad) = VerifyChain(directory, stream, hashes);
        if (fault == AuditFault.None)
        {
            (fault, bad) = VerifyCheckpoints(directory, stream, seal, hashes);
        }

        return new AuditVerification(hashes.Count, fault, bad);
    }

    private static (AuditFault Fault, long Bad) VerifyChain(string directory, string stream, List<byte[]> hashes)
    {
        byte[] previous = [];
        using IEnumerator<AuditEntry> entries = AuditJournal.Read(directory).GetEnumerator();
        try
        {
            while (entries.MoveNext())
            {
                AuditEntry entry = entries.Current;
                if (entry.Sequence != hashes.Count)
                {
                    return (IsLater(entries, hashes.Count) ? AuditFault.Reordered : AuditFault.Deleted, hashes.Count);
                }

                if (entry.Stream != stream || !entry.PreviousHash.AsSpan().SequenceEqual(previous)
                    || !entry.Hash.AsSpan().SequenceEqual(HashOf(entry)))
                {
                    return (AuditFault.Edited, hashes.Count);
                }

                previous = entry.Hash;
                hashes.Add(entry.Hash);
            }

            return (AuditFault.None, -1);
        }
        catch (AuditException)
        {
            return (AuditFault.Edited, hashes.Count);
        }
    }

    private static bool IsLater(IEnumerator<AuditEntry> entries, long sequence)
    {
        while (entries.MoveNext())
        {
            if (entries.Current.Sequence == sequence)
            {
                return true;
            }
        }

        return false;
    }

    private static (AuditFault Fault, long Bad) VerifyCheckpoints(string directory, string stream, DataKey seal, List<byte[]> hashes)
    {
        using FileStream file = new(
            Path.Combine(directory, AuditJournal.CheckpointsFile), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] checkpoint = new byte[AuditJournal.CheckpointSize];
        long sealedCount = 0;
        while (file.ReadAtLeast(checkpoint, checkpoint.Length, throwOnEndOfStream: false) == checkpoint.Length)
        {
            long count = BinaryPrimitives.ReadInt64LittleEndian(checkpoint);
            Span<byte> head = checkpoint.AsSpan(8, 32);
            if (!CryptographicOperations.FixedTimeEquals(checkpoint, AuditJournal.EncodeCheckpoint(seal, stream, count, head))
                || count <= sealedCount)
            {
                return (AuditFault.CheckpointForged, sealedCount);
            }

            if (count > hashes.Count)
            {
                return (AuditFault.Truncated, hashes.Count);
            }

            if (!head.SequenceEqual(hashes[(int)count - 1]))
            {
                return (AuditFault.Rewritten, sealedCount);
            }

            sealedCount = count;
        }

        // Every entry is sealed before it is acknowledged; one without a seal was added by somebody else.
        return sealedCount == hashes.Count ? (AuditFault.None, -1) : (AuditFault.CheckpointForged, sealedCount);
    }

    private static byte[] HashOf(AuditEntry entry) => SHA256.HashData(AuditJournal.Encode(entry with { Hash = [] }));
}
