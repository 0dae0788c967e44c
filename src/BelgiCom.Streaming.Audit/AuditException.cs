namespace BelgiCom.Streaming.Audit;

/// <summary>
/// A journal differs from what was written: entries are missing or cannot be read. Nothing that must be journalled may be done until a
/// person has mended it.
/// </summary>
public sealed class AuditException : Exception
{
    /// <summary>Says what happened, where, and what to do about it.</summary>
    public AuditException(string message)
        : base(message)
    {
    }
}
