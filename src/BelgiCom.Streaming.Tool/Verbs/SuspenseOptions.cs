using System.CommandLine;

namespace BelgiCom.Streaming.Tool;

/// <summary>The options by which all verbs of <c>suspense</c> say which usage is meant.</summary>
internal sealed class SuspenseOptions
{
    private readonly Option<string[]> _reasons = Many(
        "--reason", "Only usage with this reason, for example UNKNOWN_SUBSCRIBER or CONFLICT");

    private readonly Option<string[]> _usageIds = Many("--usage-id", "Only the usage with this id, 32 hexadecimal digits");
    private readonly Option<string[]> _sources = Many("--source", "Only usage of this configured source");
    private readonly Option<string[]> _files = Many("--file", "Only usage of this source file");
    private readonly Option<DateTimeOffset?> _from = Instant("--from", "Only usage that began then or later, ISO 8601 with its offset.");
    private readonly Option<DateTimeOffset?> _until = Instant("--until", "Only usage that began before, ISO 8601 with its offset.");

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _reasons, _usageIds, _sources, _files, _from, _until })
        {
            command.Add(option);
        }
    }

    /// <summary>What the command line says.</summary>
    /// <exception cref="ToolException">There is no such reason, or an id is none.</exception>
    public SuspenseFilter Of(ParseResult result) => new()
    {
        Reasons = result.GetRequiredValue(_reasons).Select(SuspenseFilter.ReasonOf).ToHashSet(),
        UsageIds = result.GetRequiredValue(_usageIds).Select(SuspenseFilter.UsageIdOf).ToHashSet(),
        Sources = result.GetRequiredValue(_sources).ToHashSet(StringComparer.Ordinal),
        Files = result.GetRequiredValue(_files).ToHashSet(StringComparer.Ordinal),
        From = result.GetValue(_from),
        Until = result.GetValue(_until),
    };

    private static Option<string[]> Many(string name, string description) => new(name)
    {
        Description = $"{description}; may be repeated.",
        DefaultValueFactory = _ => [],
    };

    private static Option<DateTimeOffset?> Instant(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = CommonOptions.Instant,
    };
}
