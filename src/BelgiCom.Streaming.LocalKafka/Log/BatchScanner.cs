using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>Receives one batch; returns false to stop the scan. The bytes are valid during the call only.</summary>
internal delegate bool BatchVisitor(RecordBatch batch);

/// <summary>Reads batches one after the other out of a segment file.</summary>
internal static class BatchScanner
{
    private const int BufferSize = 256 * 1024;

    /// <summary>Stops at <paramref name="end"/>, at bytes that cannot be a batch, and when the visitor returns false.</summary>
    public static void Scan(SafeFileHandle file, long position, long end, BatchVisitor visitor)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(end - position, RecordBatch.HeaderSize, BufferSize));
        try
        {
            int filled = 0;
            int at = 0;
            while (true)
            {
                long size = filled - at < RecordBatch.HeaderSize ? RecordBatch.HeaderSize : RecordBatch.SizeOf(buffer.AsSpan(at));
                if (size < RecordBatch.HeaderSize || size > end - position)
                {
                    return;
                }

                if (filled - at < size)
                {
                    buffer = MakeRoom(buffer, at, filled - at, (int)size);
                    filled -= at;
                    at = 0;
                    filled += FillFrom(file, position + filled, end, buffer.AsSpan(filled));
                    if (filled < size)
                    {
                        return;
                    }

                    continue;
                }

                RecordBatch batch = new(buffer.AsSpan(at, (int)size));
                if (batch.Magic != RecordBatch.Magic2 || !visitor(batch))
                {
                    return;
                }

                at += (int)size;
                position += size;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] MakeRoom(byte[] buffer, int at, int held, int needed)
    {
        byte[] target = needed <= buffer.Length ? buffer : ArrayPool<byte>.Shared.Rent(needed);
        buffer.AsSpan(at, held).CopyTo(target);
        if (target != buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return target;
    }

    private static int FillFrom(SafeFileHandle file, long position, long end, Span<byte> room)
    {
        int filled = 0;
        int wanted = (int)Math.Min(room.Length, end - position);
        while (filled < wanted)
        {
            int read = RandomAccess.Read(file, room[filled..wanted], position + filled);
            if (read == 0)
            {
                break;
            }

            filled += read;
        }

        return filled;
    }
}
