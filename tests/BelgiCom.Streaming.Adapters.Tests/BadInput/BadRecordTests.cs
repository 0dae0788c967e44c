using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>Records that are BER but say nonsense, and records that only look like BER. Each is one typed fault.</summary>
public class BadRecordTests
{
    private static readonly byte[] Record = Samples.Read(Samples.PgwRaw);

    public static TheoryData<string, string, string, QuarantineReason> Replacements => new()
    {
        // Each row says what is wrong, the octets of the good record, as many octets that take their place, and the reason.
        { "recordType", "800155", "800154", QuarantineReason.BadValue },
        { "IMSI digit above nine", "830800010101000000f9", "8308000101010000b0f9", QuarantineReason.BadValue },
        { "IMSI digits after the filler", "830800010101000000f9", "8308000101010000f0f9", QuarantineReason.BadValue },
        { "MSISDN of national type", "960791990900000090", "9607a1990900000090", QuarantineReason.BadValue },
        { "MSISDN digit above nine", "960791990900000090", "96079199090a000090", QuarantineReason.BadValue },
        { "time without sign", "8d092603140914072b0100", "8d09260314091407200100", QuarantineReason.BadValue },
        { "month 13", "8d092603140914072b0100", "8d092613140914072b0100", QuarantineReason.BadValue },
        { "30 February", "8d092603140914072b0100", "8d092602300914072b0100", QuarantineReason.BadValue },
        { "hour 24", "8d092603140914072b0100", "8d092603142414072b0100", QuarantineReason.BadValue },
        { "nibble above nine in a time", "8d092603140914072b0100", "8d0926031409140a2b0100", QuarantineReason.BadValue },
        { "offset of 16 hours", "8d092603140914072b0100", "8d092603140914072b1600", QuarantineReason.BadValue },
        { "opening time under another tag", "8d092603140914072b0100", "8a092603140914072b0100", QuarantineReason.MissingField },
        { "negative volume", "8c0203f1", "8c0283f1", QuarantineReason.BadValue },
        { "negative charging id", "8503011179", "8503811179", QuarantineReason.BadValue },
        { "PLMN digit above nine", "9b0300f110", "9b030af110", QuarantineReason.BadValue },
        { "container longer than its list", "bf223e303c", "bf223e303f", QuarantineReason.BadLength },
        { "list longer than the record", "bf223e303c", "bf227f303c", QuarantineReason.BadLength },
        { "end-of-contents inside the record", "8f0100", "000000", QuarantineReason.BadEncoding },
    };

    /// <summary>No price looks at an address, an APN, an IMEI, a cause or a node: the usage is charged without them.</summary>
    [Theory]
    [InlineData("address of five octets", "a00680040a", "a00680050a")]
    [InlineData("control characters in the APN", "696e7465726e", "690a7465726e")]
    public void Record_WithAnOddValueThatNoPriceLooksAt_IsReadAndRemarked(string what, string good, string bad)
    {
        UsageCdr cdr = new();

        DecodingFault? fault = CdrRecord.Decode(
            Convert.FromHexString(Convert.ToHexStringLower(Record).Replace(good, bad, StringComparison.Ordinal)), cdr);

        Assert.True(fault is null, $"{what}: {fault}");
        Assert.Equal(1, cdr.UnreadableFields);
        Assert.True(cdr.PartCount > 0);
    }

    [Theory, MemberData(nameof(Replacements))]
    public void Record_WithNonsense_IsOneTypedFault(string what, string good, string bad, QuarantineReason reason)
    {
        string hex = Convert.ToHexStringLower(Record);
        Assert.Contains(good, hex, StringComparison.Ordinal);
        byte[] octets = Convert.FromHexString(hex.Replace(good, bad, StringComparison.Ordinal));

        DecodingFault? fault = CdrRecord.Decode(octets, new UsageCdr());

        Assert.True(fault?.Reason == reason, $"{what}: {fault}");
    }

    [Fact]
    public void Record_WithAnIntegerOfOneMebibyte_IsRefused()
    {
        byte[] field = [0x91, 0x83, 0x10, 0, 0, .. new byte[1 << 20]];
        int length = Record.Length - 4 + field.Length;
        byte[] record = [0xBF, 0x4F, 0x83, (byte)(length >> 16), (byte)(length >> 8), (byte)length, .. Record[4..], .. field];

        Assert.Equal(QuarantineReason.BadValue, CdrRecord.Decode(record, new UsageCdr())?.Reason);
    }

    [Theory]
    [InlineData(1338)]
    [InlineData(10_000)]
    public void Record_WithDeepNestingInAFieldThatUsageDoesNotNeed_IsReadAndShownWithAFault(int depth)
    {
        byte[] nested = [.. Enumerable.Repeat(new byte[] { 0xB0, 0x80 }, depth).SelectMany(open => open), .. new byte[2 * depth]];
        byte[] record = [0xBF, 0x4F, 0x80, .. Record[4..], .. nested, 0, 0];

        Assert.Null(CdrRecord.Decode(record, new UsageCdr()));
        // diagnostics [16] is a choice, so showing it goes one level in and shows the rest as octets.
        (string json, DecodingFault? fault) = Samples.Show(record, isClear: true);
        Assert.Null(fault);
        Assert.Contains("diagnostics", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Record_WithMorePartsThanTheLimit_IsRefused()
    {
        byte[] containers = [
            .. Enumerable.Repeat(new byte[] { 0x30, 0x03, 0x81, 0x01, 0x0A }, RecordLimits.MaxParts + 1).SelectMany(part => part)];
        byte[] list = [0xBF, 0x22, 0x80, .. containers, 0, 0];
        int end = Convert.ToHexStringLower(Record).IndexOf("bf223e303c", StringComparison.Ordinal) / 2;
        byte[] record = [0xBF, 0x4F, 0x80, .. Record[4..end], .. list, 0, 0];

        Assert.Equal(QuarantineReason.TooLarge, CdrRecord.Decode(record, new UsageCdr())?.Reason);
    }

    [Fact]
    public void Record_OfAnotherKind_IsNamed()
    {
        byte[] tdf = [0xBF, 0x5C, 0x03, 0x80, 0x01, 0x5C];

        DecodingFault? fault = CdrRecord.Decode(tdf, new UsageCdr());

        Assert.Equal(QuarantineReason.UnsupportedRecord, fault?.Reason);
        Assert.Contains("context 92", fault?.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Fields_OfASet_ComeInAnyOrder()
    {
        List<byte[]> fields = new();
        BerReader reader = new(Record.AsSpan(4));
        int start = 0;
        while (reader.Read())
        {
            fields.Add(Record[(4 + start)..(4 + reader.Position)]);
            start = reader.Position;
        }

        UsageCdr expected = new();
        Assert.Null(CdrRecord.Decode(Record, expected));
        Random random = new(7);
        for (int i = 0; i < 200; i++)
        {
            byte[][] shuffled = fields.ToArray();
            random.Shuffle(shuffled);
            byte[] record = [.. Record[..4], .. shuffled.SelectMany(field => field)];
            UsageCdr cdr = new();

            Assert.Null(CdrRecord.Decode(record, cdr));
            Assert.Equal(expected.OpeningTime, cdr.OpeningTime);
            Assert.Equal(expected.Msisdn.Span, cdr.Msisdn.Span);
            Assert.Equal(expected.Parts[0], cdr.Parts[0]);
        }
    }
}
