using System.Net;

namespace BelgiCom.Streaming.Adapters;

/// <summary>IPAddress of TS 32.298: choice of tag 0 IPv4, 1 IPv6, 2 and 3 text, 4 IPv6 with prefix length.</summary>
internal static class CdrAddress
{
    /// <summary>Reads the contents of a field that holds an IPAddress into text. False when the choice or a length is wrong.</summary>
    public static bool TryReadText(ReadOnlySpan<byte> content, OctetField into)
    {
        BerReader choice = new(content);
        return choice.Read() && TryReadText(choice, into);
    }

    /// <summary>Reads the contents of a PDPAddress or of one alternative that wraps an IPAddress.</summary>
    public static bool TryReadWrapped(ReadOnlySpan<byte> content, OctetField into)
    {
        BerReader wrapper = new(content);
        return wrapper.Read() && wrapper.IsConstructed && TryReadText(wrapper.Content, into);
    }

    private static bool TryReadText(in BerReader choice, OctetField into)
    {
        switch (choice.Tag)
        {
            case BerTag.Context | 0 when choice.Content.Length == 4:
            case BerTag.Context | 1 when choice.Content.Length == 16:
                return TryFormat(choice.Content, into);
            case BerTag.Context | 2:
            case BerTag.Context | 3:
                return into.TrySetText(choice.Content);
            case BerTag.Context | 4:
                BerReader prefix = choice.Enter();
                return prefix.Read() && prefix.Content.Length == 16 && TryFormat(prefix.Content, into);
            default:
                return false;
        }
    }

    private static bool TryFormat(ReadOnlySpan<byte> address, OctetField into)
    {
        Span<byte> text = stackalloc byte[64];
        if (address.Length == 4)
        {
            int length = 0;
            for (int i = 0; i < 4; i++)
            {
                if (i > 0)
                {
                    text[length++] = (byte)'.';
                }

                _ = System.Buffers.Text.Utf8Formatter.TryFormat(address[i], text[length..], out int written);
                length += written;
            }

            return into.TrySet(text[..length]);
        }
        // IPAddress is a class, but IPv6 text is rare enough and its rules (RFC 5952) are long enough to borrow it.
        return new IPAddress(address).TryFormat(text, out int count) && into.TrySet(text[..count]);
    }
}
