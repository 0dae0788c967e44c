using CsCheck;

namespace BelgiCom.Streaming.Contracts.Tests;

/// <summary>Money on the wire: two's complement octets, as short as can be, and never a rounded value.</summary>
public sealed class NanosTests
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
    [InlineData(Nanos.Max, "100de0b6b3a763ffff")]
    [InlineData(-Nanos.Max, "10f21f494c589c0001")]
    public void Nanos_Written_AreTheShortestTwosComplement(long nanos, string hex)
    {
        byte[] octets = new byte[9];
        AvroWriter writer = new(octets);
        writer.WriteNanos(nanos);
        Assert.Equal(hex, Convert.ToHexStringLower(octets.AsSpan(0, writer.Written)));
        AvroReader reader = new(octets.AsSpan(0, writer.Written));
        Assert.Equal(nanos, reader.ReadNanos());
    }

    [Theory]
    [InlineData("00")]
    [InlineData("100de0b6b3a7640000")]
    [InlineData("10f21f494c589c0000")]
    [InlineData("12010000000000000000")]
    [InlineData("12ff0000000000000000")]
    [InlineData("108000000000000000")]
    public void Nanos_EmptyOrOfMoreThan18Digits_AreAFault(string hex)
    {
        AvroReader reader = new(Convert.FromHexString(hex));
        Assert.Equal(0, reader.ReadNanos());
        Assert.Equal(AvroFault.DecimalOverflow, reader.Fault);
    }

    [Theory]
    [InlineData("14000000000000000001ff", 511)]
    [InlineData("14fffffffffffffffffe00", -512)]
    public void Nanos_PaddedWithTheirSign_AreRead(string hex, long nanos)
    {
        AvroReader reader = new(Convert.FromHexString(hex));
        Assert.Equal(nanos, reader.ReadNanos());
    }

    [Fact]
    public void Decimal_AndNanos_AreTheSameAmount() => Gen.Long[-Nanos.Max, Nanos.Max].Sample(nanos =>
    {
        decimal amount = Nanos.ToDecimal(nanos);
        Assert.Equal(nanos, Nanos.FromDecimal(amount));
        Assert.Equal(nanos / 1_000_000_000m, amount);
    });

    [Theory]
    [InlineData("0.0000000001")]
    [InlineData("1.0000000000000000000000000001")]
    [InlineData("1000000000")]
    [InlineData("-1000000000")]
    [InlineData("79228162514264337593543950335")]
    public void FromDecimal_OfWhatDoesNotFit_Overflows(string amount) =>
        Assert.Throws<OverflowException>(() => Nanos.FromDecimal(decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture)));

    [Fact]
    public void WriteNanos_OfMoreThan18Digits_Overflows() => Assert.Throws<OverflowException>(() =>
    {
        AvroWriter writer = new(new byte[9]);
        writer.WriteNanos(Nanos.Max + 1);
    });
}
