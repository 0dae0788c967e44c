using System.Text;
using BelgiCom.Streaming.Contracts;
using static BelgiCom.Streaming.Adapters.Tests.HandMade;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>Not measured is not zero: what a part does not say is -1 in the event, and what contradicts itself is in quarantine.</summary>
public sealed class MeasuredTests
{
    /// <summary>Each row has the volumes that the container says, and then total, uplink and downlink of the event.</summary>
    [Theory]
    [InlineData("\"totalVolume\":30,\"uplinkVolume\":10,\"downlinkVolume\":20", 30, 10, 20)]
    [InlineData("\"totalVolume\":30", 30, -1, -1)]
    [InlineData("\"uplinkVolume\":10,\"downlinkVolume\":20", 30, 10, 20)]
    [InlineData("\"uplinkVolume\":10", 10, 10, -1)]
    [InlineData("\"totalVolume\":30,\"uplinkVolume\":0,\"downlinkVolume\":0", 30, -1, -1)]
    [InlineData("\"totalVolume\":30,\"uplinkVolume\":0", 30, -1, -1)]
    [InlineData("\"totalVolume\":30,\"uplinkVolume\":10", 30, 10, -1)]
    [InlineData("\"totalVolume\":0,\"uplinkVolume\":10,\"downlinkVolume\":20", 30, 10, 20)]
    [InlineData("\"totalVolume\":0", 0, -1, -1)]
    [InlineData("\"uplinkVolume\":0,\"downlinkVolume\":0", 0, 0, 0)]
    [InlineData("\"time\":600", -1, -1, -1)]
    public void Volumes_OfAContainer_AreWhatWasMeasured(string volumes, long total, long uplink, long downlink)
    {
        UsageReceived usage = Assert.Single(Mediated.Usage(Json($$"""{"localSequenceNumber":1,{{volumes}}}""")));

        Assert.Equal((total, uplink, downlink), (usage.TotalOctets, usage.UplinkOctets, usage.DownlinkOctets));
        Assert.Equal((-1, -1), (usage.Messages, usage.ServiceUnits));
    }

    /// <summary>
    /// Nobody knows which of two contradicting volumes is right; 80 MiB beside an uplink of 1 MiB and a downlink of 0 must not cost 1 MiB.
    /// </summary>
    [Theory]
    [InlineData("\"totalVolume\":83886080,\"uplinkVolume\":1048576,\"downlinkVolume\":0")]
    [InlineData("\"totalVolume\":5,\"uplinkVolume\":10")]
    [InlineData("\"uplinkVolume\":9223372036854775807,\"downlinkVolume\":1")]
    [InlineData("\"totalVolume\":10,\"totalVolume\":20")]
    [InlineData("\"totalVolume\":10,\"TotalVolume\":10")]
    public void Volumes_ThatContradict_AreABadValue(string volumes) =>
        Assert.Equal(QuarantineReason.BadValue, FaultOf(Json($$"""{"localSequenceNumber":1,{{volumes}}}""")));

    /// <summary>If a member stands twice, taking both would charge twice, and taking the last would lose the first.</summary>
    [Theory]
    [InlineData(",\"multipleUnitUsage\":[{\"ratingGroup\":10,\"usedUnitContainer\":[{\"totalVolume\":20}]}]")]
    [InlineData(",\"invocationSequenceNumber\":1")]
    [InlineData(",\"subscriberIdentifier\":\"imsi-001010000000098\"")]
    public void Member_ThatStandsTwice_IsABadValue(string member) =>
        Assert.Equal(QuarantineReason.BadValue, FaultOf(Encoding.UTF8.GetBytes(Request("""{"totalVolume":10}""", rest: member))));

    [Fact]
    public void List_ThatStandsTwice_IsABadValue()
    {
        Tlv pgw = Pgw(Service(10, 1, 1, 2));
        pgw.Children.Add(Tlv.Constructed(34, Service(10, 2, 3, 4)));
        Tlv chf = Chf(Usage(10, Used(1, 1, 2)));
        chf.Children.Add(Tlv.Constructed(5, Usage(20, Used(2, 1, 2))));

        Assert.Equal(QuarantineReason.BadValue, FaultOf(CdrWriter.Plain(pgw)));
        Assert.Equal(QuarantineReason.BadValue, FaultOf(CdrWriter.Plain(chf)));
    }

    /// <summary>TS 32.274: one unit is one message, sent by the subscriber whose number stands in the originator's information.</summary>
    [Fact]
    public void Message_OverNchfAndOfAChf_IsAMessage()
    {
        string request = Request("""{"localSequenceNumber":1,"serviceSpecificUnits":2}""", rest:
            $$$"""
            ,"sMSChargingInformation":{"originatorInfo":{"originatorSUPI":"imsi-{{{Subscriber}}}",
            "originatorGPSI":"msisdn-{{{Number}}}"} }
            """.ReplaceLineEndings(""));
        UsageReceived nchf = Assert.Single(Mediated.Usage(Encoding.UTF8.GetBytes(request)));
        UsageReceived chf = Assert.Single(Mediated.Usage(CdrWriter.Plain(ChfMessage())));

        Assert.Equal((UsageKind.Sms, 2L, Direction.Originating), (nchf.Kind, nchf.Messages, nchf.Direction));
        Assert.Equal((UsageKind.Sms, 1L, Direction.Originating), (chf.Kind, chf.Messages, chf.Direction));
        Assert.Equal(nchf.SubscriberRef, chf.SubscriberRef);
    }

    /// <summary>08:00 to 08:10 is 600 s: a call lasts to its end. 10 minutes of 0.60 a minute would otherwise be free.</summary>
    [Fact]
    public void Call_WithoutDuration_LastsToItsEnd()
    {
        string request = Request(
            """
            {"localSequenceNumber":1,"pDUContainerInformation":{"timeofFirstUsage":"2026-03-14T08:00:00Z",
            "timeofLastUsage":"2026-03-14T08:10:00Z"}}
            """, rest: ",\"iMSChargingInformation\":{}");
        UsageReceived call = Assert.Single(Mediated.Usage(Encoding.UTF8.GetBytes(request)));

        Assert.Equal((UsageKind.Voice, 600L, -1L), (call.Kind, call.DurationSeconds, call.TotalOctets));
    }

    /// <summary>
    /// TS 32.298 5.2.5: iMSChargingInformation [28] and mMTelChargingInformation [29] make it a call, which began when its record was
    /// opened: 08:00, and closed at 08:06, so 360 s; unless its seconds are given.
    /// </summary>
    [Theory]
    [InlineData(28, false, 360)]
    [InlineData(29, false, 360)]
    [InlineData(28, true, 300)]
    public void RecordOfACall_OfAChargingFunction_IsVoice(int tag, bool hasSeconds, long seconds)
    {
        Tlv used = Used(1, 0, 0).Without(4, 5, 6, 11);
        Tlv record = Chf(Usage(10, hasSeconds ? used : used.Without(1))).Without(13).With(Tlv.Constructed(tag));

        UsageReceived call = Assert.Single(Mediated.Usage(CdrWriter.Plain(record)));

        Assert.Equal(
            (UsageKind.Voice, seconds, -1L, Opened.UtcDateTime),
            (call.Kind, call.DurationSeconds, call.TotalOctets, call.EventTime.UtcDateTime));
        Assert.Equal(QuarantineReason.UnsupportedRecord, FaultOf(CdrWriter.Plain(record.Without(5))));
    }

    /// <summary>Of five elements one is <c>null</c>, and the other four are read.</summary>
    [Fact]
    public void Null_InAnArray_CostsItself()
    {
        string[] requests = [
            .. Enumerable.Range(1, 4).Select(number => Request($$"""{"localSequenceNumber":{{number}},"totalVolume":1}"""))];
        string file = $"[{requests[0]},null,{string.Join(',', requests[1..])}]";

        (List<byte[]> records, List<DecodingFault> faults) = Samples.ReadAll(Encoding.UTF8.GetBytes(file), NchfUsageFormat.Instance);

        Assert.Equal((4, 1), (records.Count, faults.Count));
    }

    private static byte[] Json(string used) => Encoding.UTF8.GetBytes(Request(used, InHomeNetwork));

    private static QuarantineReason? FaultOf(byte[] file) => Assert.Single(ProductOpinion.Of(file).Quarantined).Reason;
}
