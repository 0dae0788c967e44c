namespace BelgiCom.Streaming.Testing;

/// <summary>How many mutated inputs a parser gets in every build, and what reading one of them may cost.</summary>
/// <param name="Runs">Inputs, unless BELGICOM_FUZZ_RUNS says another number.</param>
/// <param name="Octets">Octets that may be allocated for any input: buffers, an exception, what is made once.</param>
/// <param name="OctetsPerOctet">Octets that may be allocated for each octet of the input, in addition.</param>
public sealed record FuzzLimits(int Runs, long Octets, int OctetsPerOctet)
{
    /// <summary>
    /// By how much BELGICOM_FUZZ_RUNS is divided: a test that writes and flushes files takes milliseconds for an input, where others take
    /// microseconds.
    /// </summary>
    public int Slowness { get; init; } = 1;

    /// <summary>The most that reading an input of this length may allocate, in octets.</summary>
    public long For(int length) => Octets + ((long)OctetsPerOctet * length);
}
