using System.ComponentModel.DataAnnotations;
using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// How the CSV records of one source are read: which column holds which field, how times, volumes and numbers are written. CSV records have
/// no common layout, so nothing is guessed: what is not mapped is not read.
/// </summary>
public sealed class CsvColumnMap
{
    /// <summary><see cref="TimeFormat"/> of ISO 8601.</summary>
    internal const string Iso = "iso";

    /// <summary><see cref="TimeFormat"/> of seconds since 1970-01-01T00:00:00Z.</summary>
    internal const string Unix = "unix";

    /// <summary><see cref="TimeFormat"/> of milliseconds since 1970-01-01T00:00:00Z.</summary>
    internal const string UnixMilliseconds = "unix-ms";

    /// <summary>
    /// What every record of the file is: data, voice or SMS. Where a column is mapped to <see cref="CsvField.Kind"/>, the column decides
    /// and this is not used.
    /// </summary>
    public UsageKind Kind { get; set; }

    /// <summary>Values of the kind column that mean data, compared without case.</summary>
    public List<string> Data { get; } = [];

    /// <summary>Values of the kind column that mean a call.</summary>
    public List<string> Voice { get; } = [];

    /// <summary>Values of the kind column that mean a message.</summary>
    public List<string> Sms { get; } = [];

    /// <summary>
    /// Character between columns, or <c>tab</c>. Default <c>,</c>. A first line <c>sep=;</c>, as spreadsheets write it, counts more.
    /// </summary>
    [Required]
    public string Delimiter { get; set; } = ",";

    /// <summary>
    /// Encoding by its IANA name, for example <c>windows-1252</c> or <c>utf-16le</c>. Default <c>utf-8</c>. A byte order mark counts more.
    /// </summary>
    [Required]
    public string Encoding { get; set; } = "utf-8";

    /// <summary>
    /// Whether the first line names the columns. Not set, it does unless every column of the map is given by its position.
    /// </summary>
    public bool? HasHeader { get; set; }

    /// <summary>Lines before the header, or before the first record, that say something else. Default 0.</summary>
    [Range(0, 1000)]
    public int SkipLines { get; set; }

    /// <summary>
    /// Whether a last line without a line end is taken for cut off. Default true. Set it to false only for a source whose files never end
    /// with a line end, because then a file that was cut inside its last number is charged by what is left of the number.
    /// </summary>
    public bool LastLineNeedsEnd { get; set; } = true;

    /// <summary>
    /// Column of each <see cref="CsvField"/>: its name in the header line (compared without case), its position from 1, or, where several
    /// columns have one name, the name and which of them: <c>secs#2</c>. A start time and a subscriber are needed.
    /// </summary>
    public Dictionary<string, string> Columns { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Format of times: <c>iso</c> for ISO 8601 with offset or <c>Z</c>, <c>unix</c> or <c>unix-ms</c> for seconds or milliseconds since
    /// 1970, else a .NET format such as <c>yyyy-MM-dd HH:mm:ss.fff</c>, read with the invariant culture. Date and time of day in two
    /// columns are read with one blank between them.
    /// </summary>
    [Required]
    public string TimeFormat { get; set; } = Iso;

    /// <summary>IANA zone of times that carry no offset, for example <c>Europe/Brussels</c>. Never the machine's own zone.</summary>
    public string TimeZone { get; set; } = "UTC";

    /// <summary>
    /// Which of the two instants is meant when a local time occurs twice at the end of daylight saving time. The choice is configured, and
    /// every record it was applied to is counted and reported.
    /// </summary>
    public AmbiguousTime AmbiguousTime { get; set; }

    /// <summary>Unit of volumes. Default <see cref="VolumeUnit.Byte"/>.</summary>
    public VolumeUnit VolumeUnit { get; set; }

    /// <summary>Units of the columns (Uplink, Downlink, Total) that are not in <see cref="VolumeUnit"/>.</summary>
    public Dictionary<string, VolumeUnit> Units { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Unit of durations. Default <see cref="DurationUnit.Second"/>. A duration may always be written <c>h:mm:ss</c>.</summary>
    public DurationUnit DurationUnit { get; set; }

    /// <summary>Character before decimals: <c>.</c> (default) or <c>,</c>.</summary>
    [Required]
    public string DecimalSeparator { get; set; } = ".";

    /// <summary>
    /// Country code of national numbers, for example <c>32</c>. Empty (default): that of the source; where it has none, a national
    /// number is a bad value, because whose country is meant would be a guess.
    /// </summary>
    public string CountryCode { get; set; } = "";

    /// <summary>What a national number begins with. Default <c>0</c>; may be empty. Only read with <see cref="CountryCode"/>.</summary>
    public string NationalPrefix { get; set; } = "0";

    /// <summary>What an international number without <c>+</c> begins with. Default <c>00</c>.</summary>
    public string InternationalPrefix { get; set; } = "00";

    /// <summary>
    /// Values of the direction column that mean originating, compared without case. All others but <see cref="Terminating"/> are bad
    /// values.
    /// </summary>
    public List<string> Originating { get; } = [];

    /// <summary>Values of the direction column that mean terminating.</summary>
    public List<string> Terminating { get; } = [];

    /// <summary>
    /// Columns, given as in <see cref="Columns"/>, that together name a call or session. Lines that follow each other and agree in all of
    /// them are parts of one record: its durations, volumes and messages are summed. Empty: each line is a record.
    /// </summary>
    public List<string> JoinBy { get; } = [];

    /// <summary>
    /// Values of the part column that mean "this line continues a record". A line that says so, and has not that record before it, is a
    /// fault and not a record of its own.
    /// </summary>
    public List<string> Continues { get; } = [];

    /// <summary>What is wrong with this map, a sentence each; empty when it can be used.</summary>
    public IEnumerable<string> Faults()
    {
        if (Delimiter != "tab" && (Delimiter.Length != 1 || Delimiter[0] is '"' or < ' ' or > '~'))
        {
            yield return "Delimiter must be one printable ASCII character other than a quote, or tab.";
        }

        if (DecimalSeparator is not ("." or ","))
        {
            yield return "DecimalSeparator must be a dot or a comma.";
        }

        if (TextEncoding is null)
        {
            yield return $"Encoding {Encoding} is not known here.";
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _))
        {
            yield return $"TimeZone {TimeZone} is not an IANA zone known here (is tzdata installed?).";
        }

        foreach (string fault in ColumnFaults().Concat(KindFaults()).Concat(TimeFaults()).Concat(NumberFaults()))
        {
            yield return fault;
        }
    }

    internal byte DelimiterOctet => Delimiter == "tab" ? (byte)'\t' : (byte)Delimiter[0];

    internal bool ExpectsHeader => HasHeader ?? !Columns.Values.Concat(JoinBy).All(IsPosition);

    internal Encoding? TextEncoding
    {
        get
        {
            try
            {
                return System.Text.Encoding.GetEncoding(Encoding);
            }
            catch (ArgumentException)
            {
                // The code pages of Windows are in a provider of their own.
                return CodePagesEncodingProvider.Instance.GetEncoding(Encoding);
            }
            catch (NotSupportedException)
            {
                // UTF-7, which .NET knows and does not read.
                return null;
            }
        }
    }

    /// <summary>Whether a column is given by its position.</summary>
    internal static bool IsPosition(string column) => column.Length is > 0 and < 4 && column.All(char.IsAsciiDigit);

    internal bool Maps(CsvField field) => Columns.ContainsKey(field.ToString());

    internal VolumeUnit UnitOf(CsvField field) => Units.GetValueOrDefault(field.ToString(), VolumeUnit);

    internal IEnumerable<(CsvField Field, string Column)> MappedColumns() =>
        Columns.Select(column => (Enum.Parse<CsvField>(column.Key, true), column.Value));

    /// <summary>Whether this is the name of a field. A number would be parsed as one as well, and two names as the sum of both.</summary>
    private static bool IsField(string name) => Enum.GetNames<CsvField>().Contains(name, StringComparer.OrdinalIgnoreCase);

    private IEnumerable<string> ColumnFaults()
    {
        foreach (string name in Columns.Keys.Where(name => !IsField(name)))
        {
            yield return $"Columns names {name}, which is not one of {string.Join(", ", Enum.GetNames<CsvField>())}.";
        }

        if (!Maps(CsvField.StartTime))
        {
            yield return "Columns must name a StartTime.";
        }

        if (!Maps(CsvField.Msisdn) && !Maps(CsvField.Imsi))
        {
            yield return "Columns must name an Msisdn or an Imsi.";
        }

        if (Maps(CsvField.Direction) && (Originating.Count == 0 || Terminating.Count == 0))
        {
            yield return "Originating and Terminating must list the values of the Direction column.";
        }

        if (HasHeader == false && Columns.Values.Concat(JoinBy).FirstOrDefault(column => !IsPosition(column)) is { } named)
        {
            yield return $"Without a header, columns are given by their position from 1, not as {named}.";
        }

        if (Maps(CsvField.Part) != Continues.Count > 0 || (Continues.Count > 0 && JoinBy.Count == 0))
        {
            yield return "Part, Continues and JoinBy go together: the column, its values for a continuation, and what names the record.";
        }
    }

    private IEnumerable<string> KindFaults()
    {
        bool isByColumn = Maps(CsvField.Kind);
        if (!isByColumn && Kind == UsageKind.Unknown)
        {
            yield return "Kind must be Data, Voice or Sms, or Columns must name a Kind.";
        }

        if (isByColumn && Data.Count + Voice.Count + Sms.Count == 0)
        {
            yield return "Data, Voice or Sms must list the values of the Kind column.";
        }

        foreach (string value in TwiceIn([.. Data, .. Voice, .. Sms]).Concat(TwiceIn([.. Originating, .. Terminating])))
        {
            yield return $"The value {value} is listed twice; it means one kind, or one direction.";
        }

        if ((isByColumn ? Voice.Count > 0 : Kind == UsageKind.Voice) && !Maps(CsvField.DurationSeconds) && !Maps(CsvField.EndTime))
        {
            yield return "Calls are charged by their duration: Columns must name a DurationSeconds or an EndTime.";
        }

        if ((isByColumn ? Data.Count > 0 : Kind == UsageKind.Data)
            && !Maps(CsvField.Uplink) && !Maps(CsvField.Downlink) && !Maps(CsvField.Total)
            && !Maps(CsvField.DurationSeconds))
        {
            yield return "Data is charged by its volume or duration: Columns must name an Uplink, Downlink, Total or DurationSeconds.";
        }
    }

    private static IEnumerable<string> TwiceIn(IEnumerable<string> values) =>
        values.GroupBy(value => value, StringComparer.OrdinalIgnoreCase).Where(equal => equal.Count() > 1).Select(equal => equal.Key);

    private IEnumerable<string> TimeFaults()
    {
        bool isFormat = TimeFormat is not (Iso or Unix or UnixMilliseconds);
        bool hasTimeOfDay = Maps(CsvField.StartTimeOfDay);
        if (isFormat && !TimeFormat.Contains('H', StringComparison.Ordinal) && !TimeFormat.Contains('h', StringComparison.Ordinal))
        {
            yield return "TimeFormat has no hours: every record would begin at midnight. Where they stand in a column of their own, "
                + "name it StartTimeOfDay, and both in TimeFormat with a blank between them.";
        }

        if (isFormat && TimeFormat.Contains('K', StringComparison.Ordinal))
        {
            yield return "TimeFormat reads an offset by zzz, not by K, which takes the machine's own where there is none.";
        }

        if (!isFormat && TimeFormat != Iso && (hasTimeOfDay || Maps(CsvField.EndTimeOfDay)))
        {
            yield return "Times since 1970 have no time of day in another column.";
        }

        foreach (string fault in isFormat ? FormatFaults() : [])
        {
            yield return fault;
        }

        if (Maps(CsvField.EndTimeOfDay) && !Maps(CsvField.EndTime))
        {
            yield return "EndTimeOfDay needs an EndTime.";
        }
    }

    /// <summary>Formats that .NET reads without complaint, and never as they are meant.</summary>
    private IEnumerable<string> FormatFaults()
    {
        string letters = LettersOf(TimeFormat);
        if (letters.Contains('h', StringComparison.Ordinal) && !letters.Contains('t', StringComparison.Ordinal))
        {
            yield return "TimeFormat reads the hours of half a day (h) without AM or PM (t); the hours of a whole day are H.";
        }

        if (!"yMd".All(part => letters.Contains(part, StringComparison.Ordinal)))
        {
            yield return "TimeFormat must have year (y), month (M) and day (d): what it lacks would be the day on which the file is read.";
        }

        if (letters.Where((letter, i) => letter == 'm' && (i == 0 || letters[i - 1] is not ('H' or 'h' or 'm'))).Any())
        {
            yield return "TimeFormat has minutes (m) that do not stand behind hours; months are M.";
        }
    }

    /// <summary>The letters of a format, without text in quotes or behind a backslash.</summary>
    private static string LettersOf(string format)
    {
        StringBuilder letters = new();
        char quote = '\0';
        for (int i = 0; i < format.Length; i++)
        {
            char one = format[i];
            if (one == '\\')
            {
                i++;
            }
            else if (quote != '\0' || one is '\'' or '"')
            {
                quote = quote == '\0' ? one : one == quote ? '\0' : quote;
            }
            else if (char.IsAsciiLetter(one))
            {
                letters.Append(one);
            }
        }

        return letters.ToString();
    }

    private IEnumerable<string> NumberFaults()
    {
        foreach (string column in new[] { CsvField.Uplink, CsvField.UplinkGigawords, CsvField.Downlink, CsvField.DownlinkGigawords,
            CsvField.Total }.Where(Maps).GroupBy(field => Columns[field.ToString()], StringComparer.OrdinalIgnoreCase)
            .Where(fields => fields.Count() > 1).Select(fields => fields.Key))
        {
            yield return $"Two volumes are in one column, {column}: it would be charged twice. A column of both directions is Total.";
        }

        foreach (string name in Units.Keys.Where(name => !IsField(name)
            || Enum.Parse<CsvField>(name, true) is not (CsvField.Uplink or CsvField.Downlink or CsvField.Total)))
        {
            yield return $"Units names {name}, which is not Uplink, Downlink or Total.";
        }

        foreach ((CsvField gigawords, CsvField octets) in new[]
        {
            (CsvField.UplinkGigawords, CsvField.Uplink), (CsvField.DownlinkGigawords, CsvField.Downlink),
        })
        {
            if (Maps(gigawords) && (!Maps(octets) || UnitOf(octets) != VolumeUnit.Byte))
            {
                yield return $"{gigawords} counts the overflows of {octets}, which must be mapped, in octets (RFC 2869 5.1).";
            }
        }

        foreach (string digits in new[] { CountryCode, NationalPrefix, InternationalPrefix })
        {
            if (digits.Length > 6 || digits.Any(digit => !char.IsAsciiDigit(digit)))
            {
                yield return "CountryCode, NationalPrefix and InternationalPrefix are digits, six at most.";
                break;
            }
        }
    }
}

/// <summary>Fields that a column may hold.</summary>
public enum CsvField
{
    /// <summary>Start of the usage, or its date. Needed.</summary>
    StartTime,

    /// <summary>Time of day of the start, where it has a column of its own.</summary>
    StartTimeOfDay,

    /// <summary>End of the usage, or its date. A call without a duration lasts from its start to its end.</summary>
    EndTime,

    /// <summary>Time of day of the end, where it has a column of its own.</summary>
    EndTimeOfDay,

    /// <summary>Duration; a fraction of a second is rounded, half up.</summary>
    DurationSeconds,

    /// <summary>MSISDN of the served subscriber.</summary>
    Msisdn,

    /// <summary>IMSI of the served subscriber.</summary>
    Imsi,

    /// <summary>IMEI.</summary>
    Imei,

    /// <summary>The other party of a call or message: a number, a short code or a name.</summary>
    OtherParty,

    /// <summary>Originating or terminating, by the configured values.</summary>
    Direction,

    /// <summary>Data, voice or SMS, by the configured values.</summary>
    Kind,

    /// <summary>Volume sent by the subscriber.</summary>
    Uplink,

    /// <summary>How often the counter of <see cref="Uplink"/> went over 2³² (RFC 2869 5.1); empty means never.</summary>
    UplinkGigawords,

    /// <summary>Volume received by the subscriber.</summary>
    Downlink,

    /// <summary>How often the counter of <see cref="Downlink"/> went over 2³² (RFC 2869 5.2); empty means never.</summary>
    DownlinkGigawords,

    /// <summary>Volume in both directions.</summary>
    Total,

    /// <summary>Number of messages, or of the parts of one; 1 when not mapped and the kind is SMS.</summary>
    Messages,

    /// <summary>Rating group.</summary>
    RatingGroup,

    /// <summary>Service identifier.</summary>
    ServiceIdentifier,

    /// <summary>Serving PLMN, five or six digits.</summary>
    ServingPlmn,

    /// <summary>RAT type by its number (TS 29.061).</summary>
    RatType,

    /// <summary>APN or DNN.</summary>
    DataNetwork,

    /// <summary>Cell or other location, text.</summary>
    Location,

    /// <summary>Recording node.</summary>
    Node,

    /// <summary>
    /// The record's own id. With the source it is all of the duplicate key; without it, every octet of the line is the key.
    /// </summary>
    RecordId,

    /// <summary>Whether the line continues the record before it, by the values in <see cref="CsvColumnMap.Continues"/>.</summary>
    Part,
}

/// <summary>Which instant an ambiguous local time means.</summary>
public enum AmbiguousTime
{
    /// <summary>The later one, in standard time.</summary>
    Standard,

    /// <summary>The earlier one, in daylight saving time.</summary>
    Daylight,

    /// <summary>Neither: the record goes to quarantine.</summary>
    Quarantine,
}

/// <summary>Unit of volumes.</summary>
public enum VolumeUnit
{
    /// <summary>Octets.</summary>
    Byte,

    /// <summary>1,000 octets.</summary>
    KB,

    /// <summary>1,024 octets.</summary>
    KiB,

    /// <summary>1,000,000 octets.</summary>
    MB,

    /// <summary>1,048,576 octets.</summary>
    MiB,

    /// <summary>1,000,000,000 octets.</summary>
    GB,

    /// <summary>1,073,741,824 octets.</summary>
    GiB,
}

/// <summary>Unit of durations.</summary>
public enum DurationUnit
{
    /// <summary>Seconds.</summary>
    Second,

    /// <summary>Thousandths of a second.</summary>
    Millisecond,

    /// <summary>Minutes.</summary>
    Minute,
}
