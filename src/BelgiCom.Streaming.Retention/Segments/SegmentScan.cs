using System.Buffers.Binary;
using System.Globalization;
using BelgiCom.Streaming.Privacy;
using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.Retention;

/// <summary>
/// What the marks of a segment's file say, without its index and without its key. It goes on behind what is damaged, from the next mark.
/// </summary>
internal sealed class SegmentScan
{
    private readonly List<(long Sequence, long End, long Records)> _batches = [(0, 0, 0)];
    private readonly List<string> _unsettled = [];

    private SegmentScan(string name) => Name = name;

    /// <summary>Name of the segment.</summary>
    public string Name { get; }

    /// <summary>Octets of the file, committed or not.</summary>
    public long FileLength { get; private set; }

    /// <summary>Whose the file is; null when it does not say.</summary>
    public SegmentDescription? Description { get; private set; }

    /// <summary>Number of the last batch; 0 when there is none.</summary>
    public long Sequence => _batches[^1].Sequence;

    /// <summary>End of the last batch; the file may hold more, of a batch that was not committed.</summary>
    public long End => _batches[^1].End;

    /// <summary>Records with the last batch.</summary>
    public long Records => _batches[^1].Records;

    /// <summary>Offsets of the blocks, also of those beyond the last batch, and the records that their headers name.</summary>
    public List<(long At, int Records)> Blocks { get; } = [];

    /// <summary>End of what has the form of blocks and marks.</summary>
    public long FormEnd { get; private set; }

    /// <summary>Whether the file begins like one of ours, of which nothing else is left, or like one of another archive.</summary>
    public bool BeginsWithMark { get; private set; }

    /// <summary>What is damaged within the batches, a sentence each.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Reads the marks of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">Name of its segment.</param>
    /// <param name="markKey">Key of the marks.</param>
    /// <param name="committed">Is told every batch.</param>
    public static SegmentScan Of(string path, string name, DataKey markKey, Action<SegmentScan, SegmentCommit> committed)
    {
        using SafeFileHandle file = CdrArchive.OpenFile(path, FileMode.Open);
        SegmentScan scan = new(name) { FileLength = RandomAccess.GetLength(file) };
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        scan.BeginsWithMark = MarkFrame.TryRead(file, magic, 0) && BinaryPrimitives.ReadUInt32LittleEndian(magic) == MarkFrame.Magic;
        scan.Read(file, markKey, committed);
        return scan;
    }

    /// <summary>Offset of the next mark of a file from an offset on; null when there is none.</summary>
    public static long? NextMark(SafeFileHandle file, string name, long from, long end, DataKey markKey)
    {
        byte[] window = new byte[1024 * 1024];
        for (long at = from; end - at >= MarkFrame.Overhead;)
        {
            int length = (int)Math.Min(window.Length, end - at);
            if (!MarkFrame.TryRead(file, window.AsSpan(0, length), at))
            {
                return null;
            }

            for (int i = 0; i + sizeof(uint) <= length; i++)
            {
                if (BinaryPrimitives.ReadUInt32LittleEndian(window.AsSpan(i)) == MarkFrame.Magic
                    && MarkFrame.Read(file, name, at + i, end, markKey, out _) is not null)
                {
                    return at + i;
                }
            }

            // The magic may begin in the last octets of the window.
            at += Math.Max(1, length - (sizeof(uint) - 1));
        }

        return null;
    }

    /// <summary>Takes a batch back that was not committed, because a part of it is missing in another file.</summary>
    public void TakeBack(long sequence)
    {
        if (Sequence == sequence && sequence > 0)
        {
            _batches.RemoveAt(_batches.Count - 1);
        }
    }

    private void Read(SafeFileHandle file, DataKey markKey, Action<SegmentScan, SegmentCommit> committed)
    {
        for (long at = 0L; at < FileLength;)
        {
            long start = at;
            switch (MarkFrame.Read(file, Name, start, FileLength, markKey, out long next))
            {
                case SegmentDescription description:
                    Description = description;
                    break;
                case SegmentCommit commit when commit.Sequence > Sequence:
                    Add(commit, start, next);
                    committed(this, commit);
                    break;
                case SegmentCommit:
                    // The rest of a batch that was not committed, behind a later one that was.
                    return;
                default:
                    // No block spans a mark. A length that does has been changed, and would cost the blocks behind it, too.
                    bool isBlock = SegmentFile.TryReadHeader(file, start, FileLength, out int records, out next);
                    if (isBlock && (SegmentFile.IsBoundary(file, next, FileLength)
                        || NextMark(file, Name, start + 1, FileLength, markKey) is not { } first || first >= next))
                    {
                        Blocks.Add((start, records));
                        break;
                    }

                    _unsettled.Add(string.Create(
                        CultureInfo.InvariantCulture,
                        $"Archive segment {Name}: what stands from octet {start} on cannot be read. Restore the file from its copy."));
                    if (NextMark(file, Name, start + 1, FileLength, markKey) is not { } mark)
                    {
                        return;
                    }

                    next = mark;
                    break;
            }

            at = next;
            FormEnd = at;
        }
    }

    private void Add(SegmentCommit commit, long start, long next)
    {
        long records = commit.Touched.FirstOrDefault(end => end.Segment == Name && end.Length == start)?.Records ?? Records;
        _batches.Add((commit.Sequence, next, records));
        if (_batches.Count > 2)
        {
            // Only the last batch of the archive can be one that was not committed.
            _batches.RemoveAt(0);
        }

        Faults.AddRange(_unsettled);
        _unsettled.Clear();
    }
}
