using System.Globalization;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>What all parts of a broker share: its clock, how it writes, and where it reports.</summary>
internal sealed record LogSettings(TimeProvider Clock, bool FlushEachBatch, Action<string> Report)
{
    // A disk that is nearly full takes a small batch between two that it refuses.
    private static readonly TimeSpan FaultMemory = TimeSpan.FromSeconds(10);

    private volatile WriteFault? _fault;

    /// <summary>Since when logs cannot be written, and why; null while they are written.</summary>
    public WriteFault? Fault => _fault is { } fault && !(fault.HasWrittenSince && Clock.GetElapsedTime(fault.Last) >= FaultMemory)
        ? fault
        : null;

    /// <summary>Set once the transaction coordinator exists, which itself keeps its state in a partition.</summary>
    public TransactionVerifier VerifyTransaction { get; set; } = (_, _, _, _) => ErrorCode.None;

    public long NowMs => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Runs work of the broker itself at each interval of its clock. A fault, such as a full disk, is reported, and the next round tries
    /// again.
    /// </summary>
    public ITimer Every(TimeSpan interval, Action work) => Clock.CreateTimer(_ => RunReporting(work), null, interval, interval);

    /// <summary>Notes that a batch could not be written; clients try again many times, so only the first time is reported.</summary>
    public void CouldNotWrite(Exception cause)
    {
        WriteFault? known = Fault;
        _fault = new WriteFault(known?.Since ?? Clock.GetUtcNow(), Clock.GetTimestamp(), cause.Message);
        if (known is null)
        {
            Report($"{_fault} Nothing of it was acknowledged; clients send it again.");
        }
    }

    /// <summary>Notes that a batch was written.</summary>
    public void Wrote()
    {
        if (_fault is { } fault)
        {
            fault.HasWrittenSince = true;
        }
    }

    private void RunReporting(Action work)
    {
        try
        {
            work();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or LocalKafkaException or ObjectDisposedException)
        {
            Report($"Background work stopped and will be tried again: {fault.Message}");
        }
    }
}

/// <summary>Why the broker cannot write.</summary>
/// <param name="Since">When a batch was refused first.</param>
/// <param name="Last">The clock's time stamp when one was refused last.</param>
/// <param name="Cause">What the system says, with the path.</param>
internal sealed record WriteFault(DateTimeOffset Since, long Last, string Cause)
{
    private volatile bool _hasWrittenSince;

    /// <summary>Whether a batch was written after that.</summary>
    public bool HasWrittenSince
    {
        get => _hasWrittenSince;
        set => _hasWrittenSince = value;
    }

    /// <summary>A sentence for a person.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"The embedded broker cannot write its log since {Since:u}: {Cause.TrimEnd('.')}. Free space there, or mend its rights.");
}
