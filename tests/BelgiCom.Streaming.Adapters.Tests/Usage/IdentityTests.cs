using System.Text;
using static BelgiCom.Streaming.Adapters.Tests.HandMade;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// Two parts have one id exactly when they report the same usage. No number is unique in real networks: gateways begin at 1 again after a
/// restart, write a constant charging id, or send sequence 0 every time.
/// </summary>
public sealed class IdentityTests
{
    private const string Container = """{"localSequenceNumber":1,"totalVolume":10485760}""";
    private const string Containers = "\"usedUnitContainer\":[" + Container + "]";

    /// <summary>Each changes one thing in what was used, or in whose it was.</summary>
    private static readonly Dictionary<string, Func<Tlv, Tlv>> GatewayDifferences = new()
    {
        { "another subscriber", record => record.With(Imsi(3, "001010000000099")) },
        { "another opening: the numbers began again", record => record.With(Time(13, Opened.AddHours(7))) },
        { "another gateway", record => record.With(IPv4(4, 192, 0, 2, 11)) },
        { "another node", record => record.With(Text(18, "PGW-2")) },
        { "another charging id", record => record.With(Integer(5, 70002)) },
        { "a container that began later", record => record.With(Tlv.Constructed(34, Service(10, 1, 1000, 2000).With(From(2)))) },
        { "another container", record => record.With(Tlv.Constructed(34, Service(10, 2, 1000, 2000))) },
        { "another rating group", record => record.With(Tlv.Constructed(34, Service(20, 1, 1000, 2000))) },
        { "another volume, no number", record => record.With(Tlv.Constructed(34, Service(10, 1, 1001, 2000).Without(4))) },
        {
            "another duration, no number",
            record => record.With(Tlv.Constructed(34, Service(10, 1, 1000, 2000).Without(4).With(Integer(7, 9))))
        },
    };

    [Fact]
    public void GatewayRecords_WithOneDifference_AreTwoUsages() => Assert.All(
        GatewayDifferences,
        difference => AssertTwo(
            difference.Key,
            CdrWriter.Plain(Pgw(Service(10, 1, 1000, 2000))),
            CdrWriter.Plain(difference.Value(Pgw(Service(10, 1, 1000, 2000))))));

    /// <summary>TS 32.298: elements of a SET come in any order, and lists are reordered.</summary>
    [Fact]
    public void GatewayRecord_WithMembersAndContainersInAnyOrder_HasTheSameIds()
    {
        Tlv[] services = [Service(10, 1, 1, 2), Service(10, 2, 1, 2), Service(20, 3, 5, 6).Without(4), Service(20, 4, 7, 8).Without(4)];
        HashSet<string> expected = [.. Ids(CdrWriter.Plain(Pgw(services)))];
        Assert.Equal(4, expected.Count);
        for (int turn = 1; turn < services.Length; turn++)
        {
            Tlv record = Pgw([.. services[turn..].Reverse(), .. services[..turn]]);
            record.Children.Reverse();
            Assert.Equal(expected, Ids(CdrWriter.Plain(record)).ToHashSet());
        }
    }

    /// <summary>Two containers that say exactly the same are two, in every order: none of them is lost.</summary>
    [Fact]
    public void EqualContainers_WithoutNumbers_AreTwoUsages() =>
        Assert.Equal(2, Ids(CdrWriter.Plain(Pgw(Service(10, 1, 1, 2).Without(4), Service(10, 1, 1, 2).Without(4)))).Distinct().Count());

    [Fact]
    public void TrafficVolumes_InAnyOrder_HaveTheSameIdsAndTimes()
    {
        Tlv One() => Volume(1000, 2000, 5);
        Tlv Two() => Volume(30, 40, 10);
        List<(string, long, long)> Of(params Tlv[] volumes) =>
            [.. Mediated.Usage(CdrWriter.Plain(OfVolumes(78, 84).With(Tlv.Constructed(12, volumes))))
                .Select(usage => (usage.UsageId.ToString(), usage.EventTime.ToUnixTimeSeconds(), usage.DurationSeconds)).Order()];

        Assert.Equal(Of(One(), Two()), Of(Two(), One()));
    }

    /// <summary>A constant charging id is no number of the record, and with nothing else it names no session.</summary>
    [Fact]
    public void GatewayRecord_WithoutChargingIdAndNumbers_LacksAField()
    {
        DecodingFault? fault = CdrRecord.Decode(CdrWriter.Plain(Pgw(Service(10, 1, 1, 2)).Without(5, 17, 20)), new UsageCdr());

        Assert.Equal(Contracts.QuarantineReason.MissingField, fault?.Reason);
        Assert.Single(Ids(CdrWriter.Plain(Pgw(Service(10, 1, 1, 2)).Without(17, 20))));
    }

    /// <summary>
    /// The first record has containers of 1 and 2 MB; the next partial record of the session carries them on and has one more. The
    /// arithmetic is that of usage: 1 + 2 + 4 = 7 MB, whatever the numbers of the records. A container that does not say when it was used
    /// is known by its record only: 1 + 2 + 1 + 2 + 4 = 10.
    /// </summary>
    [Theory]
    [InlineData("numbers and times", 3)]
    [InlineData("times only", 3)]
    [InlineData("numbers only", 5)]
    [InlineData("traffic volumes", 3)]
    public void CumulativePartialRecord_OfAGateway_CarriesItsContainersOn(string what, int usages)
    {
        Tlv Container(int number, long volume)
        {
            Tlv service = Service(10, number, volume, volume).With(From(number)).With(Time(6, Opened.AddMinutes(number + 1)));
            return what switch
            {
                "times only" => service.Without(4),
                "numbers only" => service.Without(5, 6, 14),
                "traffic volumes" => Volume(volume, volume, number),
                _ => service,
            };
        }

        Tlv Record(int number, params Tlv[] containers) => what == "traffic volumes"
            ? OfVolumes(78, 84).With(Tlv.Constructed(12, containers)).With(Integer(17, number)).With(Integer(20, 900 + number))
            : Pgw(containers).With(Integer(17, number)).With(Integer(20, 900 + number));

        List<string> first = Ids(CdrWriter.Plain(Record(1, Container(1, 1), Container(2, 2))));
        List<string> second = Ids(CdrWriter.Plain(Record(2, Container(1, 1), Container(2, 2), Container(3, 4))));

        Assert.Equal(usages, first.Union(second).Count());
    }

    /// <summary>
    /// The same container with other content has the same id, so that rating finds the conflict. A session that was opened later, another
    /// gateway and another subscriber count from 1 again, so their containers are others.
    /// </summary>
    [Fact]
    public void ContainerOfOneNumberAndStart_WithAnotherVolume_HasTheSameId()
    {
        Tlv Record(long volume) => Pgw(Service(10, 1, volume, 2));

        Assert.Equal(Ids(CdrWriter.Plain(Record(1))), Ids(CdrWriter.Plain(Record(9).With(Integer(17, 2)))));
    }

    private static Tlv From(int minutes) => Time(5, Opened.AddMinutes(minutes));

    private static readonly Dictionary<string, Func<Tlv, Tlv>> ChfDifferences = new()
    {
        { "another PDU session", record => record.With(record[13]!.With(Integer(6, 6))) },
        { "another charging id", record => record.With(record[13]!.With(Integer(0, 555002))) },
        { "another volume", record => record.With(Tlv.Constructed(5, Usage(10, Used(1, 1, 3)))) },
        { "another container", record => record.With(Tlv.Constructed(5, Usage(10, Used(2, 1, 2)))) },
    };

    [Fact]
    public void ChfRecords_WithOneDifference_AreTwoUsages() => Assert.All(
        ChfDifferences,
        difference => AssertTwo(
            difference.Key,
            CdrWriter.Plain(Chf(Usage(10, Used(1, 1, 2)))),
            CdrWriter.Plain(difference.Value(Chf(Usage(10, Used(1, 1, 2)))))));

    /// <summary>
    /// A container without a PDU session, a time or a number is told apart by session and consumer; where all three are there, a device's
    /// PDU session is one, whoever reports it (OneSessionTwoFormatsTests).
    /// </summary>
    [Theory]
    [InlineData("no PDU session")]
    [InlineData("no time")]
    [InlineData("no number")]
    public void ChfRecords_OfContainersNotPlaced_AreTwoUsagesForAnotherSessionOrConsumer(string what)
    {
        Tlv Record()
        {
            Tlv used = Used(1, 1, 2), record = Chf(Usage(10, used));
            _ = what switch
            {
                "no PDU session" => record[13]!.Without(6),
                "no time" => used.Without(3, 11),
                _ => used.Without(9),
            };
            return record;
        }

        byte[] one = CdrWriter.Plain(Record());
        AssertTwo("another session", one, CdrWriter.Plain(Record().With(Text(16, "session-2"))));
        AssertTwo("another consumer", one, CdrWriter.Plain(Record().With(Tlv.Constructed(3, Integer(0, 1), Text(1, "smf-2")))));
    }

    /// <summary>
    /// The first record has containers 1 and 2, the next one 1, 2 and 3: three usages, two of them reported twice. That another charging
    /// function took over changes nothing.
    /// </summary>
    [Fact]
    public void CumulativePartialRecord_OfAChf_CarriesItsContainersOn()
    {
        List<string> first = Ids(CdrWriter.Plain(Chf(Usage(10, Used(1, 1, 2), Used(2, 3, 4)))));
        List<string> second = Ids(CdrWriter.Plain(
            Chf(Usage(10, Used(3, 5, 6), Used(2, 3, 4), Used(1, 1, 2))).With(Integer(8, 2)).With(Text(1, "chf-2"))));

        Assert.Equal(2, first.Intersect(second).Count());
        Assert.Equal(3, first.Union(second).Count());
    }

    /// <summary>
    /// A retry repeats the content and has another time; rating groups come out of a map in any order; an escaped name is the same name.
    /// </summary>
    [Theory]
    [InlineData("2026-03-14T08:10:00+01:00", "2026-03-14T08:10:05+01:00")]
    [InlineData("\"ratingGroup\":10," + Containers, Containers + ",\"RatingGroup\":10")]
    [InlineData("\"chargingId\":", "\"charging\\u0049d\":")]
    public void Request_SentAgain_HasTheSameId(string text, string instead) =>
        Assert.Equal(Ids(Json(Container)), Ids(Json(Container, text, instead)));

    /// <summary>
    /// Each change makes another usage: a session made anew counts from 1 again, and each SMF counts its charging ids from 1.
    /// </summary>
    [Theory]
    [InlineData("\"smf-1\"", "\"smf-2\"")]
    [InlineData("\"pduSessionID\":5", "\"pduSessionID\":6")]
    [InlineData("\"chargingId\":555001", "\"chargingId\":1")]
    [InlineData("\"invocationSequenceNumber\":1", "\"invocationSequenceNumber\":2")]
    [InlineData("\"totalVolume\":10485760", "\"totalVolume\":41943040")]
    [InlineData("\"localSequenceNumber\":1", "\"localSequenceNumber\":2")]
    [InlineData("\"localSequenceNumber\":1", "\"localSequenceNumber\":1,\"triggerTimestamp\":\"2026-03-14T08:09:00Z\"")]
    public void Requests_WithOneDifference_AreTwoUsages(string text, string instead) =>
        AssertTwo(instead, Json(Container), Json(Container, text, instead));

    /// <summary>A retry may leave out the GPSI: identity goes by the IMSI, the account by whichever is there.</summary>
    [Fact]
    public void Request_SentAgainWithoutGpsi_HasTheSameId() =>
        Assert.Equal(Ids(Json(Container)), Ids(Json(Container, "\"servedGPSI\":\"msisdn-" + Number + "\"", "")));

    /// <summary>TS 32.251 5.2.1, TS 32.291: two views of one session are one charge, and the source says which.</summary>
    [Fact]
    public void ChargedView_OfTwoViewsOfOneSession_LeavesOnePrimary()
    {
        RecordFormat[] formats = [
            GatewayRecord.Pgw, GatewayRecord.Sgw, GatewayRecord.Epdg, GatewayRecord.Twag, GatewayRecord.Sgsn,
            ChargingFunctionRecord.Instance, ChargingDataRequest.Instance];
        string Primary(ChargedView view) =>
            string.Concat(formats.Select(format => format.ViewOf(view) == Contracts.ChargingView.Primary ? 'x' : '-'));

        Assert.Equal(
            ["x----xx", "-xxxxxx", "-----x-", "------x"],
            new[] { ChargedView.Pgw, ChargedView.Sgw, ChargedView.Chf, ChargedView.Nchf }.Select(Primary));
    }

    private static byte[] Json(string used, string text = "", string instead = "")
    {
        string request = Request(used);
        return Encoding.UTF8.GetBytes(text.Length == 0 ? request : request.Replace(text, instead, StringComparison.Ordinal));
    }

    private static void AssertTwo(string what, byte[] one, byte[] other) =>
        Assert.True(!Ids(one).Intersect(Ids(other)).Any(), $"{what}: one id");

    private static List<string> Ids(byte[] file) => [.. Mediated.Usage(file).Select(usage => usage.UsageId.ToString())];
}
