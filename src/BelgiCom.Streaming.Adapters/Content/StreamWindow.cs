using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// A sliding view of a stream: memory stays bounded by the largest look-ahead asked for, whatever the size of the file. A stream that
/// fails because its content is damaged (a broken gzip) or over its limits ends here, and <see cref="Fault"/> says why.
/// </summary>
internal sealed class StreamWindow(Stream stream) : IDisposable
{
    private byte[] _buffer = new byte[256 * 1024];
    private int _start;
    private int _end;
    private bool _ended;

    /// <summary>Offset of the next octet in the stream.</summary>
    public long Offset { get; private set; }

    /// <summary>
    /// Why the stream ended before its time: its compression is damaged or expands beyond the limits. Null when it ended by itself.
    /// </summary>
    public DecodingFault? Fault { get; private set; }

    /// <summary>
    /// At least <paramref name="count"/> octets from the current offset on, or all that are left. Valid until the next call.
    /// </summary>
    public ReadOnlySpan<byte> Peek(int count)
    {
        if (_end - _start < count && !_ended)
        {
            Fill(count);
        }

        return _buffer.AsSpan(_start, _end - _start);
    }

    /// <summary>Moves over a byte order mark, if the stream is at one.</summary>
    public void SkipByteOrderMark()
    {
        ReadOnlySpan<byte> octets = Peek(ByteOrderMark.Utf8.Length);
        Advance(octets.Length - ByteOrderMark.Skip(octets).Length);
    }

    /// <summary>Moves over octets that have been peeked.</summary>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _end - _start);
        _start += count;
        Offset += count;
    }

    public void Dispose() => stream.Dispose();

    private void Fill(int count)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (count > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(count, _buffer.Length * 2));
        }

        while (_end < count && !_ended)
        {
            _end += ReadStream();
        }
    }

    private int ReadStream()
    {
        try
        {
            int read = stream.Read(_buffer, _end, _buffer.Length - _end);
            _ended = read == 0;
            return read;
        }
        catch (Exception damaged) when (damaged is InvalidDataException or EndOfStreamException or ContentLimitException)
        {
            Fault = damaged is ContentLimitException
                ? new(QuarantineReason.TooLarge, damaged.Message) { EndsReading = true }
                : new(QuarantineReason.Truncated, "The compressed content is damaged or cut short (RFC 1952).");
            _ended = true;
            return 0;
        }
    }
}
