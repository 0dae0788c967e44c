using System.Security.Cryptography;
using System.Text;

namespace BelgiCom.Streaming.Avro;

/// <summary>Writes an Avro object container file without compression, which every Avro library reads.</summary>
public sealed class AvroContainerWriter
{
    // As large as other writers make them: small enough to be in the cache, large enough that their marks cost nothing.
    private const int BlockOctets = 1 << 16;

    private readonly Stream _file;
    private readonly byte[] _sync = RandomNumberGenerator.GetBytes(AvroContainer.SyncSize);
    private readonly AvroBlock _block = new();

    /// <summary>Writes what the file begins with.</summary>
    /// <param name="file">The file; it stays open.</param>
    /// <param name="schemaJson">Schema of the records.</param>
    /// <param name="metadata">Names and values for whoever knows them; a name must not begin with "avro.".</param>
    public AvroContainerWriter(Stream file, string schemaJson, params ReadOnlySpan<(string Name, string Value)> metadata)
    {
        _file = file;
        byte[] schema = Encoding.UTF8.GetBytes(schemaJson);
        int size = 128;
        foreach ((string name, string value) in metadata)
        {
            size += Encoding.UTF8.GetMaxByteCount(name.Length + value.Length) + 20;
        }

        byte[] head = new byte[schema.Length + size];
        AvroWriter writer = new(head);
        writer.WriteFixed(AvroContainer.Magic);
        writer.WriteLong(2 + metadata.Length);
        foreach ((string name, string value) in metadata)
        {
            writer.WriteString(name);
            writer.WriteBytes(Encoding.UTF8.GetBytes(value));
        }

        writer.WriteString(AvroContainer.SchemaName);
        writer.WriteBytes(schema);
        writer.WriteString(AvroContainer.CodecName);
        writer.WriteString(AvroContainer.Plain);
        writer.WriteLong(0);
        writer.WriteFixed(_sync);
        file.Write(head, 0, writer.Written);
    }

    /// <summary>Adds a record.</summary>
    /// <param name="body">Its octets, as the file's schema writes them.</param>
    public void Add(ReadOnlySpan<byte> body)
    {
        if (_block.Body.WrittenCount > 0 && _block.Body.WrittenCount + body.Length > BlockOctets)
        {
            Flush();
        }

        body.CopyTo(_block.Body.GetSpan(body.Length));
        _block.Body.Advance(body.Length);
        _block.Records++;
    }

    /// <summary>Writes the records that were added and not written yet. The file is whole after it.</summary>
    public void Flush()
    {
        if (_block.Records == 0)
        {
            return;
        }

        Span<byte> frame = stackalloc byte[20];
        AvroWriter writer = new(frame);
        writer.WriteLong(_block.Records);
        writer.WriteLong(_block.Body.WrittenCount);
        _file.Write(frame[..writer.Written]);
        _file.Write(_block.Body.WrittenSpan);
        _file.Write(_sync);
        _block.Clear();
    }
}
