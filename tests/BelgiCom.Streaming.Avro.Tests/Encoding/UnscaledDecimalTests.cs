namespace BelgiCom.Streaming.Avro.Tests;

/// <summary>Decimals on the wire: two's complement octets, as short as can be.</summary>
public sealed class UnscaledDecimalTests
{
    [Theory]
    [InlineData(0, "0200")]
    [InlineData(1, "0201")]
    [InlineData(-1, "02ff")]
    [InlineData(127, "027f")]
    [InlineData(128, "040080")]
    [InlineData(-128, "0280")]
    [InlineData(-129, "04ff7f")]
    [InlineData(1_000_000_000, "083b9aca00")]
    [InlineData(UnscaledDecimal.Max, "100de0b6b3a763ffff")]
    [InlineData(-UnscaledDecimal.Max, "10f21f494c589c0001")]
    public void Decimal_Written_IsTheShortestTwosComplement(long unscaled, string hex)
    {
        byte[] octets = new byte[9];
        AvroWriter writer = new(octets);
        writer.WriteUnscaled(unscaled);
        Assert.Equal(hex, Convert.ToHexStringLower(octets.AsSpan(0, writer.Written)));
        AvroReader reader = new(octets.AsSpan(0, writer.Written));
        Assert.Equal(unscaled, reader.ReadUnscaled());
    }

    [Theory]
    [InlineData("00")]
    [InlineData("100de0b6b3a7640000")]
    [InlineData("10f21f494c589c0000")]
    [InlineData("12010000000000000000")]
    [InlineData("12ff0000000000000000")]
    [InlineData("108000000000000000")]
    public void Decimal_EmptyOrOfMoreThan18Digits_IsAFault(string hex)
    {
        AvroReader reader = new(Convert.FromHexString(hex));
        Assert.Equal(0, reader.ReadUnscaled());
        Assert.Equal(AvroFault.DecimalOverflow, reader.Fault);
    }

    [Theory]
    [InlineData("14000000000000000001ff", 511)]
    [InlineData("14fffffffffffffffffe00", -512)]
    public void Decimal_PaddedWithItsSign_IsRead(string hex, long unscaled)
    {
        AvroReader reader = new(Convert.FromHexString(hex));
        Assert.Equal(unscaled, reader.ReadUnscaled());
    }

    [Fact]
    public void Write_OfMoreThan18Digits_Overflows() => Assert.Throws<OverflowException>(() =>
    {
        AvroWriter writer = new(new byte[9]);
        writer.WriteUnscaled(UnscaledDecimal.Max + 1);
    });
}
