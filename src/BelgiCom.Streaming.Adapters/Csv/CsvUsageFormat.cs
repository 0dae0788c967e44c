using System.Text;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// CSV records by a column map. A file is recognised by its header line, which must hold every mapped column; one without a header by
/// records that fit the map.
/// </summary>
public sealed class CsvUsageFormat : IUsageFormat
{
    private readonly CsvColumnMap _map;
    private readonly Encoding _encoding;

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
        _encoding = map.TextEncoding!;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public bool Recognises(ReadOnlySpan<byte> head)
    {
        using CsvUsageReader reader = NewReader(new MemoryStream(head.ToArray()));
        return reader.FitsMap();
    }

    /// <inheritdoc/>
    public UsageFileReader Open(Stream content) => NewReader(content);

    private CsvUsageReader NewReader(Stream content) => new(new CsvText(content, _encoding), _map);
}
