using System.Text;

namespace BelgiCom.Streaming.Adapters;

/// <summary>Where the columns of a map are in one file.</summary>
internal sealed class CsvColumns
{
    private const int DecimalsMax = 6;

    private static readonly CsvField[] Quantities = [CsvField.DurationSeconds, CsvField.Uplink, CsvField.Downlink, CsvField.Total];

    private readonly int[] _indexes = new int[Enum.GetValues<CsvField>().Length];

    private CsvColumns(int count, int named)
    {
        Array.Fill(_indexes, -1);
        Count = count;
        Least = named;
    }

    /// <summary>Columns of a record.</summary>
    public int Count { get; }

    /// <summary>Columns that a record must have: those at the end that have no name may be left out.</summary>
    public int Least { get; }

    /// <summary>Columns that name a call or session of several lines.</summary>
    public int[] JoinBy { get; private init; } = [];

    /// <summary>Index of a field's column; -1 when it is not mapped.</summary>
    public int this[CsvField field] => _indexes[(int)field];

    /// <summary>Finds the columns by the header line, or in a file without a header by the first record.</summary>
    /// <returns>The columns, or what is wrong with the file, a sentence without its full stop.</returns>
    public static (CsvColumns? Columns, string? Fault) Find(CsvLine line, CsvColumnMap map)
    {
        string[] names =
        [
            .. Enumerable.Range(0, line.Count).Select(i => map.ExpectsHeader ? Encoding.UTF8.GetString(line[i]).Trim() : "-"),
        ];
        List<int> joinBy = [];
        foreach (string column in map.JoinBy)
        {
            if (Find(names, column) is ({ } fault, _))
            {
                return (null, fault);
            }

            joinBy.Add(Find(names, column).Index);
        }

        CsvColumns columns = new(names.Length, Array.FindLastIndex(names, name => name.Length > 0) + 1) { JoinBy = [.. joinBy] };
        foreach ((CsvField field, string column) in map.MappedColumns())
        {
            (string? fault, columns._indexes[(int)field]) = Find(names, column);
            if (fault is not null)
            {
                return (null, fault);
            }
        }

        return (columns, null);
    }

    /// <summary>
    /// Whether a record of so many columns fits. What stands behind the last named column must be empty, which is a delimiter at the end.
    /// A record that is wider than the header does not fit when one of its quantities and the field behind it could be one number with a
    /// decimal comma: then every field behind that one would be read as its neighbour.
    /// </summary>
    public bool Fits(CsvLine line, byte delimiter)
    {
        for (int i = Least; i < line.Count; i++)
        {
            if (!line[i].Trim(" \t"u8).IsEmpty)
            {
                return false;
            }
        }

        return line.Count >= Least && (line.Count <= Count || delimiter != ',' || !HasDecimalComma(line));
    }

    private bool HasDecimalComma(CsvLine line)
    {
        foreach (CsvField quantity in Quantities)
        {
            int index = this[quantity];
            if (index >= 0 && index + 1 < line.Count && line[index + 1].Length is > 0 and <= DecimalsMax
                && !line[index].ContainsAnyExceptInRange((byte)'0', (byte)'9')
                && !line[index + 1].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            {
                return true;
            }
        }

        return false;
    }

    private static (string? Fault, int Index) Find(string[] names, string column)
    {
        int first = Array.FindIndex(names, IsCalled(column));
        if (first >= 0)
        {
            int count = names.Count(name => IsCalled(column)(name));
            return count == 1
                ? (null, first)
                : ($"its header has {count} columns {column}; name one as {column}#1 or by its position", first);
        }

        if (CsvColumnMap.IsPosition(column) && int.Parse(column, System.Globalization.CultureInfo.InvariantCulture) is > 0 and int position)
        {
            return (position <= names.Length ? null : $"it has {names.Length} columns and no column {column}", position - 1);
        }

        int hash = column.LastIndexOf('#');
        if (hash > 0 && CsvColumnMap.IsPosition(column[(hash + 1)..]))
        {
            int[] found = [.. Enumerable.Range(0, names.Length).Where(i => IsCalled(column[..hash])(names[i]))];
            int wanted = int.Parse(column[(hash + 1)..], System.Globalization.CultureInfo.InvariantCulture);
            if (wanted >= 1 && wanted <= found.Length)
            {
                return (null, found[wanted - 1]);
            }
        }

        return ($"its header has no column {column}", -1);
    }

    private static Predicate<string> IsCalled(string column) => name => name.Equals(column, StringComparison.OrdinalIgnoreCase);
}
