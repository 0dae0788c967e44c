using System.Globalization;
using BelgiCom.Streaming.Contracts;
using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary>What <c>suspense list</c> says, for a program and for a person.</summary>
internal static class SuspenseAnswer
{
    // A person sees so many conflicts; --json has all that were read.
    private const int ConflictsInTable = 20;

    private const string NotKnown = "not known: it was free, is not billed yet, or is older than the topic keeps";

    /// <summary>The object of <c>--json</c>.</summary>
    public static object ToJson(SuspenseList list) => new
    {
        list.Events,
        suspended = Groups(list, RejectedOutcome.Suspended),
        conflict = Groups(list, RejectedOutcome.Conflict),
        rejected = Groups(list, RejectedOutcome.Rejected),
        contents = list.Conflicts.Select(conflict => new
        {
            usageId = conflict.UsageId.ToString(),
            conflict.Differences,
            conflict.Waiting,
            conflict.First,
        }),
        discardedEvents = list.Discarded.Sum(group => group.Events),
        discarded = list.Discarded.Select(Group),
    };

    /// <summary>The tables, each of which has rows.</summary>
    public static IEnumerable<Table> Tables(SuspenseList list)
    {
        if (list.Waiting.Count > 0)
        {
            yield return Table("waits for", list.Waiting, "", _ => "");
        }

        if (list.Conflicts.Count > 0)
        {
            yield return ConflictTable(list.Conflicts);
        }

        if (list.Discarded.Count > 0)
        {
            yield return Table("discarded", list.Discarded, "decision", group => group.Decision);
        }
    }

    /// <summary>What to do, and the sums; the sum is the last line.</summary>
    public static IEnumerable<string> Lines(SuspenseList list)
    {
        if (list.Waiting.Any(group => group.Outcome == RejectedOutcome.Suspended))
        {
            yield return "suspended: mend the reference data, then belgicom suspense recycle --reason REASON";
        }

        if (list.Conflicts.Count > 0)
        {
            yield return "in conflict: other usage is charged by belgicom suspense recycle --usage-id ID, the same usage given up by "
                + "belgicom suspense discard --usage-id ID --because TEXT";
        }

        if (list.Waiting.Any(group => group.Outcome == RejectedOutcome.Rejected))
        {
            yield return "rejected: mend what the reason names and recycle, or discard --reason REASON --because TEXT";
        }

        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"waiting: {list.Events:N0} events; discarded: {list.Discarded.Sum(group => group.Events):N0} events");
    }

    private static IEnumerable<object> Groups(SuspenseList list, RejectedOutcome outcome) =>
        list.Waiting.Where(group => group.Outcome == outcome).Select(Group);

    private static object Group(WaitingUsage group) => new
    {
        outcome = SuspenseFilter.NameOf(group.Outcome),
        reason = SuspenseFilter.NameOf(group.Reason),
        group.Source,
        group.File,
        group.Events,
        group.OldestUsage,
        group.Since,
        decision = group.Decision.Length > 0 ? group.Decision : null,
    };

    private static Table Table(string what, IEnumerable<WaitingUsage> groups, string last, Func<WaitingUsage, string> lastOf)
    {
        Table table = new Table().Border(TableBorder.Simple)
            .AddColumns(what, "source", "file").AddColumn(new TableColumn("events").RightAligned())
            .AddColumns("oldest usage", "since");
        if (last.Length > 0)
        {
            table.AddColumn(last);
        }

        foreach (WaitingUsage group in groups)
        {
            string[] row =
            [
                SuspenseFilter.NameOf(group.Reason),
                Markup.Escape(group.Source),
                Markup.Escape(group.File),
                group.Events.ToString("N0", CultureInfo.InvariantCulture),
                TimeOf(group.OldestUsage),
                TimeOf(group.Since),
            ];
            table.AddRow(last.Length > 0 ? [.. row, Markup.Escape(lastOf(group))] : row);
        }

        return table;
    }

    private static Table ConflictTable(IReadOnlyList<ConflictingUsage> conflicts)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns("usage id in conflict", "waits", "charged first", "waits with");
        foreach (ConflictingUsage conflict in conflicts.Take(ConflictsInTable))
        {
            table.AddRow(
                conflict.UsageId.ToString(),
                Markup.Escape(conflict.Waiting?.Place ?? NotKnown),
                Markup.Escape(conflict.First?.Place ?? NotKnown),
                Markup.Escape(string.Join('\n', conflict.Differences)));
        }

        if (conflicts.Count > ConflictsInTable)
        {
            table.AddRow("...", "more: see --json");
        }

        return table;
    }

    private static string TimeOf(DateTimeOffset? time) => time?.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture) ?? "";
}
