using System.Globalization;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// S-NSSAI (TS 23.003 clause 28.4): the type of a slice and what tells slices of one type apart. The default is "not known".
/// </summary>
public readonly record struct Slice
{
    private const uint NoDifferentiator = 0xFFFFFF;
    private const ulong Known = 1UL << 32;
    private readonly ulong _number;

    /// <summary>Makes a slice.</summary>
    /// <param name="type">SST, 0 to 255.</param>
    /// <param name="differentiator">SD, 24 bits; 0xFFFFFF where none is given.</param>
    public Slice(byte type, uint differentiator = NoDifferentiator) =>
        _number = Known | ((uint)type << 24) | (differentiator & NoDifferentiator);

    /// <summary>True when no slice is known.</summary>
    public bool IsUnknown => _number == 0;

    /// <summary>Reads "SST" or "SST-SD", SD in six hexadecimal digits.</summary>
    /// <exception cref="ArgumentException">The text is neither.</exception>
    public static Slice Parse(string text)
    {
        string[] parts = text.Split('-');
        uint differentiator = NoDifferentiator;
        return byte.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out byte type)
            && parts.Length <= 2
            && (parts.Length == 1 || (parts[1].Length == 6
                && uint.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out differentiator)))
            ? new Slice(type, differentiator)
            : throw new ArgumentException($"'{text}' is no slice: SST, or SST-SD with SD as 6 hexadecimal digits, such as 1-000001.");
    }
}
