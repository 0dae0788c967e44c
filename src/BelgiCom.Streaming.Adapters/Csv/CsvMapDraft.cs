using System.Text;
using System.Text.Unicode;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// A column map drafted from the beginning of a file, for a person to check. Mediation never guesses; this is how the person who writes the
/// map is spared the typing. What had to be assumed is said in <see cref="Remarks"/>.
/// </summary>
public sealed class CsvMapDraft
{
    private const int SampleLines = 50;

    private static readonly string[] TimeFormats =
    [
        CsvColumnMap.Iso, "yyyy-MM-dd HH:mm:ss.FFFFFFF", "yyyy-MM-ddTHH:mm:ss.FFFFFFF", "yyyy-MM-dd HH:mm", "yyyyMMddHHmmss",
        "dd.MM.yyyy HH:mm:ss", "dd.MM.yyyy HH:mm", "dd/MM/yyyy HH:mm:ss", "MM/dd/yyyy HH:mm:ss", "dd/MM/yyyy HH:mm",
        "MM/dd/yyyy HH:mm", "dd-MM-yyyy HH:mm:ss",
        "yyyy/MM/dd HH:mm:ss", "yyyyMMdd HHmmss", "yyyyMMdd HH:mm:ss", "dd/MM/yyyy h:mm:ss tt",
        "MM/dd/yyyy h:mm:ss tt", "MM/dd/yyyy h:mm tt", CsvColumnMap.Unix, CsvColumnMap.UnixMilliseconds,
    ];

    private static readonly string[] OriginatingValues = ["mo", "out", "outgoing", "originating", "o", "sortant", "uitgaand", "ausgehend"];
    private static readonly string[] TerminatingValues = ["mt", "in", "incoming", "terminating", "t", "entrant", "inkomend", "eingehend"];

    private readonly List<string> _remarks = [];
    private readonly List<string[]> _rows = [];
    private string[] _header = [];

    private CsvMapDraft()
    {
    }

    /// <summary>The map. It may have faults, when nothing in the file looks like a field that is needed.</summary>
    public CsvColumnMap Map { get; } = new();

    /// <summary>What was assumed or not found, a sentence each.</summary>
    public IReadOnlyList<string> Remarks => _remarks;

    /// <summary>Drafts a map of a file by its first octets, expanded.</summary>
    public static CsvMapDraft Of(ReadOnlySpan<byte> head)
    {
        CsvMapDraft draft = new();
        draft.Read(head);
        draft.MapColumns();
        draft.MapTimes();
        draft.MapQuantities();
        draft.MapKinds();
        draft.MapDirections();
        draft._remarks.AddRange(draft._header.Where(cell => cell.Length > 0 && !draft.Map.Columns.ContainsValue(cell))
            .Select(cell => $"The column {cell} is not mapped."));
        return draft;
    }

    /// <summary>Finds encoding, delimiter and header, and keeps the first rows.</summary>
    private void Read(ReadOnlySpan<byte> head)
    {
        // The head may end inside a character.
        int lastEnd = head.LastIndexOfAny("\r\n"u8);
        ReadOnlySpan<byte> whole = lastEnd < 0 ? head : head[..(lastEnd + 1)];
        Map.Encoding = EncodingOf(head, whole);
        using StreamReader reader = new(new CsvText(new MemoryStream(head.ToArray()), Map.TextEncoding!), Encoding.UTF8);
        List<string> lines = [.. reader.ReadToEnd().Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Take(SampleLines + 1)];
        if (lines.Count > 0 && lines[0].StartsWith("sep=", StringComparison.Ordinal) && lines[0].Length == 5)
        {
            lines.RemoveAt(0);
        }

        char delimiter = ";,\t|".MaxBy(candidate => ScoreOf(lines, candidate));
        Map.Delimiter = delimiter == '\t' ? "tab" : delimiter.ToString();
        CsvLine line = new();
        int columns = 0;
        foreach (string text in lines)
        {
            if (line.Split(Encoding.UTF8.GetBytes(text), (byte)delimiter) is null && (columns == 0 || line.Count == columns))
            {
                columns = line.Count;
                _rows.Add([.. Enumerable.Range(0, columns).Select(i => Encoding.UTF8.GetString(line[i]).Trim())]);
            }
        }

        if (_rows.Count > 0 && !_rows[0].Any(cell => cell.Length > 0 && char.IsAsciiDigit(cell[0])))
        {
            _header = _rows[0];
            _rows.RemoveAt(0);
        }
    }

    /// <summary>
    /// A mark says it by itself. Without one, text of 16 bits has a NUL in every other octet, before or behind the letter.
    /// </summary>
    private static string EncodingOf(ReadOnlySpan<byte> head, ReadOnlySpan<byte> whole) => head switch
    {
        [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] => "utf-8",
        [not 0, 0, not 0, 0, ..] => "utf-16",
        [0, not 0, 0, not 0, ..] => "utf-16BE",
        _ => Utf8.IsValid(whole) ? "utf-8" : "windows-1252",
    };

    /// <summary>How many lines have the columns of the first one.</summary>
    private static int ScoreOf(List<string> lines, char delimiter)
    {
        int columns = lines.Count > 0 ? lines[0].Count(character => character == delimiter) : 0;
        return columns == 0 ? 0 : (100 * lines.Count(line => line.Count(character => character == delimiter) == columns)) + columns;
    }

    private void MapColumns()
    {
        if (_header.Length == 0)
        {
            _remarks.Add("The file has no header, so the columns are taken by what they look like: check each.");
            MapPositions();
            return;
        }

        foreach ((CsvField field, string column, VolumeUnit? volume, DurationUnit? duration) in CsvColumnNames.Find(_header))
        {
            Map.Columns[field.ToString()] = column;
            if (volume is { } unit and not VolumeUnit.Byte)
            {
                Map.Units[field.ToString()] = unit;
                _remarks.Add($"{column} is taken for {unit}; MB is 1,000,000 octets and MiB 1,048,576: set Units to what is meant.");
            }

            Map.DurationUnit = duration ?? Map.DurationUnit;
            if (_header.Count(cell => cell.Equals(column, StringComparison.OrdinalIgnoreCase)) > 1)
            {
                _remarks.Add($"Several columns are called {column}: say which is meant, as {column}#1.");
            }
        }
    }

    private void MapPositions()
    {
        List<int> times = [], durations = [];
        for (int i = 0; i < (_rows.Count > 0 ? _rows[0].Length : 0); i++)
        {
            string[] values = [.. Values(i)];
            CsvField? field = values.Length == 0
                ? null
                : TimeFormatOf(values) is not null && !Map.Maps(CsvField.EndTime)
                    ? Map.Maps(CsvField.StartTime) ? CsvField.EndTime : CsvField.StartTime
                    : values.All(value => value.Length is >= 8 and <= 16 && value.TrimStart('+').All(char.IsAsciiDigit))
                        ? Map.Maps(CsvField.Msisdn) ? CsvField.OtherParty : CsvField.Msisdn
                        : values.All(value => value.Length < 6 && value.All(char.IsAsciiDigit)) ? CsvField.DurationSeconds : null;
            if (field is CsvField.StartTime or CsvField.EndTime || (values.Length > 0 && TimeFormatOf(values) is not null))
            {
                times.Add(i + 1);
            }
            else if (field == CsvField.DurationSeconds)
            {
                durations.Add(i + 1);
            }

            if (field is { } found && !Map.Maps(found))
            {
                Map.Columns[found.ToString()] = (i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        RemarkChoice("times", CsvField.StartTime, times);
        RemarkChoice("durations", CsvField.DurationSeconds, durations);
    }

    private void RemarkChoice(string what, CsvField field, List<int> columns)
    {
        if (columns.Count > 1 && Map.Columns.TryGetValue(field.ToString(), out string? taken))
        {
            _remarks.Add($"The columns {string.Join(", ", columns)} look like {what}; {taken} is taken for {field}.");
        }
    }

    private void MapTimes()
    {
        string? unnamed = Map.Maps(CsvField.StartTime) ? null : _header.Where((cell, i) => cell.Length > 0
            && !Map.Columns.ContainsValue(cell) && TimeFormatOf([.. Values(i)]) is not null).FirstOrDefault();
        if (unnamed is not null)
        {
            Map.Columns[nameof(CsvField.StartTime)] = unnamed;
        }

        string[] dates = ValuesOf(CsvField.StartTime), times = ValuesOf(CsvField.StartTimeOfDay);
        string[] both = dates.Length == times.Length ? [.. dates.Zip(times, (date, time) => $"{date} {time}")] : [];
        if (TimeFormatOf(dates) is { } format)
        {
            // The time of day is in the same column, and what is called "time" is something else.
            Map.Columns.Remove(nameof(CsvField.StartTimeOfDay));
            Map.TimeFormat = format;
        }
        else if (TimeFormatOf(both) is { } ofBoth)
        {
            Map.TimeFormat = ofBoth;
        }
        else
        {
            _remarks.Add("No format of times was recognised: set TimeFormat.");
        }

        if (Map.TimeFormat.StartsWith("dd/MM", StringComparison.Ordinal)
            && TimeFormatOf(both.Length > 0 ? both : dates, Map.TimeFormat.Replace("dd/MM", "MM/dd", StringComparison.Ordinal)) is not null)
        {
            _remarks.Add("Day and month could be the other way round.");
        }

        if (Map.TimeFormat is not (CsvColumnMap.Iso or CsvColumnMap.Unix or CsvColumnMap.UnixMilliseconds))
        {
            _remarks.Add("The times have no offset: set TimeZone to the zone of the system that wrote them; UTC is assumed.");
        }
    }

    /// <summary>How the quantities and numbers of persons are written.</summary>
    private void MapQuantities()
    {
        CsvField[] quantities = [CsvField.Uplink, CsvField.Downlink, CsvField.Total, CsvField.DurationSeconds];
        string[] decimals = [.. quantities.SelectMany(ValuesOf).Where(value => value.IndexOfAny(['.', ',']) > 0)];
        if (decimals.Length > 0 && decimals.All(value => value.Contains(',', StringComparison.Ordinal)))
        {
            Map.DecimalSeparator = ",";
        }

        foreach (CsvField field in quantities[..3].Where(field => Map.Maps(field) && !Map.Units.ContainsKey(field.ToString())))
        {
            if (ValuesOf(field).Any(value => value.IndexOfAny(['.', ',']) > 0))
            {
                _remarks.Add($"{Map.Columns[field.ToString()]} has decimals, as octets have not: set Units to the unit that it counts.");
            }
        }

        if (ValuesOf(CsvField.Msisdn).Any(value => value is ['0', not '0', ..]))
        {
            Map.CountryCode = "32";
            _remarks.Add("Some numbers are national: CountryCode 32 is assumed.");
        }
    }

    private void MapKinds()
    {
        foreach (string value in ValuesOf(CsvField.Kind).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            List<string>? values = CsvColumnNames.BareOf(value) switch
            {
                "sms" or "message" or "mms" or "texto" or "bericht" => Map.Sms,
                "voice" or "call" or "voip" or "appel" or "voix" or "oproep" or "gesprek" or "anruf" => Map.Voice,
                "data" or "gprs" or "internet" or "donnees" or "daten" => Map.Data,
                _ => null,
            };
            values?.Add(value);
        }

        if (Map.Data.Count + Map.Voice.Count + Map.Sms.Count > 0)
        {
            return;
        }

        Map.Columns.Remove(nameof(CsvField.Kind));
        bool hasVolume = Map.Maps(CsvField.Uplink) || Map.Maps(CsvField.Downlink) || Map.Maps(CsvField.Total);
        bool hasDuration = Map.Maps(CsvField.DurationSeconds) || Map.Maps(CsvField.EndTime);
        Map.Kind = hasVolume ? UsageKind.Data : hasDuration && !Map.Maps(CsvField.Messages) ? UsageKind.Voice : UsageKind.Sms;
        _remarks.Add($"Every record is taken for {Map.Kind}.");
    }

    private void MapDirections()
    {
        foreach (string value in ValuesOf(CsvField.Direction).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (OriginatingValues.Contains(CsvColumnNames.BareOf(value)))
            {
                Map.Originating.Add(value);
            }
            else if (TerminatingValues.Contains(CsvColumnNames.BareOf(value)))
            {
                Map.Terminating.Add(value);
            }
            else
            {
                _remarks.Add($"Set whether the direction {value} is Originating or Terminating.");
            }
        }

        if (Map.Maps(CsvField.Direction) && Map.Terminating.Count == 0)
        {
            _remarks.Add("No record is terminating; mt is assumed to mean that.");
            Map.Terminating.Add("mt");
        }

        if (Map.Maps(CsvField.Direction) && Map.Originating.Count == 0)
        {
            _remarks.Add("No record is originating; mo is assumed to mean that.");
            Map.Originating.Add("mo");
        }
    }

    private string[] ValuesOf(CsvField field)
    {
        if (!Map.Columns.TryGetValue(field.ToString(), out string? column))
        {
            return [];
        }

        int index = _header.Length > 0
            ? Array.IndexOf(_header, column)
            : int.Parse(column, System.Globalization.CultureInfo.InvariantCulture) - 1;
        return [.. Values(index)];
    }

    private IEnumerable<string> Values(int column) => _rows.Select(row => row[column]).Where(value => value.Length > 0);

    /// <summary>The first format that reads all values but a tenth, which may be bad; null when none does.</summary>
    private static string? TimeFormatOf(string[] values, string? only = null)
    {
        foreach (string format in only is null ? TimeFormats : [only])
        {
            CsvTime reader = new(new CsvColumnMap { TimeFormat = format });
            int read = values.Count(value =>
            {
                CdrTime time = default;
                bool isAmbiguous = false;
                // Ten digits are seconds of this time, thirteen milliseconds; other numbers are numbers.
                bool isEpoch = value.Length == (format == CsvColumnMap.Unix ? 10 : 13);
                return (isEpoch || format is not (CsvColumnMap.Unix or CsvColumnMap.UnixMilliseconds))
                    && reader.TryRead(Encoding.UTF8.GetBytes(value), [], ref time, ref isAmbiguous);
            });
            if (read > 0 && values.Length - read <= Math.Max(values.Length / 10, values.Length > 1 ? 1 : 0))
            {
                return format;
            }
        }

        return null;
    }
}
