using System.Buffers.Binary;
using System.Numerics;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>Events to send through other people's clients: every kind of field that our schemas use.</summary>
internal static class Notifications
{
    /// <summary>Fields that are octets to a client without logical types.</summary>
    public static readonly string[] OctetFields = ["notificationId", "subscriberRef", "usageId", "amount"];

    public static IReadOnlyList<CustomerNotification> Some(int count) => [.. Enumerable.Range(0, count).Select(One)];

    public static byte[] Key(CustomerNotification notification)
    {
        byte[] key = new byte[16];
        notification.SubscriberRef.CopyTo(key);
        return key;
    }

    /// <summary>
    /// The event as a client sees it that knows Avro but no logical types: the encodings are those of Avro 1.12, worked out here without
    /// our writer.
    /// </summary>
    public static JsonObject AsSeenElsewhere(CustomerNotification notification)
    {
        BigInteger nanos = new(decimal.Truncate(notification.Amount * 1_000_000_000m));
        return new JsonObject
        {
            ["notificationId"] = notification.NotificationId.ToString(),
            ["subscriberRef"] = notification.SubscriberRef.ToString(),
            ["account"] = notification.Account,
            ["kind"] = KindNames[notification.Kind],
            ["periodStart"] = notification.PeriodStart.DayNumber - new DateOnly(1970, 1, 1).DayNumber,
            ["eventTime"] = notification.EventTime.ToUnixTimeMilliseconds(),
            ["usageId"] = notification.UsageId.ToString(),
            ["amount"] = Convert.ToHexStringLower(nanos.ToByteArray(isUnsigned: false, isBigEndian: true)),
            ["limit"] = "",
            ["scope"] = "OTHER",
            ["limitAmount"] = null,
            ["limitBasis"] = "NET",
            ["permille"] = 0,
            ["notification"] = "",
            ["action"] = "MESSAGE",
            ["legalBasis"] = "",
            ["spendBasis"] = "NET",
            ["vatPermille"] = -1,
            ["currency"] = "",
            ["offering"] = "",
            ["offeringVersion"] = 0,
            ["isChosen"] = false,
        };
    }

    /// <summary>Writes the events to a topic with our code, and registers their schema for it.</summary>
    public static async Task<EventTopic<CustomerNotification>> ProduceAsync(
        Cluster cluster, string topic, IEnumerable<CustomerNotification> notifications)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await SchemaSubjects.EnsureAsync(cluster.Registry, [(topic, CustomerNotification.SchemaJson)], cancel);
        EventTopic<CustomerNotification> ours = await EventTopic.OpenAsync<CustomerNotification>(topic, cluster.Registry, cancel);
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(
            new ProducerConfig { BootstrapServers = cluster.BootstrapServers }).Build();
        foreach (CustomerNotification notification in notifications)
        {
            producer.Produce(topic, new Message<byte[], byte[]> { Key = Key(notification), Value = ours.Write(notification).ToArray() });
        }

        producer.Flush(TestContext.Current.CancellationToken);
        return ours;
    }

    private static readonly Dictionary<NotificationKind, string> KindNames = new()
    {
        [NotificationKind.Other] = "OTHER",
        [NotificationKind.DataBundle80Percent] = "DATA_BUNDLE_80_PERCENT",
        [NotificationKind.RoamingDataLimit] = "ROAMING_DATA_LIMIT",
    };

    private static CustomerNotification One(int i) => new()
    {
        NotificationId = NotificationId.FromBytes(Octets(1, i)),
        SubscriberRef = SubscriberRef.FromBytes(Octets(2, i)),
        Account = i % 2 == 0 ? $"A-{i}" : $"Société {i} ünïcode €",
        Kind = i % 3 == 0 ? NotificationKind.RoamingDataLimit : NotificationKind.DataBundle80Percent,
        PeriodStart = new DateOnly(2026, 1, 1).AddDays(i),
        EventTime = new DateTimeOffset(2026, 1, 15, 23, 59, 59, 999, TimeSpan.Zero).AddMinutes(i),
        UsageId = UsageId.FromBytes(Octets(3, i)),
        Amount = i % 2 == 0 ? 12.345678901m * i : -0.000000001m * i,
    };

    private static byte[] Octets(byte first, int i)
    {
        byte[] octets = new byte[16];
        octets[0] = first;
        BinaryPrimitives.WriteInt32BigEndian(octets.AsSpan(12), i * 7919);
        return octets;
    }
}
