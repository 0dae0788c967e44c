using System.Text;

namespace BelgiCom.Streaming.Adapters;

/// <summary>CSV records by a column map. A file is recognised by its header line, which must hold every mapped column.</summary>
public sealed class CsvUsageFormat : IUsageFormat
{
    private readonly CsvColumnMap _map;
    private readonly TimeZoneInfo _zone;

    /// <summary>Takes a map without faults; the name is the source's, because the layout is.</summary>
    /// <exception cref="ArgumentException">The map has faults.</exception>
    public CsvUsageFormat(string name, CsvColumnMap map)
    {
        string faults = string.Join(' ', map.Faults());
        if (faults.Length > 0)
        {
            throw new ArgumentException($"The CSV column map of {name} cannot be used: {faults}", nameof(map));
        }

        Name = name;
        _map = map;
        _zone = TimeZoneInfo.FindSystemTimeZoneById(map.TimeZone);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public bool Recognises(ReadOnlySpan<byte> head)
    {
        int length = CsvLine.Measure(head = ByteOrderMark.Skip(head));
        CsvLine line = new();
        return length > 0 && length <= RecordLimits.MaxLineOctets && !head[..length].Contains((byte)0)
            && line.Split(head[..length], _map.DelimiterOctet) is null
            && FindColumns(line, _map) is { Missing: null };
    }

    /// <inheritdoc/>
    public UsageFileReader Open(Stream content) => new CsvUsageReader(content, _map, _zone);

    /// <summary>
    /// The index of each field's column, -1 when not mapped; or the name of the first mapped column that the header lacks.
    /// </summary>
    internal static (int[] Indexes, string? Missing) FindColumns(CsvLine header, CsvColumnMap map)
    {
        int[] indexes = new int[Enum.GetValues<CsvField>().Length];
        Array.Fill(indexes, -1);
        foreach ((CsvField field, string name) in map.MappedColumns())
        {
            for (int i = 0; i < header.Count && indexes[(int)field] < 0; i++)
            {
                if (Encoding.UTF8.GetString(header[i]).Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    indexes[(int)field] = i;
                }
            }

            if (indexes[(int)field] < 0)
            {
                return (indexes, name);
            }
        }

        return (indexes, null);
    }
}
