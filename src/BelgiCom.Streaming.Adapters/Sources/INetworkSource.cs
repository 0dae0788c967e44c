namespace BelgiCom.Streaming.Adapters;

/// <summary>A vendor's network elements: which formats of usage they deliver. Only the vendor's project knows more about them.</summary>
public interface INetworkSource
{
    /// <summary>Vendor as the configuration names it, lower case.</summary>
    string Vendor { get; }

    /// <summary>Formats its elements write, the likeliest first.</summary>
    IReadOnlyList<IUsageFormat> UsageFormats { get; }
}
