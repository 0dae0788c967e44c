namespace BelgiCom.Streaming.Billing;

/// <summary>
/// The ledger could not be opened, read or written. Nothing of the batch at hand was kept; it is safe to try the same batch again.
/// </summary>
public sealed class LedgerException : Exception
{
    /// <summary>Says what happened, where, and what to do about it.</summary>
    public LedgerException(string message)
        : base(message)
    {
    }

    /// <summary>Says what happened, where, and what to do about it, with the database's own error as the cause.</summary>
    public LedgerException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
