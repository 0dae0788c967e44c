using System.Text.Unicode;

namespace BelgiCom.Streaming.Adapters;

/// <summary>A reusable field of a <see cref="UsageCdr"/>: a bounded copy of its octets, empty when the record has no such field.</summary>
internal sealed class OctetField
{
    private readonly byte[] _octets;
    private int _length;

    public OctetField(int capacity) => _octets = new byte[capacity];

    /// <summary>The octets; text fields are UTF-8 (ASCII in TS 32.298).</summary>
    public ReadOnlySpan<byte> Span => _octets.AsSpan(0, _length);

    /// <summary>True when the record has no such field.</summary>
    public bool IsEmpty => _length == 0;

    /// <summary>Replaces the content. False, and empty, when it is longer than the field may be.</summary>
    public bool TrySet(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > _octets.Length)
        {
            _length = 0;
            return false;
        }

        octets.CopyTo(_octets);
        _length = octets.Length;
        return true;
    }

    /// <summary>Replaces the content by text. False when it is not UTF-8 or holds control characters.</summary>
    public bool TrySetText(ReadOnlySpan<byte> text)
    {
        _length = 0;
        return text.IndexOfAnyInRange((byte)0, (byte)0x1F) < 0 && !text.Contains((byte)0x7F) && Utf8.IsValid(text) && TrySet(text);
    }

    /// <summary>Replaces the content by digits held as text; a leading <c>+</c> is dropped. False when something else is in it.</summary>
    public bool TrySetDigits(ReadOnlySpan<byte> text)
    {
        if (text.StartsWith("+"u8))
        {
            text = text[1..];
        }

        return !text.ContainsAnyExceptInRange((byte)'0', (byte)'9') && TrySet(text);
    }

    /// <summary>
    /// Replaces the content by the digits of a TBCD string (TS 29.002 17.7.8): low nibble first, filler <c>f</c> at the end only.
    /// </summary>
    public bool TrySetTbcd(ReadOnlySpan<byte> tbcd)
    {
        _length = 0;
        if (tbcd.Length * 2 > _octets.Length)
        {
            return false;
        }

        int digits = 0;
        bool ended = false;
        foreach (byte octet in tbcd)
        {
            int low = octet & 0x0F, high = octet >> 4;
            if (ended || low > 9)
            {
                // A filler octet may follow the last digit; digits after a filler are nonsense.
                if (octet != 0xFF)
                {
                    return false;
                }

                ended = true;
                continue;
            }

            _octets[digits++] = (byte)('0' + low);
            if (high <= 9)
            {
                _octets[digits++] = (byte)('0' + high);
            }
            else if (high == 0x0F)
            {
                ended = true;
            }
            else
            {
                return false;
            }
        }

        _length = digits;
        return digits > 0;
    }

    /// <summary>
    /// Replaces the content by the E.164 digits of an AddressString (TS 29.002 17.7.8): one octet with the type of number and the numbering
    /// plan, then TBCD. Only plan 1 is E.164; any other first octet is no such octet but the first two digits of a number in international
    /// form, as some gateways write it. A national number is E.164 behind the country code; without one it would name another subscriber.
    /// </summary>
    /// <param name="address">Octets of the field.</param>
    /// <param name="countryCode">Country code before national numbers; empty when the source has none.</param>
    public bool TrySetAddressString(ReadOnlySpan<byte> address, string countryCode)
    {
        _length = 0;
        if (address.Length < 2)
        {
            return false;
        }

        return address[0] switch
        {
            0x91 => TrySetTbcd(address[1..]),
            0xA1 => countryCode.Length > 0 && TrySetTbcd(address[1..]) && TryPrepend(countryCode),
            _ => (address[0] & 0x0F) != 1 && TrySetTbcd(address) && IsInternational(),
        };
    }

    /// <summary>E.164: a country code does not begin with 0; fewer than 8 digits name nobody's mobile.</summary>
    private bool IsInternational()
    {
        if (_length is >= 8 and <= 15 && _octets[0] != '0')
        {
            return true;
        }

        _length = 0;
        return false;
    }

    private bool TryPrepend(string prefix)
    {
        ReadOnlySpan<byte> national = Span.TrimStart((byte)'0');
        if (prefix.Length + national.Length > _octets.Length)
        {
            _length = 0;
            return false;
        }

        int length = national.Length;
        national.CopyTo(_octets.AsSpan(prefix.Length));
        _ = System.Text.Encoding.ASCII.GetBytes(prefix, _octets);
        _length = prefix.Length + length;
        return true;
    }

    /// <summary>Replaces the content by MCC and MNC of a PLMN id (TS 29.060: three octets), five or six digits.</summary>
    public bool TrySetPlmn(ReadOnlySpan<byte> plmn)
    {
        _length = 0;
        if (plmn.Length != 3)
        {
            return false;
        }

        ReadOnlySpan<int> digits = [plmn[0] & 15, plmn[0] >> 4, plmn[1] & 15, plmn[2] & 15, plmn[2] >> 4, plmn[1] >> 4];
        for (int i = 0; i < 6; i++)
        {
            if (digits[i] > 9)
            {
                return i == 5 && digits[5] == 15 && SetLength(5);
            }

            _octets[i] = (byte)('0' + digits[i]);
        }

        return SetLength(6);
    }

    public void Clear() => _length = 0;

    private bool SetLength(int length)
    {
        _length = length;
        return true;
    }
}
