namespace BelgiCom.Streaming.Avro.Tests;

/// <summary>The encoding of single values. Golden octets are those of the Avro 1.12 specification, "Binary encoding".</summary>
public sealed class AvroReaderTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(-1, "01")]
    [InlineData(1, "02")]
    [InlineData(-2, "03")]
    [InlineData(2, "04")]
    [InlineData(-64, "7f")]
    [InlineData(64, "8001")]
    [InlineData(long.MaxValue, "feffffffffffffffff01")]
    [InlineData(long.MinValue, "ffffffffffffffffff01")]
    public void Long_OfTheSpecification_IsReadAndWritten(long value, string hex)
    {
        AvroReader reader = new(Convert.FromHexString(hex));
        Assert.Equal(value, reader.ReadLong());
        Assert.True(reader.TryFinish());
        byte[] octets = new byte[10];
        AvroWriter writer = new(octets);
        writer.WriteLong(value);
        Assert.Equal(hex, Convert.ToHexStringLower(octets.AsSpan(0, writer.Written)));
    }

    /// <summary>
    /// Numbers around every power of two are read from a buffer that ends with the number and from one that goes on, because each has its
    /// own code path.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    public void Long_OfEveryLength_IsReadAndWrittenAsTheSpecificationSays(int more)
    {
        for (int bit = 0; bit < 64; bit++)
        {
            foreach (long value in new[] { (1L << bit) - 1, 1L << bit, (1L << bit) + 1, -(1L << bit) - 1, -(1L << bit) })
            {
                byte[] expected = ZigZag(value);
                byte[] octets = new byte[expected.Length + more];
                AvroWriter writer = new(octets);
                writer.WriteLong(value);
                Assert.Equal(expected, octets[..writer.Written]);

                octets.AsSpan(expected.Length).Fill(0xFF);
                AvroReader reader = new(octets);
                Assert.Equal((value, expected.Length), (reader.ReadLong(), reader.Position));
            }
        }
    }

    [Fact]
    public void Body_AboveTheLimit_IsAFault()
    {
        AvroReader reader = new(new byte[AvroLimits.MaxBodySize + 1]);
        Assert.Equal((0L, AvroFault.TooLarge), (reader.ReadLong(), reader.Fault));
        Assert.False(reader.TryFinish());
        AvroReader largest = new(new byte[AvroLimits.MaxBodySize]);
        largest.Skip(AvroLimits.MaxBodySize);
        Assert.True(largest.TryFinish());
        largest.ReadLong();
        Assert.Equal((AvroFault.EndOfBody, AvroLimits.MaxBodySize), (largest.Fault, largest.Position));
    }

    [Fact]
    public void Record_OfTheSpecification_IsRead()
    {
        AvroReader reader = new([0x36, 0x06, 0x66, 0x6f, 0x6f]);
        Assert.Equal(27, reader.ReadLong());
        Assert.Equal("foo", reader.ReadString());
        Assert.True(reader.TryFinish());
    }

    [Fact]
    public void Array_OfTheSpecification_IsRead()
    {
        AvroReader reader = new([0x04, 0x06, 0x36, 0x00]);
        Assert.Equal([3L, 27L], reader.ReadArray(1, static (ref item) => item.ReadLong()));
        Assert.True(reader.TryFinish());
    }

    [Fact]
    public void Array_InBlocksWithNegativeCounts_IsRead()
    {
        // The first block has a count of -1, so one item, and its size of 1 octet; the second block has 1 item.
        AvroReader reader = new([0x01, 0x02, 0x06, 0x02, 0x36, 0x00]);
        Assert.Equal([3L, 27L], reader.ReadArray(1, static (ref item) => item.ReadLong()));
        Assert.True(reader.TryFinish());
    }

    [Theory]
    [InlineData("", AvroFault.EndOfBody)]
    [InlineData("80", AvroFault.EndOfBody)]
    [InlineData("ffffffffffffffffff02", AvroFault.BadInteger)]
    [InlineData("8080808080808080808000", AvroFault.BadInteger)]
    public void Long_ThatIsNone_IsAFault(string hex, AvroFault fault)
    {
        AvroReader reader = new(Convert.FromHexString(hex));
        Assert.Equal(0, reader.ReadLong());
        Assert.Equal(fault, reader.Fault);
    }

    [Fact]
    public void Int_LargerThan32Bits_IsAFault()
    {
        AvroReader reader = new([0x80, 0x80, 0x80, 0x80, 0x10]);
        reader.ReadInt();
        Assert.Equal(AvroFault.BadInteger, reader.Fault);
    }

    [Theory]
    [InlineData("01")]
    [InlineData("0a616263")]
    [InlineData("feffffffffffffffff01")]
    public void Bytes_WithALengthThatIsNotThere_IsAFaultBeforeAnythingIsAllocated(string hex)
    {
        byte[] body = Convert.FromHexString(hex);
        long before = GC.GetAllocatedBytesForCurrentThread();
        AvroReader reader = new(body);
        bool empty = reader.ReadBytes().IsEmpty;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(empty);
        Assert.Equal(AvroFault.BadLength, reader.Fault);
    }

    [Theory]
    [InlineData("0e00")]
    [InlineData("0d02000000")]
    [InlineData("feffffffffffffffff01")]
    [InlineData("ffffffffffffffffff0100")]
    public void Array_WithMoreItemsThanOctets_IsAFault(string hex)
    {
        AvroReader reader = new(Convert.FromHexString(hex));
        Assert.Empty(reader.ReadArray(1, static (ref item) => item.ReadLong()));
        Assert.Equal(AvroFault.TooManyItems, reader.Fault);
    }

    [Theory]
    [InlineData("02ff")]
    [InlineData("14616161616161616161ff")]
    [InlineData("14c3616161616161616161")]
    [InlineData("06eda080")]
    public void String_ThatIsNotUtf8_IsAFault(string hex)
    {
        AvroReader reader = new(Convert.FromHexString(hex));
        Assert.True(reader.ReadUtf8().IsEmpty);
        Assert.Equal(AvroFault.BadText, reader.Fault);
    }

    [Theory]
    [InlineData(-62_135_596_800_000, "0001-01-01T00:00:00.000+00:00")]
    [InlineData(-1, "1969-12-31T23:59:59.999+00:00")]
    [InlineData(129_696_664_307_078, "6079-12-03T19:11:47.078+00:00")]
    [InlineData(253_402_300_799_999, "9999-12-31T23:59:59.999+00:00")]
    public void Timestamp_InAnyYear_IsExact(long milliseconds, string iso)
    {
        byte[] octets = new byte[10];
        AvroWriter writer = new(octets);
        writer.WriteLong(milliseconds);
        AvroReader reader = new(octets.AsSpan(0, writer.Written));
        DateTimeOffset time = reader.ReadTimestamp();
        Assert.Equal(iso, time.ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", System.Globalization.CultureInfo.InvariantCulture));
        byte[] again = new byte[10];
        new AvroWriter(again).WriteTimestamp(time);
        Assert.Equal(octets, again);
    }

    [Theory]
    [InlineData(-62_135_596_800_001)]
    [InlineData(253_402_300_800_000)]
    [InlineData(long.MinValue)]
    public void Timestamp_OutsideTheYears1To9999_IsAFault(long milliseconds)
    {
        byte[] octets = new byte[10];
        new AvroWriter(octets).WriteLong(milliseconds);
        AvroReader reader = new(octets);
        Assert.Equal(DateTimeOffset.UnixEpoch, reader.ReadTimestamp());
        Assert.Equal(AvroFault.TimeOutOfRange, reader.Fault);
    }

    [Theory]
    [InlineData(-719_162, "0001-01-01")]
    [InlineData(0, "1970-01-01")]
    [InlineData(2_932_896, "9999-12-31")]
    public void Date_InAnyYear_IsExact(int days, string iso)
    {
        byte[] octets = new byte[5];
        AvroWriter writer = new(octets);
        writer.WriteInt(days);
        AvroReader reader = new(octets.AsSpan(0, writer.Written));
        Assert.Equal(iso, reader.ReadDate().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
        Assert.True(reader.TryFinish());
    }

    [Fact]
    public void Fault_ThatIsFirst_Sticks()
    {
        AvroReader reader = new([0x02, 0x02, 0x07, 0x02]);
        reader.ReadLong();
        reader.ReadBoolean();
        reader.ReadLong();
        reader.ReadString();
        AvroFormatException fault = null!;
        try
        {
            reader.Finish();
        }
        catch (AvroFormatException e)
        {
            fault = e;
        }

        Assert.Equal((AvroFault.BadBoolean, 1), (fault.Fault, fault.Offset));
        Assert.Equal("Avro body is not readable: BadBoolean at octet 1.", fault.Message);
    }

    /// <summary>
    /// Looking ahead gives what reading one by one gives, for every run of numbers, cut everywhere, with and without octets after it.
    /// </summary>
    [Theory]
    [InlineData(4, 0)]
    [InlineData(4, 100)]
    [InlineData(11, 0)]
    [InlineData(11, 30)]
    [InlineData(11, 100)]
    public void Numbers_ThatAreFoundAhead_AreThoseReadOneByOne(int numbers, int more)
    {
        Random random = new(numbers + more);
        for (int run = 0; run < 300; run++)
        {
            byte[] octets = [.. Enumerable.Range(0, numbers).SelectMany(number => ZigZag(RandomNumber(number, random))), .. new byte[more]];
            for (int length = 0; length <= octets.Length; length++)
            {
                AssertSameNumbers(octets.AsSpan(0, length), numbers);
            }
        }
    }

    [Theory]
    [InlineData("ffffffffffffffffff02")]
    [InlineData("8080808080808080808000")]
    [InlineData("8080808080808080808080808080808080808080808080808080808080808080808080808080808080808080808080")]
    public void Numbers_WithOneThatIsNone_AreAFault(string hex)
    {
        byte[] none = Convert.FromHexString(hex);
        for (int before = 0; before < 10; before++)
        {
            AssertSameNumbers([.. new byte[before], .. none, .. new byte[100]], 11);
        }
    }

    /// <summary>
    /// Text is short or long, has an octet that is not ASCII anywhere, and has octets after it or none: each case has its own code path.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    public void String_OfEveryLength_IsReadOrAFault(int more)
    {
        for (int length = 0; length < 80; length++)
        {
            for (int place = -1; place < length; place++)
            {
                byte[] text = new byte[length];
                text.AsSpan().Fill((byte)'x');
                if (place >= 0)
                {
                    text[place] = 0xC3;
                }

                byte[] body = [.. ZigZag(length), .. text, .. new byte[more]];
                AvroReader reader = new(body);
                byte[] read = reader.ReadUtf8().ToArray();
                Assert.Equal(place < 0 ? text : [], read);
                Assert.Equal(place < 0 ? AvroFault.None : AvroFault.BadText, reader.Fault);
                AvroReader cut = new(body.AsSpan(0, ZigZag(length).Length + length - 1 < 0 ? 0 : ZigZag(length).Length + length - 1));
                Assert.True(cut.ReadUtf8().IsEmpty);
                Assert.NotEqual(AvroFault.None, cut.Fault);
            }
        }
    }

    /// <summary>
    /// Draws numbers of every length, which together are often longer than the window; now and then one is no int or no time stamp.
    /// </summary>
    private static long RandomNumber(int number, Random random)
    {
        int most = random.Next(50) == 0 ? 64 : (number % 3) switch
        {
            0 => 64,
            1 => 32,
            _ => 42,
        };
        return random.NextInt64(long.MinValue, long.MaxValue) >> (64 - random.Next(random.Next(2) == 0 ? most : 1, most + 1));
    }

    private static void AssertSameNumbers(ReadOnlySpan<byte> body, int numbers)
    {
        AvroReader ahead = new(body);
        AvroReader oneByOne = new(body);
        ahead.FindNumbers(numbers);
        for (int number = 0; number < numbers; number++)
        {
            switch (number % 3)
            {
                case 0:
                    Assert.Equal(oneByOne.ReadLong(), ahead.NextLong());
                    break;
                case 1:
                    Assert.Equal(oneByOne.ReadInt(), ahead.NextInt());
                    break;
                default:
                    Assert.Equal(oneByOne.ReadTimestampMilliseconds(), ahead.NextTimestampMilliseconds());
                    break;
            }

            Assert.Equal((oneByOne.Fault, oneByOne.Position), (ahead.Fault, ahead.Position));
        }
    }

    private static byte[] ZigZag(long value)
    {
        List<byte> octets = new();
        UInt128 bits = value >= 0 ? (UInt128)value * 2 : ((UInt128)(-(Int128)value) * 2) - 1;
        for (; bits >= 128; bits /= 128)
        {
            octets.Add((byte)((bits % 128) + 128));
        }

        return [.. octets, (byte)bits];
    }
}
