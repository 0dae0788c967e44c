namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Joins the lines of a call or session that a switch cut into several: lines that follow each other and agree in the columns of
/// <see cref="CsvColumnMap.JoinBy"/>.
/// </summary>
internal sealed class CsvJoin(CsvColumnMap map)
{
    private readonly CsvRecordDecoder _decoder = new(map);
    private readonly CsvLine _next = new();
    private readonly UsageCdr _part = new();
    private readonly List<byte[]> _names = [.. map.JoinBy.Select(_ => new byte[256])];
    private readonly int[] _lengths = new int[map.JoinBy.Count];
    private bool _isNamed;

    /// <summary>Begins a record with its first line.</summary>
    public void Begin(CsvLine line, CsvColumns columns)
    {
        _isNamed = true;
        for (int i = 0; i < _names.Count; i++)
        {
            ReadOnlySpan<byte> name = line[columns.JoinBy[i]].Trim(" \t"u8);
            // A call whose name is empty, or too long to be one, is one line.
            _isNamed &= !name.IsEmpty && name.TryCopyTo(_names[i]);
            _lengths[i] = name.Length;
        }
    }

    /// <summary>Adds a line to the record, when it is a good one and one of its parts.</summary>
    public bool TryAdd(ReadOnlySpan<byte> octets, byte delimiter, CsvColumns columns, UsageCdr cdr)
    {
        if (!_isNamed || octets.Contains((byte)0) || _next.Split(octets, delimiter) is not null || !columns.Fits(_next, delimiter))
        {
            return false;
        }

        for (int i = 0; i < _names.Count; i++)
        {
            if (!_next[columns.JoinBy[i]].Trim(" \t"u8).SequenceEqual(_names[i].AsSpan(0, _lengths[i])))
            {
                return false;
            }
        }

        return _decoder.Decode(_next, columns, _part) is null && _part.Kind == cdr.Kind && TryAdd(ref cdr.PartAt(0), _part.Parts[0]);
    }

    private static bool TryAdd(ref UsagePart whole, in UsagePart part)
    {
        // Adding what was measured to what was not gives nothing that was measured.
        if (whole.DurationSeconds < 0 != part.DurationSeconds < 0 || whole.UplinkOctets < 0 != part.UplinkOctets < 0
            || whole.DownlinkOctets < 0 != part.DownlinkOctets < 0 || whole.TotalOctets < 0 != part.TotalOctets < 0)
        {
            return false;
        }

        whole.DurationSeconds = Sum(whole.DurationSeconds, part.DurationSeconds);
        whole.UplinkOctets = Sum(whole.UplinkOctets, part.UplinkOctets);
        whole.DownlinkOctets = Sum(whole.DownlinkOctets, part.DownlinkOctets);
        whole.TotalOctets = Sum(whole.TotalOctets, part.TotalOctets);
        whole.Messages = Sum(whole.Messages, part.Messages);
        whole.End = part.End.IsSet && part.End.UtcMilliseconds > whole.End.UtcMilliseconds ? part.End : whole.End;
        return true;
    }

    /// <summary>A sum that does not fit stays at the largest number, which no bound on quantities lets pass.</summary>
    private static long Sum(long left, long right) =>
        left < 0 ? left : left > long.MaxValue - right ? long.MaxValue : left + Math.Max(0, right);
}
