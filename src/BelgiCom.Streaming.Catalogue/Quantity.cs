using System.Globalization;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>An amount of usage as people write it: <c>64 KiB</c>, <c>1 GiB</c>, <c>60 s</c>, <c>100 messages</c>.</summary>
internal readonly record struct Quantity(long Units, PriceUnit Unit)
{
    /// <summary>The names of the units that a catalogue may use, for error messages.</summary>
    public const string Known = "B, KiB, MiB, GiB, TiB, kB, MB, GB, s, min, h, message, messages, unit, units";

    private static readonly Dictionary<string, (long Factor, PriceUnit Unit)> Suffixes = new(StringComparer.Ordinal)
    {
        ["B"] = (1, PriceUnit.Octet),
        ["KiB"] = (1L << 10, PriceUnit.Octet),
        ["MiB"] = (1L << 20, PriceUnit.Octet),
        ["GiB"] = (1L << 30, PriceUnit.Octet),
        ["TiB"] = (1L << 40, PriceUnit.Octet),
        ["kB"] = (1_000, PriceUnit.Octet),
        ["MB"] = (1_000_000, PriceUnit.Octet),
        ["GB"] = (1_000_000_000, PriceUnit.Octet),
        ["s"] = (1, PriceUnit.Second),
        ["min"] = (60, PriceUnit.Second),
        ["h"] = (3_600, PriceUnit.Second),
        ["message"] = (1, PriceUnit.Message),
        ["messages"] = (1, PriceUnit.Message),
        ["unit"] = (1, PriceUnit.Unit),
        ["units"] = (1, PriceUnit.Unit),
    };

    /// <summary>Reads a whole number and a unit, with or without a space between them.</summary>
    public static bool TryParse(string text, out Quantity quantity)
    {
        quantity = default;
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        int digits = rest.IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0
            || (digits > 1 && rest[0] == '0')
            || !long.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            || !Suffixes.TryGetValue(rest[digits..].Trim().ToString(), out (long Factor, PriceUnit Unit) suffix)
            || number > long.MaxValue / suffix.Factor)
        {
            return false;
        }

        quantity = new Quantity(number * suffix.Factor, suffix.Unit);
        return true;
    }
}
