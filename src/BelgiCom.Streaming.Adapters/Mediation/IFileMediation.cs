namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Turns files of one kind of content, usage for example, into Kafka records. It knows sources and formats; who takes the file in (its
/// hash, the ledger, the transactions) is no concern of it, so that every kind of file is taken in the same way.
/// </summary>
public interface IFileMediation
{
    /// <summary>Source of a file that none recognises. Its reader says what is wrong, so that the file ends in quarantine.</summary>
    const string UnknownSource = "unknown";

    /// <summary>Names that a source may be given by.</summary>
    IEnumerable<string> SourceNames { get; }

    /// <summary>Topics that it writes.</summary>
    IReadOnlyList<string> Topics { get; }

    /// <summary>Opens a file for one pass.</summary>
    /// <param name="file">File.</param>
    /// <param name="source">Name of its source; null to find it out by its content.</param>
    /// <param name="committed">Records at its beginning that are committed already and stepped over.</param>
    /// <returns>Null when it has no source of that name, or, without a name, when no format of its recognises the content.</returns>
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

    /// <summary>Adds what the next records become, until the chunk is full or the file ends. Bad input never throws.</summary>
    /// <returns>False when the file has ended.</returns>
    bool Read(RecordChunk chunk);
}
