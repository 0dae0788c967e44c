namespace BelgiCom.Streaming.Adapters.Ericsson;

/// <summary>
/// Ericsson packet gateways and charging functions: TS 32.298 records in TS 32.297 frames. What they add of their own, in
/// recordExtensions [19] and private tags, is skipped and counted.
/// </summary>
public sealed class EricssonSource : INetworkSource
{
    /// <inheritdoc/>
    public string Vendor => "ericsson";

    /// <inheritdoc/>
    public IReadOnlyList<IUsageFormat> UsageFormats { get; } = [CdrFileFormat.Framed];
}
