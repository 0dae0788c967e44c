using System.Text.Json.Nodes;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>The golden values come from another encoder (pycrate), see samples/SOURCE.md.</summary>
public class CdrJsonTests
{
    [Theory]
    [InlineData(Samples.Pgw)]
    [InlineData(Samples.PgwRaw)]
    [InlineData(Samples.OtherNodes)]
    [InlineData(Samples.Chf)]
    public void Record_OfGoldenFile_ShowsEveryExpectedValueAndNoOther(string name)
    {
        (List<byte[]> records, List<DecodingFault> faults) = Samples.ReadAll(Samples.Read(name), Samples.FormatOf(name));
        JsonArray expected = JsonNode.Parse(Samples.Read(name + ".expected.json"))!["records"]!.AsArray();

        Assert.Empty(faults);
        Assert.Equal(expected.Count, records.Count);
        for (int i = 0; i < records.Count; i++)
        {
            (string json, DecodingFault? fault) = Samples.Show(records[i], isClear: true);
            Assert.Null(fault);
            AssertSame(expected[i], JsonNode.Parse(json), $"records[{i}]");
        }
    }

    [Theory]
    [InlineData(
        Samples.Pgw,
        "pGWRecord.servedIMSI.hex", "pGWRecord.servedMSISDN.hex", "pGWRecord.servedIMEI.hex", "pGWRecord.userLocationInformation.hex",
        "pGWRecord.servedPDPPDNAddress.iPAddress.iPBinaryAddress.iPBinV4Address.hex")]
    [InlineData(
        Samples.Chf,
        "chargingFunctionRecord.subscriberIdentifier.subscriptionIDData", "chargingFunctionRecord.chargingSessionIdentifier.hex",
        "chargingFunctionRecord.pDUSessionChargingInformation.userIdentifier.iSDN-E164",
        "chargingFunctionRecord.pDUSessionChargingInformation.pDUAddress.pDUIPv4Address.iPBinaryAddress.iPBinV4Address.hex")]
    public void Record_NotInClear_HasStarsForExactlyItsPersonalData(string name, params string[] personal)
    {
        (List<byte[]> records, List<DecodingFault> _) = Samples.ReadAll(Samples.Read(name), Samples.FormatOf(name));
        JsonArray expected = JsonNode.Parse(Samples.Read(name + ".expected.json"))!["records"]!.AsArray();
        for (int i = 0; i < records.Count; i++)
        {
            foreach (string path in personal)
            {
                string[] names = path.Split('.');
                JsonNode holder = names[..^1].Aggregate(expected[i]!, (node, member) => node[member]!);
                holder[names[^1]] = new string('*', holder[names[^1]]!.GetValue<string>().Length);
            }

            (string json, DecodingFault? fault) = Samples.Show(records[i], isClear: false);
            Assert.Null(fault);
            AssertSame(expected[i], JsonNode.Parse(json), $"records[{i}]");
        }
    }

    [Fact]
    public void Field_ThatTheDictionaryDoesNotKnow_IsMaskedAsItMayHoldANumber()
    {
        // The field has a private tag of a vendor and holds "999000000001".
        byte[] field = [0xDF, 0x81, 0x01, 12, .. "999000000001"u8];
        byte[] record = [0xBF, 0x4F, (byte)(3 + field.Length), 0x80, 0x01, 0x55, .. field];

        Assert.Equal(
            """{"pGWRecord":{"recordType":85,"[129]":{"hex":"************************"}}}""", Samples.Show(record, isClear: false).Json);
        Assert.Contains("393939303030303030303031", Samples.Show(record, isClear: true).Json, StringComparison.Ordinal);
    }

    [Fact]
    public void Punctuation_OfAMaskedText_StaysSoThatItsFormShows()
    {
        // The URI is the sIP-URI [0] in userIdentifier [1] of pDUSessionChargingInformation [13].
        byte[] uri = [0x80, 18, .. "sip:+999@ims.test"u8, (byte)'!'];
        byte[] record = [0xBF, 0x81, 0x48, 24, 0xAD, 22, 0xA1, 20, .. uri];

        (string json, DecodingFault? fault) = Samples.Show(record, isClear: false);

        Assert.Null(fault);
        Assert.Contains("\"sIP-URI\":\"***:+***@***.****!\"", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Record_OfAnotherKind_IsAFault() =>
        Assert.Equal(QuarantineReason.UnsupportedRecord, Samples.Show([0xBF, 0x5C, 0x03, 0x80, 0x01, 0x5C], isClear: true).Fault?.Reason);

    private static void AssertSame(JsonNode? expected, JsonNode? actual, string path)
    {
        switch (expected)
        {
            case JsonObject members:
                JsonObject actualMembers = Assert.IsType<JsonObject>(actual);
                Assert.Equal(members.Select(member => member.Key).Order(), actualMembers.Select(member => member.Key).Order());
                foreach ((string key, JsonNode? value) in members)
                {
                    AssertSame(value, actualMembers[key], $"{path}.{key}");
                }

                break;
            case JsonArray items:
                JsonArray actualItems = Assert.IsType<JsonArray>(actual);
                Assert.Equal(items.Count, actualItems.Count);
                for (int i = 0; i < items.Count; i++)
                {
                    AssertSame(items[i], actualItems[i], $"{path}[{i}]");
                }

                break;
            default:
                Assert.True(
                    JsonNode.DeepEquals(expected, actual), $"{path}: expected {expected?.ToJsonString()}, found {actual?.ToJsonString()}");
                break;
        }
    }
}
