using System.Text;
using static BelgiCom.Streaming.Adapters.Tests.HandMade;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// The serving network is the serving node's own, else the location's, else the serving function's; it is never the home SMF's own, and
/// never home by silence where the record says something else. The subscriber's number is read by its numbering plan.
/// </summary>
public sealed class ServingNetworkTests
{
    [Theory]
    [InlineData("the node", "20801", "26201", "20801")]
    [InlineData("the location", null, "26201", "26201")]
    [InlineData("nothing", null, null, "")]
    [InlineData("an MNC of three digits", "405030", null, "405030")]
    [InlineData("an MNC of two digits", "40503", null, "40503")]
    [InlineData("a location of three digits", null, "405039", "405039")]
    public void GatewayRecord_IsServedBy(string what, string? node, string? location, string expected)
    {
        Tlv record = Pgw(Service(10, 1, 1, 2)).Without(27, 32);
        record = node is null ? record : record.With(Plmn(27, node));
        record = location is null ? record : record.With(TaiAndEcgi(32, location));

        Assert.True(expected == Assert.Single(Mediated.Usage(CdrWriter.Plain(record))).ServingPlmn, what);
    }

    private const string Amf =
        ""","servingNetworkFunctionID":{"servingNetworkFunctionInformation":{"nFPLMNID":{"mcc":"208","mnc":"01"}}}""";

    private const string Serving = ""","servingCNPlmnId":{"mcc":"310","mnc":"260"}""";

    /// <summary>
    /// The price of 10 MiB is 40.00 in 310-260 and 0.10 at home, so the network must be right whichever member stands first.
    /// </summary>
    [Theory]
    [InlineData("", "001", "")]
    [InlineData(Serving, "001", "310260")]
    [InlineData(Amf, "001", "20801")]
    [InlineData(Amf + Serving, "001", "310260")]
    [InlineData("", "208", "20801")]
    public void Request_IsServedBy(string session, string mccOfConsumer, string expected)
    {
        string request = Request("""{"totalVolume":10}""", session)
            .Replace("\"nFPLMNID\":{\"mcc\":\"001\"", $"\"nFPLMNID\":{{\"mcc\":\"{mccOfConsumer}\"", StringComparison.Ordinal);
        const string Consumer = "\"nfConsumerIdentification\":";
        int start = request.IndexOf(Consumer, StringComparison.Ordinal), end = request.IndexOf("},", start, StringComparison.Ordinal) + 1;
        end = request[end] == '}' ? end + 1 : end;
        string behind = request.Remove(start, end + 1 - start);
        behind = $"{behind.TrimEnd()[..^1]},{request[start..end]}}}";

        Assert.Equal(expected, Assert.Single(Mediated.Usage(Encoding.UTF8.GetBytes(request))).ServingPlmn);
        Assert.Equal(expected, Assert.Single(Mediated.Usage(Encoding.UTF8.GetBytes(behind))).ServingPlmn);
    }

    /// <summary>
    /// The locations are those of TS 29.274 8.21 and, where they begin with 0x80 to 0x82, of TS 29.061 16.4.7.2. TAI counts before ECGI,
    /// and ECGI before the rest.
    /// </summary>
    [Theory]
    [InlineData("1802f810000162f21000000001", "20801")]
    [InlineData("0802f8100001", "20801")]
    [InlineData("1002f81000000001", "20801")]
    [InlineData("0102f81000010002", "20801")]
    [InlineData("0902f8100001000262f2100001", "26201")]
    [InlineData("8202f810000102f81000000001", "20801")]
    [InlineData("0804050300", "")]
    [InlineData("18", "")]
    [InlineData("", "")]
    public void Location_NamesItsNetwork(string hex, string expected)
    {
        Span<byte> room = stackalloc byte[6];
        ReadOnlySpan<byte> plmn = PlmnDigits.Unpack(PlmnDigits.OfLocation(Convert.FromHexString(hex)), room);

        Assert.Equal(expected, Encoding.ASCII.GetString(plmn));
    }

    /// <summary>
    /// TS 29.002 17.7.8: 0x91 is international E.164, 0xA1 national. 0x94 would be another plan, so it is no such octet but the digits 49
    /// of the number.
    /// </summary>
    [Theory]
    [InlineData("91945101000010f7", "", "4915100000017", true)]
    [InlineData("945101000010f7", "", "4915100000017", true)]
    [InlineData("237400000010", "", "324700000001", true)]
    [InlineData("a1400700000010", "32", "3247000000001", true)]
    [InlineData("a17400000010", "32", "324700000001", true)]
    [InlineData("a17400000010", "", "", false)]
    [InlineData("817400000010", "32", "", false)]
    [InlineData("400700000010", "", "", false)]
    [InlineData("91", "", "", false)]
    public void AddressString_IsReadByItsPlan(string hex, string prefix, string expected, bool isRead)
    {
        OctetField number = new(32);

        Assert.Equal(isRead, number.TrySetAddressString(Convert.FromHexString(hex), prefix));
        Assert.Equal(expected, Encoding.ASCII.GetString(number.Span));
    }
}
