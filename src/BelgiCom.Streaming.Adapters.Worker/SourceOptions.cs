using System.ComponentModel.DataAnnotations;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>One source of usage files.</summary>
public sealed class SourceOptions : IValidatableObject
{
    /// <summary>
    /// Name that goes into every event, for example <c>ericsson-pgw</c>. Never personal data. 1 to 64 of a–z, 0–9, '-', '_', '.'.
    /// </summary>
    [Required]
    [RegularExpression(
        "[a-z0-9][a-z0-9._-]{0,63}", ErrorMessage = "must be 1 to 64 of a-z, 0-9, '-', '_' and '.', and begin with a letter or digit")]
    public string Name { get; set; } = "";

    /// <summary>A name of <see cref="NetworkVendor.All"/>; empty for CSV and for 3GPP formats of other elements.</summary>
    public string Vendor { get; set; } = "";

    /// <summary>Watched folder; empty for a source whose files are taken by request only.</summary>
    public string Inbox { get; set; } = "";

    /// <summary>
    /// True takes the source of each file from the name of its folder in the inbox, else from its content, as for files by request; <see
    /// cref="Name"/> is then the name of the inbox. Default false.
    /// </summary>
    public bool Detect { get; set; }

    /// <summary>Names of files in the inbox that are this source's, with * and ?. Default all.</summary>
    [Required]
    public string Pattern { get; set; } = "*";

    /// <summary>Which view of a session is charged: of SGW and PGW, of CHF records and Nchf requests. Default PGW.</summary>
    public ChargedView ChargingView { get; set; }

    /// <summary>
    /// Country code of numbers that the source writes in the national form; empty, the default, refuses such numbers. 1 to 3 digits. A
    /// column map may have its own.
    /// </summary>
    [RegularExpression("[1-9][0-9]{0,2}", ErrorMessage = "must be a country code of 1 to 3 digits, or empty")]
    public string CountryCode { get; set; } = "";

    /// <summary>
    /// What becomes of a file that holds another number of CDRs than its TS 32.297 header says: <c>Hold</c>, the default, sends nothing of
    /// it; <c>Bill</c> charges its records and reports it.
    /// </summary>
    public WrongCdrCount WrongCdrCount { get; set; }

    /// <summary>
    /// Whether a number that the records of a node skip is a missing record: <c>Follow</c>, the default; <c>Ignore</c> where the source
    /// gets a part of the nodes' records only.
    /// </summary>
    public RecordNumbering RecordNumbers { get; set; }

    /// <summary>Column map; present for CSV sources only.</summary>
    public CsvColumnMap? Csv { get; set; }

    /// <summary>The source as the mediation knows it.</summary>
    public UsageSource ToUsageSource() => new(Name, ChargingView, this switch
    {
        { Csv: { } map } => [new CsvUsageFormat(Name, InCountry(map))],
        { Vendor: "" } => [CdrFileFormat.Framed, CdrFileFormat.Unframed, NchfUsageFormat.Instance],
        _ => NetworkVendor.Find(Vendor)!.UsageFormats,
    })
    {
        CountryCode = CountryCode,
        WrongCdrCount = WrongCdrCount,
        RecordNumbers = RecordNumbers,
    };

    private CsvColumnMap InCountry(CsvColumnMap map)
    {
        map.CountryCode = map.CountryCode.Length > 0 ? map.CountryCode : CountryCode;
        return map;
    }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Vendor.Length > 0 && NetworkVendor.Find(Vendor) is null)
        {
            string known = string.Join(", ", NetworkVendor.All.Select(vendor => vendor.Name));
            yield return new($"must be one of {known}, or empty", [nameof(Vendor)]);
        }

        if (Csv is not null && Vendor.Length > 0)
        {
            yield return new("a source has a vendor or a CSV column map, not both", [nameof(Csv)]);
        }

        foreach (string fault in Csv?.Faults() ?? [])
        {
            yield return new(fault, [nameof(Csv)]);
        }

        if (Inbox.Length > 0 && !Directory.Exists(Inbox))
        {
            yield return new("names a folder that does not exist", [nameof(Inbox)]);
        }
    }
}
