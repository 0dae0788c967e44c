namespace BelgiCom.Streaming.Generation;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): a small generator whose numbers do not change with the version of .NET.</summary>
internal struct SeededNumbers(ulong seed, ulong stream)
{
    /// <summary>2⁶⁴ divided by the golden ratio: its multiples lie as far apart as they can.</summary>
    public const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _state = seed + (stream * Golden);

    public ulong Next()
    {
        ulong mixed = _state += Golden;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>From 0 to <paramref name="bound"/> - 1.</summary>
    public long Below(long bound) => (long)(Next() % (ulong)bound);
}
