namespace BelgiCom.Streaming.Storage;

/// <summary>
/// Folders and files that their owner only may read, whatever the process's mask: they hold keys, or personal data in clear. On Windows the
/// access list of the folder above says who may.
/// </summary>
public static class OwnerOnly
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

    /// <summary>
    /// Makes a folder and those above it that are missing. One that is there keeps its mode, which somebody may have chosen.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not make it.</exception>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerFolder);
        }
    }

    /// <summary>Opens a file for this process alone; a file that is made is the owner's.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mode">Which of the modes that make a file.</param>
    /// <param name="access">What the file is opened for.</param>
    /// <param name="options">Further options.</param>
    /// <exception cref="IOException">The file cannot be opened, or another process has it.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not open it.</exception>
    public static FileStream OpenFile(string path, FileMode mode, FileAccess access, FileOptions options = FileOptions.None)
    {
        FileStreamOptions all = new() { Mode = mode, Access = access, Share = FileShare.None, Options = options };
        if (!OperatingSystem.IsWindows())
        {
            all.UnixCreateMode = OwnerFile;
        }

        return new FileStream(path, all);
    }
}
