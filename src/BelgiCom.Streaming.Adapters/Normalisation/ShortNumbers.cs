using System.ComponentModel.DataAnnotations;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Which short numbers usage may carry in clear. A short number is the whole of itself, and who calls a helpline tells about health, so
/// only those leave the adapter whose price depends on them; those that are free by law leave it as one. The defaults are Belgian (Royal
/// Decree of 27 April 2007 on the numbering plan).
/// </summary>
public sealed class ShortNumbers : IValidatableObject
{
    /// <summary>Digits that a short number has at most; what has more may be the number of a person.</summary>
    public const int DigitsMax = 6;

    private const char AnyDigit = '?';

    private static readonly byte[] FreeNumber = "0"u8.ToArray();

    private string[]? _priced;
    private string[]? _free;

    /// <summary>
    /// Numbers that are carried as they were dialled, separated by blanks; ? stands for one digit. Default: directory enquiries and
    /// services (12??, 13??, 14??), and the four-digit numbers of messages (2??? to 9???).
    /// </summary>
    public string Priced { get; set; } = "12?? 13?? 14?? 2??? 3??? 4??? 5??? 6??? 7??? 8??? 9???";

    /// <summary>
    /// Numbers that cost nothing by law, separated by blanks; ? stands for one digit. They are carried as 0, all alike. Default: emergency
    /// numbers, helplines and the harmonised 116 numbers.
    /// </summary>
    public string Free { get; set; } = "100 101 102 103 105 106 107 108 110 112 1712 1813 116???";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach ((string setting, string patterns) in new[] { (nameof(Priced), Priced), (nameof(Free), Free) })
        {
            foreach (string pattern in Patterns(patterns))
            {
                if (pattern.Length > DigitsMax || pattern.Any(letter => letter != AnyDigit && !char.IsAsciiDigit(letter)))
                {
                    yield return new(
                        $"'{pattern}' is no short number: 1 to {DigitsMax} digits, of which some may be {AnyDigit}", [setting]);
                }
            }
        }
    }

    /// <summary>What is carried of a number that was dialled: the number, 0 for all that are free, or nothing.</summary>
    /// <param name="number">Digits, as dialled or behind the country code.</param>
    /// <param name="countryCode">Country code of the source, empty when it has none.</param>
    internal ReadOnlySpan<byte> Carried(ReadOnlySpan<byte> number, string countryCode)
    {
        if (number.IsEmpty || number.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return default;
        }

        ReadOnlySpan<byte> own = Find(number);
        return own.IsEmpty && countryCode.Length > 0 && StartsWith(number, countryCode) ? Find(number[countryCode.Length..]) : own;
    }

    private static string[] Patterns(string list) => list.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static bool StartsWith(ReadOnlySpan<byte> number, string digits) =>
        number.Length > digits.Length && Matches(number[..digits.Length], digits);

    private static bool Matches(ReadOnlySpan<byte> number, string pattern)
    {
        if (number.Length != pattern.Length)
        {
            return false;
        }

        for (int place = 0; place < number.Length; place++)
        {
            if (pattern[place] != AnyDigit && pattern[place] != number[place])
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsIn(string[] patterns, ReadOnlySpan<byte> number)
    {
        foreach (string pattern in patterns)
        {
            if (Matches(number, pattern))
            {
                return true;
            }
        }

        return false;
    }

    private ReadOnlySpan<byte> Find(ReadOnlySpan<byte> number) =>
        IsIn(_free ??= Patterns(Free), number) ? FreeNumber
        : IsIn(_priced ??= Patterns(Priced), number) ? number
        : default;
}
