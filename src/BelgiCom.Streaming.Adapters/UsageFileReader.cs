namespace BelgiCom.Streaming.Adapters;

/// <summary>What <see cref="UsageFileReader.Read"/> found.</summary>
public enum UsageReadResult
{
    /// <summary>The end of the file.</summary>
    End,

    /// <summary>A record, in <see cref="UsageFileReader.Cdr"/>.</summary>
    Cdr,

    /// <summary>A record or stretch that cannot be decoded, in <see cref="UsageFileReader.Fault"/>. Reading goes on after it.</summary>
    Fault,
}

/// <summary>
/// Reads the records of one usage file in one pass and bounded memory. Whatever the octets, it gives records and typed faults: it
/// never throws for bad input, and every octet is either in a record, in a fault, or filler.
/// </summary>
public abstract class UsageFileReader : IDisposable
{
    /// <summary>
    /// Most octets of a faulty stretch that are kept for the quarantine: with its envelope it must fit the largest Kafka record.
    /// </summary>
    public const int MaxQuarantinedOctets = 900 * 1024;

    /// <summary>The record just read. The same instance each time.</summary>
    public UsageCdr Cdr { get; } = new();

    /// <summary>The fault just found.</summary>
    public CdrFault Fault { get; private set; }

    /// <summary>
    /// The octets of the record just read, or of the fault just found (at most <see cref="MaxQuarantinedOctets"/>). Valid until the next
    /// read.
    /// </summary>
    public abstract ReadOnlySpan<byte> Octets { get; }

    /// <summary>Index of the record just read or found faulty, from 0; -1 for a fault of the file as a whole.</summary>
    public int RecordIndex { get; private set; } = -1;

    /// <summary>Offset of the record just read in the uncompressed file.</summary>
    public long RecordOffset { get; protected set; }

    /// <summary>What the file says about itself, as far as it was read; null for formats without a header.</summary>
    public virtual FileHeader? Header => null;

    /// <summary>Records seen so far, good and bad.</summary>
    public int RecordCount { get; private set; }

    /// <summary>Reads on to the next record, fault or the end.</summary>
    public UsageReadResult Read()
    {
        UsageReadResult result = ReadNext();
        switch (result)
        {
            case UsageReadResult.Cdr:
                RecordIndex = RecordCount++;
                break;
            case UsageReadResult.Fault:
                RecordIndex = Fault.IsFileLevel ? -1 : RecordCount++;
                break;
        }

        return result;
    }

    /// <summary>Closes the stream.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Reads on; sets <see cref="RecordOffset"/> and the record, or calls a Fail method.</summary>
    protected abstract UsageReadResult ReadNext();

    /// <summary>Closes the stream.</summary>
    protected abstract void Dispose(bool disposing);

    internal UsageReadResult FailRecord(RecordProblem problem, long offset, long length) =>
        Fail(new CdrFault(problem.Reason, offset, length, false, problem.Detail!));

    internal UsageReadResult FailFile(RecordProblem problem, long offset, long length) =>
        Fail(new CdrFault(problem.Reason, offset, length, true, problem.Detail!));

    private UsageReadResult Fail(in CdrFault fault)
    {
        RecordOffset = fault.FileOffset;
        Fault = fault;
        return UsageReadResult.Fault;
    }
}
