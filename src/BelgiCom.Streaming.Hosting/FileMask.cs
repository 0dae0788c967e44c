using System.Runtime.InteropServices;

namespace BelgiCom.Streaming.Hosting;

/// <summary>What others may do with the files that this process makes.</summary>
public static partial class FileMask
{
    // The bits that no file and no folder gets: read, write and execute of group and others.
    private const uint GroupAndOthers = 0b000_111_111;

    /// <summary>
    /// From here on whatever the process and its children make is their owner's only, also what a library makes: databases with their
    /// journals, segments, logs. On Windows the access list of the folder says who may.
    /// </summary>
    public static void MakeOwnerOnly()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SetMask(GroupAndOthers);
        }
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetMask(uint mask);
}
