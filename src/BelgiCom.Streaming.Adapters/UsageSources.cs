namespace BelgiCom.Streaming.Adapters;

/// <summary>A source of usage by name, with the formats its files may have.</summary>
/// <param name="Name">Configured name.</param>
/// <param name="Charged">Which view of a session is charged.</param>
/// <param name="Formats">The likeliest first.</param>
public sealed record UsageSource(string Name, ChargedView Charged, IReadOnlyList<IUsageFormat> Formats)
{
    /// <summary>Country code that is put before numbers written in the national form; empty for none.</summary>
    public string CountryCode { get; init; } = "";

    /// <summary>What becomes of a file that holds another number of CDRs than its header says.</summary>
    public WrongCdrCount WrongCdrCount { get; init; }

    /// <summary>Whether the numbers that nodes give their records are followed.</summary>
    public RecordNumbering RecordNumbers { get; init; }

    /// <summary>The format that recognises the first octets of a file; null when none does.</summary>
    internal IUsageFormat? Recognise(ReadOnlySpan<byte> head)
    {
        foreach (IUsageFormat format in Formats)
        {
            if (format.Recognises(head))
            {
                return format;
            }
        }

        return null;
    }
}

/// <summary>What becomes of a file that holds another number of CDRs than its TS 32.297 header says (octets 19–22).</summary>
public enum WrongCdrCount
{
    /// <summary>Nothing of it is used: it goes to quarantine as a whole, until the node's operator has said which number is true.</summary>
    Hold,

    /// <summary>Its records are used, and an entry in quarantine beside them says that the number is wrong.</summary>
    Bill,
}

/// <summary>What the numbers are good for that the nodes of a source give their records (TS 32.298 localSequenceNumber).</summary>
public enum RecordNumbering
{
    /// <summary>A number that is skipped is a missing record.</summary>
    Follow,

    /// <summary>Nothing: the source gets a part of the nodes' records only, or its nodes do not count one by one.</summary>
    Ignore,
}

/// <summary>
/// The configured sources, and the sources that need no configuration: the vendors by their names, 3GPP formats of any element, and our own
/// CSV layouts. The source of a file is found by its content when none is named: a configured source when exactly one recognises the
/// content, else one of the built-in ones.
/// </summary>
internal sealed class UsageSources(IReadOnlyList<UsageSource> configured)
{
    private static readonly IReadOnlyList<UsageSource> BuiltIn =
    [
        new("cdr", ChargedView.Pgw, [CdrFileFormat.Framed, CdrFileFormat.Unframed]),
        new("nchf", ChargedView.Pgw, [NchfUsageFormat.Instance]),
        .. CsvLayouts.All.Select(layout => new UsageSource(layout.Name, ChargedView.Pgw, [layout])),
        .. NetworkVendor.All.Select(vendor => new UsageSource(vendor.Name, ChargedView.Pgw, vendor.UsageFormats)),
    ];

    /// <summary>
    /// The source of files that no source recognises. Where only a CSV source is configured, the file was probably to be one of it, and its
    /// reader says what does not fit.
    /// </summary>
    private readonly UsageSource _unknown = new(
        IFileMediation.UnknownSource, ChargedView.Pgw, configured is [{ Formats: [CsvUsageFormat csv] }] ? [csv] : [CdrFileFormat.Framed]);

    /// <summary>Names by which a source may be given.</summary>
    public IEnumerable<string> Names => configured.Concat(BuiltIn).Select(source => source.Name);

    /// <summary>The source with this name, <see cref="IFileMediation.UnknownSource"/> included; null when there is none.</summary>
    public UsageSource? Find(string name) => configured.Concat(BuiltIn).Append(_unknown)
        .FirstOrDefault(source => source.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The source of a file by its first octets; null when no format recognises it.</summary>
    public UsageSource? Detect(ReadOnlySpan<byte> head)
    {
        UsageSource? only = null;
        int count = 0;
        foreach (UsageSource source in configured)
        {
            if (source.Recognise(head) is not null)
            {
                only = source;
                count++;
            }
        }

        if (count == 1)
        {
            return only;
        }

        foreach (UsageSource source in BuiltIn)
        {
            if (source.Recognise(head) is not null)
            {
                return source;
            }
        }

        return null;
    }
}
