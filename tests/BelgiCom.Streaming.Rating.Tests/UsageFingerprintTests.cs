using System.Buffers;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>The fingerprint changes with everything that the charge depends on, and with nothing else.</summary>
public sealed class UsageFingerprintTests
{
    private static readonly UsageReceived Usage = new()
    {
        UsageId = UsageId.FromHalves(1, 2),
        Kind = UsageKind.Data,
        EventTime = Given.Time("2026-03-14T10:00:00Z"),
        EndTime = Given.Time("2026-03-14T10:05:00Z"),
        DurationSeconds = 300,
        UplinkOctets = 10,
        DownlinkOctets = 20,
        TotalOctets = 30,
        Messages = -1,
        RatingGroup = 5,
        ServiceIdentifier = 6,
        ServingPlmn = "00101",
    };

    public static TheoryData<string, UsageReceived> OtherUsage() => new()
    {
        { "kind", Usage with { Kind = UsageKind.Voice } },
        { "start", Usage with { EventTime = Usage.EventTime.AddMilliseconds(1) } },
        { "end", Usage with { EndTime = Usage.EndTime.AddMilliseconds(1) } },
        { "duration", Usage with { DurationSeconds = 301 } },
        { "uplink", Usage with { UplinkOctets = 11 } },
        { "downlink", Usage with { DownlinkOctets = 21 } },
        { "directions exchanged", Usage with { UplinkOctets = 20, DownlinkOctets = 10 } },
        { "total", Usage with { TotalOctets = 31 } },
        { "messages", Usage with { Messages = 1 } },
        { "service units", Usage with { ServiceUnits = 1 } },
        { "rating group", Usage with { RatingGroup = 6 } },
        { "no rating group", Usage with { RatingGroup = -1 } },
        { "service", Usage with { ServiceIdentifier = 7 } },
        { "group and service exchanged", Usage with { RatingGroup = 6, ServiceIdentifier = 5 } },
        { "network", Usage with { ServingPlmn = "00102" } },
        { "network with 3 digits of MNC", Usage with { ServingPlmn = "001010" } },
        { "no network", Usage with { ServingPlmn = "" } },
        { "direction", Usage with { Direction = Direction.Terminating } },
        { "subscriber", Usage with { SubscriberRef = SubscriberRef.FromHalves(3, 4) } },
    };

    public static TheoryData<string, UsageReceived> SameUsage() => new()
    {
        { "id", Usage with { UsageId = UsageId.FromHalves(3, 4) } },
        { "file", Usage with { FileName = "other", FileSequenceNumber = 9, RecordIndex = 3, ContainerIndex = 2 } },
        { "octets of the record", Usage with { InputHash = 99 } },
        { "personal data", Usage with { PersonalData = [1] } },
        { "radio", Usage with { RatType = 51 } },
        { "not measured, as an earlier release wrote it", Usage with { Messages = 0 } },
    };

    [Theory]
    [MemberData(nameof(OtherUsage))]
    public void OtherContent_HasAnotherFingerprint(string what, UsageReceived other) =>
        Assert.True(Fingerprint(Usage) != Fingerprint(other), what);

    [Theory]
    [MemberData(nameof(SameUsage))]
    public void SameContent_HasTheSameFingerprint(string what, UsageReceived other) =>
        Assert.True(Fingerprint(Usage) == Fingerprint(other), what);

    /// <summary>A report that is sent again has another time; of usage that says no other time, that is no other content.</summary>
    [Fact]
    public void TimeOfTheReport_IsNoContent()
    {
        UsageReceived reported = Usage with { IsTimeOfReport = true };
        UsageReceived again = reported with { EventTime = Usage.EventTime.AddSeconds(5), EndTime = Usage.EndTime.AddSeconds(5) };

        Assert.Equal(Fingerprint(reported), Fingerprint(again));
        Assert.NotEqual(Fingerprint(reported), Fingerprint(again with { TotalOctets = 31 }));
    }

    /// <summary>
    /// Of 100,000 contents that differ in one number, about n² / 2 / 2^32 = 1.16 pairs agree by chance; 12 pairs never do.
    /// </summary>
    [Fact]
    public void ContentsThatDifferALittle_HaveDifferentFingerprints()
    {
        const int Contents = 100_000;
        HashSet<uint> seen = [.. Enumerable.Range(0, Contents).Select(octets => Fingerprint(Usage with { TotalOctets = octets }))];
        Assert.InRange(seen.Count, Contents - 12, Contents);
    }

    private static uint Fingerprint(UsageReceived usage)
    {
        ArrayBufferWriter<byte> body = new();
        usage.Write(body);
        Assert.True(UsageReceivedView.TryRead(body.WrittenSpan, out UsageReceivedView view));
        return UsageEvents.ToRecord(in view, receivedTimeMilliseconds: 0, withDetails: false).Fingerprint;
    }
}
