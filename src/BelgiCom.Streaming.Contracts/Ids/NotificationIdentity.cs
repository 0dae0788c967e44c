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
    /// <summary>The id of a step of a spending limit in a period, on the account that pays.</summary>
    /// <param name="subscriber">Who is owed the message.</param>
    /// <param name="account">Billing account in UTF-8: a number that goes to another account in the month begins anew.</param>
    /// <param name="step">Number of the step, another one for a limit of another amount.</param>
    /// <param name="periodStartDays">First day of the balance period, in days since 1970-01-01.</param>
    public static NotificationId OfStep(SubscriberRef subscriber, ReadOnlySpan<byte> account, ulong step, int periodStartDays)
    {
        byte[] key = new byte[SubscriberRef.Size + sizeof(ulong) + sizeof(int) + account.Length];
        subscriber.CopyTo(key);
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(SubscriberRef.Size), step);
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(SubscriberRef.Size + sizeof(ulong)), periodStartDays);
        account.CopyTo(key.AsSpan(SubscriberRef.Size + sizeof(ulong) + sizeof(int)));
        return NotificationId.FromBytes(SHA256.HashData(key).AsSpan(0, NotificationId.Size));
    }
}
