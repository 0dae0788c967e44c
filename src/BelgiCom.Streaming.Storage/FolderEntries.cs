using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.Storage;

/// <summary>
/// The names that a folder holds. Flushing a file makes its content survive a loss of power, but not its name: that is in its folder.
/// </summary>
public static partial class FolderEntries
{
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

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
