using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>What every usage event of a file says about where it came from.</summary>
/// <param name="source">Configured name of the source.</param>
/// <param name="charged">Which view of a session is charged.</param>
/// <param name="id">Id of the file, from its content.</param>
/// <param name="name">Name of the file, without folder.</param>
internal sealed class UsageFile(string source, ChargedView charged, FileId id, string name)
{
    /// <summary>Configured name of the source.</summary>
    public string Source => source;

    /// <summary>Which view of a session is charged.</summary>
    public ChargedView Charged => charged;

    /// <summary>Id of the file, from its content.</summary>
    public FileId Id => id;

    /// <summary>Name of the file, without folder.</summary>
    public string Name => name;

    internal byte[] SourceUtf8 { get; } = Encoding.UTF8.GetBytes(source);

    internal byte[] NameUtf8 { get; } = Encoding.UTF8.GetBytes(name);
}
