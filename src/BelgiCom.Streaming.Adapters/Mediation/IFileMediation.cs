namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Turns files of one kind of content, usage for example, into Kafka records. It knows sources and formats. It does not know the file's
/// hash, the ledger or the transactions, so that every kind of file is taken in by the same code.
/// </summary>
public interface IFileMediation
{
    /// <summary>
    /// Name of the source of a file that no source recognises. The reader of such a file says what is wrong, so that the file ends in
    /// quarantine.
    /// </summary>
    const string UnknownSource = "unknown";

    /// <summary>Names by which a source may be given.</summary>
    IEnumerable<string> SourceNames { get; }

    /// <summary>Topics that it writes.</summary>
    IReadOnlyList<string> Topics { get; }

    /// <summary>Opens a file for one pass.</summary>
    /// <param name="file">File.</param>
    /// <param name="source">Name of the file's source; null to find the source by the content.</param>
    /// <param name="committed">Records at the beginning of the file that are committed already; they are stepped over.</param>
    /// <returns>Null when there is no source of that name or, without a name, when none of the formats recognises the content.</returns>
    IMediatedFile? Open(IncomingFile file, string? source, long committed);
}

/// <summary>A file that is mediated a chunk at a time.</summary>
public interface IMediatedFile : IDisposable
{
    /// <summary>Name of its source.</summary>
    string Source { get; }

    /// <summary>Name of its format, for example <c>cdr-framed</c>.</summary>
    string Format { get; }

    /// <summary>What the file says about itself, as far as it was read; null for formats without a header.</summary>
    FileHeader? Header { get; }

    /// <summary>
    /// Adds the records that the next part of the file becomes, until the chunk is full or the file ends. Bad input never throws.
    /// </summary>
    /// <returns>False when the file has ended.</returns>
    bool Read(RecordChunk chunk);
}
