namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Reads the records of one usage file in one pass and bounded memory. Whatever the octets, it gives records and typed faults: it
/// never throws for bad input, and every octet is either in a record, in a fault, or filler.
/// </summary>
public abstract class UsageFileReader : IDisposable
{
    /// <summary>The record just read. It has no meaning when <see cref="Fault"/> is set. The same instance each time.</summary>
    public UsageCdr Cdr { get; } = new();

    /// <summary>Why the record or stretch just read cannot be decoded; null when it can. The reader goes on after it.</summary>
    public DecodingFault? Fault { get; private set; }

    /// <summary>
    /// The octets of the record just read, or of the fault just found (at most <see cref="RecordLimits.MaxQuarantinedOctets"/>). Valid
    /// until the next read.
    /// </summary>
    public abstract ReadOnlySpan<byte> Octets { get; }

    /// <summary>Index of the record just read or found faulty, from 0; -1 for a fault of the file as a whole.</summary>
    public int RecordIndex { get; private set; } = -1;

    /// <summary>Offset of the record just read in the uncompressed file.</summary>
    public long RecordOffset { get; private set; }

    /// <summary>What the file says about itself, as far as it was read; null for formats without a header.</summary>
    public virtual FileHeader? Header => null;

    /// <summary>Records seen so far, good and bad.</summary>
    public int RecordCount { get; private set; }

    /// <summary>Reads on to the next record or fault.</summary>
    /// <returns>False at the end of the file.</returns>
    public bool Read()
    {
        Fault = null;
        if (!ReadNext())
        {
            return false;
        }

        RecordIndex = Fault is { IsFileLevel: true } ? -1 : RecordCount++;
        return true;
    }

    /// <summary>Makes the record just read one that cannot be used.</summary>
    internal void Refuse(DecodingFault fault) => Fault = fault with { FileOffset = RecordOffset, Length = Octets.Length };

    /// <summary>Closes the stream.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Reads the next record into <see cref="Cdr"/>, or finds the next fault, and ends by calling <see cref="Found"/> or <see
    /// cref="FoundInFile"/>.
    /// </summary>
    /// <returns>False at the end of the file.</returns>
    protected abstract bool ReadNext();

    /// <summary>Closes the stream.</summary>
    protected abstract void Dispose(bool disposing);

    /// <summary>Notes where a record is, and its fault if it has one.</summary>
    private protected bool Found(DecodingFault? fault, long offset, long length)
    {
        RecordOffset = offset;
        Fault = fault is null ? null : fault with { FileOffset = offset, Length = length };
        return true;
    }

    /// <summary>Notes a fault of the file as a whole, and the octets that show it.</summary>
    private protected bool FoundInFile(DecodingFault fault, long offset, long length) =>
        Found(fault with { IsFileLevel = true }, offset, length);
}
