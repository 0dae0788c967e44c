namespace BelgiCom.Streaming.Adapters;

/// <summary>Why octets are not BER (ITU-T X.690).</summary>
public enum BerFault
{
    /// <summary>No fault.</summary>
    None,

    /// <summary>The octets end inside an element.</summary>
    Truncated,

    /// <summary>A length does not fit its surroundings, is reserved, or is indefinite on a primitive element.</summary>
    BadLength,

    /// <summary>A tag is cut short, not in its shortest form, or has more than 30 bits.</summary>
    BadTag,

    /// <summary>End-of-contents octets where none belong, or malformed.</summary>
    BadEndOfContents,

    /// <summary>Deeper than <see cref="BerReader.MaxDepth"/>.</summary>
    TooDeep,
}
