namespace BelgiCom.Streaming.LocalKafka.Tests;

public sealed class RecordBatchTests
{
    /// <summary>The checksum as RFC 3720 defines it, bit by bit, over everything from byte 21 on.</summary>
    private static byte[] BitwiseChecked(byte[] batch)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in batch.AsSpan(21))
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
            }
        }

        return [.. BitConverter.GetBytes(~crc).Reverse()];
    }

    [Fact]
    public void Checksum_IsThatOfRfc3720()
    {
        byte[] batch = Batches.At(1_700_000_000_000, ("k", "v"), ("another key", null));
        Assert.Equal(BitwiseChecked(batch), batch[17..21]);
    }

    [Fact]
    public void Checksum_LeavesTheOffsetOut_AndCatchesEveryOtherBit()
    {
        byte[] batch = Batches.Plain(("k", "v"));
        new RecordBatch(batch).AssignOffset(123_456_789, 0);
        Assert.True(new RecordBatch(batch).HasValidChecksum());
        for (int bit = 17 * 8; bit < batch.Length * 8; bit++)
        {
            byte[] damaged = [.. batch];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(new RecordBatch(damaged).HasValidChecksum(), $"bit {bit}");
        }
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(int.MaxValue - 1, 1, int.MaxValue)]
    [InlineData(int.MaxValue, 1, 0)]
    [InlineData(int.MaxValue - 2, 5, 2)]
    public void Sequence_WrapsToZero(int sequence, int increment, int expected) =>
        Assert.Equal(expected, RecordBatch.AddToSequence(sequence, increment));
}
