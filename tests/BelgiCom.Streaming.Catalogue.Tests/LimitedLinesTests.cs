namespace BelgiCom.Streaming.Catalogue.Tests;

public sealed class LimitedLinesTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a", "a")]
    [InlineData("a\nb\r\nc\rd", "a|b|c|d")]
    [InlineData("a\n\n\r\n b \n", "a||| b ")]
    [InlineData("1234\n12345\n123456\r\n\n", "1234|12345|12345|")]
    public void Read_AnyLineEnds_IsTheLinesAndNoMoreOfThemThanOneCharacterOverTheLimit(string text, string lines) =>
        Assert.Equal(lines, string.Join('|', LimitedLines.Read(new StringReader(text), limit: 4)));

    /// <summary>A text of 2^28 characters without a line end, of which no more than the limit is kept.</summary>
    [Fact]
    public void Read_LineWithoutEnd_TakesNoMoreMemoryThanTheLimit()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(4097, Assert.Single(LimitedLines.Read(new Endless(1 << 28), limit: 4096)).Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    private sealed class Endless(int length) : TextReader
    {
        private int _read;

        public override int Read() => _read++ < length ? 'x' : -1;

        public override int Peek() => -1;
    }
}
