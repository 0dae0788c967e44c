namespace BelgiCom.Streaming.Adapters.Huawei;

/// <summary>
/// Huawei packet gateways: TS 32.298 records in TS 32.297 frames, or one after another in blocks of 2,048 octets that end with filler.
/// Private tags are skipped and counted. Circuit-switched records have a module of their own and are not read.
/// </summary>
public sealed class HuaweiSource : INetworkSource
{
    /// <inheritdoc/>
    public string Vendor => "huawei";

    /// <inheritdoc/>
    public IReadOnlyList<IUsageFormat> UsageFormats { get; } = [CdrFileFormat.Framed, CdrFileFormat.Unframed];
}
