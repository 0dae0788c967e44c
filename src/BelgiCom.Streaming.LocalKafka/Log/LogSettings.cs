namespace BelgiCom.Streaming.LocalKafka;

/// <summary>What all parts of a broker share: its clock, how it writes, and where it reports.</summary>
internal sealed record LogSettings(TimeProvider Clock, bool FlushEachBatch, Action<string> Report)
{
    /// <summary>Set once the transaction coordinator exists, which itself keeps its state in a partition.</summary>
    public TransactionVerifier VerifyTransaction { get; set; } = (_, _, _, _) => ErrorCode.None;

    public long NowMs => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Runs work of the broker itself at each interval of its clock. A fault, such as a full disk, is reported, and the next round tries
    /// again.
    /// </summary>
    public ITimer Every(TimeSpan interval, Action work) => Clock.CreateTimer(_ => RunReporting(work), null, interval, interval);

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
