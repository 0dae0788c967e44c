using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>
/// Opens files of an inbox, to which others may write. A link would have the worker read any file that it may read, its keys or another
/// vendor's inbox; a pipe would hold it for ever.
/// </summary>
internal static partial class InboxFile
{
    private const int BufferOctets = 1 << 16;

    // Linux, asm-generic/fcntl.h: read only, do not wait for a writer of a pipe, close in child processes, follow no link.
    private const int NonBlocking = 0x800, CloseOnExec = 0x80000;
    private const int NoSuchDevice = 6, NoAccess = 13, TooManyLinks = 40;

    // This flag depends on the processor.
    private static readonly int _noFollow =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    /// <summary>Whether a name stands for something else than a file with octets of its own.</summary>
    /// <inheritdoc cref="TryOpen"/>
    public static bool IsOther(FileInfo file)
    {
        if (file.LinkTarget is not null)
        {
            return true;
        }

        if (file.Length > 0)
        {
            return false;
        }

        // Pipes and sockets have no length.
        using FileStream? opened = TryOpen(file.FullName);
        return opened is null;
    }

    /// <summary>Opens a regular file to read it; null when the name is a link, a pipe or a socket.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The worker may not read it.</exception>
    public static FileStream? TryOpen(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return new FileInfo(path).LinkTarget is null
                ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferOctets, FileOptions.SequentialScan)
                : null;
        }

        int descriptor = Open(path, NonBlocking | CloseOnExec | _noFollow);
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError() switch
            {
                TooManyLinks or NoSuchDevice => null,
                NoAccess => throw new UnauthorizedAccessException($"Access to '{Path.GetFileName(path)}' is denied."),
                int error => throw new IOException(Marshal.GetPInvokeErrorMessage(error)),
            };
        }

        FileStream file = new(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, BufferOctets);
        if (file.CanSeek)
        {
            return file;
        }

        file.Dispose();
        return null;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
