using System.Text;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// The text of a CSV file as UTF-8: by its byte order mark, else by the configured encoding. What does not fit the encoding becomes U+FFFD,
/// so that it costs a field and not the file.
/// </summary>
internal sealed class CsvText(Stream content, Encoding encoding) : ReadOnlyStream
{
    private Stream? _text;

    public override int Read(Span<byte> buffer) => (_text ??= Open()).Read(buffer);

    protected override void Dispose(bool disposing)
    {
        _text?.Dispose();
        content.Dispose();
        base.Dispose(disposing);
    }

    private Stream Open()
    {
        byte[] head = new byte[3];
        int length = content.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        Encoding found = head.AsSpan(0, length) switch
        {
            [0xFF, 0xFE, ..] => Encoding.Unicode,
            [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode,
            [0xEF, 0xBB, 0xBF] => Encoding.UTF8,
            _ => encoding,
        };
        Stream whole = new Rewound(head.AsMemory(0, length), content);
        return found is UTF8Encoding ? whole : Encoding.CreateTranscodingStream(whole, found, new UTF8Encoding(false), leaveOpen: true);
    }

    /// <summary>A stream whose first octets have been read already.</summary>
    private sealed class Rewound(ReadOnlyMemory<byte> head, Stream rest) : ReadOnlyStream
    {
        private ReadOnlyMemory<byte> _head = head;

        public override int Read(Span<byte> buffer)
        {
            if (_head.IsEmpty)
            {
                return rest.Read(buffer);
            }

            int length = Math.Min(buffer.Length, _head.Length);
            _head.Span[..length].CopyTo(buffer);
            _head = _head[length..];
            return length;
        }
    }
}
