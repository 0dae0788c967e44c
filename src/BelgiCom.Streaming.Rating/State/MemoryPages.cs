namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Makes the operating system provide the memory of a new array now. A new array of zeros is at first only a promise, which the system
/// keeps page by page when something is written: that takes some microseconds for each 4,096 octets, as long as ten events.
/// </summary>
internal static class MemoryPages
{
    /// <summary>Touches each page; changes no value.</summary>
    public static void Touch(Span<byte> memory)
    {
        for (int octet = 0; octet < memory.Length; octet += Environment.SystemPageSize)
        {
            Volatile.Write(ref memory[octet], memory[octet]);
        }
    }
}
