using System.Security.Cryptography;

namespace BelgiCom.Streaming.Privacy;

/// <summary>A 256-bit key and its id. No text form of it shows the key itself.</summary>
public sealed class DataKey
{
    /// <summary>Octets of a key.</summary>
    public const int Size = 32;

    // Kept, because setting a key up for each message takes twice as long. An instance is for one thread.
    [ThreadStatic]
    private static (DataKey Key, IncrementalHash Hmac) _last;

    private readonly byte[] _material;

    /// <summary>Takes a key from a store.</summary>
    /// <param name="id">Id under which the store finds the key. It goes into records, so it holds nothing personal. 1 to 128
    /// characters.</param>
    /// <param name="material">32 octets; copied.</param>
    /// <exception cref="ArgumentException">Not an id, or not 32 octets.</exception>
    public DataKey(string id, ReadOnlySpan<byte> material)
    {
        if (id.Length is 0 or > 128)
        {
            throw new ArgumentException("A key id has 1 to 128 characters.", nameof(id));
        }

        if (material.Length != Size)
        {
            throw new ArgumentException($"A key has {Size} octets, not {material.Length}.", nameof(material));
        }

        Id = id;
        _material = material.ToArray();
    }

    /// <summary>Id under which the store finds the key.</summary>
    public string Id { get; }

    internal ReadOnlySpan<byte> Material => _material;

    /// <summary>
    /// HMAC-SHA-256 (RFC 2104) of a message under this key. Pseudonyms and seals use it, each with a key of its own purpose.
    /// </summary>
    /// <param name="message">Any octets.</param>
    /// <param name="destination">Receives 32 octets.</param>
    /// <exception cref="ArgumentException">The destination is shorter than 32 octets.</exception>
    public void Hmac(ReadOnlySpan<byte> message, Span<byte> destination)
    {
        if (destination.Length < HMACSHA256.HashSizeInBytes)
        {
            // Checked before anything is appended, because appended octets would become the start of the next message.
            throw new ArgumentException(
                $"The destination holds {destination.Length} octets, not {HMACSHA256.HashSizeInBytes}.", nameof(destination));
        }

        if (!ReferenceEquals(_last.Key, this))
        {
            _last.Hmac?.Dispose();
            _last = (this, IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _material));
        }

        _last.Hmac.AppendData(message);
        _last.Hmac.GetHashAndReset(destination);
    }

    /// <summary>The id; never the material.</summary>
    public override string ToString() => Id;
}
