namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// A vendor of network elements and the formats of usage that they write. What an element adds of its own to a 3GPP record, in
/// recordExtensions [19] and private tags, is skipped and counted.
/// </summary>
/// <param name="Name">As the configuration names it, lower case.</param>
/// <param name="UsageFormats">The likeliest first.</param>
public sealed record NetworkVendor(string Name, IReadOnlyList<IUsageFormat> UsageFormats)
{
    /// <summary>
    /// The vendors we know. Not read: records of Ericsson's older switches, of Nokia's DX and ATCA switches and Huawei's circuit-switched
    /// records, which are formats of their own.
    /// </summary>
    public static IReadOnlyList<NetworkVendor> All { get; } =
    [
        new("ericsson", [CdrFileFormat.Framed]),
        // Where the charging function keeps the requests it was sent, they are delivered beside its records.
        new("nokia", [CdrFileFormat.Framed, NchfUsageFormat.Instance]),
        // Some gateways write blocks of 2,048 octets that end with filler instead of frames.
        new("huawei", [CdrFileFormat.Framed, CdrFileFormat.Unframed]),
    ];

    /// <summary>The vendor of a name, whatever its case; null when we know none.</summary>
    public static NetworkVendor? Find(string name) =>
        All.FirstOrDefault(vendor => vendor.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
