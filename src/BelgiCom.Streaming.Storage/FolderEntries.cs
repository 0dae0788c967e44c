using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.Storage;

/// <summary>
/// The names that a folder holds. Flushing a file makes its content survive a loss of power, but not its name: that is in its folder.
/// </summary>
public static partial class FolderEntries
{
    // The same on Linux and macOS.
    private const int NotPermitted = 1, NoAccess = 13, OtherFileSystem = 18;

    /// <summary>Makes every file that was made, renamed or deleted in a folder so far survive a loss of power as it is.</summary>
    /// <param name="folder">The folder. Windows keeps its entries safe itself, so nothing is done there.</param>
    /// <exception cref="IOException">The folder cannot be opened or flushed.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // The platform's own classes refuse to open a folder.
        int descriptor = Open(folder, flags: 0);
        if (descriptor < 0)
        {
            throw new IOException($"The folder {folder} cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        using SafeFileHandle handle = new(descriptor, ownsHandle: true);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>
    /// Renames a file in one step, in place of a file that has the name already. Unlike the platform's own classes it never copies.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="target">Its new path.</param>
    /// <returns>False when the two are on different file systems, so that the file has to be copied.</returns>
    /// <exception cref="IOException">It cannot be renamed.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not rename it.</exception>
    public static bool TryRename(string file, string target)
    {
        if (OperatingSystem.IsWindows())
        {
            File.Move(file, target, overwrite: true);
            return true;
        }

        if (Rename(file, target) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() switch
        {
            OtherFileSystem => false,
            NotPermitted or NoAccess => throw new UnauthorizedAccessException($"Moving it to {Path.GetDirectoryName(target)} is denied."),
            int error => throw new IOException($"{Marshal.GetPInvokeErrorMessage(error)}: {Path.GetDirectoryName(target)}"),
        };
    }

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(string file, string target);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
