using CsCheck;

namespace BelgiCom.Streaming.Kafka.Tests;

public sealed class WireFormatTests
{
    /// <summary>Golden octets of Confluent's documentation of the wire format: magic 0, then the id in network order.</summary>
    [Fact]
    public void Header_OfAnId_IsMagicAndBigEndian()
    {
        byte[] header = new byte[WireFormat.HeaderSize];

        WireFormat.WriteHeader(header, 0x01020304);

        Assert.Equal([0, 1, 2, 3, 4], header);
    }

    [Fact]
    public void Header_WrittenAndRead_IsTheSameId() => Gen.Int.Sample(id =>
    {
        Span<byte> value = stackalloc byte[WireFormat.HeaderSize + 2];
        WireFormat.WriteHeader(value, id);
        Assert.True(WireFormat.TryReadHeader(value, out int read));
        Assert.Equal(id, read);
    });

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0, 0, 0, 1 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 1, 9 })]
    [InlineData(new byte[] { (byte)'{', 0, 0, 0, 1 })]
    public void Value_InAnotherFormat_HasNoHeader(byte[] value)
    {
        Assert.False(WireFormat.TryReadHeader(value, out int id));
        Assert.Equal(0, id);
    }
}
