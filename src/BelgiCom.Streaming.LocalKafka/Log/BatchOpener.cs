using System.Buffers.Binary;
using System.IO.Compression;
using K4os.Compression.LZ4.Streams;
using Snappier;
using ZstdSharp;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Opens the records of a batch, for compaction and look-up by time. Serving a batch needs this never: a batch goes to disk and to readers
/// as it came.
/// </summary>
internal static class BatchOpener
{
    /// <summary>
    /// Most octets that the records of a batch may have when it is opened, because a small compressed batch may be one of gigabytes. It is
    /// 32 times what a batch may have on the wire.
    /// </summary>
    public const int MaxOpenedBytes = 32 * 1024 * 1024;

    // A copy of 64 bytes takes 2 at least. A block says its length itself, and memory is taken for what it says.
    private const int MostSnappyExpands = 64;

    /// <summary>Start of the chunked form in which Java clients write snappy; librdkafka writes the plain block.</summary>
    private static ReadOnlySpan<byte> SnappyJavaMagic => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0];

    /// <summary>False when the content of the batch does not agree with its header, or is too large.</summary>
    public static bool TryOpen(RecordBatch batch, out ReadOnlySpan<byte> records) => Open(batch, out records) == ErrorCode.None;

    /// <summary>Opens a batch, or says what a producer has to be told about it.</summary>
    public static ErrorCode Open(RecordBatch batch, out ReadOnlySpan<byte> records)
    {
        if (batch.Codec == CompressionCodec.None)
        {
            records = batch.Records;
            return ErrorCode.None;
        }

        try
        {
            records = batch.Codec switch
            {
                CompressionCodec.Gzip => ReadAll(new GZipStream(Compressed(batch), CompressionMode.Decompress)),
                CompressionCodec.Snappy => OpenSnappy(batch.Records),
                CompressionCodec.Lz4 => ReadAll(LZ4Stream.Decode(Compressed(batch))),
                CompressionCodec.Zstd => ReadAll(new DecompressionStream(Compressed(batch))),
                _ => throw new InvalidDataException("Unknown compression."),
            };
            return ErrorCode.None;
        }
        catch (TooLargeException)
        {
            records = default;
            return ErrorCode.MessageTooLarge;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // What decoders throw for octets that nobody compressed is a list that no library promises to keep.
            records = default;
            return ErrorCode.InvalidRecord;
        }
    }

    private static MemoryStream Compressed(RecordBatch batch) => new(batch.Records.ToArray(), writable: false);

    private static ReadOnlySpan<byte> ReadAll(Stream opened)
    {
        using (opened)
        {
            MemoryStream target = new();
            byte[] chunk = new byte[64 * 1024];
            for (int read = opened.Read(chunk); read > 0; read = opened.Read(chunk))
            {
                if (target.Length + read > MaxOpenedBytes)
                {
                    throw new TooLargeException();
                }

                target.Write(chunk, 0, read);
            }

            return target.GetBuffer().AsSpan(0, (int)target.Length);
        }
    }

    private static ReadOnlySpan<byte> OpenSnappy(ReadOnlySpan<byte> compressed)
    {
        const int javaHeaderSize = 16;
        if (!compressed.StartsWith(SnappyJavaMagic))
        {
            return OpenSnappyBlock(compressed);
        }

        MemoryStream target = new();
        for (ReadOnlySpan<byte> rest = compressed[javaHeaderSize..]; rest.Length >= sizeof(int);)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(rest);
            byte[] block = OpenSnappyBlock(rest.Slice(sizeof(int), length));
            if (target.Length + block.Length > MaxOpenedBytes)
            {
                throw new TooLargeException();
            }

            target.Write(block);
            rest = rest[(sizeof(int) + length)..];
        }

        return target.GetBuffer().AsSpan(0, (int)target.Length);
    }

    private static byte[] OpenSnappyBlock(ReadOnlySpan<byte> block)
    {
        long length = Snappy.GetUncompressedLength(block);
        return length > (long)MostSnappyExpands * block.Length
            ? throw new InvalidDataException("The block says that it is larger than its compression can make it.")
            : length > MaxOpenedBytes ? throw new TooLargeException()
            : Snappy.DecompressToArray(block);
    }

    private sealed class TooLargeException : Exception;
}
