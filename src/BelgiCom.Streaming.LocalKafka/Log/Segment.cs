using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// One file of a partition's log: batches back to back, named after the offset of the first. The sparse index in memory finds a batch with
/// one small read; it is rebuilt from the file, so there is nothing on disk that could disagree with it.
/// </summary>
internal sealed class Segment : IDisposable
{
    public const string Extension = ".log";
    private const int IndexIntervalBytes = 4096;
    private const int WindowBytes = 1 << 16;
    private readonly SafeFileHandle _file;
    private readonly List<IndexEntry> _index = [];
    private long _nextIndexPosition;

    private Segment(string path, long baseOffset, SafeFileHandle file)
    {
        FilePath = path;
        BaseOffset = baseOffset;
        _file = file;
    }

    /// <param name="Offset">Base offset of the batch.</param>
    /// <param name="Position">Where the batch starts in the file, in bytes.</param>
    /// <param name="MaxTimestampBefore">Largest timestamp of all batches before this one, in milliseconds since 1970.</param>
    private readonly record struct IndexEntry(long Offset, long Position, long MaxTimestampBefore);

    public string FilePath { get; }

    public long BaseOffset { get; }

    public long Size { get; private set; }

    /// <summary>Largest timestamp in the segment, milliseconds since 1970; -1 while it is empty.</summary>
    public long MaxTimestamp { get; private set; } = -1;

    /// <summary>Timestamp of the first batch, from which segment.ms counts; -1 while the segment is empty.</summary>
    public long FirstTimestamp { get; private set; } = -1;

    public static Segment Open(string directory, long baseOffset)
    {
        string path = Path.Combine(directory, FormattableString.Invariant($"{baseOffset:D20}{Extension}"));
        return new Segment(
            path, baseOffset, File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete));
    }

    /// <summary>Appends a batch whose offset is assigned.</summary>
    public void Append(RecordBatch batch)
    {
        try
        {
            RandomAccess.Write(_file, batch.Bytes, Size);
        }
        catch (IOException)
        {
            // A full disk may have written a part of the batch, which must not stay in a segment that is closed later.
            TruncateToSize();
            throw;
        }

        Note(batch);
    }

    public int Read(long position, Span<byte> destination) =>
        RandomAccess.Read(_file, destination[..(int)Math.Clamp(Size - position, 0, destination.Length)], position);

    public void FlushToDisk() => RandomAccess.FlushToDisk(_file);

    /// <summary>
    /// Reads the file once from its start, takes every whole and undamaged batch into the index, and hands it to <paramref
    /// name="visitor"/>. Returns the number of bytes behind the last good batch, which a killed process left half written.
    /// </summary>
    public long Recover(BatchVisitor visitor)
    {
        long fileLength = RandomAccess.GetLength(_file);
        Size = 0;
        long next = BaseOffset;
        BatchScanner.Scan(_file, 0, fileLength, batch =>
        {
            if (!batch.HasValidChecksum() || batch.BaseOffset < next || batch.LastOffsetDelta < 0)
            {
                return false;
            }

            visitor(batch);
            Note(batch);
            next = batch.LastOffset + 1;
            return true;
        });
        return fileLength - Size;
    }

    /// <summary>
    /// Whether a whole and undamaged batch begins anywhere behind the last one that was taken. Then the bytes between are damage, and not a
    /// batch that was half written.
    /// </summary>
    public bool HasBatchBehindSize()
    {
        long end = RandomAccess.GetLength(_file);
        Span<byte> window = new byte[WindowBytes];
        for (long position = Size; position + RecordBatch.HeaderSize <= end; position += WindowBytes - RecordBatch.HeaderSize)
        {
            int read = RandomAccess.Read(_file, window, position);
            for (int at = 0; at + RecordBatch.HeaderSize <= read; at++)
            {
                if (LooksLikeABatch(window[at..], end - position - at) && HasBatchAt(position + at, end))
                {
                    return true;
                }
            }
        }

        return false;
    }

    public void TruncateToSize() => RandomAccess.SetLength(_file, Size);

    /// <summary>Hands the batches from the one that holds <paramref name="offset"/> on to the visitor, until it returns false.</summary>
    public void Scan(long offset, BatchVisitor visitor) => BatchScanner.Scan(_file, FloorPosition(offset), Size, visitor);

    /// <summary>
    /// Position of the first batch whose last offset is at or above <paramref name="offset"/>; <see cref="Size"/> when there is none.
    /// </summary>
    public long FindBatch(long offset)
    {
        long position = FloorPosition(offset);
        Span<byte> window = stackalloc byte[IndexIntervalBytes];
        while (position + RecordBatch.HeaderSize <= Size)
        {
            int read = Read(position, window);
            int at = 0;
            while (at + RecordBatch.HeaderSize <= read)
            {
                RecordBatch batch = new(window[at..read]);
                if (batch.LastOffset >= offset)
                {
                    return position + at;
                }

                at = (int)Math.Min(at + RecordBatch.SizeOf(batch.Bytes), int.MaxValue / 2);
            }

            position += at;
        }

        return Size;
    }

    /// <summary>Offset of the first indexed batch at or after the position; null when the index ends before it.</summary>
    public long? OffsetAtOrAfter(long position)
    {
        int low = 0;
        int high = _index.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_index[middle].Position < position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < _index.Count ? _index[low].Offset : null;
    }

    /// <summary>The offset from which a batch at or after <paramref name="timestampMs"/> is to be searched.</summary>
    public long FloorOffsetByTime(long timestampMs)
    {
        int low = 0;
        int high = _index.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_index[middle].MaxTimestampBefore < timestampMs)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return _index.Count == 0 ? BaseOffset : _index[low].Offset;
    }

    public void Delete()
    {
        Dispose();
        File.Delete(FilePath);
    }

    public void Dispose() => _file.Dispose();

    private void Note(RecordBatch batch)
    {
        if (Size >= _nextIndexPosition)
        {
            _index.Add(new IndexEntry(batch.BaseOffset, Size, MaxTimestamp));
            _nextIndexPosition = Size + IndexIntervalBytes;
        }

        if (Size == 0)
        {
            FirstTimestamp = batch.MaxTimestamp;
        }

        MaxTimestamp = Math.Max(MaxTimestamp, batch.MaxTimestamp);
        Size += batch.Bytes.Length;
    }

    private long FloorPosition(long offset)
    {
        int low = 0;
        int high = _index.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_index[middle].Offset <= offset)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return _index.Count == 0 ? 0 : _index[low].Position;
    }

    private bool LooksLikeABatch(Span<byte> start, long left)
    {
        RecordBatch batch = new(start);
        return batch.Magic == RecordBatch.Magic2 && batch.BaseOffset >= BaseOffset
            && RecordBatch.SizeOf(start) >= RecordBatch.HeaderSize && RecordBatch.SizeOf(start) <= left;
    }

    private bool HasBatchAt(long position, long end)
    {
        bool isWhole = false;
        BatchScanner.Scan(_file, position, end, batch =>
        {
            isWhole = batch.HasValidChecksum();
            return false;
        });
        return isWhole;
    }
}
