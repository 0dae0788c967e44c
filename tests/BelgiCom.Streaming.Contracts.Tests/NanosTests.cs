using CsCheck;

namespace BelgiCom.Streaming.Contracts.Tests;

/// <summary>Money as whole nano-units: never a rounded value.</summary>
public sealed class NanosTests
{
    [Fact]
    public void Decimal_AndNanos_AreTheSameAmount() => Gen.Long[-Nanos.Max, Nanos.Max].Sample(nanos =>
    {
        decimal amount = Nanos.ToDecimal(nanos);
        Assert.Equal(nanos, Nanos.FromDecimal(amount));
        Assert.Equal(nanos / 1_000_000_000m, amount);
    }, iter: 10_000);

    /// <summary>A limit is a decimal on the topic; it comes back as it went, to the ninth decimal.</summary>
    [Fact]
    public void P9_Amount_GoesThroughAvroWithAllItsDecimals() => Gen.Long[-Nanos.Max, Nanos.Max].Sample(nanos =>
    {
        System.Buffers.ArrayBufferWriter<byte> body = new();
        new OfferingVersion { Offering = "o", Currency = "EUR", RoamingDataLimit = Nanos.ToDecimal(nanos) }.Write(body);

        Assert.Equal(nanos, Nanos.FromDecimal(OfferingVersion.Read(body.WrittenSpan).RoamingDataLimit!.Value));
    }, iter: 10_000);

    [Theory]
    [InlineData("0.0000000001")]
    [InlineData("1.0000000000000000000000000001")]
    [InlineData("1000000000")]
    [InlineData("-1000000000")]
    [InlineData("79228162514264337593543950335")]
    public void FromDecimal_OfWhatDoesNotFit_Overflows(string amount) =>
        Assert.Throws<OverflowException>(() => Nanos.FromDecimal(decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture)));
}
