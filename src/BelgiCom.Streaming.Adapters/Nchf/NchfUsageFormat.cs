namespace BelgiCom.Streaming.Adapters;

/// <summary>Nchf_ConvergedCharging requests (TS 32.291) as JSON: one request, an array of them, or one per line.</summary>
public sealed class NchfUsageFormat : IUsageFormat
{
    /// <summary>The only instance.</summary>
    public static NchfUsageFormat Instance { get; } = new();

    private NchfUsageFormat()
    {
    }

    /// <inheritdoc/>
    public string Name => "nchf";

    /// <inheritdoc/>
    public bool Recognises(ReadOnlySpan<byte> head)
    {
        head = ByteOrderMark.Skip(head).TrimStart(" \t\r\n["u8);
        // The names are read without case: one open implementation sends "multipleunitUsage".
        return head.StartsWith("{"u8)
            && (ContainsWithoutCase(head, "multipleUnitUsage"u8) || ContainsWithoutCase(head, "invocationSequenceNumber"u8));
    }

    /// <inheritdoc/>
    public UsageFileReader Open(Stream content) => new NchfUsageReader(content);

    private static bool ContainsWithoutCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        for (int i = 0; i + name.Length <= text.Length; i++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(text.Slice(i, name.Length), name))
            {
                return true;
            }
        }

        return false;
    }
}
