namespace BelgiCom.Streaming.Adapters.Tests;

public class ShownNameTests
{
    [Theory]
    // Numbers of persons (E.164, national, IMSI, IMEI) are hidden.
    [InlineData("calls-32475123456.csv", "calls-***********.csv")]
    [InlineData("+32475123456", "+***********")]
    [InlineData("0475123456.csv", "**********.csv")]
    [InlineData("206019900000001_2026.cdr", "***************_2026.cdr")]
    [InlineData("354567890123456", "***************")]
    [InlineData("u999999999", "u*********")]
    // Times, counters and sequence numbers, by which files are called, stay.
    [InlineData("TESTCHF_-_0000000001.20261120_-_1430+0100.cdr", "TESTCHF_-_0000000001.20261120_-_1430+0100.cdr")]
    [InlineData("cdr_20261120143000.gz", "cdr_20261120143000.gz")]
    [InlineData("cdr_202611201430_17.gz", "cdr_202611201430_17.gz")]
    [InlineData("A20181002.0000-1000-0015-1000_5G.xml.gz", "A20181002.0000-1000-0015-1000_5G.xml.gz")]
    [InlineData("b00017.bin", "b00017.bin")]
    [InlineData("appels-été-2026.csv", "appels-été-2026.csv")]
    // Characters are replaced that would begin a line in a log or turn a terminal's line round.
    [InlineData("a\nINFO all is well", "a?INFO all is well")]
    [InlineData("a\u001b[31mred\r", "a?[31mred?")]
    [InlineData("a\u202egpj.exe", "a?gpj.exe")]
    [InlineData("a\u0085\u2028b", "a??b")]
    [InlineData("", "")]
    public void Name_IsShown_WithoutControlsAndNumbers(string name, string shown) => Assert.Equal(shown, ShownName.Of(name));
}
