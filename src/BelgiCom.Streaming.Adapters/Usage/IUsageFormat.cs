namespace BelgiCom.Streaming.Adapters;

/// <summary>One format of usage files: how to recognise it and how to read it.</summary>
public interface IUsageFormat
{
    /// <summary>Name for configuration and reports, for example <c>cdr-framed</c>.</summary>
    string Name { get; }

    /// <summary>
    /// True when a file that begins with these (uncompressed) octets, at most <see cref="IncomingFile.HeadOctets"/>, is of this format.
    /// </summary>
    bool Recognises(ReadOnlySpan<byte> head);

    /// <summary>Opens a file for one pass. The reader disposes the stream.</summary>
    UsageFileReader Open(Stream content);
}
