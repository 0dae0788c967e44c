using System.Buffers.Binary;
using System.Security.Cryptography;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Audit;

/// <summary>
/// Reads a journal once and checks each entry against the chain and against its checkpoint. It keeps one entry in memory, and changes
/// nothing.
/// </summary>
internal sealed class AuditVerifier(string directory, string stream, DataKey seal)
{
    private long _count;

    /// <summary>Hash of the last entry that agrees.</summary>
    public byte[] Head { get; private set; } = [];

    /// <summary>Octet behind that entry. What follows was never acknowledged, when the journal is intact.</summary>
    public long End { get; private set; }

    /// <summary>How many entries are said to be on the topic.</summary>
    public long Published { get; private set; }

    /// <param name="places">Takes the places that a reader may begin at; null when nobody will read.</param>
    public AuditVerification Verify(List<long>? places = null)
    {
        using FileStream entries = OpenToRead(AuditJournal.EntriesFile);
        using FileStream checkpoints = OpenToRead(AuditJournal.CheckpointsFile);
        long counted = ReadCounts();
        while (true)
        {
            AuditEntry? entry;
            try
            {
                if (!AuditJournal.TryReadEntry(entries, out entry))
                {
                    break;
                }
            }
            catch (AuditException)
            {
                break;
            }

            if ((ChainFaultOf(entry, entries) ?? CheckpointFaultOf(entry.Hash, checkpoints)) is { } fault)
            {
                return Bad(fault);
            }

            if (places is not null)
            {
                AuditJournal.RememberPlace(places, _count, End);
            }

            (Head, End) = (entry.Hash, entries.Position);
            _count++;
        }

        return EndFaultOf(entries, checkpoints, counted) is { } atEnd
            ? Bad(atEnd)
            : new AuditVerification(_count, AuditFault.None, -1);
    }

    private AuditVerification Bad(AuditFault fault) => new(_count, fault, _count);

    private AuditFault? ChainFaultOf(AuditEntry entry, FileStream entries)
    {
        if (entry.Sequence != _count)
        {
            return IsLater(entries) ? AuditFault.Reordered : AuditFault.Deleted;
        }

        return entry.Stream != stream || !entry.PreviousHash.AsSpan().SequenceEqual(Head)
            || !entry.Hash.AsSpan().SequenceEqual(SHA256.HashData(AuditJournal.Encode(entry with { Hash = [] })))
            ? AuditFault.Edited
            : null;
    }

    /// <summary>Whether the entry that should stand here stands further down.</summary>
    private bool IsLater(FileStream entries)
    {
        try
        {
            while (AuditJournal.TryReadEntry(entries, out AuditEntry entry))
            {
                if (entry.Sequence == _count)
                {
                    return true;
                }
            }
        }
        catch (AuditException)
        {
            // The first bad entry is known already.
        }

        return false;
    }

    /// <summary>Every entry has its checkpoint, in its place, before it is written; one without was added by somebody else.</summary>
    private AuditFault? CheckpointFaultOf(ReadOnlySpan<byte> hash, FileStream checkpoints)
    {
        byte[] checkpoint = new byte[AuditJournal.CheckpointSize];
        return !TryReadCheckpoint(checkpoints, checkpoint)
            ? AuditFault.CheckpointForged
            : checkpoint.AsSpan(8, 32).SequenceEqual(hash) ? null : AuditFault.Rewritten;
    }

    /// <summary>
    /// At the end, one checkpoint may stand whose entry is missing or is there in part: the process died while it wrote that entry, and
    /// told nobody that it was written. That is so unless the journal is known to have had more entries.
    /// </summary>
    private AuditFault? EndFaultOf(FileStream entries, FileStream checkpoints, long counted)
    {
        bool hasRest = End < entries.Length;
        bool hasCheckpoint = checkpoints.Length - checkpoints.Position >= AuditJournal.CheckpointSize;
        if (hasCheckpoint && !TryReadCheckpoint(checkpoints, new byte[AuditJournal.CheckpointSize]))
        {
            return AuditFault.CheckpointForged;
        }

        if (checkpoints.Length - checkpoints.Position >= AuditJournal.CheckpointSize || counted > _count)
        {
            return AuditFault.Truncated;
        }

        return hasRest && !hasCheckpoint ? AuditFault.Edited : null;
    }

    /// <summary>Reads the checkpoint of the next entry; false when it is missing, another one's, or not under our seal.</summary>
    private bool TryReadCheckpoint(FileStream checkpoints, byte[] checkpoint) =>
        checkpoints.ReadAtLeast(checkpoint, checkpoint.Length, throwOnEndOfStream: false) == checkpoint.Length
        && BinaryPrimitives.ReadInt64LittleEndian(checkpoint) == _count + 1
        && CryptographicOperations.FixedTimeEquals(
            checkpoint, AuditJournal.EncodeCheckpoint(seal, stream, _count + 1, checkpoint.AsSpan(8, 32)));

    /// <summary>How many entries there are known to have been: on the topic, or here.</summary>
    private long ReadCounts()
    {
        byte[] octets = new byte[2 * sizeof(long)];
        if (File.Exists(Path.Combine(directory, AuditJournal.PublishedFile)))
        {
            using FileStream file = OpenToRead(AuditJournal.PublishedFile);
            file.ReadAtLeast(octets, octets.Length, throwOnEndOfStream: false);
        }

        Published = BinaryPrimitives.ReadInt64LittleEndian(octets);
        return Math.Max(Published, BinaryPrimitives.ReadInt64LittleEndian(octets.AsSpan(sizeof(long))));
    }

    private FileStream OpenToRead(string name) =>
        new(Path.Combine(directory, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
}
