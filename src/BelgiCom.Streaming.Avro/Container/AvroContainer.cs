using System.Buffers;

namespace BelgiCom.Streaming.Avro;

/// <summary>What an Avro object container file begins with, and its codecs (Avro 1.12, "Object Container Files").</summary>
public static class AvroContainer
{
    /// <summary>Octets that mark the end of each block.</summary>
    internal const int SyncSize = 16;

    /// <summary>Name of the metadata entry that holds the schema.</summary>
    internal const string SchemaName = "avro.schema";

    /// <summary>Name of the metadata entry that holds the codec.</summary>
    internal const string CodecName = "avro.codec";

    /// <summary>The codec of blocks as they are.</summary>
    internal const string Plain = "null";

    /// <summary>The codec of blocks compressed by RFC 1951.</summary>
    internal const string Deflate = "deflate";

    /// <summary>The first octets of every container file.</summary>
    public static ReadOnlySpan<byte> Magic => "Obj\u0001"u8;
}

/// <summary>The file is no Avro object container file that we can read, or it is damaged.</summary>
/// <param name="octet">Octet of the file at which the faulty part begins.</param>
/// <param name="problem">What is wrong, and what to do, as a sentence without its end.</param>
public sealed class AvroContainerException(long octet, string problem) : FormatException($"At octet {octet}: {problem}.")
{
    /// <summary>Octet of the file at which the faulty part begins.</summary>
    public long Octet { get; } = octet;
}

/// <summary>A block of a container file: records, one behind the other.</summary>
/// <remarks>Blocks are filled again and again, so that a file of any length needs the memory of its largest blocks.</remarks>
public sealed class AvroBlock
{
    /// <summary>How many records it has.</summary>
    public int Records { get; set; }

    /// <summary>The records, as the file's schema writes them.</summary>
    public ArrayBufferWriter<byte> Body { get; } = new();

    /// <summary>Octet of the file at which the block begins.</summary>
    public long Octet { get; internal set; }

    /// <summary>Empties the block.</summary>
    public void Clear()
    {
        Records = 0;
        Body.ResetWrittenCount();
    }
}
