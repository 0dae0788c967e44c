using System.Security.Cryptography;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// A file that has arrived: known by the hash of its content, whatever its name, and readable from the start as often as needed, expanded
/// when it is compressed.
/// </summary>
public sealed class IncomingFile
{
    /// <summary>Octets at the start of the content that are enough to recognise any format.</summary>
    public const int HeadOctets = 8 * 1024;

    private const int HashBufferOctets = 1 << 20;

    private readonly Stream _content;
    private readonly ContentLimits _limits;
    private readonly TimeProvider _clock;
    private readonly DataKey _key;
    private readonly byte[] _hash;
    private readonly Lazy<byte[]> _head;
    private long _begun;

    private IncomingFile(string name, Stream content, long octets, ContentLimits limits, TimeProvider clock, DataKey key, byte[] hash)
    {
        Name = ShownName.Of(name);
        Octets = octets;
        _clock = clock;
        _begun = clock.GetTimestamp();
        _content = content;
        _limits = limits;
        _key = key;
        _hash = hash;
        _head = new Lazy<byte[]>(ReadHead);
    }

    /// <summary>Name as delivered, without folder, as it may be kept and shown (<see cref="ShownName"/>).</summary>
    public string Name { get; }

    /// <summary>Length of the content as delivered, when it was received.</summary>
    public long Octets { get; }

    /// <summary>Keyed hash of the content as delivered (<see cref="HashOf"/>), lower-case hexadecimal digits.</summary>
    public string Hash => Convert.ToHexStringLower(_hash);

    /// <summary>Id of the file in its events: the first half of the hash.</summary>
    public FileId Id => FileId.FromBytes(_hash.AsSpan(0, FileId.Size));

    /// <summary>
    /// The first octets of the expanded content, at most <see cref="HeadOctets"/>. Fewer when the content is damaged or over its
    /// limits that early; the reader of the content reports that.
    /// </summary>
    public ReadOnlySpan<byte> Head => _head.Value;

    /// <summary>
    /// Reads the content once, for its hash, as far as it is long now: a file that somebody writes for ever would have no end.
    /// </summary>
    /// <param name="name">Name, without folder.</param>
    /// <param name="content">Content; must be able to seek. It is closed when the stream that <see cref="Open"/> returns is closed.</param>
    /// <param name="limits">How far it may expand.</param>
    /// <param name="clock">Measures how long reading takes.</param>
    /// <param name="key">Key of <see cref="KeyPurposes.FileContent"/>, or any other where nothing of the hash is kept.</param>
    /// <param name="stopping">Stops reading.</param>
    public static IncomingFile Receive(
        string name, Stream content, ContentLimits limits, TimeProvider clock, DataKey key, CancellationToken stopping)
    {
        long octets = content.Length;
        content.Position = 0;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[HashBufferOctets];
        int read;
        for (long left = octets; left > 0 && (read = content.Read(buffer, 0, (int)Math.Min(left, buffer.Length))) > 0; left -= read)
        {
            stopping.ThrowIfCancellationRequested();
            hash.AppendData(buffer.AsSpan(0, read));
        }

        return new IncomingFile(name, content, octets, limits, clock, key, HashOf(hash.GetHashAndReset(), key));
    }

    /// <summary>
    /// HMAC-SHA-256 of the SHA-256 of a content. With SHA-256 alone, a file of one record would tell whose it is to anybody who tries all
    /// numbers.
    /// </summary>
    internal static byte[] HashOf(ReadOnlySpan<byte> sha256, DataKey key)
    {
        byte[] hash = new byte[SHA256.HashSizeInBytes];
        key.Hmac(sha256, hash);
        return hash;
    }

    /// <summary>The time that reading the records of a chunk may take begins anew.</summary>
    public void BeginChunk() => _begun = _clock.GetTimestamp();

    /// <summary>
    /// The content from its start, expanded when it is gzip; throws as <see cref="CompressedContent.Open"/> says. Open one stream at a
    /// time.
    /// </summary>
    public Stream Open() => _limits.MaxChunkTime is null ? OpenExpanded() : new TimedStream(OpenExpanded(), this);

    private Stream OpenExpanded()
    {
        _content.Position = 0;
        return CompressedContent.Open(_content, _limits);
    }

    /// <summary>
    /// Whether the content as delivered begins with <paramref name="octets"/> octets of this hash. It moves the
    /// place of a stream that <see cref="Open"/> returned, so that stream must have been read to its end.
    /// </summary>
    public bool BeginsWith(long octets, string hash)
    {
        _content.Position = 0;
        using IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[HashBufferOctets];
        while (octets > 0)
        {
            int read = _content.Read(buffer, 0, (int)Math.Min(octets, buffer.Length));
            if (read == 0)
            {
                return false;
            }

            sha256.AppendData(buffer, 0, read);
            octets -= read;
        }

        return Convert.ToHexStringLower(HashOf(sha256.GetHashAndReset(), _key)) == hash;
    }

    private byte[] ReadHead()
    {
        Stream expanded = OpenExpanded();
        byte[] head = new byte[HeadOctets];
        int length = 0, read = 1;
        try
        {
            for (; read > 0 && length < head.Length; length += read)
            {
                read = expanded.Read(head, length, head.Length - length);
            }

            return head[..length];
        }
        catch (Exception damaged) when (damaged is InvalidDataException or EndOfStreamException or ContentLimitException)
        {
            // What comes before the damage is enough to recognise most files; their reader reports the damage.
            return head[..length];
        }
        finally
        {
            if (!ReferenceEquals(expanded, _content))
            {
                expanded.Dispose();
            }
        }
    }

    /// <summary>
    /// Ends a file in which a reader looks for a record for too long: one that grows as fast as it is read, or one that is filler over
    /// gigabytes.
    /// </summary>
    private sealed class TimedStream(Stream content, IncomingFile file) : ReadOnlyStream
    {
        public override int Read(Span<byte> buffer) => file._clock.GetElapsedTime(file._begun) <= file._limits.MaxChunkTime
            ? content.Read(buffer)
            : throw new ContentLimitException($"Reading the next records took longer than {file._limits.MaxChunkTime}.");

        protected override void Dispose(bool disposing)
        {
            content.Dispose();
            base.Dispose(disposing);
        }
    }
}
