using System.Runtime.CompilerServices;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What rating remembers of rated usage, in 128 bits: the upper 32 are the fingerprint of its content, the lower 96 are those of its id,
/// which are its identity. So the same usage that comes again is told from other usage under the same id, and that takes no more memory.
/// </summary>
/// <remarks>
/// Claims of releases before the fingerprint are whole ids of 128 bits, and they stay so: such a claim agrees with usage of exactly this
/// id, whatever its content.
/// </remarks>
internal static class UsageClaim
{
    /// <summary>Compares claims by their identity only.</summary>
    public static IEqualityComparer<UInt128> IdentityComparer { get; } =
        EqualityComparer<UInt128>.Create(IsSameIdentity, static claim => ((ulong)claim ^ (uint)(claim >> 64)).GetHashCode());

    /// <summary>The claim of usage.</summary>
    /// <param name="usageId">Id of the usage.</param>
    /// <param name="fingerprint">Fingerprint of its content (<see cref="UsageFingerprint"/>).</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UInt128 Of(UInt128 usageId, uint fingerprint) =>
        new(((ulong)fingerprint << 32) | (uint)(usageId >> 64), (ulong)usageId);

    /// <summary>Whether two claims, or a claim and an id, have the same identity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsSameIdentity(UInt128 claim, UInt128 other) =>
        (((ulong)claim ^ (ulong)other) | ((uint)(claim >> 64) ^ (uint)(other >> 64))) == 0;

    /// <summary>Whether a claim that was found for a usage's identity is of the same content.</summary>
    /// <param name="claimed">The claim found.</param>
    /// <param name="usageId">Id of the usage that comes now.</param>
    /// <param name="fingerprint">Fingerprint of its content.</param>
    public static bool IsSameUsage(UInt128 claimed, UInt128 usageId, uint fingerprint) =>
        claimed == Of(usageId, fingerprint) || claimed == usageId;
}
