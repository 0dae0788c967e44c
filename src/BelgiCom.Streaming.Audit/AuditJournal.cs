using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Audit;

/// <summary>
/// An append-only journal in a folder. <c>entries</c> holds hash-chained <see cref="AuditEntry"/> records (4-octet length, Avro body).
/// <c>checkpoints</c> holds, after each entry, the count and the newest hash under an HMAC. <c>published</c> holds how many entries are on
/// audit.journal.v1. The chain shows edits, deletions and changed order; the checkpoints show a cut tail and a rewritten chain, unless the
/// writer of the forgery has their key or can cut both files: keep a copy of <c>checkpoints</c> where this process cannot write.
/// </summary>
/// <remarks>Safe for many threads; one process at a time.</remarks>
public sealed class AuditJournal : IDisposable
{
    internal const string EntriesFile = "entries";
    internal const string CheckpointsFile = "checkpoints";
    internal const string PublishedFile = "published";
    internal const int CheckpointSize = 8 + 32 + 32;
    private const int EntryOctetsMax = 1024 * 1024;

    // The journal remembers where each such number of entries begins, so a reader that starts at any entry skips fewer than that.
    private const int EntriesPerPlace = 64;

    private readonly Lock _gate = new();
    private readonly string _directory;
    private readonly DataKey _seal;
    private readonly FileStream _entries;
    private readonly FileStream _checkpoints;
    private readonly FileStream _publishedFile;
    private readonly List<long> _places = [];
    private byte[] _head = [];
    private long _published;

    private AuditJournal(string directory, string stream, DataKey seal)
    {
        _directory = directory;
        Stream = stream;
        _seal = seal;
        _entries = Open(Path.Combine(directory, EntriesFile));
        _checkpoints = Open(Path.Combine(directory, CheckpointsFile));
        _publishedFile = Open(Path.Combine(directory, PublishedFile));
    }

    /// <summary>Name of the chain.</summary>
    public string Stream { get; }

    /// <summary>Entries in the journal.</summary>
    public long Count { get; private set; }

    /// <summary>
    /// How many entries, counted from the first, are on audit.journal.v1. Not flushed to disk, because an entry that is sent again after a
    /// crash is harmless.
    /// </summary>
    public long Published
    {
        get => _published;
        set
        {
            Span<byte> octets = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(octets, value);
            _publishedFile.Position = 0;
            _publishedFile.Write(octets);
            _publishedFile.Flush();
            _published = value;
        }
    }

    /// <summary>
    /// Opens or makes the journal. A crash may have left half an entry at the end; it was never acknowledged, and is removed.
    /// </summary>
    /// <exception cref="AuditException">The journal is shorter than its last checkpoint: entries are missing.</exception>
    public static AuditJournal Open(string directory, string stream, IKeyStore keys)
    {
        Directory.CreateDirectory(directory);
        AuditJournal journal = new(directory, stream, SealOf(keys));
        try
        {
            journal.Recover();
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>Checks the whole journal: chain, order, tail, checkpoints.</summary>
    public static AuditVerification Verify(string directory, string stream, IKeyStore keys) =>
        AuditVerifier.Verify(directory, stream, SealOf(keys));

    /// <summary>The entries in their order.</summary>
    /// <exception cref="AuditException">An entry cannot be read.</exception>
    public static IEnumerable<AuditEntry> Read(string directory)
    {
        using FileStream file = OpenToRead(directory);
        while (TryReadEntry(file, out AuditEntry? entry))
        {
            yield return entry;
        }
    }

    /// <summary>The entries from <paramref name="sequence"/> on, in their order, up to the newest acknowledged one.</summary>
    /// <param name="sequence">Sequence of the first, from 0.</param>
    /// <exception cref="AuditException">An entry cannot be read.</exception>
    public IEnumerable<AuditEntry> ReadFrom(long sequence)
    {
        long count = Count;
        if (sequence >= count)
        {
            yield break;
        }

        using FileStream file = OpenToRead(_directory);
        lock (_gate)
        {
            file.Position = _places[(int)(sequence / EntriesPerPlace)];
        }

        for (long next = sequence - (sequence % EntriesPerPlace); next < count && TryReadEntry(file, out AuditEntry? entry); next++)
        {
            if (next >= sequence)
            {
                yield return entry;
            }
        }
    }

    /// <summary>Appends an entry; it is on disk when this returns.</summary>
    /// <param name="time">When.</param>
    /// <param name="actor">Who did it: issuer and subject, or the worker's name.</param>
    /// <param name="action">What was done, for example <c>retention.expire</c>.</param>
    /// <param name="on">What it was done to, as a pseudonym or a name without personal data.</param>
    /// <param name="decision">Outcome and legal basis.</param>
    /// <param name="correlationId">Groups the entries of one operation.</param>
    /// <returns>The entry as it was written.</returns>
    public AuditEntry Append(DateTimeOffset time, string actor, string action, string on, string decision, string correlationId)
    {
        lock (_gate)
        {
            byte[] hash = SHA256.HashData(Encode(Entry(hash: [])));
            AuditEntry entry = Entry(hash);
            byte[] body = Encode(entry);
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, body.Length);
            RememberPlace(_entries.Position);
            _entries.Write(length);
            _entries.Write(body);
            _entries.Flush(flushToDisk: true);
            Count++;
            _head = hash;
            Checkpoint();
            return entry;
        }

        AuditEntry Entry(byte[] hash) => new()
        {
            Stream = Stream,
            Sequence = Count,
            Time = DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds()),
            Actor = actor,
            Action = action,
            Object = on,
            Decision = decision,
            CorrelationId = correlationId,
            PreviousHash = _head,
            Hash = hash,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _entries.Dispose();
        _checkpoints.Dispose();
        _publishedFile.Dispose();
    }

    /// <summary>Whether an operation has left an entry already; an operation that goes on after a crash asks this.</summary>
    public bool Contains(string action, string correlationId) =>
        Read(_directory).Any(entry => entry.Action == action && entry.CorrelationId == correlationId);

    internal static byte[] Encode(AuditEntry entry)
    {
        ArrayBufferWriter<byte> buffer = new();
        entry.Write(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A checkpoint: the count in 8 octets, the hash in 32, and an HMAC over stream, count and hash in 32.</summary>
    internal static byte[] EncodeCheckpoint(DataKey seal, string stream, long count, ReadOnlySpan<byte> head)
    {
        byte[] checkpoint = new byte[CheckpointSize];
        BinaryPrimitives.WriteInt64LittleEndian(checkpoint, count);
        head.CopyTo(checkpoint.AsSpan(8));
        byte[] message = [.. Encoding.UTF8.GetBytes(stream), .. checkpoint.AsSpan(0, 40)];
        seal.Hmac(message, checkpoint.AsSpan(40));
        return checkpoint;
    }

    /// <summary>Reads the next entry; false at the end or when only a part of an entry is left.</summary>
    private static bool TryReadEntry(FileStream file, out AuditEntry entry)
    {
        entry = null!;
        Span<byte> prefix = stackalloc byte[4];
        if (file.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false) < prefix.Length)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(prefix);
        if (length is <= 0 or > EntryOctetsMax)
        {
            throw Unreadable(file, string.Create(CultureInfo.InvariantCulture, $"an entry of {length} octets"));
        }

        byte[] body = new byte[length];
        if (file.ReadAtLeast(body, length, throwOnEndOfStream: false) < length)
        {
            return false;
        }

        try
        {
            entry = AuditEntry.Read(body);
            return true;
        }
        catch (AvroFormatException cause)
        {
            throw Unreadable(file, cause.Message);
        }
    }

    private static AuditException Unreadable(FileStream file, string why) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"Journal {file.Name}, before octet {file.Position}: {why}. 'belgicom audit verify' names the entry; compare it with a copy."));

    private void Recover()
    {
        long good = 0;
        while (TryReadEntry(_entries, out AuditEntry? entry))
        {
            RememberPlace(good);
            good = _entries.Position;
            _head = entry.Hash;
            Count++;
        }

        _entries.SetLength(good);
        _entries.Position = good;
        _checkpoints.SetLength(_checkpoints.Length / CheckpointSize * CheckpointSize);
        long checkpointed = LastCheckpoint();
        _published = ReadLong(_publishedFile, 0);
        if (Math.Max(checkpointed, _published) > Count)
        {
            throw new AuditException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Journal {_directory} has {Count} entries, its last checkpoint says {checkpointed} and {_published} are published: "
                    + $"entries are missing. Restore it from its copy; until then, nothing that must be journalled is done."));
        }

        if (checkpointed < Count)
        {
            Checkpoint();
        }
    }

    private long LastCheckpoint() => ReadLong(_checkpoints, _checkpoints.Length - CheckpointSize);

    /// <summary>The number at an octet; 0 in a file that has none yet.</summary>
    private static long ReadLong(FileStream file, long at)
    {
        if (file.Length < sizeof(long))
        {
            return 0;
        }

        Span<byte> octets = stackalloc byte[sizeof(long)];
        file.Position = at;
        file.ReadExactly(octets);
        return BinaryPrimitives.ReadInt64LittleEndian(octets);
    }

    private void RememberPlace(long octet)
    {
        if (Count % EntriesPerPlace == 0)
        {
            _places.Add(octet);
        }
    }

    private void Checkpoint()
    {
        _checkpoints.Position = _checkpoints.Length;
        _checkpoints.Write(EncodeCheckpoint(_seal, Stream, Count, _head));
        _checkpoints.Flush(flushToDisk: true);
    }

    private static DataKey SealOf(IKeyStore keys) => keys.GetOrCreate(KeyPurposes.AuditCheckpoint, scope: "");

    private static FileStream OpenToRead(string directory) =>
        new(Path.Combine(directory, EntriesFile), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    private static FileStream Open(string file) => new(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
}
