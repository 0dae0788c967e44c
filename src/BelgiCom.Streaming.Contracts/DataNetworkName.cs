using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace BelgiCom.Streaming.Contracts;

/// <summary>
/// The name of a data network as a number of 64 bits, so that usage stays a plain value; 0 is none. It is made of the network identifier
/// alone (TS 23.003 clause 9.1): upper and lower case are one, and an operator identifier behind it, .mnc001.mcc206.gprs, does not count.
/// </summary>
public static class DataNetworkName
{
    private const ulong Factor = 0x9E37_79B9_7F4A_7C15;
    private const ulong LowerCase = 0x2020_2020_2020_2020;

    /// <summary>The number of a name.</summary>
    /// <param name="name">APN or DNN.</param>
    public static ulong Of(string name) => Of(Encoding.UTF8.GetBytes(name));

    /// <summary>The number of a name in UTF-8.</summary>
    /// <param name="utf8">APN or DNN; empty for none.</param>
    public static ulong Of(ReadOnlySpan<byte> utf8)
    {
        ReadOnlySpan<byte> rest = WithoutOperator(utf8);
        ulong number = (ulong)rest.Length;
        while (rest.Length >= sizeof(ulong))
        {
            number = Mix(number, BinaryPrimitives.ReadUInt64LittleEndian(rest));
            rest = rest[sizeof(ulong)..];
        }

        ulong last = 0;
        foreach (byte letter in rest)
        {
            last = (last << 8) | letter;
        }

        return utf8.IsEmpty ? 0 : Mix(number, last) | 1;
    }

    private static ulong Mix(ulong number, ulong letters) => BitOperations.RotateLeft((number ^ (letters | LowerCase)) * Factor, 29);

    private static ReadOnlySpan<byte> WithoutOperator(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> ending = ".mncNNN.mccNNN.gprs"u8;
        if (name.Length <= ending.Length)
        {
            return name;
        }

        ReadOnlySpan<byte> end = name[^ending.Length..];
        for (int place = 0; place < ending.Length; place++)
        {
            bool fits = ending[place] == 'N' ? end[place] is >= (byte)'0' and <= (byte)'9' : (end[place] | 0x20) == (ending[place] | 0x20);
            if (!fits)
            {
                return name;
            }
        }

        return name[..^ending.Length];
    }
}
