using System.Buffers.Binary;

namespace BelgiCom.Streaming.Adapters;

/// <summary>The header of a CDR file, 3GPP TS 32.297 6.1.1. All numbers are big-endian.</summary>
/// <remarks>
/// The 20 octets of the node's address are shown as hexadecimal digits, because implementations disagree on their meaning.
/// </remarks>
public sealed record CdrFileHeader : FileHeader
{
    /// <summary>Octets of the file; null when the header says "not known" (ffffffff).</summary>
    public required long? FileLength { get; init; }

    /// <summary>Octets of the header; the first record follows.</summary>
    public required int HeaderLength { get; init; }

    /// <summary>Highest release of a CDR: 3 R99, 4–9, 10 and up from the extension octet.</summary>
    public required int HighRelease { get; init; }

    /// <summary>Lowest release of a CDR.</summary>
    public required int LowRelease { get; init; }

    /// <summary>
    /// TS 32.297 6.1.1, octets 11–14: month, date, hour, minute in local time (4, 5, 5, 6 bits), then the sign (1 is +), hours and minutes
    /// (1, 5, 6 bits) by which that is off UTC. The minute is the finest step.
    /// </summary>
    public required uint OpeningTime { get; init; }

    /// <summary>Octets up to and including the length of the routeing filter.</summary>
    public const int FixedLength = 50;

    /// <summary>Longest header accepted: both variable parts at their maximum.</summary>
    public const int MaxLength = FixedLength + ushort.MaxValue + 2 + ushort.MaxValue + 2;

    private const uint NotKnown = 0xFFFFFFFF;

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
        return new CdrFileHeader
        {
            FileLength = fileLength == NotKnown ? null : fileLength,
            HeaderLength = (int)headerLength,
            OpeningTime = BinaryPrimitives.ReadUInt32BigEndian(header[10..]),
            DeclaredCdrs = declared == NotKnown ? null : declared,
            SequenceNumber = BinaryPrimitives.ReadUInt32BigEndian(header[22..]),
            ClosureReason = header[26],
            LostCdrIndicator = header[47],
            HighRelease = ToRelease(high),
            LowRelease = ToRelease(low),
            Node = Convert.ToHexStringLower(header[27..47]),
        };
    }

    /// <inheritdoc/>
    public override DateTimeOffset? OpenedBefore(DateTimeOffset received)
    {
        int month = (int)(OpeningTime >> 28), date = (int)(OpeningTime >> 23) & 31, hour = (int)(OpeningTime >> 18) & 31;
        int minute = (int)(OpeningTime >> 12) & 63, offHour = (int)(OpeningTime >> 6) & 31, offMinute = (int)OpeningTime & 63;
        if (month is < 1 or > 12 || date == 0 || hour > 23 || minute > 59 || offHour > 14 || offMinute > 59)
        {
            return null;
        }

        TimeSpan off = new(offHour, offMinute, 0);
        // A leap day is up to eight years ago.
        for (int year = received.UtcDateTime.AddDays(2).Year; year > received.UtcDateTime.Year - 8; year--)
        {
            if (date > DateTime.DaysInMonth(year, month))
            {
                continue;
            }

            DateTimeOffset local = new(year, month, date, hour, minute, 0, TimeSpan.Zero);
            DateTimeOffset opened = (OpeningTime & 0x800) != 0 ? local - off : local + off;
            if (opened <= received.AddDays(1))
            {
                return opened;
            }
        }

        return null;
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
