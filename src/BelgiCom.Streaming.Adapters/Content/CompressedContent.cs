namespace BelgiCom.Streaming.Adapters;

/// <summary>How far compressed content may expand, and how long reading may take.</summary>
/// <param name="MaxOctets">Most octets after expansion.</param>
/// <param name="MaxRatio">Most octets after expansion per octet before; applied after the first MiB.</param>
/// <param name="MaxChunkTime">Longest that reading the records of one chunk may take; null for as long as it takes.</param>
public sealed record ContentLimits(
    long MaxOctets = 8L * 1024 * 1024 * 1024, int MaxRatio = 200, TimeSpan? MaxChunkTime = null);

/// <summary>Finds out by its first octets, never by its name, whether content is compressed, and expands gzip within limits.</summary>
public static class CompressedContent
{
    /// <summary>
    /// The content, expanded when it is gzip (RFC 1952, also of several members). The result throws <see cref="ContentLimitException"/>
    /// when it expands too far and <see cref="InvalidDataException"/> when it is damaged.
    /// </summary>
    /// <param name="file">The file, at its start; must be able to seek. Stays open when the result is disposed, unless it is the
    /// result.</param>
    /// <param name="limits">How far to expand.</param>
    public static Stream Open(Stream file, ContentLimits limits)
    {
        Span<byte> magic = stackalloc byte[2];
        int length = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
        file.Position = 0;
        return length == 2 && magic is [0x1F, 0x8B]
            ? new LimitedStream(new GzipContent(file), file, limits)
            : file;
    }

    /// <summary>The name of a compression that is recognised but not expanded: zip, compress (LZW); null for anything else.</summary>
    public static string? UnsupportedCompression(ReadOnlySpan<byte> head) => head switch
    {
        [(byte)'P', (byte)'K', 3, 4, ..] => "zip",
        [0x1F, 0x9D, ..] => "compress (LZW)",
        _ => null,
    };

    private sealed class LimitedStream(Stream expanded, Stream file, ContentLimits limits) : ReadOnlyStream
    {
        private const long RatioGrace = 1024 * 1024;
        private long _read;

        public override int Read(Span<byte> buffer)
        {
            // What lies within the limits is given first, so that it is read; the octet behind them ends it.
            if (_read > RatioGrace && _read / limits.MaxRatio > file.Position)
            {
                throw new ContentLimitException($"The compressed content expands more than {limits.MaxRatio} times.");
            }

            long left = limits.MaxOctets - _read;
            int read = expanded.Read(buffer[..(int)Math.Min(buffer.Length, Math.Max(1, left))]);
            if (read > left)
            {
                throw new ContentLimitException($"The compressed content expands beyond {limits.MaxOctets} octets.");
            }

            _read += read;
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            expanded.Dispose();
            base.Dispose(disposing);
        }
    }
}
