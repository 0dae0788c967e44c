using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Retention;
using Microsoft.AspNetCore.Builder;
using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>retention due</c> lists what must be destroyed and why; a worker may use the archive meanwhile. <c>retention expire</c> destroys it;
/// <c>retention find</c> shows a person's records, <c>hold</c> and <c>release</c> keep them past their period; no worker may use the
/// archive then. All but <c>retention verify</c>, which changes nothing, need the configured periods, as the worker does, so that nothing
/// is destroyed or shown by a period that nobody decided.
/// </summary>
internal static class RetentionCommand
{
    private const string PeriodWasShortened = "--period-was-shortened";

    public static Command Create() => new("retention", "What the archive keeps of whom, what is due and why.")
    {
        Verb("due", "List what is due; nothing is touched. The moment may lie in the future.", dryRun: true),
        Verb("expire", "Destroy what is due: key first, then file, then index; the journal keeps the proof.", dryRun: false),
        Find(), Hold(), Release(),
        Verify(), Reindex(),
    };

    private static Command Verify()
    {
        (Option<string> data, Option<bool> json) = (CommonOptions.Data(), CommonOptions.Json());
        Command command = new(
            "verify", "Read every block of the archive, and compare the index with them. Exit code 2 when something is wrong.")
        {
            data, json,
        };
        command.SetAction(result =>
        {
            // The period that nobody decided will do, because a check decides nothing by it.
            (RetentionOptions options, FileKeyStore keys) = Existing(result.GetRequiredValue(data), development: true);
            IReadOnlyList<string> faults = CdrArchive.Verify(options, keys, TimeProvider.System);
            Answer.Print(result.GetValue(json), new { intact = faults.Count == 0, faults }, [.. faults, $"{faults.Count:N0} faults"]);
            return faults.Count == 0 ? WorkerHost.ExitDone : WorkerHost.ExitFailed;
        });
        return command;
    }

    private static Command Reindex()
    {
        (Option<string> actor, Option<string> data, Option<bool> json) =
            (CommonOptions.Actor(), CommonOptions.Data(), CommonOptions.Json());
        Command command = new(
            "reindex",
            "Make the archive's index anew, from its files, its journal and the keys. Exit code 2 when something could not be recovered.")
        {
            actor, data, json,
        };
        command.SetAction(result =>
        {
            (RetentionOptions options, FileKeyStore keys) = Existing(result.GetRequiredValue(data));
            ArchiveReindexed made = CdrArchive.Reindex(options, keys, TimeProvider.System, result.GetRequiredValue(actor));
            Answer.Print(
                result.GetValue(json),
                new { complete = made.Faults.Count == 0, made.Segments, made.Records, made.Holds, made.Faults },
                [
                    .. made.Faults,
                    $"{made.Segments:N0} segments, {made.Records:N0} records, {made.Holds:N0} holds, {made.Faults.Count:N0} faults",
                ]);
            return made.Faults.Count == 0 ? WorkerHost.ExitDone : WorkerHost.ExitFailed;
        });
        return command;
    }

    private static Command Find()
    {
        (Option<DateTimeOffset?> from, Option<DateTimeOffset?> to) = (Moment("--from", "First"), Moment("--to", "End of the"));
        (Option<string> numbers, Option<string> reason, Option<string> actor) = (Numbers(), Reason(), CommonOptions.Actor());
        (Option<string> data, Option<bool> json) = (CommonOptions.Data(), CommonOptions.Json());
        Option<int> max = new("--max") { Description = "Most records to show.", DefaultValueFactory = _ => 10_000 };
        Command command = new(
            "find",
            "Show the records kept of one person. Who asks, and why, is journalled before anything is decrypted. Exit code 2 when there "
            + "are more than --max.")
        {
            numbers, from, to, reason, actor, max, data, json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            ArchiveAccess access = Access(result.GetValue(actor), result.GetValue(reason));
            (DateTimeOffset first, DateTimeOffset end) = Range(result.GetValue(from), result.GetValue(to));
            if (result.GetValue(max) < 1)
            {
                throw new ToolException(WorkerHost.ExitConfiguration, "--max is at least 1");
            }

            SubscriberNumbers person = SubscriberNumbers.Read(result.GetRequiredValue(numbers));
            using OpenedArchive opened = OpenExisting(result.GetRequiredValue(data));
            ArchiveLookup found = opened.Archive.Find(
                person.ToReferences(opened.Keys), first, end, access, result.GetValue(max));
            Table table = new Table().Border(TableBorder.Simple).AddColumns("class", "period from", "hold", "topic", "octets");
            foreach (ArchivedRecord record in found.Records)
            {
                table.AddRow(
                    record.RetentionClass,
                    record.StartOfPeriod.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
                    record.LegalHoldId ?? "",
                    Markup.Escape(string.Create(CultureInfo.InvariantCulture, $"{record.Topic}[{record.Partition}]@{record.Offset}")),
                    $"{record.Value.Length:N0}");
            }

            List<object> records = result.GetValue(json)
                ? await WithFieldsAsync(found.Records, result.GetRequiredValue(data), cancellationToken)
                : [];
            Answer.Print(
                result.GetValue(json),
                new { complete = found.IsComplete, masked = false, request = access.CorrelationId, records },
                [table],
                [
                    $"{found.Records.Count:N0} records"
                        + (found.IsComplete ? "" : "; there are more: raise --max, or narrow --from and --to"),
                    "nothing is masked: --json gives the values whole, as fields, and base64 of the octets on the topic",
                    $"journalled as request {access.CorrelationId} of {access.Actor}",
                ]);
            return found.IsComplete ? WorkerHost.ExitDone : WorkerHost.ExitFailed;
        });
        return command;
    }

    private static async Task<List<object>> WithFieldsAsync(
        IReadOnlyList<ArchivedRecord> records, string data, CancellationToken cancellationToken)
    {
        List<object> shown = [];
        if (records.Count == 0)
        {
            return shown;
        }

        await using RecordFields of = await RecordFields.OpenAsync(data, cancellationToken);
        foreach (ArchivedRecord record in records)
        {
            (JsonElement? fields, string? fieldsMissingBecause) = await of.OfAsync(record, cancellationToken);
            shown.Add(new
            {
                record.RetentionClass,
                record.Purpose,
                record.StartOfPeriod,
                record.LegalHoldId,
                record.Topic,
                record.Partition,
                record.Offset,
                fields,
                fieldsMissingBecause,
                record.Value,
            });
        }

        return shown;
    }

    private static Command Hold()
    {
        (Option<DateTimeOffset?> from, Option<DateTimeOffset?> to) = (Moment("--from", "First"), Moment("--to", "End of the"));
        (Option<string> numbers, Option<string> reason, Option<string> actor) = (Numbers(), Reason(), CommonOptions.Actor());
        (Option<string> id, Option<string> data, Option<bool> json) = (HoldId(), CommonOptions.Data(), CommonOptions.Json());
        Command command = new("hold", "Keep one person's records past their period, until the hold is released.")
        {
            id, numbers, from, to, reason, actor, data, json,
        };
        command.SetAction(result =>
        {
            ArchiveAccess access = Access(result.GetValue(actor), result.GetValue(reason));
            (DateTimeOffset first, DateTimeOffset end) = Range(result.GetValue(from), result.GetValue(to));
            SubscriberNumbers person = SubscriberNumbers.Read(result.GetRequiredValue(numbers));
            using OpenedArchive opened = OpenExisting(result.GetRequiredValue(data));
            opened.Archive.PlaceHold(result.GetRequiredValue(id), person.ToReferences(opened.Keys), first, end, access);
            Answer.Print(
                result.GetValue(json),
                new { hold = result.GetValue(id), from = first, to = end, request = access.CorrelationId },
                $"hold {result.GetValue(id)} keeps what begins from {first:O} to {end:O}; journalled as request {access.CorrelationId} of "
                + $"{access.Actor}");
            return WorkerHost.ExitDone;
        });
        return command;
    }

    private static Command Release()
    {
        (Option<string> id, Option<string> reason, Option<string> actor) = (HoldId(), Reason(), CommonOptions.Actor());
        (Option<string> data, Option<bool> json) = (CommonOptions.Data(), CommonOptions.Json());
        Command command = new("release", "End a hold: what only the hold kept is destroyed.") { id, reason, actor, data, json };
        command.SetAction(result =>
        {
            ArchiveAccess access = Access(result.GetValue(actor), result.GetValue(reason));
            using OpenedArchive opened = OpenExisting(result.GetRequiredValue(data));
            opened.Archive.ReleaseHold(result.GetRequiredValue(id), access);
            Answer.Print(
                result.GetValue(json),
                new { hold = result.GetValue(id), request = access.CorrelationId },
                $"hold {result.GetValue(id)} has ended; journalled as request {access.CorrelationId} of {access.Actor}");
            return WorkerHost.ExitDone;
        });
        return command;
    }

    private static Option<DateTimeOffset?> Moment(string name, string which) => new(name)
    {
        Description = $"{which} moment at which the period of a record may have begun, ISO 8601 with its offset.",
        CustomParser = CommonOptions.Instant,
        Required = true,
    };

    private static Option<string> Numbers() => new("--numbers")
    {
        Description = "File of the person's numbers, MSISDN or IMSI, one a line; '-' is standard input. They are never on the command "
            + "line, where other users of the machine see them. Each is looked up as both.",
        DefaultValueFactory = _ => SubscriberNumbers.StandardInput,
    };

    private static Option<string> Reason() => new("--reason")
    {
        Description = "Legal ground and reference of the request, for the journal; never personal data.",
        Required = true,
    };

    private static Option<string> HoldId() => new("--id")
    {
        Description = "Id of the order: letters, digits, '-' and '.', at most 40. Never personal data.",
        Required = true,
    };

    private static ArchiveAccess Access(string? actor, string? reason) =>
        string.IsNullOrWhiteSpace(actor) || string.IsNullOrWhiteSpace(reason)
            ? throw new ToolException(
                WorkerHost.ExitConfiguration, "say who asks with --actor, and on what legal ground with --reason: the journal keeps both")
            : new ArchiveAccess(actor.Trim(), reason.Trim(), Guid.NewGuid().ToString("N"));

    private static (DateTimeOffset From, DateTimeOffset To) Range(DateTimeOffset? from, DateTimeOffset? to) =>
        from is { } first && to is { } end && first < end
            ? (first.ToUniversalTime(), end.ToUniversalTime())
            : throw new ToolException(WorkerHost.ExitConfiguration, "--from is a moment before --to");

    private static OpenedArchive OpenExisting(string data)
    {
        (RetentionOptions options, FileKeyStore keys) = Existing(data);
        return new OpenedArchive(CdrArchive.Open(options, keys, TimeProvider.System), keys);
    }

    private static (RetentionOptions Options, FileKeyStore Keys) Existing(string data, bool development = false)
    {
        (RetentionOptions options, KeyOptions keys) = Options(data, development);
        ToolDefaults.RequireFolder(options.ArchiveDirectory, "Retention:ArchiveDirectory");
        ToolDefaults.RequireFolder(keys.Directory, "Keys:Directory");
        return (options, new FileKeyStore(keys.Directory));
    }

    private static (RetentionOptions Options, KeyOptions Keys) Options(string data, bool development = false)
    {
        WebApplicationBuilder builder = ToolDefaults.ArchiveBuilder(data);
        builder.Configuration.AddShippedRetention(development);
        RetentionOptions options = builder.AddValidatedOptions<RetentionOptions>(RetentionOptions.Section);
        KeyOptions keys = builder.AddValidatedOptions<KeyOptions>(KeyOptions.Section);
        builder.ThrowOnFaults();
        return (options, keys);
    }

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
        Option<bool> clockIsRight = new("--clock-is-right")
        {
            Description = "Believe the machine's clock, although the archive has been at rest for longer than Retention:ClockStepMax.",
        };
        (Option<string> actor, Option<string> data, Option<bool> json) =
            (CommonOptions.Actor(), CommonOptions.Data(), CommonOptions.Json());
        Command command = new(name, description) { asOf, data, json };
        if (!dryRun)
        {
            command.Add(shortened);
            command.Add(clockIsRight);
            command.Add(actor);
        }

        command.SetAction(result => Execute(
            result.GetRequiredValue(data), result.GetValue(asOf), dryRun ? null : result.GetRequiredValue(actor),
            (!dryRun && result.GetValue(shortened) ? RetentionConfirmation.ShorterPeriods : RetentionConfirmation.None)
                | (!dryRun && result.GetValue(clockIsRight) ? RetentionConfirmation.Clock : RetentionConfirmation.None),
            result.GetValue(json)));
        return command;
    }

    private static int Execute(string data, DateTimeOffset? asOf, string? actor, RetentionConfirmation confirmed, bool json)
    {
        bool dryRun = actor is null;
        using CdrArchive archive = Open(data, dryRun);
        TimeProvider clock = TimeProvider.System;
        RetentionReport report = new RetentionExpiry(archive, clock).Run(
            asOf ?? clock.GetUtcNow(), dryRun, actor ?? "", confirmed);
        bool isRefused = !dryRun && (report.Items.Any(item => item.Action == RetentionAction.Unconfirmed)
            || (report.Shortened.Count > 0 && !confirmed.HasFlag(RetentionConfirmation.ShorterPeriods)));
        Answer.Print(
            json,
            new { report.AsOf, report.DryRun, report.Records, complete = report.IsComplete, report.Items, report.Shortened },
            [Table(report.Items)],
            [
                .. report.Shortened.Select(shortened => isRefused || dryRun
                    ? $"{shortened}: destroyed by it only with {PeriodWasShortened}"
                    : shortened),
                $"{report.Records:N0} records {(dryRun ? "are due" : "destroyed")} as of {report.AsOf:yyyy-MM-dd'T'HH:mm:sszzz}",
            ]);
        return isRefused ? WorkerHost.ExitConfiguration : report.IsComplete ? WorkerHost.ExitDone : WorkerHost.ExitFailed;
    }

    private static CdrArchive Open(string data, bool dryRun)
    {
        (RetentionOptions options, KeyOptions keys) = Options(data);
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

    /// <summary>An archive and the keys that it was opened with.</summary>
    private sealed record OpenedArchive(CdrArchive Archive, FileKeyStore Keys) : IDisposable
    {
        public void Dispose() => Archive.Dispose();
    }
}
