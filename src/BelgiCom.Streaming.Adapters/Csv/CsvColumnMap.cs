using System.ComponentModel.DataAnnotations;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// How the CSV records of one source are read: which column holds which field, how times and volumes are written. CSV records have no
/// common layout, so nothing is guessed: what is not mapped is not read.
/// </summary>
public sealed class CsvColumnMap
{
    /// <summary>What every record of the file is: data, voice or SMS.</summary>
    public UsageKind Kind { get; set; }

    /// <summary>Character between columns, or <c>tab</c>. Default <c>,</c>.</summary>
    [Required]
    public string Delimiter { get; set; } = ",";

    /// <summary>
    /// Column of each <see cref="CsvField"/>, by the names in the header line (compared without case). A start time and a subscriber are
    /// needed.
    /// </summary>
    public Dictionary<string, string> Columns { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Format of times: <c>iso</c> for ISO 8601 with offset or <c>Z</c>, else a .NET format such as <c>yyyy-MM-dd HH:mm:ss</c>, read
    /// with the invariant culture.
    /// </summary>
    [Required]
    public string TimeFormat { get; set; } = "iso";

    /// <summary>IANA zone of times that carry no offset, for example <c>Europe/Brussels</c>. Never the machine's own zone.</summary>
    public string TimeZone { get; set; } = "UTC";

    /// <summary>
    /// Which of the two instants is meant when a local time occurs twice at the end of daylight saving time. The choice is configured, and
    /// every record it was applied to is counted and reported.
    /// </summary>
    public AmbiguousTime AmbiguousTime { get; set; }

    /// <summary>Unit of volumes. Default <see cref="VolumeUnit.Byte"/>.</summary>
    public VolumeUnit VolumeUnit { get; set; }

    /// <summary>
    /// Values of the direction column that mean originating, compared without case. All others but <see cref="Terminating"/> are bad
    /// values.
    /// </summary>
    public List<string> Originating { get; } = [];

    /// <summary>Values of the direction column that mean terminating.</summary>
    public List<string> Terminating { get; } = [];

    /// <summary>What is wrong with this map, a sentence each; empty when it can be used.</summary>
    public IEnumerable<string> Faults()
    {
        if (Kind == UsageKind.Unknown)
        {
            yield return "Kind must be Data, Voice or Sms.";
        }

        if (Delimiter != "tab" && (Delimiter.Length != 1 || Delimiter[0] is '"' or < ' ' or > '~'))
        {
            yield return "Delimiter must be one printable ASCII character other than a quote, or tab.";
        }

        foreach (string name in Columns.Keys.Where(name => !Enum.TryParse<CsvField>(name, true, out _)))
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

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _))
        {
            yield return $"TimeZone {TimeZone} is not an IANA zone known here (is tzdata installed?).";
        }
    }

    internal byte DelimiterOctet => Delimiter == "tab" ? (byte)'\t' : (byte)Delimiter[0];

    internal bool Maps(CsvField field) => Columns.ContainsKey(field.ToString());

    internal IEnumerable<(CsvField Field, string Column)> MappedColumns() =>
        Columns.Select(column => (Enum.Parse<CsvField>(column.Key, true), column.Value));
}

/// <summary>Fields that a column may hold.</summary>
public enum CsvField
{
    /// <summary>Start of the usage. Needed.</summary>
    StartTime,

    /// <summary>End of the usage.</summary>
    EndTime,

    /// <summary>Whole seconds.</summary>
    DurationSeconds,

    /// <summary>MSISDN of the served subscriber, E.164 with or without <c>+</c>.</summary>
    Msisdn,

    /// <summary>IMSI of the served subscriber.</summary>
    Imsi,

    /// <summary>IMEI.</summary>
    Imei,

    /// <summary>The other party of a call or message, E.164.</summary>
    OtherParty,

    /// <summary>Originating or terminating, by the configured values.</summary>
    Direction,

    /// <summary>Volume sent by the subscriber.</summary>
    Uplink,

    /// <summary>Volume received by the subscriber.</summary>
    Downlink,

    /// <summary>Volume in both directions.</summary>
    Total,

    /// <summary>Number of messages; 1 when not mapped and the kind is SMS.</summary>
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

    /// <summary>The record's own id; part of the duplicate key. Without it the octets of the record are the key.</summary>
    RecordId,
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

    /// <summary>1,024 octets.</summary>
    KiB,

    /// <summary>1,000,000 octets.</summary>
    MB,
}
