using System.Buffers;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>From the octets of a received event to those of the rated one: nothing is lost on the way, and nothing is allocated.</summary>
public sealed class UsageEventsTests
{
    private const long Subscribed = 1_700_000_000_000;

    private readonly TariffSnapshot _tariffs;
    private readonly RatingSession _session = new(dedupDays: 1, lateDays: 1);
    private readonly UsageReceived _received = new()
    {
        UsageId = UsageId.FromHalves(1, 2),
        SubscriberRef = SubscriberRef.FromHalves(3, 4),
        Kind = UsageKind.Data,
        EventTime = DateTimeOffset.FromUnixTimeMilliseconds(Subscribed + 1),
        EndTime = DateTimeOffset.FromUnixTimeMilliseconds(Subscribed + 2),
        UtcOffsetMinutes = -150,
        DurationSeconds = 1234,
        UplinkOctets = 5_000_000_000,
        DownlinkOctets = 77,
        TotalOctets = 5_000_000_077,
        Messages = 3,
        RatingGroup = 4_294_967_295,
        ServingPlmn = "00101",
        Source = "réseau",
        Node = "pgw01",
        RecordType = 85,
        FileId = FileId.FromHalves(5, 6),
        FileName = "PGW01_-_42.20260314_-_0800+0100",
        FileSequenceNumber = 42,
        RecordIndex = 99_999,
        ContainerIndex = 1,
        InputHash = long.MinValue,
        PersonalDataKeyId = "key",
        PersonalData = new byte[48],
    };

    public UsageEventsTests()
    {
        OfferingIndex offerings = new();
        _tariffs = new TariffSnapshot(
            [
                new OfferingVersion
                {
                    Offering = "go",
                    Version = 1,
                    Currency = "EUR",
                    Zones = [new RoamingZone { Name = RoamingZone.Home, Plmns = ["00101"] }],
                    Prices =
                    [
                        new OfferingPrice
                        {
                            Kind = UsageKind.Data,
                            Unit = PriceUnit.Octet,
                            UnitSize = 1_000_000,
                            UnitPrice = 0.01m,
                            Increment = 1,
                        },
                    ],
                },
            ],
            offerings);
        _session.SetSubscription(
            new UInt128(3, 4),
            [
                new SubscriptionPeriod
                {
                    Account = "BE1",
                    Offering = "go",
                    ValidFrom = DateTimeOffset.FromUnixTimeMilliseconds(Subscribed),
                },
            ],
            offerings);
    }

    [Fact]
    public void RatedEvent_HasWhatTheReceivedOneHad()
    {
        byte[] output = new byte[1024];
        UsageRated rated = UsageRated.Read(output.AsSpan(0, Rewrite(Body(_received), output)));
        Assert.Equal(
            (_received.UsageId, _received.SubscriberRef, "BE1", "go"), (rated.UsageId, rated.SubscriberRef, rated.Account, rated.Offering));
        Assert.Equal((_received.Kind, _received.EventTime, _received.ServingPlmn), (rated.Kind, rated.EventTime, rated.ServingPlmn));
        Assert.Equal(
            (_received.UtcOffsetMinutes, _received.DurationSeconds, _received.Messages, _received.RatingGroup),
            (rated.UtcOffsetMinutes, rated.DurationSeconds, rated.Messages, rated.RatingGroup));
        Assert.Equal(
            (_received.UplinkOctets, _received.DownlinkOctets, _received.TotalOctets),
            (rated.UplinkOctets, rated.DownlinkOctets, rated.TotalOctets));
        Assert.Equal(
            (_received.Source, _received.Node, _received.RecordType, _received.FileId),
            (rated.Source, rated.Node, rated.RecordType, rated.FileId));
        Assert.Equal(
            (_received.FileName, _received.FileSequenceNumber, _received.RecordIndex, _received.ContainerIndex, _received.InputHash),
            (rated.FileName, rated.FileSequenceNumber, rated.RecordIndex, rated.ContainerIndex, rated.InputHash));
        Assert.Equal((7, 8L, 50.00000077m), (rated.ReceivedPartition, rated.ReceivedOffset, rated.Amount));
    }

    [Fact]
    public void Event_FromOctetsToOctets_AllocatesNothing()
    {
        const int Events = 1000, Rounds = 5;
        byte[] body = Body(_received);
        byte[] output = new byte[1024];
        _session.Reserve((int)(Subscribed / 86_400_000), (2 + Rounds) * Events);
        for (int warmUp = 0; warmUp < 2; warmUp++)
        {
            RateDifferent(body, output, Events);
            _session.Commit();
        }

        // Collecting for another test's thread may count the rest of this thread's room as used, so the least of several rounds counts.
        long least = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            RateDifferent(body, output, Events);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void ToRated_OfAnEventThatWasNotRead_IsRefused() => Assert.Throws<ArgumentException>(() =>
        UsageEvents.ToRated(new UsageReceivedView { Source = "x"u8 }, 0, default, _session, _tariffs, 0, 0, out _));

    /// <summary>What makes a session: charging id and node; what is counted apart in it: rating group, service and kind.</summary>
    [Fact]
    public void Session_OfRecords_IsOneByChargingIdAndNode()
    {
        UsageReceived first = new() { ChargingId = 7, Node = "gw1", RatingGroup = 10, ServiceIdentifier = 3, Kind = UsageKind.Data };
        UsageReceived[] others =
        [
            first with { ChargingId = 8 }, first with { Node = "gw2" }, first with { RatingGroup = 11 }, first with { RatingGroup = -1 },
            first with { ServiceIdentifier = 4 }, first with { ServiceIdentifier = -1 }, first with { Kind = UsageKind.Voice },
            first with { ChargingId = 10, RatingGroup = 7 },
        ];

        UInt128 session = Detailed(first).Session;

        Assert.Equal(session, Detailed(first with { RecordSequenceNumber = 2, EventTime = DateTimeOffset.UnixEpoch.AddDays(1) }).Session);
        Assert.Equal(others.Length + 1, others.Select(other => Detailed(other).Session).Append(session).Distinct().Count());
        Assert.Equal(UInt128.Zero, Detailed(first with { ChargingId = -1 }).Session);
    }

    [Theory]
    [InlineData("internet", "INTERNET", true)]
    [InlineData("internet", "internet.mnc001.mcc206.gprs", true)]
    [InlineData("internet", "Internet.MNC001.MCC206.GPRS", true)]
    [InlineData("internet", "internet2", false)]
    [InlineData("internet", "internet.mnc01.mcc206.gprs", false)]
    [InlineData("a.very.long.name.of.a.network", "a.very.long.name.of.a.networl", false)]
    [InlineData("internet", "", false)]
    public void DataNetwork_IsKnownByItsIdentifierAlone(string one, string other, bool isSame) =>
        Assert.Equal(isSame, DataNetworkName.Of(one) == DataNetworkName.Of(other));

    [Theory]
    [InlineData(Direction.Originating, "32475123", "", 8, true)]
    [InlineData(Direction.Originating, "", "1207", 4, false)]
    [InlineData(Direction.Originating, "", "", 0, false)]
    [InlineData(Direction.Terminating, "32475123", "", 0, false)]
    public void CalledNumber_IsOfOriginatingUsageOnly(Direction direction, string prefix, string shortNumber, int digits, bool isBeginning)
    {
        UsageRecord usage = Detailed(
            new UsageReceived { Kind = UsageKind.Voice, Direction = direction, OtherPartyPrefix = prefix, ShortNumber = shortNumber });

        Assert.Equal((digits, isBeginning), (usage.CalledNumber.Length, usage.CalledNumber.IsBeginning));
    }

    /// <summary>
    /// Usage from before the field, of an adapter that may not fill it, or without a direction, does not say who was called; what has no
    /// number of a subscriber called none.
    /// </summary>
    [Theory]
    [InlineData(Direction.Originating, "32475123", true, "5151")]
    [InlineData(Direction.Originating, "32475123", false, "unknown")]
    [InlineData(Direction.NotApplicable, "32475123", true, "unknown")]
    [InlineData(Direction.Originating, "", false, "nobody")]
    [InlineData(Direction.NotApplicable, "", false, "nobody")]
    [InlineData(Direction.Terminating, "32475123", true, "nobody")]
    public void Called_IsWhomTheUsageNames(Direction direction, string prefix, bool hasReference, string expected)
    {
        UsageRecord usage = Detailed(new UsageReceived
        {
            Kind = UsageKind.Voice,
            Direction = direction,
            OtherPartyPrefix = prefix,
            CalledRef = hasReference ? SubscriberRef.FromHalves(0, 0x5151).ToByteArray() : [],
        });

        Assert.Equal(
            expected switch { "unknown" => UsageRecord.UnknownCalled, "nobody" => default, _ => (UInt128)0x5151 }, usage.Called);
    }

    private static UsageRecord Detailed(UsageReceived received)
    {
        Assert.True(UsageReceivedView.TryRead(Body(received), out UsageReceivedView view));
        return UsageEvents.ToRecord(in view, receivedTimeMilliseconds: 0, withDetails: true);
    }

    private static byte[] Body(UsageReceived received)
    {
        ArrayBufferWriter<byte> body = new();
        received.Write(body);
        return body.WrittenSpan.ToArray();
    }

    private void RateDifferent(byte[] body, byte[] output, int events)
    {
        for (int number = 0; number < events; number++)
        {
            // The id comes first in the schema: another number in its last octets is another event.
            for (int octet = UsageId.Size - 1; ++body[octet] == 0; octet--)
            {
            }

            Rewrite(body, output);
        }
    }

    private int Rewrite(byte[] body, byte[] output)
    {
        _session.Prepare([UsageEvents.PeekKey(body)]);
        Assert.True(UsageReceivedView.TryRead(body, out UsageReceivedView received));
        UsageRecord usage = UsageEvents.ToRecord(in received, receivedTimeMilliseconds: 0, withDetails: true);
        _session.Rate(in usage, _tariffs, out RatingResult result);
        if (result.Outcome != RatingOutcome.Rated)
        {
            Assert.Fail($"{result.Outcome} {result.RejectedReason}");
        }

        UsageEvents.ToRated(
            in received, usage.Fingerprint, in result, _session, _tariffs, partition: 7, offset: 8, out UsageRatedView view);
        return view.Write(output);
    }
}
