using System.Security.Cryptography;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Privacy;

/// <summary>
/// Makes subscriber references: the first 16 octets of HMAC-SHA-256 (RFC 2104) with the key of the purpose "rating", over "msisdn:" or
/// "imsi:" and the digits. A plain hash would not do, because all Belgian mobile numbers can be tried in less than a minute.
/// </summary>
/// <remarks>Safe for many threads; allocates nothing per call.</remarks>
public sealed class SubscriberPseudonymizer
{
    // E.164 and E.212: at most 15 digits.
    private const int MaxDigits = 15;

    private readonly DataKey _key;

    /// <summary>Takes the key from the store once.</summary>
    public SubscriberPseudonymizer(IKeyStore keys)
    {
        _key = keys.GetOrCreate(KeyPurposes.Rating, scope: "");
    }

    /// <summary>Reference of an MSISDN.</summary>
    /// <param name="digits">E.164 in international form, without '+': 1 to 15 digits.</param>
    /// <exception cref="ArgumentException">The text is no such number. The message does not repeat it.</exception>
    public SubscriberRef FromMsisdn(ReadOnlySpan<char> digits) => Pseudonymize("msisdn:"u8, digits);

    /// <summary>Reference of an IMSI, for records without an MSISDN.</summary>
    /// <param name="digits">E.212: 1 to 15 digits.</param>
    /// <exception cref="ArgumentException">The text is no such number. The message does not repeat it.</exception>
    public SubscriberRef FromImsi(ReadOnlySpan<char> digits) => Pseudonymize("imsi:"u8, digits);

    /// <summary>
    /// Keyed hash of octets in which a person may be named, for example a line of a file: the same octets always give the same, and without
    /// the key nobody can try which they were.
    /// </summary>
    public SubscriberRef FromOctets(ReadOnlySpan<byte> octets)
    {
        ReadOnlySpan<byte> kind = "octets:"u8;
        Span<byte> message = stackalloc byte[kind.Length + SHA256.HashSizeInBytes];
        kind.CopyTo(message);
        SHA256.HashData(octets, message[kind.Length..]);
        return Mac(message);
    }

    private SubscriberRef Pseudonymize(ReadOnlySpan<byte> kind, ReadOnlySpan<char> digits)
    {
        if (digits.Length is 0 or > MaxDigits || digits.ContainsAnyExceptInRange('0', '9'))
        {
            throw new ArgumentException($"A subscriber's number is 1 to {MaxDigits} decimal digits.", nameof(digits));
        }

        Span<byte> message = stackalloc byte[kind.Length + digits.Length];
        kind.CopyTo(message);
        for (int i = 0; i < digits.Length; i++)
        {
            message[kind.Length + i] = (byte)digits[i];
        }

        return Mac(message);
    }

    private SubscriberRef Mac(ReadOnlySpan<byte> message)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        _key.Hmac(message, mac);
        return SubscriberRef.FromBytes(mac[..SubscriberRef.Size]);
    }
}
