using System.Security.Cryptography;

namespace BelgiCom.Streaming.Privacy;

/// <summary>
/// Encrypts single fields with AES-256-GCM (NIST SP 800-38D): nonce of 96 random bits, ciphertext, tag of 128 bits. It also authenticates
/// the place of the field and the key id.
/// </summary>
/// <remarks>
/// Random nonces limit a key to 2^32 encryptions (SP 800-38D 8.3); below that, a nonce repeats with a probability under 2^-32. A key of the
/// purpose "personal-data" is used for one day: 49,000 encryptions a second, all day, stay below the limit. Safe for many threads.
/// </remarks>
public static class EnvelopeCipher
{
    /// <summary>Number of octets by which an envelope is longer than its content.</summary>
    public const int Overhead = NonceSize + TagSize;

    private const int NonceSize = 12;
    private const int TagSize = 16;

    // Nonces are fetched 64 at a time, because a call of the random generator costs as much for 64 as for one.
    private const int NoncesAtOnce = 64;

    [ThreadStatic]
    private static byte[]? _nonces;

    [ThreadStatic]
    private static int _nextNonce;

    // The last cipher is kept, because setting one up costs more than encrypting a field, and a day's fields use the same key. An instance
    // is for one thread.
    [ThreadStatic]
    private static (DataKey Key, AesGcm Cipher) _last;

    /// <summary>Encrypts into a new array.</summary>
    public static byte[] Encrypt(DataKey key, ReadOnlySpan<byte> clear, EnvelopeContext context)
    {
        byte[] envelope = new byte[clear.Length + Overhead];
        Encrypt(key, clear, context, envelope);
        return envelope;
    }

    /// <summary>
    /// Encrypts without allocating. Returns the number of octets written: those of the content and <see cref="Overhead"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The destination is shorter than that.</exception>
    public static int Encrypt(DataKey key, ReadOnlySpan<byte> clear, EnvelopeContext context, Span<byte> destination)
    {
        int size = clear.Length + Overhead;
        if (destination.Length < size)
        {
            throw new ArgumentException(
                $"The destination holds {destination.Length} octets; the envelope has {size}.", nameof(destination));
        }

        Span<byte> nonce = destination[..NonceSize];
        TakeNonce(nonce);
        Span<byte> associated = stackalloc byte[context.SizeWith(key)];
        associated = associated[..context.Write(key, associated)];
        CipherOf(key).Encrypt(
            nonce, clear, destination.Slice(NonceSize, clear.Length), destination.Slice(NonceSize + clear.Length, TagSize), associated);
        return size;
    }

    /// <summary>Decrypts into a new array.</summary>
    /// <exception cref="CryptographicException">The envelope was cut short or changed, or belongs to another place or key.</exception>
    public static byte[] Decrypt(DataKey key, ReadOnlySpan<byte> envelope, EnvelopeContext context)
    {
        Span<byte> associated = stackalloc byte[context.SizeWith(key)];
        return Decrypt(key, envelope, associated[..context.Write(key, associated)]);
    }

    internal static byte[] Decrypt(DataKey key, ReadOnlySpan<byte> envelope, ReadOnlySpan<byte> associated)
    {
        if (envelope.Length < Overhead)
        {
            throw new CryptographicException($"An envelope has at least {Overhead} octets, not {envelope.Length}.");
        }

        byte[] clear = new byte[envelope.Length - Overhead];
        CipherOf(key).Decrypt(envelope[..NonceSize], envelope.Slice(NonceSize, clear.Length), envelope[^TagSize..], clear, associated);
        return clear;
    }

    /// <summary>
    /// Decrypts with the key that a record names. An erased content is a normal result and no error: the caller goes on without it.
    /// </summary>
    /// <param name="keys">Store of the keys.</param>
    /// <param name="keyId">Key id in the record.</param>
    /// <param name="envelope">Envelope in the record.</param>
    /// <param name="context">Where the envelope belongs.</param>
    /// <param name="clear">Content; empty when erased.</param>
    /// <returns>False when the key was deleted, which erased the content.</returns>
    /// <exception cref="CryptographicException">The envelope was cut short or changed, or belongs to another place.</exception>
    public static bool TryDecrypt(IKeyStore keys, string keyId, ReadOnlySpan<byte> envelope, EnvelopeContext context, out byte[] clear)
    {
        if (keys.Find(keyId) is not { } key)
        {
            clear = [];
            return false;
        }

        clear = Decrypt(key, envelope, context);
        return true;
    }

    private static void TakeNonce(Span<byte> nonce)
    {
        _nonces ??= new byte[NoncesAtOnce * NonceSize];
        if (_nextNonce % NoncesAtOnce == 0)
        {
            RandomNumberGenerator.Fill(_nonces);
            _nextNonce = 0;
        }

        _nonces.AsSpan(_nextNonce * NonceSize, NonceSize).CopyTo(nonce);
        _nextNonce++;
    }

    private static AesGcm CipherOf(DataKey key)
    {
        if (!ReferenceEquals(_last.Key, key))
        {
            _last.Cipher?.Dispose();
            _last = (key, new AesGcm(key.Material, TagSize));
        }

        return _last.Cipher;
    }
}
