using System.Buffers;
using System.Buffers.Text;

namespace BelgiCom.Streaming.Adapters;

/// <summary>Quantities as a source writes them: whole or with decimals, in a unit.</summary>
internal sealed class CsvQuantity(CsvColumnMap map)
{
    private const int MaxDigits = 40;

    private static readonly SearchValues<byte> Decimal = SearchValues.Create("0123456789+-.,"u8);

    private readonly bool _hasComma = map.DecimalSeparator == ",";
    private readonly VolumeUnit[] _units = [.. Enum.GetValues<CsvField>().Select(map.UnitOf)];

    /// <summary>Reads a whole number from 0 to <paramref name="maximum"/>. Leaves the field as it is when the text is none.</summary>
    public static bool TryInteger(ReadOnlySpan<byte> text, ref long field, long maximum = long.MaxValue)
    {
        if (!Utf8Parser.TryParse(text, out long value, out int used) || used != text.Length || value < 0 || value > maximum)
        {
            return false;
        }

        field = value;
        return true;
    }

    /// <summary>
    /// Reads a volume as octets. A fraction of an octet is rounded, half up, because octets are what was measured and the unit is only how
    /// they were written.
    /// </summary>
    public bool TryVolume(CsvField column, ReadOnlySpan<byte> text, ref long octets) => _units[(int)column] switch
    {
        VolumeUnit.Byte => TryInteger(text, ref octets) || (!IsGrouped(text) && TryDecimal(text, 1, ref octets)),
        VolumeUnit.KB => TryDecimal(text, 1000, ref octets),
        VolumeUnit.KiB => TryDecimal(text, 1024, ref octets),
        VolumeUnit.MB => TryDecimal(text, 1_000_000, ref octets),
        VolumeUnit.MiB => TryDecimal(text, 1 << 20, ref octets),
        VolumeUnit.GB => TryDecimal(text, 1_000_000_000, ref octets),
        _ => TryDecimal(text, 1 << 30, ref octets),
    };

    /// <summary>Three digits behind the separator of a number of octets are thousands as likely as not: 1.000 may be 1 or 1,000.</summary>
    private static bool IsGrouped(ReadOnlySpan<byte> text) => text.Length > 4 && text[^4] is (byte)'.' or (byte)',';

    /// <summary>Reads a duration as seconds: a number in the unit of the map, or <c>h:mm:ss</c>. A fraction is rounded, half up.</summary>
    public bool TryDuration(ReadOnlySpan<byte> text, ref long seconds)
    {
        int colon = text.IndexOf((byte)':');
        if (colon >= 0)
        {
            return TryClock(text, colon, ref seconds);
        }

        return map.DurationUnit switch
        {
            DurationUnit.Second => TryInteger(text, ref seconds) || TryDecimal(text, 1, ref seconds),
            DurationUnit.Millisecond => TryDecimal(text, 0.001m, ref seconds),
            _ => TryDecimal(text, 60, ref seconds),
        };
    }

    /// <summary>Two colons are hours, minutes and seconds; with one, it would be a guess which two they are.</summary>
    private bool TryClock(ReadOnlySpan<byte> text, int colon, ref long seconds)
    {
        long hours = 0, minutes = 0, rest = 0;
        ReadOnlySpan<byte> behind = text[(colon + 1)..];
        if (behind.Length < 5 || behind[2] != ':' || !TryInteger(text[..colon], ref hours, 1_000_000)
            || !TryInteger(behind[..2], ref minutes, 59)
            || !TryDecimal(behind[3..], 1, ref rest) || rest > 60)
        {
            return false;
        }

        seconds = (hours * 3600) + (minutes * 60) + rest;
        return true;
    }

    /// <summary>Reads a number that is not negative, with the decimal separator of the map and without an exponent.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> text, bool hasComma, out decimal value)
    {
        value = 0;
        Span<byte> digits = stackalloc byte[MaxDigits];
        // An exponent is how spreadsheets write a number that they have rounded.
        if (text.Length > MaxDigits || text.ContainsAnyExcept(Decimal) || text.Contains(hasComma ? (byte)'.' : (byte)','))
        {
            return false;
        }

        text.CopyTo(digits);
        digits = digits[..text.Length];
        digits.Replace((byte)',', (byte)'.');
        return Utf8Parser.TryParse(digits, out value, out int used) && used == text.Length && value >= 0;
    }

    private bool TryDecimal(ReadOnlySpan<byte> text, decimal unit, ref long field)
    {
        if (!TryNumber(text, _hasComma, out decimal value) || value > long.MaxValue / unit)
        {
            return false;
        }

        field = (long)Math.Round(value * unit, MidpointRounding.AwayFromZero);
        return true;
    }
}
