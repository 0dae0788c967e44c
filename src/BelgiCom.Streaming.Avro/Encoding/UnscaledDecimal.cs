using System.Numerics;

namespace BelgiCom.Streaming.Avro;

/// <summary>
/// A decimal of at most 18 digits as a whole number without its point, in a <see cref="long"/>. Avro writes a decimal like this.
/// </summary>
internal static class UnscaledDecimal
{
    /// <summary>Largest value: 18 nines.</summary>
    public const long Max = 999_999_999_999_999_999;

    /// <summary>Octets of its shortest two's complement form, 1 to 8.</summary>
    /// <exception cref="OverflowException">More than 18 digits.</exception>
    public static int OctetCount(long unscaled)
    {
        if (unscaled is < -Max or > Max)
        {
            throw new OverflowException("The decimal has more than 18 digits.");
        }

        int bits = 65 - BitOperations.LeadingZeroCount((ulong)(unscaled ^ (unscaled >> 63)));
        return (bits + 7) >> 3;
    }

    /// <summary>Reads big-endian two's complement octets; false when empty or of more than 18 digits.</summary>
    public static bool TryFromOctets(ReadOnlySpan<byte> octets, out long unscaled)
    {
        unscaled = 0;
        if (octets.IsEmpty)
        {
            return false;
        }

        long sign = (sbyte)octets[0] >> 7;
        while (octets.Length > 8)
        {
            // Other writers may pad: octets before the last eight may only repeat the sign.
            if (octets[0] != (byte)sign)
            {
                return false;
            }

            octets = octets[1..];
        }

        long value = sign;
        foreach (byte octet in octets)
        {
            value = (value << 8) | octet;
        }

        if (value < 0 != sign < 0 || value is < -Max or > Max)
        {
            return false;
        }

        unscaled = value;
        return true;
    }
}
