using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

public class NchfUsageReaderTests
{
    // The request follows TS 32.291 6.1.6.2; one open implementation spells a member "multipleunitUsage", as here.
    private const string Request =
        """
        {"subscriberIdentifier":"imsi-001010000000007","nfConsumerIdentification":{"nFName":"smf-1","nFPLMNID":{"mcc":"001","mnc":"01"},
          "nodeFunctionality":"SMF"},
         "invocationTimeStamp":"2026-03-14T08:15:00Z","invocationSequenceNumber":2,
         "multipleunitUsage":[{"usedUnitContainer":[
             {"localSequenceNumber":1,"time":60,"totalVolume":300,"uplinkVolume":100,"downlinkVolume":200,
               "triggers":[{"triggerType":"VOLUME_LIMIT","triggerCategory":"IMMEDIATE_REPORT"}]},
             {"localSequenceNumber":2,"totalVolume":5000000000,"serviceId":9}],"ratingGroup":100,"uPFID":"x"}],
         "pDUSessionChargingInformation":{"chargingId":77,"userInformation":{"servedGPSI":"msisdn-999000000007",
           "servedPEI":"imei-990000000000007"},
           "userLocationinfo":{"nrLocation":{"tai":{"tac":"000001"}}},
           "pduSessionInformation":{"pduSessionID":5,"dnnId":"internet","ratType":"NR","servingCNPlmnId":{"mcc":"208","mnc":"01"},
             "pduAddress":{"pduIPv4Address":"10.1.2.3"}}}}
        """;

    [Theory]
    [InlineData("{0}", 1)]
    [InlineData("[{0},{0}]", 2)]
    [InlineData("{0}\n{0}\r\n\n{0}", 3)]
    [InlineData("\uFEFF[ ]{0}", 1)]
    public void Requests_HoweverPutTogether_AreRead(string form, int count)
    {
        (List<Part> parts, List<DecodingFault> faults) = Read(form.Replace("{0}", Request, StringComparison.Ordinal));

        Assert.Empty(faults);
        Assert.Equal(2 * count, parts.Count);
        Assert.Equal(
            new Part("999000000007", "001010000000007", "smf-1", "internet", "20801", 51, 77, 2, 100, 1, 60, 100, 200, 300, -1),
            parts[0]);
        Assert.Equal(parts[0] with { Local = 2, Seconds = -1, Uplink = -1, Downlink = -1, Total = 5_000_000_000, Service = 9 }, parts[1]);
    }

    [Theory]
    [InlineData("\"invocationSequenceNumber\":2", "\"invocationSequenceNumber\":-2", QuarantineReason.BadValue)]
    [InlineData("\"invocationSequenceNumber\":2", "\"invocationSequenceNumber\":2.5", QuarantineReason.BadValue)]
    [InlineData("\"invocationSequenceNumber\":2,", "", QuarantineReason.MissingField)]
    [InlineData("2026-03-14T08:15:00Z", "xyz", QuarantineReason.BadValue)]
    [InlineData("2026-03-14T08:15:00Z", "2026-02-30T08:15:00Z", QuarantineReason.BadValue)]
    [InlineData("\"time\":60", "\"time\":\"60\"", QuarantineReason.BadValue)]
    [InlineData("\"chargingId\":77", "\"chargingId\":4294967296", QuarantineReason.BadValue)]
    [InlineData("imsi-001010000000007", "imsi-00101x", QuarantineReason.BadValue)]
    [InlineData("\"uPFID\":\"x\"", "\"uPFID\":x", QuarantineReason.BadEncoding)]
    public void Request_ThatIsBad_CostsOnlyItself(string good, string bad, QuarantineReason reason)
    {
        (
            List<Part> parts,
            List<DecodingFault> faults) = Read(Request + "\n" + Request.Replace(good, bad, StringComparison.Ordinal) + "\n" + Request);

        Assert.Equal(4, parts.Count);
        Assert.Equal(reason, Assert.Single(faults).Reason);
    }

    [Fact]
    public void Request_NestedTooDeep_IsRefused()
    {
        string deep = string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000);

        (List<Part> parts, List<DecodingFault> faults) = Read(Request + "\n" + deep + "\n" + Request);

        Assert.Equal(4, parts.Count);
        Assert.Equal(QuarantineReason.BadEncoding, Assert.Single(faults).Reason);
    }

    [Fact]
    public void Request_WithANumberOfAMillionDigits_IsRefused()
    {
        (
            List<Part> parts,
            List<DecodingFault> faults) = Read(
                Request.Replace("\"time\":60", "\"time\":" + new string('9', 900_000), StringComparison.Ordinal) + "\n" + Request);

        Assert.Equal(2, parts.Count);
        Assert.Equal(QuarantineReason.BadValue, Assert.Single(faults).Reason);
    }

    /// <summary>In an array on one line, an element that is no request costs itself only, and its neighbours are read.</summary>
    [Theory]
    [InlineData("[{0},null,{0},{0}]", 3, 1)]
    [InlineData("[null,{0},true,{0},-1]", 2, 3)]
    [InlineData("[{0},\"text with , and { in it\",{0}]", 2, 1)]
    [InlineData("[{0},{\"a\":},{0}]", 2, 1)]
    [InlineData("[\"{, \\\" ]\", -1.5e3,\n{0}]", 1, 2)]
    [InlineData("null\n17\n{0}\n", 1, 2)]
    public void Element_ThatIsNoRequest_CostsItselfOnly(string form, int requests, int faultCount)
    {
        string line = Request.ReplaceLineEndings(" ");
        string file = form.Replace("{0}", line, StringComparison.Ordinal);
        (List<Part> parts, List<DecodingFault> faults) = Read(file);

        Assert.Equal((2 * requests, faultCount), (parts.Count, faults.Count));
        Assert.True(NchfUsageFormat.Instance.Recognises(Encoding.UTF8.GetBytes(file)));
    }

    /// <summary>A brace, a quote or a bracket that is never closed costs its line, not the lines behind it.</summary>
    [Theory]
    [InlineData("}")]
    [InlineData("}}}")]
    [InlineData("\"internet")]
    public void Request_NeverClosed_CostsItsLineOnly(string end)
    {
        string line = Request.ReplaceLineEndings(" ");
        string open = line[..line.LastIndexOf(end, StringComparison.Ordinal)];
        (List<Part> parts, List<DecodingFault> faults) = Read($"{line}\n{open}\n{line}\n{line}\n");

        Assert.Equal(6, parts.Count);
        Assert.Single(faults);
    }

    /// <summary>RFC 8259 8.3: a name is the same name however much of it is escaped, so the file is recognised and read.</summary>
    [Fact]
    public void Request_WhoseNamesAreAllEscaped_IsRecognisedAndRead()
    {
        string escaped = System.Text.RegularExpressions.Regex.Replace(
            Request, "\"(\\w+)\":", match => $"\"{string.Concat(match.Groups[1].Value.Select(letter => $"\\u{(int)letter:x4}"))}\":");

        Assert.DoesNotContain("\"multipleunitUsage\"", escaped, StringComparison.Ordinal);
        Assert.True(NchfUsageFormat.Instance.Recognises(Encoding.UTF8.GetBytes(escaped)));
        Assert.Equal(Read(Request).Parts, Read(escaped).Parts);
    }

    [Fact]
    public void Request_CutShort_IsOneFault()
    {
        string line = Request.ReplaceLineEndings(" ");
        (List<Part> parts, List<DecodingFault> faults) = Read(line + "\n" + line[..^1]);

        Assert.Equal(2, parts.Count);
        Assert.Equal(QuarantineReason.Truncated, Assert.Single(faults).Reason);
    }

    /// <summary>Wherever a file is cut, one entry says that its end was not seen; the whole file has no such entry.</summary>
    [Theory]
    [InlineData("[{0},\n{0}]", false)]
    [InlineData("[\n{0}\n,\n{0}\n]\n", true)]
    [InlineData("{0}\n{0}", true)]
    public void File_CutAnywhereBehindItsFirstRequest_IsCutShort(string form, bool isIndented)
    {
        string request = isIndented ? Request : Request.ReplaceLineEndings(" ");
        string whole = form.Replace("{0}", request, StringComparison.Ordinal);
        int first = whole.IndexOf(request, StringComparison.Ordinal) + request.Length;
        bool isArray = whole[0] == '[';
        for (int length = isArray ? first : whole.IndexOf('{', first) + 1; length < whole.TrimEnd().Length; length++)
        {
            (List<Part> parts, List<DecodingFault> faults) = Read(whole[..length]);

            Assert.Equal(whole[..length].TrimEnd().EndsWith(request, StringComparison.Ordinal) && length > first + 10 ? 4 : 2, parts.Count);
            Assert.Single(faults, fault => fault is { Reason: QuarantineReason.Truncated, EndsReading: true });
        }

        Assert.Empty(Read(whole).Faults);
    }

    /// <summary>Some writers write every member of their model; a member that is null is one that the request does not have.</summary>
    [Fact]
    public void Members_ThatAreNull_AreNotThere()
    {
        string nulls = Request;
        foreach ((string member, string isNull) in new[]
        {
            ("\"uplinkVolume\":100,\"downlinkVolume\":200,", "\"uplinkVolume\":null,\"downlinkVolume\":null,"),
            ("\"serviceId\":9", "\"serviceId\": null , \"pDUContainerInformation\":null,\"triggerTimestamp\":null"),
            ("{\"pduIPv4Address\":\"10.1.2.3\"}", "null"),
            ("\"nFPLMNID\":{\"mcc\":\"001\",\"mnc\":\"01\"}", "\"nFPLMNID\":null"),
            ("\"invocationSequenceNumber\":2", "\"sMSChargingInformation\":null,\"iMSChargingInformation\":null,"
                + "\"multipleUnitUsage\":null,\"invocationSequenceNumber\":2"),
        })
        {
            Assert.Contains(member, nulls, StringComparison.Ordinal);
            nulls = nulls.Replace(member, isNull, StringComparison.Ordinal);
        }

        (List<Part> parts, List<DecodingFault> faults) = Read(nulls);

        Assert.Empty(faults);
        Assert.Equal(
            [(-1L, -1L, 300L, -1L), (-1, -1, 5_000_000_000, -1)],
            parts.Select(part => (part.Uplink, part.Downlink, part.Total, part.Service)));
        Assert.All(parts, part => Assert.Equal("20801", part.Plmn));
    }

    /// <summary>JSON knows one kind of number: 300.0 is 300. An exponent hides digits that were rounded away.</summary>
    [Theory]
    [InlineData("300.0", 300L)]
    [InlineData("9223372036854775807.00", long.MaxValue)]
    [InlineData("3e2", null)]
    [InlineData("300.5", null)]
    [InlineData("9223372036854775808.0", null)]
    [InlineData("18446744073709551615", null)]
    [InlineData("-0.0", 0L)]
    public void Volume_ThatIsWhole_IsReadHoweverItIsWritten(string number, long? octets)
    {
        (List<Part> parts, List<DecodingFault> faults) =
            Read(Request.Replace("\"totalVolume\":300", "\"totalVolume\":" + number, StringComparison.Ordinal));

        Assert.Equal(octets, parts.FirstOrDefault()?.Total);
        Assert.Equal(octets is null ? [QuarantineReason.BadValue] : [], faults.Select(fault => fault.Reason));
    }

    /// <summary>
    /// The first request of a session rightly has no used units. An event has one request only, so without units its usage would be lost.
    /// </summary>
    [Theory]
    [InlineData("true", 1)]
    [InlineData("false", 0)]
    public void Request_OfAnEventWithoutUnits_IsNamed(string isEvent, int faultCount)
    {
        string none = $$"""{"subscriberIdentifier":"imsi-001010000000007","oneTimeEvent":{{isEvent}},"sMSChargingInformation":{},"""
            + "\"invocationTimeStamp\":\"2026-03-14T08:15:00Z\",\"invocationSequenceNumber\":2}";

        (List<Part> parts, List<DecodingFault> faults) = Read(none);

        Assert.Empty(parts);
        Assert.Equal(Enumerable.Repeat(QuarantineReason.UnsupportedRecord, faultCount), faults.Select(fault => fault.Reason));
    }

    [Fact]
    public void Fault_OfARequest_DoesNotRepeatItsContent()
    {
        (
            List<Part> _,
            List<DecodingFault> faults) = Read(Request.Replace("\"uPFID\":\"x\"", "\"uPFID\":999000000007x", StringComparison.Ordinal));

        Assert.DoesNotContain("999000000007", Assert.Single(faults).Detail, StringComparison.Ordinal);
    }

    private static (List<Part> Parts, List<DecodingFault> Faults) Read(string text)
    {
        using UsageFileReader reader = NchfUsageFormat.Instance.Open(new MemoryStream(Encoding.UTF8.GetBytes(text)));
        List<Part> parts = new();
        List<DecodingFault> faults = new();
        while (reader.Read())
        {
            if (reader.Fault is { } fault)
            {
                faults.Add(fault);
                continue;
            }

            UsageCdr cdr = reader.Cdr;
            foreach (UsagePart part in cdr.Parts)
            {
                parts.Add(new Part(
                    Text(cdr.Msisdn), Text(cdr.Imsi), Text(cdr.Node), Text(cdr.DataNetwork), Text(cdr.ServingPlmn), cdr.RatType,
                    cdr.ChargingId,
                    cdr.RecordSequenceNumber, part.RatingGroup, part.LocalSequenceNumber, part.DurationSeconds, part.UplinkOctets,
                    part.DownlinkOctets,
                    part.TotalOctets, part.ServiceIdentifier));
            }
        }

        return (parts, faults);
    }

    private static string Text(OctetField field) => Encoding.UTF8.GetString(field.Span);

    private sealed record Part(
        string Msisdn, string Imsi, string Node, string Dnn, string Plmn, long Rat, long ChargingId, long Sequence, long Group, long Local,
        long Seconds,
        long Uplink, long Downlink, long Total, long Service);
}
