using System.Buffers.Binary;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Bench;

/// <summary>
/// Usage of all kinds under the offerings with price lists that ship as samples: data sessions with many records, calls to several
/// destinations, messages, at home and in other networks. Subscribers have the offerings in turn. Time goes on from event to event, so the
/// records of a session come in their order.
/// </summary>
internal sealed class MixedUsage : IUsageLoad
{
    private const int SubscriberPlace = UsageLoad.IdPlace + UsageId.Size;

    // Behind the subscriber and the kind, which is one octet.
    private const int TimePlace = SubscriberPlace + SubscriberRef.Size + 1;

    // Octets of a time of this century.
    private const int TimeSize = 6;

    // No event's day has all of it.
    private const long MillisecondsPerRound = 80_000_000;

    private static readonly Template[][] Offerings =
    [
        [
            Template.Data("20601"), Template.Data("20601"), Template.Data("20801"), Template.Call("20601", "32470123"),
            Template.Call("20601", "32470123"), Template.Call("20601", "12125551"), Template.Answer("20601"), Template.Message("20601"),
        ],
        [
            Template.Data("20601"), Template.Data("20601"), Template.Call("20601", "32470123"), Template.Call("20601", "32225551"),
            Template.Message("20601"), Template.Answer("20601"), Template.Data("20801"), Template.Call("20601", "33612345"),
        ],
        [Template.Data("20601"), Template.Data("20601"), Template.Data("20801"), Template.Data("20601")],
        [
            Template.Data("20601"), Template.Data("20601") with { Network = "factory" }, Template.Call("20601", "32470123"),
            Template.Call("20601", "32225551"), Template.Call("20601", "33612345"), Template.Message("20601"), Template.Data("20801"),
            Template.Answer("20601"),
        ],
        [Template.Data("20601"), Template.Data("20601"), Template.Data("310260"), Template.Message("20601")],
        [Template.Data("310260"), Template.Call("310260", "32470123"), Template.Message("310260"), Template.Data("310260")],
    ];

    private readonly byte[][][] _values;
    private readonly byte[][] _used = new byte[UsageLoad.Templates][];
    private readonly ulong _stream;
    private readonly int _subscribers;
    private readonly long _start;
    private readonly long _events;

    /// <param name="topic">Writes the values.</param>
    /// <param name="stream">Distinguishes the ids of several loads, 0 to 65,535.</param>
    /// <param name="subscribers">Number of subscribers.</param>
    /// <param name="start">When the first usage began: early on its day.</param>
    /// <param name="events">Events that there will be at most.</param>
    public MixedUsage(EventTopic<UsageReceived> topic, int stream, int subscribers, DateTimeOffset start, long events)
    {
        (_stream, _subscribers, _start, _events) = ((ulong)stream << 48, subscribers, start.ToUnixTimeMilliseconds(), events);

        // The names of the files fill all values up to one length, so that each can be written over any other.
        int longest = Offerings.Max(offering => offering.Index().Max(template => topic.Write(Event(template, start, 0)).Length));
        _values = [.. Offerings.Select(offering => offering.Index().Select(template =>
        {
            int missing = longest - topic.Write(Event(template, start, 0)).Length;
            return topic.Write(Event(template, start, missing)).ToArray();
        }).ToArray())];
        for (int index = 0; index < _used.Length; index++)
        {
            _used[index] = new byte[longest];
        }
    }

    /// <summary>The offering of a subscriber.</summary>
    public static string OfferingOf(int number) => Names[number % Names.Length];

    private static string[] Names { get; } =
        ["be-plan-60", "be-prepaid", "data-only-tiers", "enterprise-commit", "iot-pool", "roaming-pass"];

    /// <inheritdoc/>
    public byte[] Value(long number)
    {
        ulong low = _stream | (ulong)number;
        ulong random = UsageLoad.Mix(low);
        int subscriber = (int)Math.BigMul(random, (ulong)_subscribers, out ulong rest);
        byte[][] templates = _values[subscriber % Names.Length];
        byte[] template = templates[(int)Math.BigMul(rest, (ulong)templates.Length, out _)];
        byte[] value = _used[number & (UsageLoad.Templates - 1)];
        template.CopyTo(value, 0);
        BinaryPrimitives.WriteUInt64BigEndian(value.AsSpan(UsageLoad.IdPlace), random);
        BinaryPrimitives.WriteUInt64BigEndian(value.AsSpan(UsageLoad.IdPlace + sizeof(ulong)), low);
        UsageLoad.Subscriber(subscriber).CopyTo(value.AsSpan(SubscriberPlace));
        long time = _start + (number * MillisecondsPerRound / _events);
        WriteTime(value.AsSpan(TimePlace), time);
        WriteTime(value.AsSpan(TimePlace + TimeSize), time + 60_000);
        return value;
    }

    private static void WriteTime(Span<byte> place, long time)
    {
        ulong left = (ulong)time << 1;
        for (int index = 0; index < TimeSize - 1; index++, left >>= 7)
        {
            place[index] = (byte)(left | 0x80);
        }

        place[TimeSize - 1] = (byte)left;
    }

    private static UsageReceived Event((int Index, Template Template) place, DateTimeOffset start, int filling)
    {
        (int index, Template template) = place;
        return new UsageReceived
        {
            UsageId = UsageId.FromHalves(1, (ulong)index),
            SubscriberRef = UsageLoad.Subscriber(index),
            Kind = template.Kind,
            EventTime = start,
            EndTime = start.AddMinutes(1),
            UtcOffsetMinutes = 60,
            DurationSeconds = template.Kind == UsageKind.Sms ? -1 : 47 + index,
            UplinkOctets = template.Kind == UsageKind.Data ? 12_345 : -1,
            DownlinkOctets = template.Kind == UsageKind.Data ? 234_567 + index : -1,
            TotalOctets = template.Kind == UsageKind.Data ? 246_912 + index : -1,
            Messages = template.Kind == UsageKind.Sms ? 1 : -1,
            RatingGroup = template.Kind == UsageKind.Data ? 10 : -1,
            ServiceIdentifier = -1,
            ServiceUnits = -1,
            ServingPlmn = template.Serving,
            RatType = 6,
            DataNetwork = template.Network,
            Direction = template.Direction,
            OtherPartyPrefix = template.Called,
            CalledRef = template.Called.Length == 0 ? [] : UsageLoad.Subscriber(index + 1).ToByteArray(),
            ShortNumber = "",
            SliceServiceType = template.Network == "factory" ? 1 : -1,
            SliceDifferentiator = template.Network == "factory" ? 1 : -1,
            ChargingId = template.Kind == UsageKind.Data ? 0x4000_0000 + index : -1,
            RecordSequenceNumber = template.Kind == UsageKind.Data ? 1 : -1,
            LocalSequenceNumber = 27_182_818 + index,
            Source = "pgw-north",
            Node = "pgw01",
            RecordType = 85,
            FileId = FileId.FromHalves(0x2123456789abcdef, 0xfedcba9876543212),
            FileName = "PGW01_-_42.20260314_-_0800+0100" + new string('0', filling),
            FileSequenceNumber = 42,
            RecordIndex = index,
            PersonalDataKeyId = "bench-2026-03",
            PersonalData = new byte[48],
        };
    }

    private readonly record struct Template(UsageKind Kind, string Serving, Direction Direction, string Called, string Network)
    {
        public static Template Data(string serving) => new(UsageKind.Data, serving, Direction.NotApplicable, "", "internet");

        public static Template Call(string serving, string called) => new(UsageKind.Voice, serving, Direction.Originating, called, "");

        public static Template Answer(string serving) => new(UsageKind.Voice, serving, Direction.Terminating, "", "");

        public static Template Message(string serving) => new(UsageKind.Sms, serving, Direction.Originating, "32470123", "");
    }
}
