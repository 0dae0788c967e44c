namespace BelgiCom.Streaming.Adapters;

/// <summary>Tags as <see cref="BerReader.Tag"/> holds them: class in the two highest bits, number in the rest (X.690 8.1.2).</summary>
public static class BerTag
{
    /// <summary>Added to a number, makes a context-specific tag, the class of every field of TS 32.298.</summary>
    public const uint Context = 2u << 30;

    /// <summary>Universal SEQUENCE and SEQUENCE OF.</summary>
    public const uint Sequence = 16;

    /// <summary>Highest tag number that fits beside the class; modules use three digits.</summary>
    public const int MaxNumber = 0x3FFFFFFF;

    /// <summary>The tag as one number.</summary>
    public static uint Of(System.Formats.Asn1.Asn1Tag tag) => ((uint)tag.TagClass << 24) | (uint)tag.TagValue;

    /// <summary>Number of a tag, without its class.</summary>
    public static uint Number(uint tag) => tag & 0x3FFFFFFF;
}
