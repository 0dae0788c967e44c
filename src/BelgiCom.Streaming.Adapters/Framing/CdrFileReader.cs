using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// What the readers of framed and unframed CDR files share: a window on the stream, and how to step over a stretch that is no record and
/// keep it for the quarantine.
/// </summary>
internal abstract class CdrFileReader(Stream stream) : UsageFileReader
{
    /// <summary>Octets that a check for the start of a record may look at.</summary>
    protected const int ResynchronisationOctets = 32;

    private readonly MemoryStream _faulty = new();
    private int _octetsLength;
    private bool _isFaulty;

    public sealed override ReadOnlySpan<byte> Octets =>
        _isFaulty ? _faulty.GetBuffer().AsSpan(0, (int)_faulty.Length) : Window.Peek(0)[.._octetsLength];

    protected StreamWindow Window { get; } = new(stream);

    protected sealed override bool ReadNext()
    {
        // The window moves past the record only now, so that Octets could show it without a copy.
        Window.Advance(_octetsLength);
        _octetsLength = 0;
        _isFaulty = false;
        return ReadRecord();
    }

    /// <inheritdoc cref="ReadNext"/>
    protected abstract bool ReadRecord();

    protected override void Dispose(bool disposing)
    {
        Window.Dispose();
        _faulty.Dispose();
    }

    /// <summary>Moves over octets that belong to no record.</summary>
    protected void StepOver(int count) => Window.Advance(count);

    /// <summary>Decodes the record of the next <paramref name="length"/> octets, which are in the window.</summary>
    protected bool Decode(int length)
    {
        _octetsLength = length;
        return Found(CdrRecord.Decode(Window.Peek(length)[..length], Cdr), Window.Offset, length);
    }

    /// <summary>Takes the next <paramref name="length"/> octets, which are in the window, for a record, whatever is in them.</summary>
    protected bool Count(int length)
    {
        _octetsLength = length;
        return Found(null, Window.Offset, length);
    }

    /// <summary>Reports the next <paramref name="length"/> octets, which are in the window, as one bad record.</summary>
    protected bool FailHere(int length, QuarantineReason reason, string detail)
    {
        _octetsLength = length;
        return Found(new(reason, detail), Window.Offset, length);
    }

    /// <summary>
    /// Steps forward until <paramref name="isRecordStart"/> accepts what follows, or to the end, and reports the stretch as one bad
    /// record: <paramref name="atRecord"/> when a record follows, <paramref name="atEnd"/> when none does. At least one octet is there,
    /// and is stepped over.
    /// </summary>
    protected bool FailUntilNextRecord(DecodingFault atRecord, DecodingFault atEnd, RecordStart isRecordStart)
    {
        long offset = Window.Offset;
        _faulty.SetLength(0);
        ReadOnlySpan<byte> next = Window.Peek(1);
        do
        {
            Keep(next[..1]);
            Window.Advance(1);
            next = Window.Peek(ResynchronisationOctets);
        }
        while (!next.IsEmpty && !isRecordStart(next));
        _isFaulty = true;
        return Found(next.IsEmpty ? atEnd : atRecord, offset, Window.Offset - offset);
    }

    /// <summary>Reports everything up to the end as one fault.</summary>
    protected bool FailToEnd(DecodingFault fault)
    {
        long offset = Window.Offset;
        _faulty.SetLength(0);
        for (ReadOnlySpan<byte> octets = Window.Peek(1); !octets.IsEmpty; octets = Window.Peek(1))
        {
            Keep(octets);
            Window.Advance(octets.Length);
        }

        _isFaulty = true;
        return Found(fault, offset, Window.Offset - offset);
    }

    private void Keep(ReadOnlySpan<byte> octets) =>
        _faulty.Write(octets[..(int)Math.Min(octets.Length, RecordLimits.MaxQuarantinedOctets - _faulty.Length)]);

    protected delegate bool RecordStart(ReadOnlySpan<byte> octets);
}
