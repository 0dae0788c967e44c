using System.Buffers.Binary;

namespace BelgiCom.Streaming.Adapters;

/// <summary>The header of a CDR file, 3GPP TS 32.297 6.1.1. All numbers are big-endian.</summary>
/// <param name="FileLength">Octets of the file; null when the header says "not known" (ffffffff).</param>
/// <param name="HeaderLength">Octets of the header; the first record follows.</param>
/// <param name="DeclaredCdrs">Number of CDRs; null when not known (ffffffff).</param>
/// <param name="SequenceNumber">File sequence number of the node.</param>
/// <param name="ClosureReason">0 normal, 1 size, 2 time, 3 CDR count, 4 manual, 5 version change, 128 abnormal, 129 file system, 130
/// storage, 131 integrity.</param>
/// <param name="LostCdrIndicator">0 none; 1–127 at least that many; 128 at least one; 129–254 exactly the value less 128; 255 at least
/// 127.</param>
/// <param name="HighRelease">Highest release of a CDR: 0 R99, 1 Rel-4 … 6 Rel-9, 10 and up from the extension octet.</param>
/// <param name="LowRelease">Lowest release of a CDR.</param>
/// <param name="NodeAddress">The 20 octets of the node's address, shown as hexadecimal digits because implementations disagree on their
/// meaning.</param>
public sealed record CdrFileHeader(
    long? FileLength,
    int HeaderLength,
    long? DeclaredCdrs,
    long SequenceNumber,
    byte ClosureReason,
    byte LostCdrIndicator,
    int HighRelease,
    int LowRelease,
    string NodeAddress)
{
    /// <summary>Octets up to and including the length of the routeing filter.</summary>
    public const int FixedLength = 50;

    /// <summary>Longest header accepted: both variable parts at their maximum.</summary>
    public const int MaxLength = FixedLength + ushort.MaxValue + 2 + ushort.MaxValue + 2;

    private const uint NotKnown = 0xFFFFFFFF;

    /// <summary>At least one CDR was lost before this file was written.</summary>
    public bool HasLostCdrs => LostCdrIndicator != 0;

    /// <summary>
    /// Reads the header at the start of a file. Null when these are not the octets of one: the header length must agree with the lengths
    /// of its variable parts, and the file must be at least as long as its header.
    /// </summary>
    /// <param name="head">The first octets of the file: all of the header, or all of the file.</param>
    public static CdrFileHeader? TryRead(ReadOnlySpan<byte> head)
    {
        if (head.Length < FixedLength)
        {
            return null;
        }

        uint fileLength = BinaryPrimitives.ReadUInt32BigEndian(head);
        uint headerLength = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        if (headerLength is < FixedLength or > MaxLength || headerLength > head.Length || fileLength < headerLength)
        {
            return null;
        }

        ReadOnlySpan<byte> header = head[..(int)headerLength];
        if (!TrySkipVariableParts(header, out int position))
        {
            return null;
        }

        int high = header[8] >> 5, low = header[9] >> 5;
        ReadOnlySpan<byte> extensions = header[position..];
        if (high == 7 && extensions.Length > 0)
        {
            high = 10 + extensions[0];
            extensions = extensions[1..];
        }

        if (low == 7 && extensions.Length > 0)
        {
            low = 10 + extensions[0];
            extensions = extensions[1..];
        }

        if (extensions.Length > 0)
        {
            return null;
        }

        uint declared = BinaryPrimitives.ReadUInt32BigEndian(header[18..]);
        return new CdrFileHeader(
            fileLength == NotKnown ? null : fileLength,
            (int)headerLength,
            declared == NotKnown ? null : declared,
            BinaryPrimitives.ReadUInt32BigEndian(header[22..]),
            header[26],
            header[47],
            ToRelease(high),
            ToRelease(low),
            Convert.ToHexStringLower(header[27..47]));
    }

    /// <summary>The header may stop after the routeing filter; then it has no private extension.</summary>
    private static bool TrySkipVariableParts(ReadOnlySpan<byte> header, out int position)
    {
        position = FixedLength + BinaryPrimitives.ReadUInt16BigEndian(header[48..]);
        if (position >= header.Length)
        {
            return position == header.Length;
        }

        if (position + 2 > header.Length)
        {
            return false;
        }

        position += 2 + BinaryPrimitives.ReadUInt16BigEndian(header[position..]);
        return position <= header.Length;
    }

    /// <summary>Release 0 is R99, which has the number 3; 1 is Rel-4.</summary>
    private static int ToRelease(int coded) => coded < 7 ? coded + 3 : coded;
}
