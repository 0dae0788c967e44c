using System.Buffers;
using System.Buffers.Binary;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Bench;

/// <summary>
/// Usage for benchmarks: parts of PGW records of many subscribers. A few values are encoded once. For each use, the ids of event and
/// subscriber, which come first in the schema, are written into one of them. So any number of different events needs little memory, and
/// every event goes to a random subscriber.
/// </summary>
internal sealed class UsageLoad : IUsageLoad
{
    /// <summary>Values that can be in use at the same time.</summary>
    public const int Templates = 256;

    /// <summary>Place of the event's id in a value; the subscriber follows it.</summary>
    public const int IdPlace = WireFormat.HeaderSize;

    private const int SubscriberPlace = IdPlace + UsageId.Size;

    private readonly byte[][] _values;
    private readonly ulong _stream;
    private readonly int _subscribers;

    /// <param name="topic">Writes the values.</param>
    /// <param name="stream">Distinguishes the ids of several loads, 0 to 65,535.</param>
    /// <param name="subscribers">Number of subscribers.</param>
    /// <param name="eventTime">When the usage began.</param>
    public UsageLoad(EventTopic<UsageReceived> topic, int stream, int subscribers, DateTimeOffset eventTime)
    {
        _stream = (ulong)stream << 48;
        _subscribers = subscribers;
        _values = [.. Enumerable.Range(0, Templates).Select(index => topic.Write(Event(index, eventTime)).ToArray())];
    }

    /// <summary>Octets of a value, on average.</summary>
    public double MeanOctets => _values.Average(value => value.Length);

    /// <summary>The reference of a subscriber. References are spread as evenly as by the HMAC that makes real ones.</summary>
    public static SubscriberRef Subscriber(int number) => SubscriberRef.FromHalves(Mix((ulong)number), Mix((ulong)number + (1UL << 40)));

    /// <summary>The number that <see cref="Value"/> put into an id.</summary>
    public static long NumberOf(UsageId id) => (long)(id.Low & ((1UL << 48) - 1));

    /// <inheritdoc/>
    public byte[] Value(long number)
    {
        byte[] value = _values[number & (Templates - 1)];
        ulong low = _stream | (ulong)number;
        ulong random = Mix(low);
        BinaryPrimitives.WriteUInt64BigEndian(value.AsSpan(IdPlace), random);
        BinaryPrimitives.WriteUInt64BigEndian(value.AsSpan(IdPlace + sizeof(ulong)), low);
        Subscriber((int)Math.BigMul(random, (ulong)_subscribers, out _)).CopyTo(value.AsSpan(SubscriberPlace));
        return value;
    }

    /// <summary>The record key of a value: its subscriber.</summary>
    public static ReadOnlySpan<byte> KeyOf(byte[] value) => value.AsSpan(SubscriberPlace, SubscriberRef.Size);

    /// <summary>Bodies of different events, without a header.</summary>
    public static byte[][] Bodies(int count) => [.. Enumerable.Range(0, count).Select(index =>
    {
        ArrayBufferWriter<byte> body = new();
        Event(index, DateTimeOffset.UnixEpoch.AddDays(20_000)).Write(body);
        return body.WrittenSpan.ToArray();
    })];

    /// <summary>The subscription of each benchmark subscriber: an offering of the sample catalogue.</summary>
    public const string Offering = "mobile-go";

    /// <summary>Name of the account of a subscriber.</summary>
    public static string Account(int number) => $"BE{number:D8}";

    private static UsageReceived Event(int index, DateTimeOffset eventTime)
    {
        Random random = new(index);
        long uplink = random.Next(1 << 8, 1 << 20);
        long downlink = random.Next(1 << 10, 1 << 24);
        return new UsageReceived
        {
            UsageId = UsageId.FromHalves((ulong)random.NextInt64(), (ulong)index),
            SubscriberRef = Subscriber(index),
            Kind = UsageKind.Data,
            EventTime = eventTime.AddMilliseconds(index * 977L),
            EndTime = eventTime.AddMilliseconds((index * 977L) + 900_000),
            UtcOffsetMinutes = 60,
            DurationSeconds = random.Next(1, 3600),
            UplinkOctets = uplink,
            DownlinkOctets = downlink,
            TotalOctets = uplink + downlink,
            RatingGroup = 10 * random.Next(1, 30),
            ServingPlmn = "00101",
            RatType = 6,
            DataNetwork = "internet",
            ChargingId = random.NextInt64(1L << 32),
            RecordSequenceNumber = random.Next(20),
            LocalSequenceNumber = 27_182_818 + index,
            CauseForRecordClosing = 0,
            Source = "pgw-north",
            Node = "pgw01",
            RecordType = 85,
            FileId = FileId.FromHalves(0x2123456789abcdef, 0xfedcba9876543212),
            FileName = "PGW01_-_42.20260314_-_0800+0100",
            FileSequenceNumber = 42,
            RecordIndex = index,
            ContainerIndex = random.Next(4),
            InputHash = random.NextInt64(),
            PersonalDataKeyId = "bench-2026-03",
            PersonalData = new byte[48],
        };
    }

    /// <summary>The finaliser of SplitMix64: different numbers give different, evenly spread numbers.</summary>
    public static ulong Mix(ulong number)
    {
        number = (number + 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9;
        number = (number ^ (number >> 30)) * 0x94D049BB133111EB;
        return number ^ (number >> 31);
    }
}
