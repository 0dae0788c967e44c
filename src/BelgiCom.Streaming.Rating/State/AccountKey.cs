using System.Buffers.Binary;
using System.Security.Cryptography;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The key of usage that is rated with an account's shared bundles: all usage of the account is on one partition under it, and it names
/// nobody.
/// </summary>
public static class AccountKey
{
    /// <summary>Octets of a key.</summary>
    public const int Size = 16;

    /// <summary>What names an account in the owners of meters; never 0, which stands for no account.</summary>
    internal static ulong HashOf(UInt128 key) => Math.Max(1, (ulong)(key >> 64));

    /// <summary>The key of an account as a number, of which the octets are those of the key in their order.</summary>
    /// <param name="account">Billing account (TMF666) in UTF-8.</param>
    public static UInt128 Of(ReadOnlySpan<byte> account)
    {
        Span<byte> key = stackalloc byte[Size];
        return BinaryPrimitives.ReadUInt128BigEndian(Write(account, key));
    }

    /// <summary>Writes the key of an account: the first octets of SHA-256 over its name.</summary>
    /// <param name="account">Billing account (TMF666) in UTF-8.</param>
    /// <param name="key">Where it is written, at least <see cref="Size"/> octets.</param>
    /// <returns>The key.</returns>
    public static ReadOnlySpan<byte> Write(ReadOnlySpan<byte> account, Span<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(account, hash);
        hash[..Size].CopyTo(key);
        return key[..Size];
    }
}
