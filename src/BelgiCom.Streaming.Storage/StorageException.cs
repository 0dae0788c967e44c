namespace BelgiCom.Streaming.Storage;

/// <summary>What went wrong with a database.</summary>
public enum StorageFault
{
    /// <summary>The database cannot be opened: there is no such place, or no right to it.</summary>
    CannotOpen,

    /// <summary>The file is no database, or one whose pages contradict each other; trying again does not help.</summary>
    Damaged,

    /// <summary>Another process works with it.</summary>
    InUse,

    /// <summary>A newer release wrote the database, and this one does not know its tables.</summary>
    NewerVersion,

    /// <summary>
    /// The database refused, or did not answer. It kept nothing of the statement or transaction in hand, which can be tried again.
    /// </summary>
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
