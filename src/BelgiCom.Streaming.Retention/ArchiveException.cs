namespace BelgiCom.Streaming.Retention;

/// <summary>What went wrong with the archive.</summary>
public enum ArchiveFault
{
    /// <summary>
    /// Files could not be opened, read or written. The archive kept nothing of the batch in hand, which can be tried again.
    /// </summary>
    Io,

    /// <summary>
    /// A block differs from what was written: it was changed, moved or cut, or this key is not the one it was written with.
    /// </summary>
    Damaged,

    /// <summary>The key of a block is not in the key store.</summary>
    KeyMissing,

    /// <summary>The request cannot be granted: expiry as of a day in the future, an unknown hold.</summary>
    Refused,
}

/// <summary>A fault of the archive, with what happened, where, and what to do.</summary>
public sealed class ArchiveException : Exception
{
    /// <summary>Says what happened, where, and what to do about it.</summary>
    public ArchiveException(ArchiveFault fault, string message, Exception? cause = null)
        : base(message, cause) => Fault = fault;

    /// <summary>What went wrong.</summary>
    public ArchiveFault Fault { get; }
}
