using System.Text.Json;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;

namespace BelgiCom.Streaming.Tool;

/// <summary>Which suspended usage is meant: all of it, or that of some reasons or files.</summary>
/// <param name="Reasons">Reasons; empty for every reason.</param>
/// <param name="Files">Names of source files; empty for every file.</param>
internal sealed record SuspenseFilter(IReadOnlySet<RejectedReason> Reasons, IReadOnlySet<string> Files)
{
    /// <summary>Reads the options of the verbs.</summary>
    /// <exception cref="ToolException">There is no such reason.</exception>
    public static SuspenseFilter Of(IEnumerable<string> reasons, IEnumerable<string> files) =>
        new(reasons.Select(ReasonOf).ToHashSet(), files.ToHashSet(StringComparer.Ordinal));

    /// <summary>The reason in the words of usage.rejected.v1, for example UNKNOWN_SUBSCRIBER.</summary>
    public static string NameOf(RejectedReason reason) => JsonNamingPolicy.SnakeCaseUpper.ConvertName(reason.ToString());

    /// <summary>Whether usage is meant.</summary>
    /// <param name="reason">What it is suspended for.</param>
    /// <param name="file">The file it came from; empty when that is not known.</param>
    public bool Means(RejectedReason reason, string file) =>
        (Reasons.Count == 0 || Reasons.Contains(reason)) && (Files.Count == 0 || Files.Contains(file));

    private static RejectedReason ReasonOf(string name)
    {
        foreach (RejectedReason reason in Enum.GetValues<RejectedReason>())
        {
            if (string.Equals(NameOf(reason), name, StringComparison.OrdinalIgnoreCase))
            {
                return reason;
            }
        }

        throw new ToolException(
            WorkerHost.ExitConfiguration, $"'{name}' is no reason: see those of belgicom suspense list, for example UNKNOWN_SUBSCRIBER");
    }
}
