namespace BelgiCom.Streaming.Rating;

/// <summary>
/// A new array of zeros is but a promise of the operating system, kept page by page when something is written: some microseconds for each
/// 4,096 octets, the time of ten events.
/// </summary>
internal static class MemoryPages
{
    /// <summary>Has the promise kept now; changes no value.</summary>
    public static void Touch(Span<byte> memory)
    {
        for (int octet = 0; octet < memory.Length; octet += Environment.SystemPageSize)
        {
            Volatile.Write(ref memory[octet], memory[octet]);
        }
    }
}
