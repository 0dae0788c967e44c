using System.Text;
using BelgiCom.Streaming.Contracts;
using static BelgiCom.Streaming.Adapters.Tests.HandMade;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// A charging function makes its record of the SMF's requests (TS 32.255), so a network that delivers both reports each container twice.
/// Rating charges it once when both have one id; what it compares beside the id is the content.
/// </summary>
public sealed class OneSessionTwoFormatsTests
{
    private const string Trigger = "\"triggerTimestamp\":\"2026-03-14T08:06:00+01:00\"";
    private const string First = "\"timeofFirstUsage\":\"2026-03-14T08:01:00+01:00\"";
    private const string Last = "\"timeofLastUsage\":\"2026-03-14T08:06:00+01:00\"";
    private const string Volumes = "\"totalVolume\":3000,\"uplinkVolume\":1000,\"downlinkVolume\":2000";

    /// <summary>Ways in which two writers say the same: a change of the request, and one of the record.</summary>
    private static readonly Dictionary<string, (Func<string, string> Request, Func<Tlv, Tlv> Record)> Spellings = new()
    {
        { "nothing", (Same, Same) },
        { "fractions of seconds", (With("08:01:00+01", "08:01:00.250+01", "08:06:00+01", "08:06:00.999+01"), Same) },
        { "another zone", (With("08:01:00+01:00", "07:01:00Z", "08:06:00+01:00", "07:06:00Z"), Same) },
        { "a consumer by another name", (With("smf-1", "11111111-2222-4333-8444-555555555555"), Same) },
        { "a consumer without a name", (Same, record => record.With(Tlv.Constructed(3, Integer(0, 1)))) },
        { "a request sent again, after a takeover", (
            With("T08:10:00", "T08:11:00", "invocationSequenceNumber\":1", "invocationSequenceNumber\":7", "smf-1", "smf-2"), Same) },
        { "a later partial record of another charging function", (Same, record => record.With(Text(1, "chf-2")).With(Integer(8, 5))
            .With(Integer(11, 77)).With(Text(16, "session-2")).With(Time(6, Opened.AddHours(-20)))) },
        { "zeros where nothing was measured", (
            With(Volumes, "\"totalVolume\":3000"),
            Container(used => used.With(Integer(5, 0)).With(Integer(6, 0)).With(Integer(7, 0)))) },
        { "a total beside its directions", (With("\"totalVolume\":3000,", ""), Same) },
        { "no duration, and one of 0", (With("\"time\":300,", ""), Container(used => used.With(Integer(1, 0)))) },
        { "what closed it only", (With(First + ",", "", Last + ",", ""), Container(used => used.Without(11))) },
        { "first and last usage only", (With(Trigger + ",", ""), Container(used => used.Without(3))) },
        { "last usage only", (
            With(Trigger + ",", "", First + ",", ""),
            Container(used => used.Without(3).With(Tlv.Constructed(11, Time(3, Opened.AddMinutes(6)))))) },
        { "the number of the session's own charging id", (Same, record => record.With(Integer(27, 1))) },
        { "no charging id (Release 17)", (With("\"chargingId\":555001,", ""), record => Session(record, session => session.Without(0))) },
    };

    /// <summary>
    /// Changes that leave the identity and alter the content: each is a conflict, never a silent duplicate or a second charge.
    /// </summary>
    private static readonly Dictionary<string, (Func<string, string> Request, Func<Tlv, Tlv> Record)> Contradictions = new()
    {
        { "directions that only one of them measured", (With(Volumes, "\"totalVolume\":3000"), Same) },
        { "another duration", (With("\"time\":300", "\"time\":301"), Same) },
        { "another start", (With(First, First.Replace("08:01", "08:02", StringComparison.Ordinal)), Same) },
        { "another network", (Same, record => Session(record, session => session.With(Plmn(27, "20801")))) },
        { "service units", (With("\"time\":300", "\"time\":300,\"serviceSpecificUnits\":2"), Same) },
    };

    /// <summary>
    /// Changes that make it another usage, or that leave it to the key of its own format because nothing certain is known.
    /// </summary>
    private static readonly Dictionary<string, (Func<string, string> Request, Func<Tlv, Tlv> Record)> Differences = new()
    {
        { "another subscriber", (With(Subscriber, "001010000000002"), Same) },
        { "another PDU session", (With("\"pduSessionID\":5", "\"pduSessionID\":6"), Same) },
        { "another charging id", (With("555001", "555002"), Same) },
        { "another rating group", (With("\"ratingGroup\":10", "\"ratingGroup\":20"), Same) },
        { "another service", (With("\"time\":300", "\"serviceId\":1,\"time\":300"), Same) },
        { "another container", (With("\"localSequenceNumber\":1", "\"localSequenceNumber\":2"), Same) },
        { "closed a second later", (With("08:06:00", "08:06:01"), Same) },
        { "another volume", (With(Volumes, "\"totalVolume\":3001"), Same) },
        { "no number", (With("\"localSequenceNumber\":1,", ""), Container(used => used.Without(9))) },
        { "no time", (With(Trigger + ",", "", First + ",", "", Last + ",", ""), Container(used => used.Without(3, 11))) },
        { "no PDU session", (With("\"pduSessionID\":5,", ""), record => Session(record, session => session.Without(6))) },
        { "no IMSI", (With("imsi-" + Subscriber, "nai-a"), record => record.With(Tlv.Constructed(2, Integer(0, 0), Text(1, Number)))) },
        { "a message", (With("\"invocationT", "\"sMSChargingInformation\":{},\"invocationT"), record => record.With(Tlv.Constructed(15))) },
        { "a call", (With("\"invocationT", "\"iMSChargingInformation\":{},\"invocationT"), record => record.With(Tlv.Constructed(28))) },
    };

    [Fact]
    public void Container_OfARequestAndOfTheRecordOfIt_IsOneUsage() => Assert.All(
        Spellings, spelling => Assert.Equal(Of(RequestOf(spelling.Value.Request)), Of(RecordOf(spelling.Value.Record))));

    [Fact]
    public void Container_ThatBothTellOtherwise_HasOneIdAndTwoContents() => Assert.All(Contradictions, contradiction =>
    {
        UsageReceived request = Assert.Single(RequestOf(contradiction.Value.Request));
        UsageReceived record = Assert.Single(RecordOf(contradiction.Value.Record));

        Assert.Equal(request.UsageId, record.UsageId);
        Assert.NotEqual(ContentOf(request), ContentOf(record));
    });

    [Fact]
    public void Containers_WithOneDifference_AreTwoUsages() => Assert.All(Differences, difference => Assert.NotEqual(
        Assert.Single(RequestOf(difference.Value.Request)).UsageId, Assert.Single(RecordOf(difference.Value.Record)).UsageId));

    /// <summary>
    /// A partial record collects the first two of three requests, and the next one the third and a copy of the second: three usages.
    /// </summary>
    [Fact]
    public void PartialRecords_ThatCollectRequests_AreTheUsageOfTheRequests()
    {
        string[] requests = [.. Enumerable.Range(1, 3).Select(number => Request(UsedInRequest(number, number, number), InHomeNetwork))];
        Tlv first = Chf(Usage(10, Used(2, 2, 2), Used(1, 1, 1)));
        Tlv second = Chf(Usage(10, Used(3, 3, 3)), Usage(10, Used(2, 2, 2))).With(Integer(8, 2)).With(Integer(11, 10));

        HashSet<string> expected = Of(Mediated.Usage(Encoding.UTF8.GetBytes(string.Join('\n', requests))));
        Assert.Equal(3, expected.Count);
        Assert.Equal(expected, Of(Mediated.Usage(CdrWriter.Plain(second, first))));
    }

    /// <summary>
    /// Once a record has added containers up, nothing is left by which they could be found again, so the source must say which view is
    /// charged.
    /// </summary>
    [Fact]
    public void RecordThatAddsContainersUp_IsAnotherUsage()
    {
        string requests = Request(UsedInRequest(1, 1, 1) + "," + UsedInRequest(2, 2, 2), InHomeNetwork);

        Assert.Empty(Of(Mediated.Usage(Encoding.UTF8.GetBytes(requests))).Intersect(
            Of(Mediated.Usage(CdrWriter.Plain(Chf(Usage(10, Used(2, 3, 3))))))));
    }

    /// <summary>
    /// Rating remembers the ids of secondary usage, too: if it had the id of the charged usage, the charge would be dropped.
    /// </summary>
    [Theory]
    [InlineData(ChargedView.Chf)]
    [InlineData(ChargedView.Nchf)]
    public void ViewThatIsNotCharged_DoesNotHaveTheIdOfTheChargedOne(ChargedView charged)
    {
        UsageSource source = new("core", charged, [CdrFileFormat.Unframed, NchfUsageFormat.Instance]);
        UsageReceived request = Assert.Single(Mediated.Usage(Encoding.UTF8.GetBytes(RequestWith(Same)), source));
        UsageReceived record = Assert.Single(Mediated.Usage(CdrWriter.Plain(Chf(Usage(10, Used(1, 1000, 2000)))), source));

        Assert.NotEqual(request.ChargingView, record.ChargingView);
        Assert.NotEqual(request.UsageId, record.UsageId);
        Assert.Contains(Assert.Single(RecordOf(Same)).UsageId, new[] { request, record }
            .Where(usage => usage.ChargingView == ChargingView.Primary).Select(usage => usage.UsageId));
    }

    /// <summary>
    /// The usage of the request, after a change. Without one, the request says of its container the same as the record of RecordOf.
    /// </summary>
    private static List<UsageReceived> RequestOf(Func<string, string> change) =>
        Mediated.Usage(Encoding.UTF8.GetBytes(RequestWith(change)));

    private static string RequestWith(Func<string, string> change) => change(Request(UsedInRequest(1, 1000, 2000), InHomeNetwork));

    private static List<UsageReceived> RecordOf(Func<Tlv, Tlv> change) =>
        Mediated.Usage(CdrWriter.Plain(change(Chf(Usage(10, Used(1, 1000, 2000))))));

    private static HashSet<string> Of(IEnumerable<UsageReceived> usage) => [.. usage.Select(each => $"{each.UsageId} {ContentOf(each)}")];

    /// <summary>All that rating compares; what was not measured counts as 0 there.</summary>
    private static string ContentOf(UsageReceived usage) => string.Join(
        '|', usage.SubscriberRef, usage.Kind, usage.Direction, usage.EventTime.UtcDateTime.ToString("O"),
        usage.EndTime.UtcDateTime.ToString("O"), Math.Max(0, usage.DurationSeconds), Math.Max(0, usage.UplinkOctets),
        Math.Max(0, usage.DownlinkOctets), usage.TotalOctets, usage.Messages, Math.Max(0, usage.ServiceUnits), usage.RatingGroup,
        usage.ServiceIdentifier, usage.ServingPlmn, usage.IsTimeOfReport);

    private static T Same<T>(T value) => value;

    /// <summary>Replaces texts of a request by others; each must be there.</summary>
    private static Func<string, string> With(params string[] pairs) => request =>
    {
        for (int i = 0; i < pairs.Length; i += 2)
        {
            string text = request.Contains(pairs[i], StringComparison.Ordinal) ? pairs[i] : pairs[i].TrimEnd(',');
            Assert.Contains(text, request, StringComparison.Ordinal);
            request = request.Replace(text, pairs[i + 1], StringComparison.Ordinal);
        }

        return request.Replace(",,", ",", StringComparison.Ordinal).Replace("{,", "{", StringComparison.Ordinal)
            .Replace(",}", "}", StringComparison.Ordinal);
    };

    private static Func<Tlv, Tlv> Container(Func<Tlv, Tlv> change) => record =>
    {
        _ = change(record[5]!.Children[0][1]!.Children[0]);
        return record;
    };

    private static Tlv Session(Tlv record, Func<Tlv, Tlv> change)
    {
        _ = change(record[13]!);
        return record;
    }
}
