using System.Text;

namespace BelgiCom.Streaming.Adapters;

/// <summary>Numbers of persons as people write them, made E.164: <c>+32 475 12-34-56</c>, <c>0032475…</c>, <c>0475/12.34.56</c>.</summary>
internal sealed class CsvNumber(CsvColumnMap map)
{
    /// <summary>E.164: at most 15 digits.</summary>
    public const int MaxDigits = 15;

    private readonly byte[] _country = Encoding.ASCII.GetBytes(map.CountryCode);
    private readonly byte[] _national = Encoding.ASCII.GetBytes(map.NationalPrefix);
    private readonly byte[] _international = Encoding.ASCII.GetBytes(map.InternationalPrefix);

    /// <summary>
    /// Sets a field to the digits of a number in international form. False when the text is no such number: other characters, a national
    /// number without a configured country, more than 15 digits.
    /// </summary>
    public bool TrySet(OctetField field, ReadOnlySpan<byte> text)
    {
        // Most systems write it as it is meant.
        if (text is [>= (byte)'1' and <= (byte)'9', ..] && text.Length <= MaxDigits && _country.Length == 0
            && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return field.TrySet(text);
        }

        Span<byte> digits = stackalloc byte[2 * MaxDigits];
        if (!TryStrip(text, digits, out int length, out bool isInternational))
        {
            return false;
        }

        ReadOnlySpan<byte> number = digits[..length];
        if (!isInternational && _international.Length > 0 && number.StartsWith(_international))
        {
            number = number[_international.Length..];
        }
        else if (!isInternational && _country.Length > 0 && number.StartsWith(_national)
            && (_national.Length > 0 || !number.StartsWith(_country)))
        {
            Span<byte> whole = stackalloc byte[_country.Length + length];
            _country.CopyTo(whole);
            number[_national.Length..].CopyTo(whole[_country.Length..]);
            return TrySetInternational(field, whole[..^_national.Length]);
        }

        return TrySetInternational(field, number);
    }

    /// <summary>No country code begins with 0 (E.164 annex D).</summary>
    private static bool TrySetInternational(OctetField field, ReadOnlySpan<byte> number) =>
        number.Length is > 0 and <= MaxDigits && number[0] != '0' && field.TrySet(number);

    /// <summary>Leaves out what only makes a number readable, and a trunk prefix in brackets behind a country code.</summary>
    private static bool TryStrip(ReadOnlySpan<byte> text, Span<byte> digits, out int length, out bool isInternational)
    {
        length = 0;
        isInternational = false;
        if (text.Length > 4 && Ascii.EqualsIgnoreCase(text[..4], "tel:"u8))
        {
            text = text[4..];
        }

        // A program that took the number for a quantity wrote 999100000001.0, and its dot is no separator of groups.
        if (text.EndsWith(".0"u8) || (text.EndsWith(".00"u8) && text.Count((byte)'.') == 1))
        {
            return false;
        }

        for (int i = 0; i < text.Length; i++)
        {
            byte octet = text[i];
            if (octet is >= (byte)'0' and <= (byte)'9')
            {
                if (length == digits.Length)
                {
                    return false;
                }

                digits[length++] = octet;
            }
            else if (octet == '+' && length == 0 && !isInternational)
            {
                isInternational = true;
            }
            else if (length > 0 && text[i..].StartsWith("(0)"u8))
            {
                i += 2;
            }
            else if (octet == 0xC2 && i + 1 < text.Length && text[i + 1] == 0xA0)
            {
                // A blank that does not break, in UTF-8.
                i++;
            }
            else if (!" -./()"u8.Contains(octet))
            {
                return false;
            }
        }

        return true;
    }
}
