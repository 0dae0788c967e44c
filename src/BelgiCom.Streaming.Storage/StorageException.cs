namespace BelgiCom.Streaming.Storage;

/// <summary>What went wrong with a database.</summary>
public enum StorageFault
{
    /// <summary>It cannot be opened: no such place, no rights, no database.</summary>
    CannotOpen,

    /// <summary>Another process works with it.</summary>
    InUse,

    /// <summary>It was written by a newer release, whose tables this one does not know.</summary>
    NewerVersion,

    /// <summary>It refused, or did not answer. Nothing of the statement or transaction at hand was kept; it can be tried again.</summary>
    Refused,
}

/// <summary>A database could not be opened, read or written.</summary>
public sealed class StorageException : Exception
{
    /// <summary>Says what happened, where, and what to do about it.</summary>
    public StorageException(StorageFault fault, string message, Exception? cause = null)
        : base(message, cause) => Fault = fault;

    /// <summary>What went wrong.</summary>
    public StorageFault Fault { get; }
}
