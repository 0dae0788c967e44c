namespace BelgiCom.Streaming.LocalKafka;

/// <summary>Zigzag varints of the record format.</summary>
internal static class Varint
{
    public static int Size(long value)
    {
        ulong rest = ZigZag(value);
        int size = 1;
        while ((rest >>= 7) != 0)
        {
            size++;
        }

        return size;
    }

    public static int Write(Span<byte> destination, long value)
    {
        ulong rest = ZigZag(value);
        int at = 0;
        while (rest >= 0x80)
        {
            destination[at++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        destination[at++] = (byte)rest;
        return at;
    }

    /// <summary>False when the span ends inside the number or the number is longer than ten bytes.</summary>
    public static bool TryRead(scoped ReadOnlySpan<byte> source, scoped ref int position, out long value)
    {
        ulong raw = 0;
        for (int shift = 0; shift < 70 && position < source.Length; shift += 7)
        {
            byte next = source[position++];
            raw |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                value = (long)(raw >> 1) ^ -(long)(raw & 1);
                return true;
            }
        }

        value = 0;
        return false;
    }

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));
}
