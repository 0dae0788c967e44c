namespace BelgiCom.Streaming.Adapters.Nokia;

/// <summary>
/// Nokia packet gateways and charging functions: TS 32.298 records in TS 32.297 frames, and charging data requests (TS 32.291) where the
/// charging function keeps those. Older DX and ATCA switch records are formats of their own and not read.
/// </summary>
public sealed class NokiaSource : INetworkSource
{
    /// <inheritdoc/>
    public string Vendor => "nokia";

    /// <inheritdoc/>
    public IReadOnlyList<IUsageFormat> UsageFormats { get; } = [CdrFileFormat.Framed, NchfUsageFormat.Instance];
}
