using System.Buffers.Binary;
using System.Net.Sockets;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Cuts a connection's bytes into request frames (a 32-bit length, then that many bytes). The buffer grows as bytes arrive, and never
/// because a length announces them.
/// </summary>
internal sealed class FrameReader(Socket socket)
{
    private const int LengthPrefix = 4;
    private const int InitialSize = 64 * 1024;
    private const int KeptSize = 4 * 1024 * 1024;
    private const int MinFrameSize = 10;

    // The default of Kafka's socket.request.max.bytes.
    private const int MaxFrameSize = 100 * 1024 * 1024;
    private byte[] _buffer = new byte[InitialSize];
    private int _start;
    private int _end;

    /// <summary>The next frame, valid until the next call; null when the client has closed the connection.</summary>
    public ArraySegment<byte>? Read()
    {
        if (!Fill(LengthPrefix))
        {
            return null;
        }

        int size = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
        if (size is < MinFrameSize or > MaxFrameSize)
        {
            throw new MalformedRequestException($"A request of {size} bytes is not between {MinFrameSize} and {MaxFrameSize}.");
        }

        _start += LengthPrefix;
        if (!Fill(size))
        {
            return null;
        }

        ArraySegment<byte> frame = new(_buffer, _start, size);
        _start += size;
        return frame;
    }

    private bool Fill(int needed)
    {
        while (_end - _start < needed)
        {
            MakeRoom(needed);
            int read = socket.Receive(_buffer.AsSpan(_end));
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }

    private void MakeRoom(int needed)
    {
        int held = _end - _start;
        if (held == 0 && _buffer.Length > KeptSize && needed <= InitialSize)
        {
            _buffer = new byte[InitialSize];
            _start = _end = 0;
        }

        if (_start + needed <= _buffer.Length)
        {
            return;
        }

        // A buffer that is too small is filled first and then doubled. So a client that announces 100 MiB must also send 100 MiB.
        byte[] target = held == _buffer.Length ? new byte[Math.Min(needed, held * 2)] : _buffer;
        Buffer.BlockCopy(_buffer, _start, target, 0, held);
        _buffer = target;
        _start = 0;
        _end = held;
    }
}
