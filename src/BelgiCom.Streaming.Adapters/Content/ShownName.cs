using System.Globalization;
using System.Text;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// The name of a delivered file as it may be kept and shown. A name comes from outside: an octet of control would write lines and colours
/// into a log, and some systems name a file after the person that it is about.
/// </summary>
public static class ShownName
{
    // E.164 numbers with their country code and IMSIs; a shorter number names nobody without its country and network.
    private const int NumberDigitsMin = 9;
    private const int NumberDigitsMax = 15;

    private static readonly string[] TimeFormats = ["yyyyMMddHH", "yyyyMMddHHmm", "yyyyMMddHHmmss", "yyMMddHHmm", "yyMMddHHmmss"];

    /// <summary>
    /// The name with <c>?</c> for each character that is not printed, and with stars for the digits of what may be the number of a person:
    /// 9 to 15 digits that are no time and no counter filled with zeros.
    /// </summary>
    public static string Of(string name)
    {
        StringBuilder shown = new(name.Length);
        for (int i = 0; i < name.Length;)
        {
            int digits = 0;
            while (i + digits < name.Length && char.IsAsciiDigit(name[i + digits]))
            {
                digits++;
            }

            if (digits == 0)
            {
                shown.Append(IsPrinted(name[i]) ? name[i] : '?');
                i++;
                continue;
            }

            string run = name.Substring(i, digits);
            shown.Append(IsNumber(run) ? new string('*', digits) : run);
            i += digits;
        }

        return shown.ToString();
    }

    private static bool IsNumber(string digits) =>
        digits.Length is >= NumberDigitsMin and <= NumberDigitsMax
        && !digits.StartsWith("000", StringComparison.Ordinal)
        && !TimeFormats.Any(format => DateTime.TryParseExact(
            digits, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime time) && time.Year is >= 2000 and < 2100);

    /// <summary>Not a control, nor one of those that turn the direction of a line or stand for half a character.</summary>
    private static bool IsPrinted(char character) => char.GetUnicodeCategory(character)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
