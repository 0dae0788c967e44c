using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using BelgiCom.Streaming.Privacy;
using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.Retention;

/// <summary>
/// The file of one segment: blocks one after another. A block is, little-endian, "BCB1" · octets of the envelope 4 · octets before
/// compression 4 · records 4 · envelope (<see cref="EnvelopeCipher"/> over the Brotli-compressed records). Segment, offset and the numbers
/// of the header are authenticated with the envelope, so a block that was changed, moved, or copied from elsewhere does not open. No
/// record is ever on disk in clear. Marks stand between the blocks (<see cref="MarkFrame"/>); a file of an earlier release has none.
/// </summary>
internal static class SegmentFile
{
    public const int HeaderSize = 16;

    private const uint Magic = 0x3142_4342;
    private const int CompressionQuality = 1;
    private const int CompressionWindow = 20;

    // A block closes when it passes RetentionOptions.BlockOctets (at most 16 MiB), and its last record may make it larger. We write no
    // block larger than this.
    public const int RawOctetsMax = 64 * 1024 * 1024;

    /// <summary>Writes a block and returns its octets. They are on disk for sure only after the caller has flushed the file.</summary>
    public static int Write(SafeFileHandle file, string segment, long at, BlockBuilder block, DataKey key)
    {
        if (block.Raw.Length > RawOctetsMax)
        {
            throw new ArchiveException(
                ArchiveFault.Io,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Archive segment {segment}: a block of {block.Raw.Length} octets could not be read again and is not written. "
                    + $"Bound the size of messages on the topic."));
        }

        byte[] compressed = ArrayPool<byte>.Shared.Rent(BrotliEncoder.GetMaxCompressedLength(block.Raw.Length));
        byte[]? written = null;
        try
        {
            if (!BrotliEncoder.TryCompress(block.Raw, compressed, out int length, CompressionQuality, CompressionWindow))
            {
                throw new ArchiveException(
                    ArchiveFault.Io,
                    string.Create(
                        CultureInfo.InvariantCulture, $"Archive segment {segment}: {block.Raw.Length} octets could not be compressed."));
            }

            written = ArrayPool<byte>.Shared.Rent(HeaderSize + length + EnvelopeCipher.Overhead);
            int envelope = EnvelopeCipher.Encrypt(
                key, compressed.AsSpan(0, length), Context(segment, at, block.Raw.Length, block.Records), written.AsSpan(HeaderSize));
            BinaryPrimitives.WriteUInt32LittleEndian(written, Magic);
            BinaryPrimitives.WriteInt32LittleEndian(written.AsSpan(4), envelope);
            BinaryPrimitives.WriteInt32LittleEndian(written.AsSpan(8), block.Raw.Length);
            BinaryPrimitives.WriteInt32LittleEndian(written.AsSpan(12), block.Records);
            RandomAccess.Write(file, written.AsSpan(0, HeaderSize + envelope), at);
            return HeaderSize + envelope;
        }
        finally
        {
            // Cleared, because the next user of the buffer could read the compressed records.
            CryptographicOperations.ZeroMemory(compressed);
            ArrayPool<byte>.Shared.Return(compressed);
            if (written is not null)
            {
                ArrayPool<byte>.Shared.Return(written);
            }
        }
    }

    /// <summary>Reads and decrypts the block at an offset.</summary>
    /// <param name="file">File of the segment.</param>
    /// <param name="segment">Name of the segment.</param>
    /// <param name="at">Offset of the block.</param>
    /// <param name="end">End of what was committed.</param>
    /// <param name="key">Key of the segment.</param>
    /// <param name="next">Offset after the block.</param>
    /// <returns>The records, for <see cref="BlockRecords"/>.</returns>
    /// <exception cref="ArchiveException">The block is damaged, or was written with another key.</exception>
    public static byte[] Read(SafeFileHandle file, string segment, long at, long end, DataKey key, out long next)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        ReadFully(file, header, segment, at, end);
        int envelopeLength = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        int rawLength = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        int records = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic || envelopeLength < EnvelopeCipher.Overhead
            || envelopeLength > end - at - HeaderSize
            || rawLength < 0 || rawLength > RawOctetsMax)
        {
            throw Damaged(segment, at, "its header is not one of ours");
        }

        byte[] envelope = new byte[envelopeLength];
        ReadFully(file, envelope, segment, at + HeaderSize, end);
        next = at + HeaderSize + envelopeLength;
        try
        {
            byte[] compressed = EnvelopeCipher.Decrypt(key, envelope, Context(segment, at, rawLength, records));
            byte[] raw = new byte[rawLength];
            return BrotliDecoder.TryDecompress(compressed, raw, out int length) && length == rawLength
                ? raw
                : throw Damaged(segment, at, "it does not decompress to the length it names");
        }
        catch (CryptographicException cause)
        {
            throw Damaged(segment, at, "its tag does not match: it was changed, moved, or written with another key", cause);
        }
    }

    /// <summary>The blocks of a segment one after another, with their offsets. The marks between them are checked and left out.</summary>
    /// <param name="file">File of the segment.</param>
    /// <param name="segment">Name of the segment.</param>
    /// <param name="end">End of what was committed.</param>
    /// <param name="key">Key of the segment.</param>
    /// <param name="markKey">Key of the marks.</param>
    /// <exception cref="ArchiveException">A block or mark is damaged.</exception>
    public static IEnumerable<(long At, byte[] Records)> Blocks(
        SafeFileHandle file, string segment, long end, DataKey key, DataKey markKey)
    {
        for (long at = 0L; at < end;)
        {
            long block = at;
            if (!StartsWith(file, at, MarkFrame.Magic))
            {
                yield return (block, Read(file, segment, at, end, key, out at));
            }
            else if (MarkFrame.Read(file, segment, at, end, markKey, out at) is null)
            {
                throw Damaged(segment, block, "its mark is not as it was written");
            }
        }
    }

    /// <summary>
    /// What the header at an offset says of the block there, which it does not prove: the records, and the offset after the block. False
    /// when no block can stand there.
    /// </summary>
    public static bool TryReadHeader(SafeFileHandle file, long at, long end, out int records, out long next)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        (records, next) = (0, at);
        if (end - at < HeaderSize || !MarkFrame.TryRead(file, header, at) || BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic)
        {
            return false;
        }

        int envelope = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        records = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
        next = at + HeaderSize + envelope;
        return envelope >= EnvelopeCipher.Overhead && next <= end;
    }

    /// <summary>Whether a block can end at an offset: there the file ends, or the next block or mark begins.</summary>
    public static bool IsBoundary(SafeFileHandle file, long at, long end) =>
        at == end || StartsWith(file, at, Magic) || StartsWith(file, at, MarkFrame.Magic);

    private static bool StartsWith(SafeFileHandle file, long at, uint frame)
    {
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        return MarkFrame.TryRead(file, magic, at) && BinaryPrimitives.ReadUInt32LittleEndian(magic) == frame;
    }

    private static void ReadFully(SafeFileHandle file, Span<byte> destination, string segment, long at, long end)
    {
        if (at + destination.Length > end)
        {
            throw Damaged(segment, at, "it reaches beyond the end");
        }

        while (destination.Length > 0)
        {
            int read = RandomAccess.Read(file, destination, at);
            if (read == 0)
            {
                throw Damaged(segment, at, "the file is shorter than what was committed");
            }

            destination = destination[read..];
            at += read;
        }
    }

    private static EnvelopeContext Context(string segment, long at, int rawLength, int records) =>
        new("archive", segment, string.Create(CultureInfo.InvariantCulture, $"{at}:{rawLength}:{records}"));

    private static ArchiveException Damaged(string segment, long at, string why, Exception? cause = null) => new(
        ArchiveFault.Damaged,
        string.Create(
            CultureInfo.InvariantCulture,
            $"Archive segment {segment}, block at octet {at}: {why}. Restore the file from its copy; the other blocks stay readable."),
        cause);
}
