using System.Buffers;
using System.Globalization;

namespace BelgiCom.Streaming.Adapters;

/// <summary>Nchf_ConvergedCharging requests (TS 32.291) as JSON: one request, an array of them, or one per line.</summary>
public sealed class NchfUsageFormat : IUsageFormat
{
    // Of numbers and of true, false and null.
    private static readonly SearchValues<byte> Words = SearchValues.Create("+-.0123456789Eaeflnrstu"u8);

    /// <summary>The only instance.</summary>
    public static NchfUsageFormat Instance { get; } = new();

    private NchfUsageFormat()
    {
    }

    /// <inheritdoc/>
    public string Name => "nchf";

    /// <inheritdoc/>
    public bool Recognises(ReadOnlySpan<byte> head)
    {
        head = FirstObject(ByteOrderMark.Skip(head));
        // The names are read without case: one open implementation sends "multipleunitUsage".
        return head.StartsWith("{"u8) && (HasNameOfRequest(head) || (head.Contains((byte)'\\') && HasNameOfRequest(Unescaped(head))));
    }

    /// <inheritdoc/>
    public UsageFileReader Open(Stream content) => new NchfUsageReader(content);

    /// <summary>What begins with the first object: elements that are none cost themselves, also at the beginning of an array.</summary>
    private static ReadOnlySpan<byte> FirstObject(ReadOnlySpan<byte> head)
    {
        while (true)
        {
            head = head.TrimStart(" \t\r\n,[]"u8);
            int length = head is [(byte)'"', ..] ? NchfUsageReader.EndOfText(head) : head.IndexOfAnyExcept(Words);
            if (length <= 0)
            {
                return head;
            }

            head = head[length..];
        }
    }

    private static bool HasNameOfRequest(ReadOnlySpan<byte> head) =>
        ContainsWithoutCase(head, "multipleUnitUsage"u8) || ContainsWithoutCase(head, "invocationSequenceNumber"u8);

    /// <summary>The text with its escaped letters as they are (RFC 8259 7): a name may be written so, in whole or in part.</summary>
    private static byte[] Unescaped(ReadOnlySpan<byte> text)
    {
        const int EscapeOctets = 6;
        byte[] plain = new byte[text.Length];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            bool isEscape = text[i..].StartsWith("\\u00"u8) && i + EscapeOctets <= text.Length;
            if (isEscape && byte.TryParse(
                text.Slice(i + 4, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte letter))
            {
                plain[length++] = letter;
                i += EscapeOctets - 1;
            }
            else
            {
                plain[length++] = text[i];
            }
        }

        return plain[..length];
    }

    private static bool ContainsWithoutCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        for (int i = 0; i + name.Length <= text.Length; i++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(text.Slice(i, name.Length), name))
            {
                return true;
            }
        }

        return false;
    }
}
