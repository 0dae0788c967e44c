using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Reads a CDR file with the framing of 3GPP TS 32.297. Each length leads to the next record. Where a length cannot be true, the reader
/// goes on at the next place that looks like a record, and the stretch between is one fault. The record count in the file header is only a
/// check.
/// </summary>
/// <param name="stream">Content.</param>
/// <param name="isCounting">True only counts the records, and decodes none.</param>
/// <param name="held">Why nothing of the file may be used; null when it may.</param>
internal sealed class FramedCdrReader(Stream stream, bool isCounting = false, DecodingFault? held = null) : CdrFileReader(stream)
{
    private const int WindowOctets = CdrRecordHeader.MaxLength + ushort.MaxValue;

    private CdrFileHeader? _header;
    private bool _isEndReported;

    public override FileHeader? Header => _header;

    /// <summary>
    /// Looks through a file, from frame to frame, for whether it holds as many CDRs as its header says. Null when it does, when the header
    /// does not say, and when the file ends early or is damaged, which is a fault of its own.
    /// </summary>
    public static DecodingFault? FindWrongCount(IncomingFile file)
    {
        // The reader is not disposed, because the content is read again.
        FramedCdrReader reader = new(file.Open(), isCounting: true);
        DecodingFault? wrong = null;
        while (wrong is null && reader.Read())
        {
            file.BeginChunk();
            wrong = reader.HasWrongCount ? reader.Fault : reader.RecordCount > reader._header?.DeclaredCdrs ? reader.WrongCount() : null;
        }

        return wrong;
    }

    private bool HasWrongCount { get; set; }

    protected override bool ReadRecord()
    {
        if (_header is null && !_isEndReported)
        {
            _header = CdrFileHeader.TryRead(Window.Peek(CdrFileHeader.MaxLength));
            if (_header is null)
            {
                _isEndReported = true;
                return FailToEnd(NoHeader(Window.Peek(CdrFileHeader.FixedLength)) with { IsFileLevel = true });
            }

            StepOver(_header.HeaderLength);
            if (held is not null)
            {
                _isEndReported = true;
                return FailToEnd(held with { IsFileLevel = true });
            }
        }

        ReadOnlySpan<byte> octets = SkipFiller();
        if (octets.IsEmpty)
        {
            return ReadEnd();
        }

        if (!CdrRecordHeader.TryRead(octets, out CdrRecordHeader header))
        {
            return FailCut();
        }

        if (!header.IsPlausible)
        {
            return Resynchronise("The header of a record is not plausible (TS 32.297 6.1.2)");
        }

        int end = header.HeaderLength + header.CdrLength;
        if (end > octets.Length)
        {
            return IsComplete(octets.Length)
                ? Resynchronise("The length of a record leads behind the end of the file (TS 32.297 6.1.2)")
                : FailCut();
        }

        if (header.DataFormat != 1)
        {
            return FailHere(
                end, QuarantineReason.UnsupportedEncoding,
                $"Data format {header.DataFormat} of TS {header.TsNumber} is not BER (TS 32.297 6.1.2).");
        }

        if (!FillsFrame(octets[header.HeaderLength..end]) && !(octets.Length == end || IsRecordStart(octets[end..])))
        {
            return Resynchronise("The length of a record agrees neither with the record nor with what follows (TS 32.297 6.1.2)");
        }

        StepOver(header.HeaderLength);
        if (_header!.TsNumber == 0)
        {
            _header = _header with { TsNumber = header.TsNumber };
        }

        return isCounting ? Count(header.CdrLength) : Decode(header.CdrLength);
    }

    /// <summary>
    /// Steps over filler, however much there is: a hole in a file is not its end. A record may itself begin with an octet 00 (the length of
    /// a short one), so where a record is beyond doubt decides. Empty at the end of the file.
    /// </summary>
    private ReadOnlySpan<byte> SkipFiller()
    {
        while (true)
        {
            ReadOnlySpan<byte> octets = Window.Peek(WindowOctets);
            int filler = octets.IndexOfAnyExcept((byte)0, (byte)0xFF);
            if (filler < 0)
            {
                bool isEnd = octets.Length < WindowOctets;
                StepOver(isEnd ? octets.Length : octets.Length - 1);
                if (isEnd)
                {
                    return [];
                }

                continue;
            }

            for (int before = 1; before >= 0; before--)
            {
                // Filler of one octet is the beginning of a record's length, unless no record begins with it.
                if (filler - before > 0 && !IsRecordStart(octets) && IsRecordStart(octets[(filler - before)..]))
                {
                    StepOver(filler - before);
                    return Window.Peek(WindowOctets);
                }
            }

            return octets;
        }
    }

    private DecodingFault NoHeader(ReadOnlySpan<byte> head)
    {
        if (Window.Fault is { } damaged)
        {
            return damaged;
        }

        return CompressedContent.UnsupportedCompression(head) is { } compression
            ? new(QuarantineReason.UnsupportedEncoding, $"The file is compressed by {compression}; only gzip is expanded.")
            : new(QuarantineReason.NotACdrFile, "The file does not begin with a TS 32.297 file header (6.1.1).");
    }

    /// <summary>
    /// Makes the checks of the file as a whole, once, at its end. It reports one fault at most, because a file that was cut short would
    /// fail every other check as well.
    /// </summary>
    private bool ReadEnd()
    {
        if (_isEndReported)
        {
            return false;
        }

        _isEndReported = true;
        if (Window.Fault is { } damaged)
        {
            return FoundInFile(damaged, Window.Offset, 0);
        }

        if (_header!.FileLength > Window.Offset)
        {
            long missing = _header.FileLength.Value - Window.Offset;
            string cut = $"The file ends {missing} octets before the length in its header (TS 32.297 6.1.1, octets 1-4).";
            return FoundInFile(new(QuarantineReason.Truncated, cut), Window.Offset, missing);
        }

        if (_header.DeclaredCdrs is { } declared && RecordCount != declared)
        {
            HasWrongCount = true;
            return FoundInFile(WrongCount(), 0, Window.Offset);
        }

        return false;
    }

    private DecodingFault WrongCount()
    {
        string held = RecordCount > _header!.DeclaredCdrs ? "more" : $"{RecordCount}";
        return new(
            QuarantineReason.BadFraming,
            $"The header says {_header.DeclaredCdrs} CDRs, the file holds {held} (TS 32.297 6.1.1, octets 19-22).");
    }

    private bool FailCut()
    {
        _isEndReported = true;
        return FailToEnd(Window.Fault ?? new(QuarantineReason.Truncated, "The file ends inside a record."));
    }

    private bool Resynchronise(string what) => FailUntilNextRecord(
        new(QuarantineReason.BadFraming, what + "; reading goes on at the next record."),
        new(QuarantineReason.BadFraming, what + "; no record follows."),
        IsRecordStart);

    private bool IsComplete(int octetsLeft) => _header!.FileLength is null || Window.Offset + octetsLeft >= _header.FileLength;

    /// <summary>
    /// The outer element has a tag of TS 32.298 and is exactly as long as its frame, so this is the start of a record beyond doubt.
    /// </summary>
    private static bool IsRecordStart(ReadOnlySpan<byte> octets) =>
        CdrRecordHeader.TryRead(octets, out CdrRecordHeader header)
        && header is { IsPlausible: true, DataFormat: 1 }
        && BerReader.TryReadHeader(octets[header.HeaderLength..], out uint tag, out int headerLength, out int contentLength)
        && CdrRecord.IsKnownOuterTag(tag)
        && (contentLength < 0 || contentLength == header.CdrLength - headerLength);

    private static bool FillsFrame(ReadOnlySpan<byte> cdr) =>
        BerReader.TryReadHeader(cdr, out _, out int headerLength, out int contentLength)
        && contentLength <= cdr.Length - headerLength
        && (contentLength < 0 || cdr[(headerLength + contentLength)..].IndexOfAnyExcept((byte)0, (byte)0xFF) < 0);
}
