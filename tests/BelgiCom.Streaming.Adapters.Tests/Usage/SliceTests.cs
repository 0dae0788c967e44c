using System.Text;
using BelgiCom.Streaming.Contracts;
using static BelgiCom.Streaming.Adapters.Tests.HandMade;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// The slice of a session by TS 32.298 (SingleNSSAI) and TS 32.291 (networkSlicingInfo). One that cannot be read costs the record nothing
/// but the slice.
/// </summary>
public sealed class SliceTests
{
    [Theory]
    [InlineData(1, "000001", 1, 1)]
    [InlineData(255, "ffffff", 255, 0xFFFFFF)]
    [InlineData(2, "A1b2C3", 2, 0xA1B2C3)]
    [InlineData(0, null, 0, -1)]
    [InlineData(256, "000001", -1, -1)]
    [InlineData(-1, "000001", -1, -1)]
    [InlineData(null, "000001", -1, -1)]
    [InlineData(1, "0001", -1, -1)]
    [InlineData(1, "00000001", -1, -1)]
    public void Slice_InEitherFormat_IsCarried(int? type, string? differentiator, int expectedType, int expectedDifferentiator)
    {
        List<Tlv> fields = [];
        List<string> members = [];
        if (type is { } sst)
        {
            fields.Add(Integer(0, sst));
            members.Add($"\"sst\":{sst}");
        }

        if (differentiator is not null)
        {
            fields.Add(Tlv.Primitive(1, Convert.FromHexString(differentiator)));
            members.Add($"\"sd\":\"{differentiator}\"");
        }

        Tlv record = Chf(Usage(10, Used(1, 1000, 2000)));
        record.Children.Single(child => child.Number == 13).With(Tlv.Constructed(7, [.. fields]));
        string slice = string.Join(",", members);
        string request = Request(
            UsedInRequest(1, 1000, 2000),
            $$$""","networkSlicingInfo":{"other":[1],"sNSSAI":{{{{slice}}},"more":{"a":null}},"hPlmnSNSSAI":{"sst":9}}""");

        foreach (byte[] content in new[] { CdrWriter.Plain(record), Encoding.UTF8.GetBytes(request) })
        {
            UsageReceived usage = Assert.Single(Mediated.Usage(content));
            Assert.Equal(
                (expectedType, expectedDifferentiator, 3000L),
                (usage.SliceServiceType, usage.SliceDifferentiator, usage.TotalOctets));
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"1\"")]
    [InlineData("{}")]
    [InlineData("{\"sNSSAI\":null}")]
    [InlineData("{\"sNSSAI\":[1]}")]
    [InlineData("{\"sNSSAI\":{\"sst\":\"1\"}}")]
    [InlineData("{\"sNSSAI\":{\"sst\":1,\"sd\":7}}")]
    [InlineData("{\"sNSSAI\":{\"sst\":1,\"sd\":\"00000g\"}}")]
    public void Slice_OfAnotherForm_CostsNothingElse(string slicing)
    {
        string request = Request(UsedInRequest(1, 1000, 2000), $",\"networkSlicingInfo\":{slicing}{InHomeNetwork}");

        UsageReceived usage = Assert.Single(Mediated.Usage(Encoding.UTF8.GetBytes(request)));

        Assert.Equal((-1, -1, "00101"), (usage.SliceServiceType, usage.SliceDifferentiator, usage.ServingPlmn));
    }
}
