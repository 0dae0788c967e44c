namespace BelgiCom.Streaming.Storage;

/// <summary>
/// Keeps other processes out of a folder, also processes in other containers, until it is disposed of or the process ends in whatever way.
/// </summary>
public sealed class FolderLock : IDisposable
{
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Takes the lock of a folder, and makes the folder, for the owner only, when it is missing.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">Name of the folder's content in messages, for example "File ledger".</param>
    /// <param name="setting">Setting that says where it is.</param>
    /// <exception cref="StorageException">Another process has the lock, or the folder cannot be made or written.</exception>
    public static FolderLock Take(string folder, string name, string setting)
    {
        try
        {
            OwnerOnly.CreateFolder(folder);
            // The operating system releases the lock when the process ends; the file stays.
            return new FolderLock(
                OwnerOnly.OpenFile(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite));
        }
        catch (IOException cause) when (IsHeld(cause))
        {
            throw new StorageException(
                StorageFault.InUse,
                $"{name}: another process works in the folder {folder} ({cause.Message}) Stop it, or give each a folder of its own with "
                + $"{setting}.",
                cause);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                StorageFault.CannotOpen,
                $"{name}: the folder {folder} cannot be written: {cause.Message.TrimEnd('.')}. Check {setting}, free space "
                + "and rights there.",
                cause);
        }
    }

    /// <summary>
    /// Whether an exception says that another has the file (EWOULDBLOCK of Linux and macOS, a sharing violation of Windows), and not that
    /// the disk is full or may not be written.
    /// </summary>
    /// <param name="cause">From opening a file.</param>
    /// <returns>True when it can be opened as soon as the other lets go of it.</returns>
    public static bool IsHeld(IOException cause) => cause.HResult is 11 or 35 or unchecked((int)0x80070020);

    /// <summary>Lets the next one in.</summary>
    public void Dispose() => _file.Dispose();
}
