namespace BelgiCom.Streaming.Rating;

/// <summary>
/// A public land mobile network (TS 23.003 clause 2.2: MCC of 3 digits, MNC of 2 or 3), or a prefix of one, as a value without references.
/// The default value is "not known".
/// </summary>
public readonly record struct Plmn
{
    private const int MccLength = 3;
    private const int ShortLength = 5;
    private const int LongLength = 6;

    private readonly int _length;
    private readonly int _digits;

    private Plmn(int length, int digits)
    {
        _length = length;
        _digits = digits;
    }

    /// <summary>Stands for text that is no PLMN; usage that carries it is rejected.</summary>
    public static Plmn Invalid => new(-1, 0);

    /// <summary>True when no network is known.</summary>
    public bool IsUnknown => _length == 0;

    /// <summary>True for <see cref="Invalid"/>.</summary>
    public bool IsInvalid => _length < 0;

    /// <summary>True when only the country is given: a prefix, not a network.</summary>
    public bool IsCountry => _length == MccLength;

    /// <summary>Number of digits: 0, 3, 5 or 6.</summary>
    public int Length => _length;

    /// <summary>Mobile country code, 0 to 999.</summary>
    public int Mcc => _length switch
    {
        ShortLength => _digits / 100,
        LongLength => _digits / 1000,
        _ => _digits,
    };

    /// <summary>The network as a number that no other network has: its length and its digits.</summary>
    internal ulong Code => ((ulong)(uint)_length << 20) | (uint)_digits;

    /// <summary>
    /// Reads a serving network: 5 or 6 ASCII digits. An empty text gives the unknown network, any other text <see cref="Invalid"/>.
    /// </summary>
    public static Plmn FromUsage(ReadOnlySpan<byte> ascii)
    {
        if (ascii.IsEmpty)
        {
            return default;
        }

        return ascii.Length is ShortLength or LongLength && TryDigits(ascii, out int digits) ? new Plmn(ascii.Length, digits) : Invalid;
    }

    /// <summary>Reads a network or a country of a tariff's zone: 3, 5 or 6 ASCII digits.</summary>
    /// <returns>False when the text is none.</returns>
    public static bool TryParsePrefix(ReadOnlySpan<char> text, out Plmn prefix)
    {
        prefix = Invalid;
        if (text.Length is not (MccLength or ShortLength or LongLength))
        {
            return false;
        }

        Span<byte> ascii = stackalloc byte[text.Length];
        for (int i = 0; i < text.Length; i++)
        {
            ascii[i] = char.IsAsciiDigit(text[i]) ? (byte)text[i] : (byte)0;
        }

        if (!TryDigits(ascii, out int digits))
        {
            return false;
        }

        prefix = new Plmn(text.Length, digits);
        return true;
    }

    /// <summary>
    /// Whether this network is the one that <paramref name="zone"/> names, or lies in the country that it names. A network with an MNC of 2
    /// digits is another than one of 3 digits that begin the same: 001-01 is not 001-010.
    /// </summary>
    public bool IsIn(Plmn zone) => zone.IsCountry ? !IsUnknown && !IsInvalid && Mcc == zone._digits : this == zone;

    private static bool TryDigits(ReadOnlySpan<byte> ascii, out int digits)
    {
        digits = 0;
        foreach (byte octet in ascii)
        {
            int digit = octet - '0';
            if ((uint)digit > 9)
            {
                return false;
            }

            digits = (digits * 10) + digit;
        }

        return true;
    }
}
