namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// MCC and MNC as one number, so that a part can hold them without memory of its own: the digits, and whether the MNC has three of them.
/// 405-03 and 405-030 are two networks (TS 23.003 2.2).
/// </summary>
internal static class PlmnDigits
{
    /// <summary>Packs five or six digits; 0 when they are something else.</summary>
    public static int Pack(ReadOnlySpan<byte> digits)
    {
        if (digits.Length is not (5 or 6) || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return 0;
        }

        int value = 0;
        foreach (byte digit in digits)
        {
            value = (value * 10) + digit - '0';
        }

        return (value << 4) | digits.Length;
    }

    /// <summary>Packs a PLMN id of three octets (TS 29.060); 0 when it is none.</summary>
    public static int Read(ReadOnlySpan<byte> plmn)
    {
        if (plmn.Length != 3)
        {
            return 0;
        }

        ReadOnlySpan<int> nibbles = [plmn[0] & 15, plmn[0] >> 4, plmn[1] & 15, plmn[2] & 15, plmn[2] >> 4, plmn[1] >> 4];
        Span<byte> digits = stackalloc byte[6];
        int length = nibbles[5] == 15 ? 5 : 6;
        for (int i = 0; i < length; i++)
        {
            if (nibbles[i] > 9)
            {
                return 0;
            }

            digits[i] = (byte)('0' + nibbles[i]);
        }

        return Pack(digits[..length]);
    }

    /// <summary>The digits of a packed PLMN, written into <paramref name="room"/>; empty for 0.</summary>
    public static ReadOnlySpan<byte> Unpack(int packed, Span<byte> room)
    {
        int length = packed & 15;
        int value = packed >> 4;
        for (int i = length - 1; i >= 0; i--)
        {
            room[i] = (byte)('0' + (value % 10));
            value /= 10;
        }

        return room[..length];
    }

    /// <summary>
    /// The network that a user location information names (TS 29.274 8.21): that of the TAI, else of the ECGI, else of the CGI, SAI, RAI or
    /// LAI. Also reads the form of RADIUS (TS 29.061 16.4.7.2). 0 when it is neither, or names none.
    /// </summary>
    public static int OfLocation(ReadOnlySpan<byte> location)
    {
        if (location.Length < 6)
        {
            return 0;
        }

        // RADIUS numbers its kinds: 128 TAI, 129 ECGI, 130 both, 0 CGI. The lengths tell them from flags of TS 29.274.
        if ((location[0], location.Length) is (128, 6) or (129, 8) or (130, 13) or (0, 8))
        {
            return Read(location.Slice(1, 3));
        }

        int position = 1, found = 0;
        ReadOnlySpan<byte> lengths = [7, 7, 7, 5, 7, 5];
        for (int i = 0; i < lengths.Length; i++)
        {
            if ((location[0] & (1 << i)) == 0)
            {
                continue;
            }

            if (position + lengths[i] > location.Length)
            {
                return 0;
            }

            // The TAI (3) comes after CGI, SAI and RAI and says more; the ECGI (4) too when there is no TAI.
            if (found == 0 || i == 3 || (i == 4 && (location[0] & 8) == 0))
            {
                found = Read(location.Slice(position, 3));
            }

            position += lengths[i];
        }

        return found;
    }
}
