using System.Numerics;
using System.Runtime.CompilerServices;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// 32 bits of what the charge of a usage depends on: kind, direction, start, end, quantities, rating group, service identifier and serving
/// network. A retry of the same usage may differ in its time stamp, its file or its place there, but not in these. Two contents have the
/// same fingerprint once in 4 thousand million.
/// </summary>
public static class UsageFingerprint
{
    // Odd constants with well-spread bits (XXH64's primes).
    private const ulong First = 0x9E3779B185EBCA87;
    private const ulong Second = 0xC2B2AE3D27D4EB4F;

    /// <summary>The fingerprint of a received event; never 0, which stands for "not known" in usage.rated.v1.</summary>
    /// <param name="received">The event. A quantity that was not measured (-1) counts as 0, as releases before -1 wrote it.</param>
    /// <param name="network">Its serving network, read.</param>
    public static uint Of(in UsageReceivedView received, Plmn network)
    {
        ulong hash = Mix(
            First, (ulong)received.EventTimeMilliseconds, (ulong)received.Kind | ((ulong)received.Direction << 8) | (network.Code << 16));
        hash = Mix(hash, (ulong)received.EndTimeMilliseconds, (ulong)Math.Max(0, received.DurationSeconds));
        hash = Mix(hash, (ulong)Math.Max(0, received.UplinkOctets), (ulong)Math.Max(0, received.DownlinkOctets));
        hash = Mix(hash, (ulong)Math.Max(0, received.TotalOctets), (ulong)Math.Max(0, received.Messages));
        hash = Mix(hash, (ulong)Math.Max(0, received.ServiceUnits), (ulong)received.RatingGroup);
        hash = Mix(hash, (ulong)received.ServiceIdentifier, Second);
        uint fingerprint = (uint)(hash ^ (hash >> 32));
        return fingerprint == 0 ? 1 : fingerprint;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong hash, ulong left, ulong right)
    {
        ulong high = Math.BigMul(left ^ hash ^ First, right + Second + BitOperations.RotateLeft(hash, 29), out ulong low);
        return high ^ low ^ BitOperations.RotateLeft(hash, 17);
    }
}
