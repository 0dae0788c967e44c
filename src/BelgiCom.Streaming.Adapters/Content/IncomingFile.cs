using System.Security.Cryptography;
using BelgiCom.Streaming.Contracts;

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
    private readonly byte[] _hash;
    private readonly Lazy<byte[]> _head;

    private IncomingFile(string name, Stream content, ContentLimits limits, byte[] hash)
    {
        Name = name;
        _content = content;
        _limits = limits;
        _hash = hash;
        _head = new Lazy<byte[]>(ReadHead);
    }

    /// <summary>Name as delivered, without folder.</summary>
    public string Name { get; }

    /// <summary>Length of the content as delivered.</summary>
    public long Octets => _content.Length;

    /// <summary>SHA-256 over the content as delivered, lower-case hexadecimal digits.</summary>
    public string Sha256 => Convert.ToHexStringLower(_hash);

    /// <summary>Id of the file in its events: the first half of the hash.</summary>
    public FileId Id => FileId.FromBytes(_hash.AsSpan(0, FileId.Size));

    /// <summary>
    /// The first octets of the expanded content, at most <see cref="HeadOctets"/>. Fewer when the content is damaged or over its
    /// limits that early; the reader of the content reports that.
    /// </summary>
    public ReadOnlySpan<byte> Head => _head.Value;

    /// <summary>Reads the content once, for its hash.</summary>
    /// <param name="name">Name, without folder and without personal data.</param>
    /// <param name="content">Content; must be able to seek. It is closed when the stream that <see cref="Open"/> returns is closed.</param>
    /// <param name="limits">How far it may expand.</param>
    /// <param name="stopping">Stops reading.</param>
    public static IncomingFile Receive(string name, Stream content, ContentLimits limits, CancellationToken stopping)
    {
        content.Position = 0;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[HashBufferOctets];
        int read;
        while ((read = content.Read(buffer)) > 0)
        {
            stopping.ThrowIfCancellationRequested();
            hash.AppendData(buffer.AsSpan(0, read));
        }

        return new IncomingFile(name, content, limits, hash.GetHashAndReset());
    }

    /// <summary>
    /// The content from its start, expanded when it is gzip; throws as <see cref="CompressedContent.Open"/> says. Open one stream at a
    /// time.
    /// </summary>
    public Stream Open()
    {
        _content.Position = 0;
        return CompressedContent.Open(_content, _limits);
    }

    /// <summary>
    /// Whether the content as delivered begins with <paramref name="octets"/> octets of this hash. It moves the
    /// place of a stream that <see cref="Open"/> returned, so that stream must have been read to its end.
    /// </summary>
    public bool BeginsWith(long octets, string sha256)
    {
        _content.Position = 0;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[HashBufferOctets];
        while (octets > 0)
        {
            int read = _content.Read(buffer, 0, (int)Math.Min(octets, buffer.Length));
            if (read == 0)
            {
                return false;
            }

            hash.AppendData(buffer, 0, read);
            octets -= read;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset()) == sha256;
    }

    private byte[] ReadHead()
    {
        Stream expanded = Open();
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
}
