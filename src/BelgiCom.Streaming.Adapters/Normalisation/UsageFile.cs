using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>What every usage event of a file says about where it came from.</summary>
/// <param name="source">Configured name of the source.</param>
/// <param name="charged">Which view of a session is charged.</param>
/// <param name="id">Id of the file, from its content.</param>
/// <param name="name">Name of the file, without folder.</param>
/// <param name="formerUntilMilliseconds">
/// Usage that began before this moment (milliseconds since 1970-01-01 UTC) may have been rated under the id of a former key.
/// </param>
internal sealed class UsageFile(string source, ChargedView charged, FileId id, string name, long formerUntilMilliseconds)
{
    /// <summary>Configured name of the source.</summary>
    public string Source => source;

    /// <summary>Which view of a session is charged.</summary>
    public ChargedView Charged => charged;

    /// <summary>Id of the file, from its content.</summary>
    public FileId Id => id;

    /// <summary>Name of the file, without folder.</summary>
    public string Name => name;

    /// <summary>Usage that began before this moment may have been rated under the id of a former key.</summary>
    public long FormerUntilMilliseconds => formerUntilMilliseconds;

    /// <summary>Whether the records' own numbers are followed, so that missing records are noticed.</summary>
    public bool FollowsRecordNumbers { get; init; } = true;

    internal byte[] SourceUtf8 { get; } = Encoding.UTF8.GetBytes(source);

    internal byte[] NameUtf8 { get; } = Encoding.UTF8.GetBytes(name);
}
