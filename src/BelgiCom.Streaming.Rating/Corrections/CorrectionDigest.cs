using System.Buffers.Binary;
using System.Security.Cryptography;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// A digest over balances and meters, by which whoever planned a correction and the lane that takes it know that they mean the same state.
/// The currency of a balance is left out, because a record of usage without an amount does not say it.
/// </summary>
public sealed class CorrectionDigest : IDisposable
{
    /// <summary>Octets of a digest.</summary>
    public const int Size = 16;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Adds a balance.</summary>
    public void Add(in Balance balance)
    {
        Add(balance.BundleOctetsUsed, balance.BundleSecondsUsed);
        Add(balance.BundleMessagesUsed, balance.SpendNanos);
        Add(balance.RoamingDataSpendNanos, (long)balance.Notified);
    }

    /// <summary>Adds what a meter holds.</summary>
    public void Add(long units, long nanos)
    {
        Span<byte> octets = stackalloc byte[2 * sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(octets, units);
        BinaryPrimitives.WriteInt64BigEndian(octets[sizeof(long)..], nanos);
        _hash.AppendData(octets);
    }

    /// <summary>The digest of all that was added, and begins anew.</summary>
    public byte[] Finish() => _hash.GetHashAndReset()[..Size];

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();
}
