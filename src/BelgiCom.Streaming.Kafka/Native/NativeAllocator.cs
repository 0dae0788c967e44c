using System.Runtime.InteropServices;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Keeps the native memory that the client library frees in the process. librdkafka allocates and frees a buffer of about 1 MB for every
/// fetched and every sent batch; by default glibc gives such buffers back to the system, and the page faults of taking them again cost an
/// eighth of a lane's processor time.
/// </summary>
/// <remarks>
/// Up to 128 MiB stay with each of the C library's arenas; ten times as much was not faster. An operator's MALLOC_TRIM_THRESHOLD_ takes
/// precedence.
/// </remarks>
internal static partial class NativeAllocator
{
    // Names and numbers of malloc.h.
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MmapThreshold = -3;

    private const int KeptOctets = 128 << 20;
    private const int ArenaOctets = 16 << 20;

    // The largest that glibc takes.
    private const int LargestOnHeap = 32 << 20;

    private static int _done;

    /// <summary>Sets it once for the process. Nothing happens where the C library is not glibc.</summary>
    public static void KeepFreedMemory()
    {
        if (Interlocked.Exchange(ref _done, 1) != 0 || !OperatingSystem.IsLinux()
            || Environment.GetEnvironmentVariable("MALLOC_TRIM_THRESHOLD_") is not null)
        {
            return;
        }

        try
        {
            _ = Set(TrimThreshold, KeptOctets);
            _ = Set(TopPad, ArenaOctets);
            _ = Set(MmapThreshold, LargestOnHeap);
        }
        catch (Exception missing) when (missing is EntryPointNotFoundException or DllNotFoundException)
        {
            // musl has no such options, and keeps freed memory in its own way.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int Set(int option, int value);
}
