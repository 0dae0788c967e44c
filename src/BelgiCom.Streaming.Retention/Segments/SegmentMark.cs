using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using BelgiCom.Streaming.Privacy;
using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.Retention;

/// <summary>What a mark in a segment's file says, so that the index can be made anew from the files.</summary>
internal abstract record SegmentMark;

/// <summary>Whose the file is. It is the first frame of a file; in one of an earlier release it stands where that release ended.</summary>
/// <param name="Archive">Id of the archive.</param>
/// <param name="KeyId">Key of the file's blocks.</param>
/// <param name="Periods">Period by class, under which the archive was written when the file was begun.</param>
internal sealed record SegmentDescription(string Archive, string KeyId, IReadOnlyDictionary<string, string> Periods) : SegmentMark;

/// <summary>
/// The end of a batch. Every segment that the batch touched has it, so a batch of which one is missing was not committed.
/// </summary>
/// <param name="Sequence">Number of the batch, from 1 without gaps.</param>
/// <param name="JournalEntries">Entries that the journal had by then: the holds are known from it.</param>
/// <param name="LastSeen">When the archive was last at work, milliseconds since 1970 UTC.</param>
/// <param name="Touched">Where the mark is in each segment that the batch touched, and the segment's records with the batch.</param>
/// <param name="Previous">Ends of what the batch before touched, or of all segments in the first batch after a start. They show what has
/// been cut from a file since.</param>
/// <param name="Positions">How far each partition of the batch was read.</param>
internal sealed record SegmentCommit(
    long Sequence,
    long JournalEntries,
    long LastSeen,
    IReadOnlyList<SegmentEnd> Touched,
    IReadOnlyList<SegmentEnd> Previous,
    IReadOnlyList<LogPosition> Positions) : SegmentMark;

/// <summary>What the index knows of the marks.</summary>
/// <param name="Commits">Number of the last batch that is committed; 0 before the first.</param>
/// <param name="IsDescribed">Whether every file says whose it is. Those of an earlier release do not.</param>
internal sealed record CommitLog(long Commits, bool IsDescribed);

/// <summary>Where a segment ends.</summary>
/// <param name="Segment">Name of the segment.</param>
/// <param name="Length">Octets.</param>
/// <param name="Records">Records.</param>
internal sealed record SegmentEnd(string Segment, long Length, long Records);

/// <summary>How far a partition was read.</summary>
/// <param name="Topic">Topic.</param>
/// <param name="Partition">Partition.</param>
/// <param name="NextOffset">Offset after the last record read.</param>
/// <param name="TopicId">Id that the brokers gave to the topic; empty when they gave none.</param>
internal sealed record LogPosition(string Topic, int Partition, long NextOffset, string TopicId);

/// <summary>
/// Marks on disk, little-endian: "BCM1" · octets of the body 4 · body · HMAC-SHA-256 over segment, offset and body 32. The key of the HMAC
/// is the archive's key of persons, which outlives every segment. A mark holds no personal data; it is as clear as the index is.
/// </summary>
internal static class MarkFrame
{
    public const uint Magic = 0x314D_4342;
    public const int Overhead = HeaderSize + SealSize;

    private const int HeaderSize = 8;
    private const int SealSize = 32;
    private const int BodyOctetsMax = 64 * 1024 * 1024;
    private const byte Description = 1;
    private const byte Commit = 2;

    /// <summary>Writes a mark and returns its octets.</summary>
    public static int Write(SafeFileHandle file, string segment, long at, SegmentMark mark, DataKey key)
    {
        byte[] body = Body(mark);
        byte[] frame = new byte[Overhead + body.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), body.Length);
        body.CopyTo(frame, HeaderSize);
        Seal(segment, at, body, key, frame.AsSpan(HeaderSize + body.Length));
        RandomAccess.Write(file, frame, at);
        return frame.Length;
    }

    /// <summary>Reads the mark at an offset; null when what stands there is not one of this segment, or is damaged.</summary>
    /// <param name="file">File of the segment.</param>
    /// <param name="segment">Name of the segment.</param>
    /// <param name="at">Offset.</param>
    /// <param name="end">End of what may be read.</param>
    /// <param name="key">The archive's key of persons.</param>
    /// <param name="next">Offset after the mark.</param>
    public static SegmentMark? Read(SafeFileHandle file, string segment, long at, long end, DataKey key, out long next)
    {
        next = at;
        Span<byte> header = stackalloc byte[HeaderSize];
        if (end - at < Overhead || !TryRead(file, header, at) || BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic)
        {
            return null;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        if (length is < 1 or > BodyOctetsMax || length > end - at - Overhead)
        {
            return null;
        }

        byte[] body = new byte[length];
        Span<byte> written = stackalloc byte[SealSize];
        Span<byte> expected = stackalloc byte[SealSize];
        if (!TryRead(file, body, at + HeaderSize) || !TryRead(file, written, at + HeaderSize + length))
        {
            return null;
        }

        Seal(segment, at, body, key, expected);
        if (!written.SequenceEqual(expected))
        {
            return null;
        }

        next = at + Overhead + length;
        return Mark(body);
    }

    /// <summary>Reads octets; false when the file ends before them.</summary>
    public static bool TryRead(SafeFileHandle file, Span<byte> destination, long at)
    {
        while (destination.Length > 0)
        {
            int read = RandomAccess.Read(file, destination, at);
            if (read == 0)
            {
                return false;
            }

            destination = destination[read..];
            at += read;
        }

        return true;
    }

    private static void Seal(string segment, long at, byte[] body, DataKey key, Span<byte> seal)
    {
        string place = string.Create(CultureInfo.InvariantCulture, $"archive mark {segment} {at} ");
        key.Hmac([.. Encoding.UTF8.GetBytes(place), .. body], seal);
    }

    private static byte[] Body(SegmentMark mark)
    {
        using MemoryStream octets = new();
        using BinaryWriter body = new(octets, Encoding.UTF8);
        switch (mark)
        {
            case SegmentDescription description:
                body.Write(Description);
                body.Write(description.Archive);
                body.Write(description.KeyId);
                body.Write7BitEncodedInt(description.Periods.Count);
                foreach ((string retentionClass, string period) in description.Periods)
                {
                    body.Write(retentionClass);
                    body.Write(period);
                }

                break;
            case SegmentCommit commit:
                body.Write(Commit);
                body.Write(commit.Sequence);
                body.Write(commit.JournalEntries);
                body.Write(commit.LastSeen);
                Write(body, commit.Touched);
                Write(body, commit.Previous);
                body.Write7BitEncodedInt(commit.Positions.Count);
                foreach (LogPosition position in commit.Positions)
                {
                    body.Write(position.Topic);
                    body.Write7BitEncodedInt(position.Partition);
                    body.Write7BitEncodedInt64(position.NextOffset);
                    body.Write(position.TopicId);
                }

                break;
        }

        body.Flush();
        return octets.ToArray();
    }

    private static void Write(BinaryWriter body, IReadOnlyList<SegmentEnd> ends)
    {
        body.Write7BitEncodedInt(ends.Count);
        foreach (SegmentEnd end in ends)
        {
            body.Write(end.Segment);
            body.Write7BitEncodedInt64(end.Length);
            body.Write7BitEncodedInt64(end.Records);
        }
    }

    /// <summary>The seal was compared, so a body of another form is of a later release; it is taken for no mark of ours.</summary>
    private static SegmentMark? Mark(byte[] octets)
    {
        using BinaryReader body = new(new MemoryStream(octets), Encoding.UTF8);
        return body.ReadByte() switch
        {
            Description => new SegmentDescription(body.ReadString(), body.ReadString(), ReadPeriods(body)),
            Commit => new SegmentCommit(
                body.ReadInt64(), body.ReadInt64(), body.ReadInt64(), ReadEnds(body), ReadEnds(body), ReadPositions(body)),
            _ => null,
        };
    }

    private static Dictionary<string, string> ReadPeriods(BinaryReader body)
    {
        Dictionary<string, string> periods = new(StringComparer.Ordinal);
        for (int count = body.Read7BitEncodedInt(); count > 0; count--)
        {
            periods[body.ReadString()] = body.ReadString();
        }

        return periods;
    }

    private static List<SegmentEnd> ReadEnds(BinaryReader body)
    {
        List<SegmentEnd> ends = [];
        for (int count = body.Read7BitEncodedInt(); count > 0; count--)
        {
            ends.Add(new SegmentEnd(body.ReadString(), body.Read7BitEncodedInt64(), body.Read7BitEncodedInt64()));
        }

        return ends;
    }

    private static List<LogPosition> ReadPositions(BinaryReader body)
    {
        List<LogPosition> positions = [];
        for (int count = body.Read7BitEncodedInt(); count > 0; count--)
        {
            positions.Add(
                new LogPosition(body.ReadString(), body.Read7BitEncodedInt(), body.Read7BitEncodedInt64(), body.ReadString()));
        }

        return positions;
    }
}
