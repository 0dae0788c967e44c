using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The name of a billing account, stored where it is used: a short name lies in the subscriber's entry, so that writing a rated event
/// touches no further memory; a longer one is in <see cref="AccountNames"/>. The first octet is the length, or <see cref="IsLong"/>.
/// </summary>
[InlineArray(Size)]
internal struct AccountName
{
    public const int Size = 24;
    public const int ShortLength = Size - 1;
    private const byte IsLong = 255;
    private byte _octets;

    public void Set(ReadOnlySpan<byte> name, AccountNames longNames)
    {
        Span<byte> octets = this;
        if (name.Length <= ShortLength)
        {
            octets[0] = (byte)name.Length;
            name.CopyTo(octets[1..]);
            return;
        }

        int replaced = octets[0] == IsLong ? BinaryPrimitives.ReadInt32LittleEndian(octets[1..]) : AccountNames.None;
        octets[0] = IsLong;
        BinaryPrimitives.WriteInt32LittleEndian(octets[1..], longNames.Put(replaced, name));
    }

    public static ReadOnlySpan<byte> Get(ref AccountName name, AccountNames longNames)
    {
        ReadOnlySpan<byte> octets = name;
        return octets[0] == IsLong ? longNames.Get(BinaryPrimitives.ReadInt32LittleEndian(octets[1..])) : octets.Slice(1, octets[0]);
    }
}
