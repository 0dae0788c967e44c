using System.Text;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// The golden ids were computed with Python's hashlib and hmac from the records' values (those of the samples in their
/// <c>.expected.json</c>), the order of the key's parts and the encoding that <see cref="UsageIdBuilder"/> documents. They are what makes a
/// resent record a duplicate, so none may ever change within its form.
/// </summary>
public sealed class RecordFormatTests
{
    private const string Request =
        """
        {"subscriberIdentifier":"imsi-001010000000007","invocationTimeStamp":"2026-03-14T08:15:00Z","invocationSequenceNumber":2,
         "multipleUnitUsage":[{"ratingGroup":100,"usedUnitContainer":[{"totalVolume":300},{"totalVolume":400}]}],
         "pDUSessionChargingInformation":{CHARGINGID"userInformation":{"servedGPSI":"msisdn-999000000007"}}}
        """;

    [Fact]
    public void GatewayRecord_OfTheSample_HasTheIdOfItsKey() => Assert.Equal(
        ["588c1b3f54843d4468372282c7e19bee", "4aab45ae6868543c801fbde19d2d2ff4",
            "352d5c7777a313c9c79d79fedf1b8e7f", "6a3709b6de08dfb885697bc75deb8893"],
        IdsOf(Samples.Read(Samples.Pgw)));

    [Fact]
    public void ChargingFunctionRecord_OfTheSample_HasTheIdOfItsKey() => Assert.Equal(
        ["255b9c57c6afb4dff78ca223ffcd455b", "f3cf8468fd08b15463420eaafa2d1b02"],
        IdsOf(Samples.Read(Samples.Chf)));

    /// <summary>
    /// The first container of the CHF's sample, as the request had it: with another consumer, fractions of seconds and no directions.
    /// </summary>
    [Fact]
    public void Request_OfTheSamplesContainer_HasTheIdThatTheContainerHasInTheRecord() => Assert.Equal(
        ["255b9c57c6afb4dff78ca223ffcd455b"],
        IdsOf("""
            {"subscriberIdentifier":"imsi-001010300000001","nfConsumerIdentification":{"nFName":"smf"},
             "invocationTimeStamp":"2026-03-14T08:03:00.123Z","invocationSequenceNumber":9,
             "multipleUnitUsage":[{"ratingGroup":100,"usedUnitContainer":[
               {"localSequenceNumber":1,"totalVolume":3000,"triggerTimestamp":"2026-03-14T08:00:30.999Z"}]}],
             "pDUSessionChargingInformation":{"chargingId":555001,"pduSessionInformation":{"pduSessionID":5}}}
            """u8.ToArray()));

    [Fact]
    public void ChargingFunctionRecord_WithoutAPduSession_HasTheIdOfItsOwnKey()
    {
        Tlv record = HandMade.Chf(HandMade.Usage(10, HandMade.Used(1, 1000, 2000)));
        _ = record[13]!.Without(6);

        Assert.Equal(["c44804fbf0d132e767fc22b75beb61d9"], IdsOf(CdrWriter.Plain(record)));
    }

    /// <summary>An event also names the id that its usage had before, so that what was rated under it is found again.</summary>
    [Fact]
    public void FormerId_OfGatewayAndChf_IsTheIdOfTheFormBefore()
    {
        Assert.Equal(
            [
                "2419e4f826a32a0915c16a370fc811f6", "c5b19e7ad33c5513b5d6c07df41e2df1", "2765e8aeb3b5de5062f7769572d0890b",
                "fe423d8dedb8ac341f6b14ab9bfe5bba",
            ],
            FormerIdsOf(Samples.Read(Samples.Pgw)));
        Assert.Equal(
            ["4ce66e2dca9cf72175c4cd0251b5ea72", "67a2024c2c56e01a98eb7ad04f15c399"], FormerIdsOf(Samples.Read(Samples.Chf)));
        Assert.All(Mediated.Usage(Samples.Read(Samples.Pgw)), usage => Assert.Null(usage.History));
    }

    /// <summary>A former id of CSV is made of the record's id without a secret, so there is none when rating has no use for it.</summary>
    [Fact]
    public void FormerId_LongAfterTheUpgrade_IsNotMadeAnyMore()
    {
        DateTimeOffset upgrade = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        LaterClock clock = new(upgrade);
        UsageMediation mediation = new([], new Mediated.OneKey(), clock)
        {
            FormerUntilMilliseconds = upgrade.ToUnixTimeMilliseconds(),
            FormerIdsFor = TimeSpan.FromDays(60),
        };

        clock.Now = upgrade.AddDays(60);
        Assert.All(Mediated.Usage(mediation, Samples.Read(Samples.Pgw), null), usage => Assert.NotNull(usage.History));
        clock.Now += TimeSpan.FromMilliseconds(1);
        Assert.All(Mediated.Usage(mediation, Samples.Read(Samples.Pgw), null), usage => Assert.Null(usage.History));
    }

    [Theory]
    [InlineData("\"chargingId\":77,", "59453dc59d71078c9b64bb910a9fda77", "244e241394095f0262e24eec151f493e")]
    [InlineData("", "c7abbcec34a53f3d89aa2875ac2f89b2", "49c6352db1a2ac4e8b8f8aeb4acc75b1")]
    public void FormerId_OfARequest_IsTheIdOfTheFormBefore(string chargingId, string first, string second)
    {
        string request = Request.Replace("CHARGINGID", chargingId, StringComparison.Ordinal);

        Assert.Equal([first, second], FormerIdsOf(Encoding.UTF8.GetBytes(request)));
    }

    [Theory]
    [InlineData("\"chargingId\":77,", "55026723ecc536af9dbbcc59fad7bc99", "fc169c7558b39bc3fd0279702d0df2fc")]
    [InlineData("", "13f8d0818ed88fa317ebaa987d9218f6", "c119f8fa6918a7e8f19c1eb48253dce8")]
    public void ChargingDataRequest_WithAndWithoutChargingId_HasTheIdOfItsKey(string chargingId, string first, string second)
    {
        string request = Request.Replace("CHARGINGID", chargingId, StringComparison.Ordinal);

        Assert.Equal([first, second], IdsOf(Encoding.UTF8.GetBytes(request)));
    }

    [Fact]
    public void CsvRecord_WithItsOwnId_HasTheIdOfItsKey() => Assert.Equal(
        ["f18b893d51b9f081edc5cc3bc5ec4734"],
        IdsOf([
            .. "record_id,call_start,call_seconds,msisdn,imsi,direction,other_party,serving_plmn,node\n"u8,
            .. "V0000000001,2026-03-14T08:00:00+01:00,60,999100000001,001011000000001,MO,999100000002,00101,TESTMSC01\n"u8]));

    [Fact]
    public void CsvRecord_OfData_HasTheIdOfItsKey() => Assert.Equal(
        ["a7116b374ca863b169bd83e564ac39ea"],
        IdsOf([
            .. "record_id,data_start,data_seconds,msisdn,imsi,uplink_bytes,downlink_bytes,rating_group,apn,serving_plmn,node\n"u8,
            .. "D1,2026-03-14T08:00:00+01:00,60,999100000001,001011000000001,10,20,5,internet,00101,TESTGGSN\n"u8]));

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void CsvRecord_WithoutAnId_HasTheIdOfItsOctetsButTheLineEnd(string lineEnd) => Assert.Equal(
        ["b70f40e9f5156854f99274fe21b1f507"],
        IdsOf(Encoding.UTF8.GetBytes(
            "record_id,call_start,call_seconds,msisdn,imsi,direction,other_party,serving_plmn,node" + lineEnd
            + ",2026-03-14T08:00:00+01:00,60,999100000001,001011000000001,MO,999100000002,00101,TESTMSC01" + lineEnd)));

    [Fact]
    public void RecordTypes_OfAllKinds_AreThoseOfTs32298OrNone() => Assert.Equal(
        [85, 84, 96, 97, 18, 200, -1, -1],
        new RecordFormat[]
        {
            GatewayRecord.Pgw, GatewayRecord.Sgw, GatewayRecord.Epdg, GatewayRecord.Twag, GatewayRecord.Sgsn,
            ChargingFunctionRecord.Instance, ChargingDataRequest.Instance, CsvRecord.Instance,
        }.Select(format => format.RecordType));

    private static IEnumerable<string> FormerIdsOf(byte[] content) =>
        Mediated.Usage(content, formerUntilMilliseconds: long.MaxValue).Select(usage => usage.History!.FormerUsageId.ToString());

    private sealed class LaterClock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private static IEnumerable<string> IdsOf(byte[] content) => Mediated.Usage(content).Select(usage => usage.UsageId.ToString());
}
