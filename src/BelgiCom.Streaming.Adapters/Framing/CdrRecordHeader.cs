using System.Buffers.Binary;

namespace BelgiCom.Streaming.Adapters;

/// <summary>The header of one CDR in a file, 3GPP TS 32.297 6.1.2.</summary>
/// <param name="HeaderLength">4 or 5 octets.</param>
/// <param name="CdrLength">Octets of the CDR without this header, 0–65535.</param>
/// <param name="Release">Release number: 3 R99, 4–9, 10 and up from the extension octet.</param>
/// <param name="Version">Version of the specification, 0–31.</param>
/// <param name="DataFormat">1 BER, 2 unaligned PER, 3 aligned PER, 4 XER.</param>
/// <param name="TsNumber">7 = 32.251 (PS), 20 = 32.255 (5G data), 5–22.</param>
internal readonly record struct CdrRecordHeader(int HeaderLength, int CdrLength, int Release, int Version, int DataFormat, int TsNumber)
{
    public const int MaxLength = 5;

    /// <summary>False when the octets end before the header does.</summary>
    public static bool TryRead(ReadOnlySpan<byte> octets, out CdrRecordHeader header)
    {
        header = default;
        if (octets.Length < 4)
        {
            return false;
        }

        int release = octets[2] >> 5;
        bool hasExtension = release == 7;
        if (hasExtension && octets.Length < 5)
        {
            return false;
        }

        header = new CdrRecordHeader(
            hasExtension ? 5 : 4,
            BinaryPrimitives.ReadUInt16BigEndian(octets),
            hasExtension ? 10 + octets[4] : release + 3,
            octets[2] & 0x1F,
            octets[3] >> 5,
            octets[3] & 0x1F);
        return true;
    }

    /// <summary>
    /// True when a record may begin like this. This is the only way to notice that a wrong length has led the reader astray. TS number 0
    /// is TS 32.005, which open charging functions write in every record.
    /// </summary>
    public bool IsPlausible =>
        CdrLength > 0 && DataFormat is >= 1 and <= 4 && TsNumber is 0 or (>= 5 and <= 22) && Release is >= 3 and <= 30;
}
