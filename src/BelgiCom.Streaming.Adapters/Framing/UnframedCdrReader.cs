using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Reads a file of BER records one after another, with filler octets (00 or ff) between them or at the ends of blocks. Without frames, only
/// what follows a record shows that its length was wrong; the reader then goes on at the next octets that begin a record we know.
/// </summary>
internal sealed class UnframedCdrReader(Stream stream) : CdrFileReader(stream)
{
    private LookAhead _lookAhead;
    private bool _isEndReported;

    protected override bool ReadRecord()
    {
        ReadOnlySpan<byte> octets = SkipFiller();
        if (octets.IsEmpty)
        {
            return ReadEnd();
        }

        if (!BerReader.TryReadHeader(octets, out uint tag, out int headerLength, out int contentLength)
            || !(CdrRecord.IsKnownOuterTag(tag) || tag == BerTag.Sequence))
        {
            return Resynchronise(QuarantineReason.BadEncoding, "No record of TS 32.298 begins here", "No record of TS 32.298 begins here");
        }

        if (contentLength < 0)
        {
            return ReadIndefinite();
        }

        if (contentLength > RecordLimits.MaxOctets - headerLength)
        {
            return Resynchronise(
                QuarantineReason.TooLarge, $"The record is longer than {RecordLimits.MaxOctets} octets",
                $"The record is longer than {RecordLimits.MaxOctets} octets");
        }

        int length = headerLength + contentLength;
        if (Window.Peek(length).Length < length)
        {
            return ResynchroniseOrCut();
        }

        return Decode(length);
    }

    /// <summary>True when a record that is decoded here begins: outer tag, a length in bounds, and recordType as first field.</summary>
    internal static bool IsRecordStart(ReadOnlySpan<byte> octets)
    {
        if (octets.Length < 2 || (octets[0] & 0xE0) != 0xA0
            || !BerReader.TryReadHeader(octets, out uint tag, out int headerLength, out int contentLength)
            || contentLength > RecordLimits.MaxOctets)
        {
            return false;
        }

        int recordType = CdrRecord.FormatOf(tag)?.RecordType ?? -1;
        ReadOnlySpan<byte> content = octets[headerLength..];
        return content.Length >= 4 && content[0] == 0x80 && content[1] is 1 or 2
            && BerReader.TryReadInteger(content.Slice(2, content[1]), out long value) && value == recordType;
    }

    private ReadOnlySpan<byte> SkipFiller()
    {
        while (true)
        {
            ReadOnlySpan<byte> octets = Window.Peek(ResynchronisationOctets);
            int filler = octets.IndexOfAnyExcept((byte)0, (byte)0xFF);
            if (filler >= 0)
            {
                StepOver(filler);
                return Window.Peek(ResynchronisationOctets);
            }

            StepOver(octets.Length);
            if (octets.IsEmpty)
            {
                return octets;
            }
        }
    }

    /// <summary>
    /// Looks for the end of an indefinite length in what is in memory, then in twice as much, so that the cost stays linear.
    /// </summary>
    private bool ReadIndefinite()
    {
        for (int wanted = 4096; ; wanted *= 2)
        {
            ReadOnlySpan<byte> octets = Window.Peek(wanted);
            BerReader record = new(octets);
            if (record.Read())
            {
                return Decode(record.Position);
            }

            if (octets.Length < wanted || wanted >= RecordLimits.MaxOctets)
            {
                int looked = Math.Min(octets.Length, wanted);
                return _lookAhead.MayGoOnAfter(Window.Offset, looked)
                    ? ResynchroniseOrCut()
                    : FailHere(looked, QuarantineReason.BadLength, $"Records without an end, within {looked} octets.");
            }
        }
    }

    private bool ReadEnd()
    {
        DecodingFault? fault = Window.Fault
            ?? (Window.Offset == 0 ? new(QuarantineReason.NotACdrFile, "The file is empty.") : null);
        if (_isEndReported || fault is null)
        {
            return false;
        }

        _isEndReported = true;
        return FoundInFile(fault, Window.Offset, 0);
    }

    private bool ResynchroniseOrCut() =>
        Resynchronise(
            QuarantineReason.BadLength, "The length of a record leads behind the end of the file", "The file ends inside a record",
            QuarantineReason.Truncated);

    private bool Resynchronise(QuarantineReason reason, string atRecord, string atEnd, QuarantineReason? reasonAtEnd = null)
    {
        DecodingFault end = Window.Fault ?? new(reasonAtEnd ?? reason, atEnd + ".");
        _isEndReported |= Window.Fault is not null;
        if (RecordCount == 0 && reasonAtEnd is null)
        {
            end = new(QuarantineReason.NotACdrFile, atEnd + ", and nowhere else in the file.");
        }

        return FailUntilNextRecord(new(reason, atRecord + "; reading goes on at the next record."), end, IsRecordStart);
    }
}
