using System.ComponentModel.DataAnnotations;
using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Generation;

namespace BelgiCom.Streaming.Adapters.Worker.Tests;

public class SourceTests
{
    [Theory]
    [InlineData(GeneratedKind.EricssonPgw, "cdr", 85)]
    [InlineData(GeneratedKind.NokiaChf, "cdr", 200)]
    [InlineData(GeneratedKind.HuaweiPgw, "cdr", 85)]
    [InlineData(GeneratedKind.HuaweiSgw, "cdr", 84)]
    [InlineData(GeneratedKind.VoiceCsv, "voice-csv", -1)]
    [InlineData(GeneratedKind.SmsCsv, "sms-csv", -1)]
    [InlineData(GeneratedKind.Nchf, "nchf", -1)]
    public async Task File_WithoutSource_IsDetectedByItsContent(GeneratedKind kind, string source, int recordType)
    {
        using MediationFixture fixture = new();
        (byte[] content, ControlTotals totals) = Generate(kind);

        FileReport report = await fixture.MediateAsync(content);

        Assert.Equal((source, totals), (report.Entry.Source, report.Totals));
        Assert.All(fixture.Sender.Usage, usage => Assert.Equal(recordType, usage.RecordType));
        Assert.Equal(totals.Events, fixture.Sender.Usage.Select(usage => usage.UsageId).Distinct().Count());
        Assert.Equal(totals.DownlinkOctets, fixture.Sender.Usage.Sum(usage => Math.Max(0, usage.DownlinkOctets)));
        Assert.Empty(fixture.Sender.Quarantined);
    }

    [Theory]
    [InlineData(ChargedView.Pgw, ChargingView.Primary, ChargingView.Secondary)]
    [InlineData(ChargedView.Sgw, ChargingView.Secondary, ChargingView.Primary)]
    public async Task Views_OfOneSession_AreChargedOnce(ChargedView charged, ChargingView pgw, ChargingView sgw)
    {
        using MediationFixture fixture = new(
            options => options.Sources.Add(new SourceOptions { Name = "huawei-core", Vendor = "huawei", ChargingView = charged }));
        await fixture.MediateAsync(Generate(GeneratedKind.HuaweiPgw).Content, "pgw", "huawei-core");
        await fixture.MediateAsync(Generate(GeneratedKind.HuaweiSgw).Content, "sgw", "huawei-core");

        Assert.All(fixture.Sender.Usage, usage => Assert.Equal(usage.RecordType == 85 ? pgw : sgw, usage.ChargingView));
        Assert.Equal(fixture.Sender.Usage.Count, fixture.Sender.Usage.Select(usage => usage.UsageId).Distinct().Count());
    }

    /// <summary>
    /// A request and a CHF record whose containers say nothing by which one could be found in the other: if they are of one session, it is
    /// charged twice, and the log says so once. Where the source says which is charged, it need not.
    /// </summary>
    [Theory]
    [InlineData(ChargedView.Pgw, 1, 0)]
    [InlineData(ChargedView.Chf, 0, 1)]
    [InlineData(ChargedView.Nchf, 0, 1)]
    public async Task RequestsAndRecords_ChargedByKeysOfTheirOwn_AreSaidOnce(ChargedView charged, int warnings, int secondary)
    {
        const int BothViewsCharged = 3019;
        using MediationFixture fixture = new(
            options => options.Sources.Add(new SourceOptions { Name = "core", ChargingView = charged }));
        foreach (string name in (string[])["nchf-g.json", "nchf-g.ber", "nchf-c.json"])
        {
            await fixture.MediateAsync(MediationFixture.Sample(Path.Combine("cases", name)), "core");
        }

        Assert.Equal(warnings, fixture.Log.EventIds.Count(id => id == BothViewsCharged));
        Assert.Equal(secondary, fixture.Sender.Usage.Take(2).Count(usage => usage.ChargingView == ChargingView.Secondary));
    }

    /// <summary>Containers with number and time have one id in both, so there is nothing to say.</summary>
    [Fact]
    public async Task RequestsAndRecords_OfContainersWithOneKey_AreNotWarnedOf()
    {
        const int BothViewsCharged = 3019;
        using MediationFixture fixture = new();
        await fixture.MediateAsync(MediationFixture.Sample("chf_1record_ts32297.cdr"));
        await fixture.MediateAsync("""
            {"subscriberIdentifier":"imsi-001010300000001","invocationTimeStamp":"2026-03-14T08:03:00Z","invocationSequenceNumber":9,
             "multipleUnitUsage":[{"ratingGroup":100,"usedUnitContainer":[
               {"localSequenceNumber":1,"totalVolume":3000,"triggerTimestamp":"2026-03-14T08:00:30.999Z"}]}],
             "pDUSessionChargingInformation":{"chargingId":555001,"pduSessionInformation":{"pduSessionID":5}}}
            """u8.ToArray());

        Assert.Equal((3, 2), (fixture.Sender.Usage.Count, fixture.Sender.Usage.Select(usage => usage.UsageId).Distinct().Count()));
        Assert.DoesNotContain(BothViewsCharged, fixture.Log.EventIds);
    }

    /// <summary>
    /// A PGW that is an SMF as well: its PGW record, and its requests of the same session in partial reports that cut the containers
    /// otherwise. Nothing drops either, so where no view is named, both are charged; where one is, the other is accounted and not billed,
    /// in either order.
    /// </summary>
    [Theory]
    [InlineData(ChargedView.Pgw, true, ChargingView.Primary, ChargingView.Primary)]
    [InlineData(ChargedView.Pgw, false, ChargingView.Primary, ChargingView.Primary)]
    [InlineData(ChargedView.Nchf, true, ChargingView.Secondary, ChargingView.Primary)]
    [InlineData(ChargedView.Nchf, false, ChargingView.Secondary, ChargingView.Primary)]
    [InlineData(ChargedView.Chf, true, ChargingView.Secondary, ChargingView.Secondary)]
    public async Task GatewayRecord_BesideRequestsOfItsSession_IsChargedByTheViewThatItsSourceNames(
        ChargedView charged, bool isGatewayFirst, ChargingView ofGateway, ChargingView ofRequests)
    {
        using MediationFixture fixture = new(
            options => options.Sources.Add(new SourceOptions { Name = "core", ChargingView = charged }));
        byte[] gateway = await File.ReadAllBytesAsync(
            MediationFixture.Sample("pgw_1record_raw.ber"), TestContext.Current.CancellationToken);
        byte[][] requests = [.. Enumerable.Range(1, 2).Select(report => Encoding.UTF8.GetBytes(
            $$$$"""
            {"subscriberIdentifier":"imsi-001010100000009","invocationTimeStamp":"2026-03-14T08:0{{{{report}}}}:00Z",
             "invocationSequenceNumber":{{{{report}}}},
             "multipleUnitUsage":[{"ratingGroup":100,"usedUnitContainer":[
               {"localSequenceNumber":{{{{report}}}},"totalVolume":3000,"triggerTimestamp":"2026-03-14T08:0{{{{report}}}}:00Z"}]}],
             "pDUSessionChargingInformation":{"chargingId":70009,"pduSessionInformation":{"pduSessionID":5}}}
            """))];
        foreach (byte[] file in (byte[][])(isGatewayFirst ? [gateway, .. requests] : [.. requests, gateway]))
        {
            await fixture.MediateAsync(file, "some", "core");
        }

        Assert.All(fixture.Sender.Usage, usage => Assert.Equal(usage.RecordType == 85 ? ofGateway : ofRequests, usage.ChargingView));
        Assert.Equal(2, fixture.Sender.Usage.Count(usage => usage.RecordType == -1));
        Assert.Contains(fixture.Sender.Usage, usage => usage.RecordType == 85);
    }

    /// <summary>
    /// The gateway's container lasts from 08:06 to 08:12, in rating group 10 of internet.test. Whole minutes of it that converged charging
    /// reports as well are said once, however the containers are cut; what a handover, another network, rating group or device explains is
    /// not.
    /// </summary>
    [Theory]
    [InlineData("08:07:00Z", "08:09:30Z", "Internet.Test.mnc001.mcc001.gprs", 10, 9, ChargedView.Pgw, 1)]
    [InlineData("08:00:00Z", "09:00:00Z", "internet.test", 10, 9, ChargedView.Pgw, 1)]
    [InlineData("08:08:10Z", "08:08:10Z", "internet.test", 10, 9, ChargedView.Pgw, 1)]
    [InlineData("08:07:00Z", "08:09:30Z", "internet.test", 10, 9, ChargedView.Nchf, 0)]
    [InlineData("08:07:00Z", "08:09:30Z", "internet.test", 20, 9, ChargedView.Pgw, 0)]
    [InlineData("08:07:00Z", "08:09:30Z", "internet.tests", 10, 9, ChargedView.Pgw, 0)]
    [InlineData("08:07:00Z", "08:09:30Z", "internet.test", 10, 8, ChargedView.Pgw, 0)]
    [InlineData("08:00:00Z", "08:06:20Z", "internet.test", 10, 9, ChargedView.Pgw, 0)]
    [InlineData("08:11:50Z", "08:30:00Z", "internet.test", 10, 9, ChargedView.Pgw, 0)]
    [InlineData("08:06:20Z", "08:06:20Z", "internet.test", 10, 9, ChargedView.Pgw, 0)]
    public async Task GatewayRecord_OfMinutesThatRequestsReport_IsSaidOnce(
        string first, string last, string network, int ratingGroup, int device, ChargedView charged, int warnings)
    {
        const int GatewayChargedToo = 3029;
        byte[] gateway = await File.ReadAllBytesAsync(
            MediationFixture.Sample("pgw_1record_raw.ber"), TestContext.Current.CancellationToken);
        byte[][] requests = [.. Enumerable.Range(1, 2).Select(report => Encoding.UTF8.GetBytes(
            $$$$"""
            {"subscriberIdentifier":"imsi-00101010000000{{{{device}}}}","invocationTimeStamp":"2026-03-14T09:30:0{{{{report}}}}Z",
             "invocationSequenceNumber":{{{{report}}}},
             "multipleUnitUsage":[{"ratingGroup":{{{{ratingGroup}}}},"usedUnitContainer":[
               {"localSequenceNumber":{{{{report}}}},"totalVolume":3000,"pDUContainerInformation":{
                 "timeofFirstUsage":"2026-03-14T{{{{first}}}}","timeofLastUsage":"2026-03-14T{{{{last}}}}"}}]}],
             "pDUSessionChargingInformation":{"chargingId":1,"pduSessionInformation":{"pduSessionID":5,"dnnId":"{{{{network}}}}"}}}
            """))];
        foreach (byte[][] order in (byte[][][])[[gateway, .. requests], [.. requests, gateway]])
        {
            using MediationFixture fixture = new(
                options => options.Sources.Add(new SourceOptions { Name = "core", ChargingView = charged }));
            foreach (byte[] file in order)
            {
                await fixture.MediateAsync(file, "some", "core");
            }

            Assert.Equal(warnings, fixture.Log.EventIds.Count(id => id == GatewayChargedToo));
        }
    }

    [Fact]
    public async Task CsvSource_ByConfiguration_IsDetectedByItsHeader()
    {
        using MediationFixture fixture = new(options =>
        {
            CsvColumnMap map = new() { Kind = UsageKind.Sms, Delimiter = "tab" };
            map.Columns.Add("StartTime", "when");
            map.Columns.Add("Msisdn", "who");
            map.Columns.Add("OtherParty", "to");
            options.Sources.Add(new SourceOptions { Name = "smsc", Csv = map });
        });

        FileReport report = await fixture.MediateAsync([
            .. "when\twho\tto\n"u8,
            .. "2026-03-14T08:00:00Z\t999000000001\t999123456789\n"u8,
            .. "2026-03-14T08:00:00Z\t999000000001\t999123456780\n"u8]);

        Assert.Equal(("smsc", 2L), (report.Entry.Source, report.Totals.Events));
        (UsageReceived first, UsageReceived second) = (fixture.Sender.Usage[0], fixture.Sender.Usage[1]);
        Assert.Equal((UsageKind.Sms, 1L, "99912345", -1), (first.Kind, first.Messages, first.OtherPartyPrefix, first.RecordType));
        // Two messages in one second to two people are two messages.
        Assert.NotEqual(first.UsageId, second.UsageId);
    }

    /// <summary>One setting says whose country a national number is of, whatever the format; a column map may say it for itself.</summary>
    [Theory]
    [InlineData("999", "", "999")]
    [InlineData("999", "32", "32")]
    [InlineData("", "", "")]
    public void CountryCode_OfASource_IsThatOfItsColumnMap(string ofSource, string ofMap, string expected)
    {
        CsvColumnMap map = new() { Kind = UsageKind.Sms, CountryCode = ofMap };
        map.Columns.Add("StartTime", "when");
        map.Columns.Add("Msisdn", "who");

        UsageSource source = new SourceOptions { Name = "smsc", CountryCode = ofSource, Csv = map }.ToUsageSource();

        Assert.Equal((ofSource, expected), (source.CountryCode, map.CountryCode));
    }

    [Fact]
    public async Task Source_WithoutSuchAName_IsRefused()
    {
        using MediationFixture fixture = new();

        ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(() => fixture.MediateAsync([1, 2, 3], source: "nobody"));

        Assert.Contains("ericsson", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_WithFaults_AreAllNamed()
    {
        SourceOptions options = new() { Name = "ok", Vendor = "acme", Inbox = "/no/such/folder", Csv = new CsvColumnMap() };

        string faults = string.Join('\n', options.Validate(new ValidationContext(options)).Select(fault => fault.ErrorMessage));

        foreach (string part in new[] { "ericsson, nokia, huawei", "not both", "does not exist", "Kind", "StartTime" })
        {
            Assert.Contains(part, faults, StringComparison.Ordinal);
        }
    }

    private static (byte[] Content, ControlTotals Totals) Generate(GeneratedKind kind)
    {
        using MemoryStream output = new();
        ControlTotals totals = new UsageGenerator(new GenerationPlan { Subscribers = 5, Records = 40 }).WriteFile(kind, output, 0, 40, 1);
        return (output.ToArray(), totals);
    }
}
