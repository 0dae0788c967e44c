using System.Buffers.Binary;
using System.Security.Cryptography;

namespace BelgiCom.Streaming.Contracts;

/// <summary>Ids of notifications: the same occasion always gives the same id.</summary>
public static class NotificationIdentity
{
    /// <summary>The id of a threshold in a period. Crossing the threshold again, or rating the usage again, gives the same id.</summary>
    /// <param name="subscriber">Who is owed the message.</param>
    /// <param name="kind">Which threshold.</param>
    /// <param name="periodStartDays">First day of the balance period, in days since 1970-01-01.</param>
    public static NotificationId OfThreshold(SubscriberRef subscriber, NotificationKind kind, int periodStartDays)
    {
        Span<byte> key = stackalloc byte[SubscriberRef.Size + sizeof(int) + sizeof(int)];
        subscriber.CopyTo(key);
        BinaryPrimitives.WriteInt32BigEndian(key[SubscriberRef.Size..], (int)kind);
        BinaryPrimitives.WriteInt32BigEndian(key[(SubscriberRef.Size + sizeof(int))..], periodStartDays);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return NotificationId.FromBytes(hash[..NotificationId.Size]);
    }
}
