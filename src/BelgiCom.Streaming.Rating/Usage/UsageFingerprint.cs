using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// 32 bits of what the charge of a usage depends on: whose it is, kind, direction, start, end, quantities, rating group, service identifier
/// and serving network. A retry of the same usage may differ in its time stamp, its file or its place there, but not in these. It is their
/// CRC-32C, so contents that differ in one number below 2^32 never have the same fingerprint, and any others have it once in 4 thousand
/// million. Usage under another name of its subscriber comes here under the subscriber's own.
/// </summary>
public static class UsageFingerprint
{
    /// <summary>The fingerprint of a received event; never 0, which stands for "not known" in usage.rated.v1.</summary>
    /// <param name="received">The event. A quantity that was not measured (-1) counts as 0, as releases before -1 wrote it.</param>
    /// <param name="network">Its serving network, read.</param>
    public static uint Of(in UsageReceivedView received, Plmn network)
    {
        // Three runs of four numbers do not wait for each other. The time of a report is no content: sent again, it has another.
        uint when = BitOperations.Crc32C(1, received.IsTimeOfReport ? 0 : (ulong)received.EventTimeMilliseconds);
        uint volume = BitOperations.Crc32C(2, Measured(received.UplinkOctets));
        uint what = BitOperations.Crc32C(3, (ulong)received.Kind | ((ulong)received.Direction << 8) | (network.Code << 16));
        when = BitOperations.Crc32C(when, received.IsTimeOfReport ? 0 : (ulong)received.EndTimeMilliseconds);
        volume = BitOperations.Crc32C(volume, Measured(received.DownlinkOctets));
        what = BitOperations.Crc32C(what, (ulong)received.RatingGroup);
        when = BitOperations.Crc32C(when, Measured(received.DurationSeconds));
        volume = BitOperations.Crc32C(volume, Measured(received.TotalOctets));
        what = BitOperations.Crc32C(what, (ulong)received.ServiceIdentifier);
        when = BitOperations.Crc32C(when, Measured(received.Messages));
        volume = BitOperations.Crc32C(volume, Measured(received.ServiceUnits));
        // A reference is a keyed hash, so half of it tells subscribers apart.
        what = BitOperations.Crc32C(what, received.SubscriberRef.Low);
        uint fingerprint = BitOperations.Crc32C(what, ((ulong)when << 32) | volume);
        return fingerprint == 0 ? 1 : fingerprint;
    }

    /// <summary>
    /// The id under which usage is charged of which somebody decided that it is not what was charged first under its id: made from that id,
    /// the subscriber and the fingerprint, so however often and by whomever it is sent, it is charged once.
    /// </summary>
    /// <param name="usageId">The id that both usages came under.</param>
    /// <param name="subscriber">Reference of the subscriber who used it.</param>
    /// <param name="fingerprint">Fingerprint of the usage to charge.</param>
    public static UInt128 OwnIdOf(UInt128 usageId, UInt128 subscriber, uint fingerprint)
    {
        Span<byte> key = stackalloc byte[OwnIdForm.Length + UsageId.Size + SubscriberRef.Size + sizeof(uint)];
        OwnIdForm.CopyTo(key);
        BinaryPrimitives.WriteUInt128BigEndian(key[OwnIdForm.Length..], usageId);
        BinaryPrimitives.WriteUInt128BigEndian(key[(OwnIdForm.Length + UsageId.Size)..], subscriber);
        BinaryPrimitives.WriteUInt32BigEndian(key[(OwnIdForm.Length + UsageId.Size + SubscriberRef.Size)..], fingerprint);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private static ReadOnlySpan<byte> OwnIdForm => "conflict.1"u8;

    private static ulong Measured(long quantity) => (ulong)(quantity & ~(quantity >> 63));
}
