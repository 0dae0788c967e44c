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
        const int Events = 1000;
        byte[] body = Body(_received);
        byte[] output = new byte[1024];
        _session.Reserve((int)(Subscribed / 86_400_000), 3 * Events);
        for (int warmUp = 0; warmUp < 2; warmUp++)
        {
            RateDifferent(body, output, Events);
            _session.Commit();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        RateDifferent(body, output, Events);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void ToRated_OfAnEventThatWasNotRead_IsRefused() => Assert.Throws<ArgumentException>(() =>
        UsageEvents.ToRated(new UsageReceivedView { Source = "x"u8 }, 0, default, _session, _tariffs, 0, 0, out _));

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
        UsageRecord usage = UsageEvents.ToRecord(in received, receivedTimeMilliseconds: 0);
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
