using System.CommandLine;
using System.Globalization;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Retention;
using Microsoft.AspNetCore.Builder;
using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>retention due</c> lists what must be destroyed and why; a worker may use the archive meanwhile. <c>retention expire</c> destroys it;
/// no worker may use the archive then. Both need the configured periods, as the worker does, so that nothing is destroyed by a period that
/// nobody decided.
/// </summary>
internal static class RetentionCommand
{
    private const string PeriodWasShortened = "--period-was-shortened";

    public static Command Create() => new("retention", "What of the archive is due, and why; destroy what is due.")
    {
        Verb("due", "List what is due; nothing is touched. The moment may lie in the future.", dryRun: true),
        Verb("expire", "Destroy what is due: key first, then file, then index; the journal keeps the proof.", dryRun: false),
    };

    private static Command Verb(string name, string description, bool dryRun)
    {
        Option<DateTimeOffset?> asOf = new("--as-of")
        {
            Description = "The moment to judge by, ISO 8601 with its offset. Default: now.",
            CustomParser = CommonOptions.Instant,
        };
        Option<bool> shortened = new(PeriodWasShortened)
        {
            Description = "Destroy by a period shorter than the one under which the archive is written, because it was so decided.",
        };
        (Option<string> data, Option<bool> json) = (CommonOptions.Data(), CommonOptions.Json());
        Command command = new(name, description) { asOf, data, json };
        if (!dryRun)
        {
            command.Add(shortened);
        }

        command.SetAction(result => Execute(
            result.GetRequiredValue(data), result.GetValue(asOf), dryRun, !dryRun && result.GetValue(shortened), result.GetValue(json)));
        return command;
    }

    private static int Execute(string data, DateTimeOffset? asOf, bool dryRun, bool wasShortened, bool json)
    {
        using CdrArchive archive = Open(data, dryRun);
        TimeProvider clock = TimeProvider.System;
        RetentionReport report = new RetentionExpiry(archive, clock).Run(
            asOf ?? clock.GetUtcNow(), dryRun, actor: "belgicom", wasShortened);
        Answer.Print(
            json,
            new { report.AsOf, report.DryRun, report.Records, complete = report.IsComplete, report.Items, report.Shortened },
            [Table(report.Items)],
            [
                .. report.Shortened.Select(
                    shortened => dryRun ? $"{shortened}: retention expire would refuse without {PeriodWasShortened}" : shortened),
                $"{report.Records:N0} records {(dryRun ? "are due" : "destroyed")} as of {report.AsOf:yyyy-MM-dd'T'HH:mm:sszzz}",
            ]);
        return report.IsComplete ? WorkerHost.ExitDone : WorkerHost.ExitFailed;
    }

    private static CdrArchive Open(string data, bool dryRun)
    {
        WebApplicationBuilder builder = ToolDefaults.ArchiveBuilder(data);
        builder.Configuration.AddShippedRetention(development: false);
        RetentionOptions options = builder.AddValidatedOptions<RetentionOptions>(RetentionOptions.Section);
        KeyOptions keys = builder.AddValidatedOptions<KeyOptions>(KeyOptions.Section);
        builder.ThrowOnFaults();
        FileKeyStore store = new(keys.Directory);
        return dryRun
            ? CdrArchive.OpenToRead(options, store, TimeProvider.System)
            : CdrArchive.Open(options, store, TimeProvider.System);
    }

    private static Table Table(IEnumerable<RetentionItem> items)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns("class", "day", "due", "records", "held", "what", "why");
        foreach (RetentionItem item in items)
        {
            table.AddRow(
                item.Class,
                item.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                item.DueAt?.ToString("yyyy-MM-dd'T'HH:mmzzz", CultureInfo.InvariantCulture) ?? "",
                $"{item.Records:N0}",
                $"{item.HeldRecords:N0}",
                item.Action.ToString(),
                Markup.Escape(item.Reason));
        }

        return table;
    }
}
