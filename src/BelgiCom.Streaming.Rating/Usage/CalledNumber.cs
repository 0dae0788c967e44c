using System.Diagnostics.CodeAnalysis;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The digits of a called number that its price depends on: an E.164 number without +, or its first digits, or a short number as it is
/// dialled. At most 15 digits (E.164 clause 6) in 64 bits, so that usage stays a plain value. The default is "not known".
/// </summary>
public readonly record struct CalledNumber
{
    private const int LengthMax = 15;
    private const int BitsPerDigit = 4;

    // Only a number of 15 digits has a digit in the highest bit.
    private const ulong BeginningMark = 1UL << 63;

    private CalledNumber(ulong packed) => Packed = packed;

    /// <summary>How many digits are known; 0 when none is.</summary>
    public int Length => (int)(Packed & LengthMax);

    /// <summary>True when no digit is known.</summary>
    public bool IsUnknown => Packed == 0;

    /// <summary>True when the number has more digits than are known.</summary>
    public bool IsBeginning => Length < LengthMax && (Packed & BeginningMark) != 0;

    /// <summary>The digits and their number, four bits each.</summary>
    internal ulong Packed { get; }

    /// <summary>A digit, 0 to 9, by its place from the left.</summary>
    internal int this[int place] => (int)(Packed >> (BitsPerDigit * (place + 1))) & 0xF;

    /// <summary>Reads digits in ASCII; any other text, or more than 15 of them, gives "not known".</summary>
    public static CalledNumber Of(ReadOnlySpan<byte> digits)
    {
        ulong packed = (ulong)digits.Length;
        if (digits.Length > LengthMax)
        {
            return default;
        }

        for (int place = 0; place < digits.Length; place++)
        {
            uint digit = digits[place] - (uint)'0';
            if (digit > 9)
            {
                return default;
            }

            packed |= (ulong)digit << (BitsPerDigit * (place + 1));
        }

        return new CalledNumber(packed);
    }

    /// <summary>
    /// Reads the first digits of an E.164 number, at most 14, of which the others are not known; any other text gives "not known".
    /// </summary>
    public static CalledNumber OfBeginning(ReadOnlySpan<byte> digits) =>
        Of(digits) is { IsUnknown: false } number && number.Length < LengthMax
            ? new CalledNumber(number.Packed | BeginningMark)
            : default;

    /// <summary>Reads digits; false for any other text.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out CalledNumber number)
    {
        number = default;
        if (text is null || text.Length > LengthMax || text.Any(letter => !char.IsAsciiDigit(letter)))
        {
            return false;
        }

        number = Of(System.Text.Encoding.ASCII.GetBytes(text));
        return true;
    }
}
