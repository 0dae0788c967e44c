using System.Text.Json;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;

namespace BelgiCom.Streaming.Tool;

/// <summary>Which usage is meant. A member that names nothing means all; of several members, all must agree.</summary>
internal sealed record SuspenseFilter
{
    /// <summary>Everything that waits.</summary>
    public static SuspenseFilter Everything { get; } = new();

    /// <summary>What it waits for.</summary>
    public IReadOnlySet<RejectedReason> Reasons { get; init; } = new HashSet<RejectedReason>();

    /// <summary>Ids of usage events.</summary>
    public IReadOnlySet<UsageId> UsageIds { get; init; } = new HashSet<UsageId>();

    /// <summary>Configured sources.</summary>
    public IReadOnlySet<string> Sources { get; init; } = new HashSet<string>();

    /// <summary>Names of source files.</summary>
    public IReadOnlySet<string> Files { get; init; } = new HashSet<string>();

    /// <summary>Usage that began then or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Usage that began before.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>
    /// Whether a decision follows. Conflicts and rejected usage are then meant only when reasons or ids are named: "all of that file" means
    /// what waits for reference data, and nobody charges a conflict by the way.
    /// </summary>
    public bool IsForDecision { get; init; }

    /// <summary>A decision about usage that was given up, instead of usage that waits.</summary>
    public bool IsOfDiscarded { get; init; }

    /// <summary>Whether nothing narrows it down.</summary>
    public bool IsOpen => !NamesEvents && !AsksForOrigin && From is null && Until is null;

    /// <summary>Whether source or file decide, which only the original event tells.</summary>
    public bool AsksForOrigin => Sources.Count + Files.Count > 0;

    /// <summary>Whether reasons or ids are named.</summary>
    public bool NamesEvents => Reasons.Count + UsageIds.Count > 0;

    /// <summary>The reason in the words of usage.rejected.v1, for example UNKNOWN_SUBSCRIBER.</summary>
    public static string NameOf(RejectedReason reason) => NameOf(reason.ToString());

    /// <summary>The outcome in the words of usage.rejected.v1, for example CONFLICT.</summary>
    public static string NameOf(RejectedOutcome outcome) => NameOf(outcome.ToString());

    /// <summary>The reason of that name, in any case.</summary>
    /// <exception cref="ToolException">There is no such reason.</exception>
    public static RejectedReason ReasonOf(string name)
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

    /// <summary>The id that is written so.</summary>
    /// <exception cref="ToolException">It is none.</exception>
    public static UsageId UsageIdOf(string text)
    {
        try
        {
            return UsageId.Parse(text);
        }
        catch (FormatException)
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration, $"'{text}' is no usage id: it has {2 * UsageId.Size} hexadecimal digits, see suspense list");
        }
    }

    /// <summary>Whether usage is meant, as far as its own record tells; <see cref="MeansOrigin"/> asks for the rest.</summary>
    public bool Means(scoped in UsageRejectedView usage) =>
        (!IsForDecision || NamesEvents || usage.Outcome == RejectedOutcome.Suspended)
        && (Reasons.Count == 0 || Reasons.Contains(usage.Reason))
        && (UsageIds.Count == 0 || UsageIds.Contains(usage.UsageId))
        && (From is null || usage.EventTimeMilliseconds >= From.Value.ToUnixTimeMilliseconds())
        && (Until is null || usage.EventTimeMilliseconds < Until.Value.ToUnixTimeMilliseconds());

    /// <summary>Whether rated usage that is in conflict with a line of the ledger is meant.</summary>
    public bool Means(LedgerConflict conflict) =>
        (!IsForDecision || (NamesEvents && !IsOfDiscarded))
        && (Reasons.Count == 0 || Reasons.Contains(RejectedReason.Conflict))
        && (UsageIds.Count == 0 || UsageIds.Contains(conflict.UsageId))
        && (From is null || conflict.EventTime >= From)
        && (Until is null || conflict.EventTime < Until)
        && MeansOrigin(conflict.Source, conflict.File);

    /// <summary>Whether usage that waits, or that was given up, is meant.</summary>
    public bool MeansState(bool isDiscarded) => !IsForDecision || isDiscarded == IsOfDiscarded;

    /// <summary>Whether usage of a source and file is meant.</summary>
    /// <param name="source">Configured source; empty when not known.</param>
    /// <param name="file">Name of the file; empty when not known.</param>
    public bool MeansOrigin(string source, string file) =>
        (Sources.Count == 0 || Sources.Contains(source)) && (Files.Count == 0 || Files.Contains(file));

    private static string NameOf(string member) => JsonNamingPolicy.SnakeCaseUpper.ConvertName(member);
}
