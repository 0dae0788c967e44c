using System.Buffers.Binary;
using System.Numerics;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The keys of accounts that were asked for lately (<see cref="AccountKey"/>): computing one takes longer than to rate its usage. Of
/// accounts that share a place the last one stays, so it never grows. Used by one thread.
/// </summary>
public sealed class AccountKeys
{
    private const int Places = 4096;
    private const int LongestName = 31;

    // Length, name, key.
    private const int PlaceSize = 1 + LongestName + AccountKey.Size;

    private byte[] _places = [];

    /// <summary>The key of an account as a number, of which the octets are those of the key in their order.</summary>
    /// <param name="account">Billing account (TMF666) in UTF-8, at least one octet.</param>
    public UInt128 Of(ReadOnlySpan<byte> account)
    {
        if (account.Length is 0 or > LongestName)
        {
            return AccountKey.Of(account);
        }

        if (_places.Length == 0)
        {
            _places = new byte[Places * PlaceSize];
        }

        uint hash = 0;
        foreach (byte letter in account)
        {
            hash = BitOperations.Crc32C(hash, letter);
        }

        Span<byte> place = _places.AsSpan((int)(hash % Places) * PlaceSize, PlaceSize);
        Span<byte> key = place[(1 + LongestName)..];
        if (place[0] == account.Length && account.SequenceEqual(place.Slice(1, account.Length)))
        {
            return BinaryPrimitives.ReadUInt128BigEndian(key);
        }

        place[0] = (byte)account.Length;
        account.CopyTo(place[1..]);
        return BinaryPrimitives.ReadUInt128BigEndian(AccountKey.Write(account, key));
    }
}
