namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>A source by name, with the formats its files may have.</summary>
/// <param name="Name">Configured name.</param>
/// <param name="Charged">Which view of a session is charged.</param>
/// <param name="Formats">The likeliest first.</param>
internal sealed record UsageSource(string Name, ChargedView Charged, IReadOnlyList<IUsageFormat> Formats)
{
    /// <summary>
    /// The format of a file of this source: the one that recognises it, else the likeliest, whose reader says what is wrong.
    /// </summary>
    public IUsageFormat FormatOf(ReadOnlySpan<byte> head)
    {
        foreach (IUsageFormat format in Formats)
        {
            if (format.Recognises(head))
            {
                return format;
            }
        }

        return Formats[0];
    }

    public bool Recognises(ReadOnlySpan<byte> head)
    {
        foreach (IUsageFormat format in Formats)
        {
            if (format.Recognises(head))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>
/// The configured sources, and those that need no configuration: the vendors by their names, 3GPP formats of any element, and our own CSV
/// layouts. A file without a source is detected by its content: a configured source when exactly one recognises it, else one of these.
/// </summary>
internal sealed class UsageSources
{
    private readonly List<UsageSource> _configured;
    private readonly List<UsageSource> _builtIn;

    public UsageSources(AdaptersOptions options)
    {
        _configured = [.. options.Sources.Select(Make)];
        _builtIn =
        [
            new("cdr", ChargedView.Pgw, [CdrFileFormat.Framed, CdrFileFormat.Unframed]),
            new("nchf", ChargedView.Pgw, [NchfUsageFormat.Instance]),
            .. CsvLayouts.All.Select(layout => new UsageSource(layout.Name, ChargedView.Pgw, [layout])),
            .. NetworkVendor.All.Select(vendor => new UsageSource(vendor.Name, ChargedView.Pgw, vendor.UsageFormats)),
        ];
    }

    /// <summary>The source of a name; null when there is none.</summary>
    public UsageSource? Find(string name) =>
        _configured.Concat(_builtIn).FirstOrDefault(source => source.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Names that <see cref="Find"/> knows.</summary>
    public IEnumerable<string> Names => _configured.Concat(_builtIn).Select(source => source.Name);

    /// <summary>The source of a file by its first octets; null when no format recognises it.</summary>
    public UsageSource? Detect(ReadOnlySpan<byte> head)
    {
        UsageSource? only = null;
        int count = 0;
        foreach (UsageSource source in _configured)
        {
            if (source.Recognises(head))
            {
                only = source;
                count++;
            }
        }

        if (count == 1)
        {
            return only;
        }

        foreach (UsageSource source in _builtIn)
        {
            if (source.Recognises(head))
            {
                return source;
            }
        }

        return null;
    }

    private static UsageSource Make(SourceOptions options)
    {
        IReadOnlyList<IUsageFormat> formats = options switch
        {
            { Csv: { } map } => [new CsvUsageFormat(options.Name, map)],
            { Vendor: "" } => [CdrFileFormat.Framed, CdrFileFormat.Unframed, NchfUsageFormat.Instance],
            _ => NetworkVendor.Find(options.Vendor)!.UsageFormats,
        };
        return new UsageSource(options.Name, options.ChargingView, formats);
    }
}
