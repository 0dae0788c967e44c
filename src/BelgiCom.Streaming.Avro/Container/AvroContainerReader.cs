using System.IO.Compression;
using System.Text;

namespace BelgiCom.Streaming.Avro;

/// <summary>
/// Reads an Avro object container file, a block at a time: whichever tool wrote it, in bounded memory. Blocks without a codec, and those of
/// the codec deflate, are read; a block of more than <see cref="AvroLimits.MaxBodySize"/> is refused.
/// </summary>
public sealed class AvroContainerReader
{
    // The schema is the largest entry there is a use for.
    private const int MaxEntry = AvroLimits.MaxSchemaLength * 4;
    private const int MaxEntries = 100;
    private const int MaxLongLength = 10;

    private readonly Stream _content;
    private readonly byte[] _sync = new byte[AvroContainer.SyncSize];
    private readonly byte[] _found = new byte[AvroContainer.SyncSize];
    private readonly bool _isDeflated;
    private readonly Dictionary<string, byte[]> _metadata;
    private byte[] _packed = [];
    private long _octet;

    /// <summary>Reads what the file begins with.</summary>
    /// <param name="content">The file from its first octet; it stays open.</param>
    /// <exception cref="AvroContainerException">It is no container file that can be read.</exception>
    public AvroContainerReader(Stream content)
    {
        _content = content;
        byte[] magic = new byte[AvroContainer.Magic.Length];
        Fill(magic);
        if (!magic.AsSpan().SequenceEqual(AvroContainer.Magic))
        {
            throw new AvroContainerException(0, "this is no Avro object container file");
        }

        Dictionary<string, byte[]> metadata = ReadMetadata();
        _metadata = metadata;
        SchemaJson = metadata.TryGetValue(AvroContainer.SchemaName, out byte[]? schema)
            ? Encoding.UTF8.GetString(schema)
            : throw new AvroContainerException(_octet, "the file names no schema");
        string codec = metadata.TryGetValue(AvroContainer.CodecName, out byte[]? named)
            ? Encoding.UTF8.GetString(named)
            : AvroContainer.Plain;
        _isDeflated = codec == AvroContainer.Deflate;
        if (!_isDeflated && codec != AvroContainer.Plain)
        {
            throw new AvroContainerException(_octet, "its codec is neither null nor deflate: write it again with one of them");
        }

        Fill(_sync);
    }

    /// <summary>The schema that the records were written with, as JSON.</summary>
    public string SchemaJson { get; }

    /// <summary>A value of the file's metadata; null when it has none of this name.</summary>
    public string? MetadataOf(string name) =>
        _metadata.TryGetValue(name, out byte[]? value) ? Encoding.UTF8.GetString(value) : null;

    /// <summary>Reads the next block.</summary>
    /// <param name="block">Receives it.</param>
    /// <returns>False at the end of the file.</returns>
    /// <exception cref="AvroContainerException">The file is damaged, or ends in the middle of a block.</exception>
    public bool TryRead(AvroBlock block)
    {
        block.Clear();
        block.Octet = _octet;
        int first = _content.ReadByte();
        if (first < 0)
        {
            return false;
        }

        long records = ReadLong(first);
        long octets = ReadLong();
        if (records is < 0 or > int.MaxValue || octets is < 0 or > AvroLimits.MaxBodySize)
        {
            throw new AvroContainerException(block.Octet, $"a block of {records} records in {octets} octets cannot be read");
        }

        block.Records = (int)records;
        if (_isDeflated)
        {
            Inflate((int)octets, block);
        }
        else
        {
            Fill(block.Body.GetSpan((int)octets)[..(int)octets]);
            block.Body.Advance((int)octets);
        }

        long end = _octet;
        Fill(_found);
        return _found.AsSpan().SequenceEqual(_sync)
            ? true
            : throw new AvroContainerException(end, "the mark at the end of a block is missing, so the file is damaged");
    }

    private void Inflate(int octets, AvroBlock block)
    {
        if (_packed.Length < octets)
        {
            _packed = new byte[octets];
        }

        Fill(_packed.AsSpan(0, octets));
        try
        {
            using DeflateStream inflated = new(new MemoryStream(_packed, 0, octets), CompressionMode.Decompress);
            int read;
            while ((read = inflated.Read(block.Body.GetSpan(1 << 16))) > 0)
            {
                block.Body.Advance(read);
                if (block.Body.WrittenCount > AvroLimits.MaxBodySize)
                {
                    throw new AvroContainerException(
                        block.Octet, $"a block expands to more than {AvroLimits.MaxBodySize} octets: write it again in smaller ones");
                }
            }
        }
        catch (InvalidDataException)
        {
            throw new AvroContainerException(block.Octet, "a block cannot be expanded, so the file is damaged");
        }
    }

    private Dictionary<string, byte[]> ReadMetadata()
    {
        Dictionary<string, byte[]> metadata = new(StringComparer.Ordinal);
        long count;
        while ((count = ReadLong()) != 0)
        {
            if (count < 0)
            {
                // A negative count is followed by the octets of the block of entries.
                _ = ReadLong();
                count = -count;
            }

            if (count is < 0 or > MaxEntries || metadata.Count > MaxEntries)
            {
                throw new AvroContainerException(_octet, "its metadata cannot be read");
            }

            for (; count > 0; count--)
            {
                string name = Encoding.UTF8.GetString(ReadBytes());
                metadata[name] = ReadBytes();
            }
        }

        return metadata;
    }

    private byte[] ReadBytes()
    {
        long length = ReadLong();
        if (length is < 0 or > MaxEntry)
        {
            throw new AvroContainerException(_octet, "its metadata cannot be read");
        }

        byte[] octets = new byte[length];
        Fill(octets);
        return octets;
    }

    private long ReadLong() => ReadLong(_content.ReadByte());

    private long ReadLong(int first)
    {
        Span<byte> octets = stackalloc byte[MaxLongLength];
        int length = 0;
        for (int octet = first; ; octet = _content.ReadByte())
        {
            if (octet < 0)
            {
                throw new AvroContainerException(_octet, "the file ends too early");
            }

            _octet++;
            octets[length++] = (byte)octet;
            if (octet < 0x80 || length == MaxLongLength)
            {
                break;
            }
        }

        AvroReader reader = new(octets[..length]);
        long value = reader.ReadLong();
        return reader.TryFinish() ? value : throw new AvroContainerException(_octet, "a number cannot be read");
    }

    private void Fill(Span<byte> octets)
    {
        int read = _content.ReadAtLeast(octets, octets.Length, throwOnEndOfStream: false);
        _octet += read;
        if (read < octets.Length)
        {
            throw new AvroContainerException(_octet, "the file ends too early");
        }
    }
}
