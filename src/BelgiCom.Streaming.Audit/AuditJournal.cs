using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;
using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.Audit;

/// <summary>
/// An append-only journal in a folder. <c>entries</c> holds hash-chained <see cref="AuditEntry"/> records (4-octet length, Avro body).
/// <c>checkpoints</c> holds, for each entry, the count and the hash under an HMAC. <c>published</c> holds how many entries are on
/// audit.journal.v1, and how many there are. The chain shows edits, deletions and changed order; the checkpoints show a cut tail and a
/// rewritten chain, unless the writer of the forgery has their key or cuts all three files alike: keep a copy of <c>checkpoints</c> where
/// this process cannot write.
/// </summary>
/// <remarks>
/// <para> A checkpoint is on disk before its entry. So a crash leaves a checkpoint without its entry, or with a part of it, and never an
/// entry without its checkpoint: such an entry is somebody else's.</para>
/// <para> Safe for many threads; one process at a time.</para>
/// </remarks>
public sealed class AuditJournal : IDisposable
{
    internal const string EntriesFile = "entries";
    internal const string CheckpointsFile = "checkpoints";
    internal const string PublishedFile = "published";
    internal const int CheckpointSize = 8 + 32 + 32;
    internal const int EntryOctetsMax = 1024 * 1024;

    // The journal remembers where each such number of entries begins, so a reader that starts at any entry skips fewer than that.
    internal const int EntriesPerPlace = 64;

    private readonly Lock _gate = new();
    private readonly string _directory;
    private readonly DataKey _seal;
    private readonly SafeFileHandle _entries;
    private readonly SafeFileHandle _checkpoints;
    private readonly SafeFileHandle _counts;
    private readonly List<long> _places = [];
    private byte[] _head = [];
    private long _end;
    private long _published;
    private bool _hasRest;

    private AuditJournal(string directory, string stream, DataKey seal)
    {
        _directory = directory;
        Stream = stream;
        _seal = seal;
        _entries = Open(Path.Combine(directory, EntriesFile));
        _checkpoints = Open(Path.Combine(directory, CheckpointsFile));
        _counts = Open(Path.Combine(directory, PublishedFile));
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
            WriteCount(at: 0, value);
            _published = value;
        }
    }

    /// <summary>
    /// Opens or makes the journal, and checks it whole. What a crash left of the entry that was being written was never acknowledged, and
    /// is removed. Nothing else is repaired, because a repair would seal what somebody did to the files.
    /// </summary>
    /// <exception cref="AuditException">The journal is not as it was written.</exception>
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

    /// <summary>Whether a folder has a journal with entries.</summary>
    public static bool Exists(string directory) => new FileInfo(Path.Combine(directory, EntriesFile)) is { Exists: true, Length: > 0 };

    /// <summary>Checks the whole journal: chain, order, tail, checkpoints.</summary>
    public static AuditVerification Verify(string directory, string stream, IKeyStore keys) =>
        new AuditVerifier(directory, stream, SealOf(keys)).Verify();

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

    /// <summary>
    /// Appends an entry; it is on disk when this returns. When it cannot be written, nothing of it is left, and nothing was done that it
    /// was to be the proof of.
    /// </summary>
    /// <param name="time">When.</param>
    /// <param name="actor">Who did it: issuer and subject, or the worker's name.</param>
    /// <param name="action">What was done, for example <c>retention.expire</c>.</param>
    /// <param name="on">What it was done to, as a pseudonym or a name without personal data.</param>
    /// <param name="decision">Outcome and legal basis.</param>
    /// <param name="correlationId">Groups the entries of one operation.</param>
    /// <returns>The entry as it was written.</returns>
    /// <exception cref="ArgumentException">The entry has more than 1 MiB.</exception>
    /// <exception cref="IOException">The disk is full, or refuses.</exception>
    public AuditEntry Append(DateTimeOffset time, string actor, string action, string on, string decision, string correlationId)
    {
        lock (_gate)
        {
            byte[] hash = SHA256.HashData(Encode(Entry(hash: [])));
            AuditEntry entry = Entry(hash);
            byte[] body = Encode(entry);
            if (body.Length > EntryOctetsMax)
            {
                throw new ArgumentException($"An entry of {body.Length} octets is longer than a journal takes, which is {EntryOctetsMax}.");
            }

            byte[] frame = new byte[sizeof(int) + body.Length];
            BinaryPrimitives.WriteInt32LittleEndian(frame, body.Length);
            body.CopyTo(frame, sizeof(int));
            Write(frame, EncodeCheckpoint(_seal, Stream, Count + 1, hash));
            RememberPlace(_places, Count, _end);
            _end += frame.Length;
            _head = hash;
            Count++;
            CountEntries();
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
        _counts.Dispose();
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
    internal static bool TryReadEntry(FileStream file, out AuditEntry entry)
    {
        entry = null!;
        Span<byte> prefix = stackalloc byte[sizeof(int)];
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
        AuditVerifier found = new(_directory, Stream, _seal);
        AuditVerification verification = found.Verify(_places);
        if (!verification.IsIntact)
        {
            throw new AuditException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Journal {_directory} is not as it was written ({verification.Fault}): entry {verification.FirstBadIndex} is the "
                    + $"first that is not. Compare it with its copy or with audit.journal.v1 and restore it; until then, nothing that must "
                    + $"be journalled is done."));
        }

        (Count, _head, _end, _published) = (verification.Entries, found.Head, found.End, found.Published);
        CutRest();
        CountEntries();
    }

    /// <summary>Checkpoint and entry in their order, each on disk before the next; all or nothing of both.</summary>
    private void Write(byte[] frame, byte[] checkpoint)
    {
        if (_hasRest)
        {
            CutRest();
        }

        _hasRest = true;
        try
        {
            RandomAccess.Write(_checkpoints, checkpoint, Count * CheckpointSize);
            RandomAccess.FlushToDisk(_checkpoints);
            RandomAccess.Write(_entries, frame, _end);
            RandomAccess.FlushToDisk(_entries);
            _hasRest = false;
        }
        catch (IOException)
        {
            // Where even that fails, the next entry tries it again, and so does the next start.
            CutRest();
            throw;
        }
    }

    /// <summary>Removes what stands behind the last whole entry and its checkpoint.</summary>
    private void CutRest()
    {
        RandomAccess.SetLength(_entries, _end);
        RandomAccess.SetLength(_checkpoints, Count * CheckpointSize);
        _hasRest = false;
    }

    /// <summary>
    /// Notes how many entries there are, so that both other files cannot be cut alike. It is not flushed, because it may be too small after
    /// a power cut, and it must not fail an entry that is on disk.
    /// </summary>
    private void CountEntries()
    {
        try
        {
            WriteCount(at: sizeof(long), Count);
        }
        catch (IOException)
        {
            // The next entry counts this one, too.
        }
    }

    private void WriteCount(long at, long value)
    {
        Span<byte> octets = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(octets, value);
        RandomAccess.Write(_counts, octets, at);
    }

    internal static void RememberPlace(List<long> places, long entry, long octet)
    {
        if (entry % EntriesPerPlace == 0)
        {
            places.Add(octet);
        }
    }

    private static DataKey SealOf(IKeyStore keys) => keys.GetOrCreate(KeyPurposes.AuditCheckpoint, scope: "");

    private static FileStream OpenToRead(string directory) =>
        new(Path.Combine(directory, EntriesFile), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    private static SafeFileHandle Open(string file) =>
        File.OpenHandle(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
}
