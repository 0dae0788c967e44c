using System.Text;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Contracts;
using static BelgiCom.Streaming.Adapters.Tests.HandMade;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// Elements of a SET, JSON members, containers, rating groups and records of a file come in any order, and a request is sent again at
/// another time: ids and everything that rating compares by them stay the same. So each is a duplicate, never a conflict.
/// </summary>
public sealed class PermutationTests
{
    private const int Permutations = 50;

    public static TheoryData<int> Seeds => [1, 2, 3, 4, 5];

    [Theory, MemberData(nameof(Seeds))]
    public void CdrFile_InAnyOrder_IsTheSameUsage(int seed)
    {
        Random random = new(seed);
        Tlv[] records =
        [
            Pgw(Service(10, 1, 1, 2), Service(20, 1, 3, 4), Service(10, 2, 5, 6).Without(5, 6), Service(30, 4, 7, 8).Without(4)),
            OfVolumes(78, 84),
            Chf(Usage(10, Used(1, 1, 2), Used(2, 3, 4)), Usage(20, Used(1, 5, 6), Used(3, 7, 8).Without(9, 11))),
            ChfMessage(),
        ];
        HashSet<string> expected = Of(CdrWriter.Plain(records));
        Assert.Equal(11, expected.Count);
        for (int i = 0; i < Permutations; i++)
        {
            Tlv[] shuffled = [.. records.Select(record => Shuffled(record, random))];
            random.Shuffle(shuffled);
            Assert.Equal(expected, Of(CdrWriter.Plain(shuffled)));
        }
    }

    /// <summary>
    /// Some containers name their time, some their end, some nothing at all; the request is sent again up to a day later.
    /// </summary>
    [Theory, MemberData(nameof(Seeds))]
    public void Request_InAnyOrderAndSentAgain_IsTheSameUsage(int seed)
    {
        Random random = new(seed);
        string request = Request(
            """
            {"localSequenceNumber":1,"totalVolume":5,
            "pDUContainerInformation":{"timeofFirstUsage":"2026-03-14T08:01:00Z","rATType":"NR"}},
            {"localSequenceNumber":2,"time":5,"triggerTimestamp":"2026-03-14T08:05:00Z"},{"totalVolume":9},{"totalVolume":9}
            """,
            InHomeNetwork);
        JsonObject body = JsonNode.Parse(request)!.AsObject();
        body["multipleUnitUsage"]!.AsArray().Add(
            JsonNode.Parse("""{"ratingGroup":20,"usedUnitContainer":[{"localSequenceNumber":1}]}"""));
        HashSet<string> expected = Of(Octets(body));
        Assert.Equal(5, expected.Count);
        for (int i = 0; i < Permutations; i++)
        {
            JsonObject again = Shuffled(body, random).AsObject();
            again["invocationTimeStamp"] = Opened.AddSeconds(random.Next(86_400)).ToString("O");
            again["retransmissionIndicator"] = true;
            Assert.Equal(expected, Of(Octets(again)));
        }
    }

    /// <summary>
    /// Where the usage names a time, it starts then, whenever the report came. Where it names none, it starts at the report's time, and the
    /// event says so.
    /// </summary>
    [Theory]
    [InlineData("\"pDUContainerInformation\":{\"timeofFirstUsage\":\"2026-03-14T06:01:00Z\"}", "06:01", false)]
    [InlineData("\"pDUContainerInformation\":{\"timeofLastUsage\":\"2026-03-14T06:02:00Z\"}", "06:02", false)]
    [InlineData("\"triggerTimestamp\":\"2026-03-14T06:03:00Z\"", "06:03", false)]
    [InlineData("\"localSequenceNumber\":1", "07:10", true)]
    public void StartOfARequestsUsage_IsTheUsagesOwn(string time, string expected, bool isTimeOfReport)
    {
        UsageReceived usage = Assert.Single(Mediated.Usage(Encoding.UTF8.GetBytes(Request("{\"totalVolume\":9," + time + "}"))));

        Assert.Equal((expected, isTimeOfReport), (usage.EventTime.UtcDateTime.ToString("HH:mm"), usage.IsTimeOfReport));
    }

    /// <summary>
    /// The id of each event and all that its charge depends on; its time is left out where it is only that of the report.
    /// </summary>
    private static HashSet<string> Of(byte[] file) => [.. Mediated.Usage(file).Select(usage => string.Join(
        '|', usage.UsageId, usage.SubscriberRef, usage.Kind, usage.Direction,
        usage.IsTimeOfReport ? "" : $"{usage.EventTime:O} {usage.EndTime:O}", usage.DurationSeconds, usage.UplinkOctets,
        usage.DownlinkOctets, usage.TotalOctets, usage.Messages, usage.ServiceUnits, usage.RatingGroup, usage.ServiceIdentifier,
        usage.ServingPlmn))];

    private static Tlv Shuffled(Tlv element, Random random)
    {
        Tlv[] children = [.. element.Children.Select(child => Shuffled(child, random))];
        random.Shuffle(children);
        return new Tlv(element.TagClass, element.Number, element.Octets, [.. children]);
    }

    private static JsonNode Shuffled(JsonNode node, Random random)
    {
        if (node is JsonArray array)
        {
            JsonNode[] items = [.. array.Select(item => Shuffled(item!, random))];
            random.Shuffle(items);
            return new JsonArray(items);
        }

        if (node is not JsonObject members)
        {
            return node.DeepClone();
        }

        KeyValuePair<string, JsonNode?>[] shuffled = [
            .. members.Select(member => KeyValuePair.Create(member.Key, (JsonNode?)Shuffled(member.Value!, random)))];
        random.Shuffle(shuffled);
        return new JsonObject(shuffled);
    }

    private static byte[] Octets(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());
}
