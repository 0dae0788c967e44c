namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// What looking ahead in vain may cost in one file. A reader that finds no end to a record within a megabyte steps on by an octet or a
/// line, so that the good records behind are found; but a file of nothing else would be read a million times. Once a file has had its
/// share, a reader steps over all that it looked through.
/// </summary>
internal struct LookAhead
{
    private const long Free = 16L * RecordLimits.MaxOctets;
    private const int EarnedByOctet = 8;

    private long _spent;
    private long _offset;

    /// <summary>Notes a look ahead that was in vain.</summary>
    /// <param name="offset">Where it began. Octets that were passed since the last one earn something back.</param>
    /// <param name="octets">Octets looked through.</param>
    /// <returns>False when the file has had its share.</returns>
    public bool MayGoOnAfter(long offset, int octets)
    {
        _spent = Math.Max(0, _spent - (EarnedByOctet * (offset - _offset))) + octets;
        _offset = offset;
        return _spent <= Free;
    }
}
