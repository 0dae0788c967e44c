using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>A record to put on usage.received.v1.</summary>
internal sealed record UsageToSend(int Partition, byte[] Key, byte[]? Value);

/// <summary>
/// Generated usage of generated subscribers: event n of a seed is always the same event. Subscriber n lives in partition n modulo the
/// number of partitions.
/// </summary>
internal sealed class FaultUsage(int schemaId, int seed, int subscribers)
{
    /// <summary>The source's name in every value: tests find the string in the octets and break it.</summary>
    public const string Source = "pgw-faults";

    private static readonly DateTimeOffset Begin = new(2025, 6, 10, 8, 0, 0, TimeSpan.Zero);

    /// <summary>The reference of a subscriber: made up, no person's.</summary>
    public static SubscriberRef Subscriber(int number) => SubscriberRef.FromHalves(Mix((ulong)number), Mix((ulong)number + (1UL << 40)));

    public IEnumerable<UsageToSend> Events(int first, int count) => Enumerable.Range(first, count).Select(Event);

    public UsageToSend Event(int number)
    {
        Random random = new(unchecked(seed + (number * 7919)));
        UsageKind kind = random.Next(10) switch { < 7 => UsageKind.Data, < 9 => UsageKind.Voice, _ => UsageKind.Sms };
        return Of(number, random.Next(subscribers), kind, kind switch
        {
            UsageKind.Data => random.Next(0, 700),
            UsageKind.Voice => random.Next(0, 90),
            _ => 1,
        }, random.Next(4) == 0 ? FaultTariff.World : FaultTariff.Home);
    }

    /// <summary>One event with everything that rating looks at.</summary>
    public UsageToSend Of(int number, int subscriber, UsageKind kind, long units, string network)
    {
        UsageReceived usage = new()
        {
            UsageId = UsageId.FromHalves(Mix((ulong)(uint)seed << 32 | (uint)number), (ulong)number + 1),
            SubscriberRef = Subscriber(subscriber),
            Kind = kind,
            EventTime = Begin.AddSeconds(number % 3600),
            EndTime = Begin.AddSeconds((number % 3600) + 60),
            UtcOffsetMinutes = 120,
            TotalOctets = kind == UsageKind.Data ? units : 0,
            UplinkOctets = kind == UsageKind.Data ? units / 3 : 0,
            DownlinkOctets = kind == UsageKind.Data ? units - (units / 3) : 0,
            DurationSeconds = kind == UsageKind.Voice ? units : 0,
            Messages = kind == UsageKind.Sms ? units : 0,
            RatingGroup = kind == UsageKind.Data ? 10 : -1,
            ServingPlmn = network,
            Direction = Direction.Originating,
            Source = Source,
            Node = "pgw01",
            RecordType = 85,
            FileName = $"faults-{number / 1000}.cdr",
            FileSequenceNumber = number / 1000,
            RecordIndex = number % 1000,
            InputHash = number,
        };
        return new UsageToSend(
            subscriber % RatingPlatform.Partitions, usage.SubscriberRef.ToByteArray(), EventValue.Of(schemaId, usage.Write));
    }

    /// <summary>The finaliser of SplitMix64: different numbers give different, evenly spread numbers.</summary>
    private static ulong Mix(ulong number)
    {
        number = (number + 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9;
        number = (number ^ (number >> 30)) * 0x94D049BB133111EB;
        return number ^ (number >> 31);
    }
}
