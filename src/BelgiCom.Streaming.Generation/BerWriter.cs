using System.Buffers.Binary;
using BelgiCom.Streaming.Adapters;

namespace BelgiCom.Streaming.Generation;

/// <summary>Writes BER elements (X.690) with definite, shortest lengths into a buffer that is used again for each record.</summary>
internal sealed class BerWriter
{
    private byte[] _octets = new byte[4096];
    private int _length;

    public ReadOnlySpan<byte> Written => _octets.AsSpan(0, _length);

    public void Clear() => _length = 0;

    /// <summary>Begins a constructed element; <see cref="Close"/> ends it.</summary>
    public int Open(uint tag)
    {
        WriteTag(tag, true);
        Ensure(1);
        return ++_length;
    }

    public void Close(int mark)
    {
        int size = _length - mark;
        if (size >= 0x80)
        {
            // One octet was reserved for the length. A longer length moves the contents, which is cheaper than measuring first, because
            // records are small.
            int extra = size > 0xFFFF ? 3 : size > 0xFF ? 2 : 1;
            Ensure(extra);
            _octets.AsSpan(mark, size).CopyTo(_octets.AsSpan(mark + extra));
            _length += extra;
            for (int i = 0; i < extra; i++)
            {
                _octets[mark + i] = (byte)(size >> (8 * (extra - 1 - i)));
            }

            _octets[mark - 1] = (byte)(0x80 | extra);
            return;
        }

        _octets[mark - 1] = (byte)size;
    }

    public void Octets(uint tag, ReadOnlySpan<byte> content)
    {
        WriteTag(tag, false);
        Ensure(content.Length + 4);
        if (content.Length < 0x80)
        {
            _octets[_length++] = (byte)content.Length;
        }
        else
        {
            _octets[_length++] = 0x82;
            BinaryPrimitives.WriteUInt16BigEndian(_octets.AsSpan(_length), checked((ushort)content.Length));
            _length += 2;
        }

        content.CopyTo(_octets.AsSpan(_length));
        _length += content.Length;
    }

    public void Integer(uint tag, long value)
    {
        Span<byte> octets = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(octets, value);
        int start = 0;
        while (start < 7 && ((octets[start] == 0 && octets[start + 1] < 0x80) || (octets[start] == 0xFF && octets[start + 1] >= 0x80)))
        {
            start++;
        }

        Octets(tag, octets[start..]);
    }

    /// <summary>TimeStamp of TS 32.298.</summary>
    public void Time(uint tag, DateTime utc, int offsetMinutes)
    {
        DateTime local = utc.AddMinutes(offsetMinutes);
        int offset = Math.Abs(offsetMinutes);
        Octets(
            tag,
            [
                Bcd(local.Year % 100), Bcd(local.Month), Bcd(local.Day), Bcd(local.Hour), Bcd(local.Minute), Bcd(local.Second),
                (byte)(offsetMinutes < 0 ? '-' : '+'), Bcd(offset / 60), Bcd(offset % 60),
            ]);
    }

    /// <summary>TBCD string, after <paramref name="prefix"/> (the type of number of an AddressString; 0 for none).</summary>
    public void Tbcd(uint tag, ReadOnlySpan<char> digits, byte prefix = 0)
    {
        Span<byte> octets = stackalloc byte[17];
        int length = 0;
        if (prefix != 0)
        {
            octets[length++] = prefix;
        }

        for (int i = 0; i < digits.Length; i += 2)
        {
            int high = i + 1 < digits.Length ? digits[i + 1] - '0' : 0xF;
            octets[length++] = (byte)((high << 4) | (digits[i] - '0'));
        }

        Octets(tag, octets[..length]);
    }

    private static byte Bcd(int value) => (byte)(((value / 10) << 4) | (value % 10));

    private void WriteTag(uint tag, bool isConstructed)
    {
        Ensure(6);
        byte leading = (byte)(((tag >> 30) << 6) | (isConstructed ? 0x20u : 0));
        uint number = BerTag.Number(tag);
        if (number < 31)
        {
            _octets[_length++] = (byte)(leading | number);
            return;
        }

        _octets[_length++] = (byte)(leading | 0x1F);
        for (int shift = number < 1 << 7 ? 0 : number < 1 << 14 ? 7 : 14; shift >= 0; shift -= 7)
        {
            _octets[_length++] = (byte)(((number >> shift) & 0x7F) | (shift > 0 ? 0x80u : 0));
        }
    }

    private void Ensure(int size)
    {
        if (_length + size > _octets.Length)
        {
            Array.Resize(ref _octets, Math.Max(_octets.Length * 2, _length + size));
        }
    }
}
