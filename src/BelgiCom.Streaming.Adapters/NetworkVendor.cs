namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// A vendor of network elements, and the formats of usage that its elements write. What an element adds to a 3GPP record on its own, in
/// recordExtensions [19] and private tags, is skipped and counted.
/// </summary>
/// <param name="Name">Name in the configuration, lower case.</param>
/// <param name="UsageFormats">The likeliest first.</param>
public sealed record NetworkVendor(string Name, IReadOnlyList<IUsageFormat> UsageFormats)
{
    /// <summary>
    /// The vendors we know. Formats that are not read: the records of Ericsson's older switches, of Nokia's DX and ATCA switches, and
    /// Huawei's circuit-switched records.
    /// </summary>
    public static IReadOnlyList<NetworkVendor> All { get; } =
    [
        new("ericsson", [CdrFileFormat.Framed]),
        // A charging function that keeps the requests it was sent delivers them beside its records.
        new("nokia", [CdrFileFormat.Framed, NchfUsageFormat.Instance]),
        // Some gateways write blocks of 2,048 octets that end with filler instead of frames.
        new("huawei", [CdrFileFormat.Framed, CdrFileFormat.Unframed]),
    ];

    /// <summary>The vendor with this name, whatever its case; null when we do not know it.</summary>
    public static NetworkVendor? Find(string name) =>
        All.FirstOrDefault(vendor => vendor.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
