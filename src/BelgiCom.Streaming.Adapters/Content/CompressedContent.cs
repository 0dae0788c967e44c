using System.IO.Compression;

namespace BelgiCom.Streaming.Adapters;

/// <summary>How far compressed content may expand.</summary>
/// <param name="MaxOctets">Most octets after expansion.</param>
/// <param name="MaxRatio">Most octets after expansion per octet before; applied after the first MiB.</param>
public sealed record ContentLimits(long MaxOctets = 8L * 1024 * 1024 * 1024, int MaxRatio = 200);

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
            ? new LimitedStream(new GZipStream(file, CompressionMode.Decompress, leaveOpen: true), file, limits)
            : file;
    }

    /// <summary>The name of a compression that is recognised but not expanded: zip, compress (LZW); null for anything else.</summary>
    public static string? UnsupportedCompression(ReadOnlySpan<byte> head) => head switch
    {
        [(byte)'P', (byte)'K', 3, 4, ..] => "zip",
        [0x1F, 0x9D, ..] => "compress (LZW)",
        _ => null,
    };

    private sealed class LimitedStream(Stream expanded, Stream file, ContentLimits limits) : Stream
    {
        private const long RatioGrace = 1024 * 1024;
        private long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _read;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = expanded.Read(buffer, offset, count);
            _read += read;
            if (_read > limits.MaxOctets)
            {
                throw new ContentLimitException($"The compressed content expands beyond {limits.MaxOctets} octets.");
            }

            if (_read > RatioGrace && _read / limits.MaxRatio > file.Position)
            {
                throw new ContentLimitException($"The compressed content expands more than {limits.MaxRatio} times.");
            }

            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            expanded.Dispose();
            base.Dispose(disposing);
        }
    }
}
