using System.Globalization;
using System.Text.Json;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Privacy;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>Runs the steps of one case over one data folder, as <c>belgicom run</c> does, and reads what they left.</summary>
internal sealed class UsageCaseRun(UsageCase usage, string data)
{
    private static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    private static readonly Dictionary<string, string?> AnyFreePort = new() { ["Http:Url"] = "http://127.0.0.1:0" };

    private static readonly string[] NotBilled =
        ["zeroRated", "duplicate", "late", "suspended", "rejected", "conflict", "discarded", "quarantined"];

    /// <summary>Runs the case.</summary>
    /// <returns>What it must leave and what it left, as text.</returns>
    public async Task<(string Expected, string Seen)> ToTheEndAsync(CancellationToken cancellationToken)
    {
        List<int> exits = [];
        RunReport? last = null;
        foreach (CaseStep step in usage.Steps)
        {
            last = await RunAsync(step, cancellationToken);
            exits.Add(last.ExitCode);
        }

        return (Text(usage.Steps.Select(step => step.Exit), usage.Expected), Text(exits, Seen(last!)));
    }

    private async Task<RunReport> RunAsync(CaseStep step, CancellationToken cancellationToken)
    {
        if (step.Retry is { } file)
        {
            Assert.NotEmpty(FileLedger.Retry(DataFolder.FilesOf(data), file, TimeProvider.System));
        }

        if (step.Interrupted is { } half)
        {
            DataKey key = new FileKeyStore(DataFolder.KeysOf(data)).GetOrCreate(KeyPurposes.FileContent, "");
            using FileLedger files = FileLedger.Open(DataFolder.FilesOf(data), key, TimeProvider.System);
            files.Put(Assert.Single(files.List(), entry => entry.Name == half) with { State = FileState.Receiving, CommittedCdrs = 1 });
        }

        if (step.WithoutLedger)
        {
            foreach (string part in Directory.GetFiles(data, "ledger.db*"))
            {
                File.Delete(part);
            }
        }

        using DataFolder folder = DataFolder.Open(data);
        ReferenceData reference = ReferenceData.Read(usage.Catalogue, usage.Own(step.Subscriptions));
        Dictionary<string, string?> settings = new(AnyFreePort);
        Add(settings, "Adapters:Sources:0", usage.Source);
        Add(settings, "Adapters:Sources:0", step.Source);
        foreach ((string key, string value) in step.Settings)
        {
            settings[key] = value;
        }

        await using Pipeline pipeline = await Pipeline.StartAsync(folder, reference, settings, _ => { }, _ => { }, cancellationToken);
        if (step.Recycle.Count + step.Discard.Count > 0)
        {
            return (await SuspenseCommand.DecideAsync(pipeline, Decision(step, cancellationToken), folder, cancellationToken)).Report;
        }

        IServiceProvider services = pipeline.App.Services;
        MainJob run = new(
            pipeline, services.GetRequiredService<FileIntake>(), services.GetRequiredService<FileLedger>(),
            [.. step.Input.Select(usage.Own)], settings.GetValueOrDefault("Adapters:Sources:0:Name"));
        await run.ToTheEndAsync(cancellationToken);
        return run.Report(folder);
    }

    private static SuspenseCommand.Decide Decision(CaseStep step, CancellationToken cancellationToken)
    {
        SuspenseFilter filter = new() { Reasons = step.Recycle.Concat(step.Discard).Select(SuspenseFilter.ReasonOf).ToHashSet() };
        return step.Recycle.Count > 0
            ? (suspense, conflicts, loggers) => suspense.Recycle(filter, conflicts, loggers, cancellationToken)
            : (suspense, conflicts, loggers) => suspense.Discard(
                filter, conflicts, "Discarded by a test: the case says so", loggers, cancellationToken);
    }

    private CaseOutcome Seen(RunReport report)
    {
        List<(string Account, decimal Amount, string Time)> lines = Lines();
        using FileLedger files = FileLedger.OpenToRead(DataFolder.FilesOf(data));
        List<string> states = [.. files.List().Select(RunFile.StateOf)];
        return new CaseOutcome
        {
            Lines = lines.Count,
            Amount = Plain(lines.Sum(line => line.Amount)),
            ByAccount = usage.Expected.ByAccount is null
                ? null
                : lines.GroupBy(line => line.Account).ToDictionary(group => group.Key, group => Plain(group.Sum(line => line.Amount))),
            Times = usage.Expected.Times is null ? null : [.. lines.Select(line => line.Time)],
            NotBilled = JsonSerializer.SerializeToElement(
                (report.TotalRecords with { Discarded = report.TotalRecords.Discarded + report.Evidence.Discarded }).ToJson(),
                JsonSerializerOptions.Web).EnumerateObject()
                .Where(count => NotBilled.Contains(count.Name) && count.Value.GetInt64() > 0)
                .ToDictionary(count => count.Name, count => count.Value.GetInt64()),
            Files = usage.Expected.Files is null && states.All(state => state == "done") ? null : states,
        };
    }

    private List<(string Account, decimal Amount, string Time)> Lines()
    {
        using SqliteConnection ledger = new($"Data Source={Path.Combine(data, "ledger.db")};Mode=ReadOnly;Pooling=False");
        ledger.Open();
        using SqliteCommand command = ledger.CreateCommand();
        command.CommandText = "SELECT account, amount, event_time_utc FROM billed_usage ORDER BY event_time_utc, amount";
        using SqliteDataReader rows = command.ExecuteReader();
        List<(string, decimal, string)> lines = [];
        while (rows.Read())
        {
            lines.Add((rows.GetString(0), decimal.Parse(rows.GetString(1), CultureInfo.InvariantCulture), rows.GetString(2)));
        }

        return lines;
    }

    private static string Text(IEnumerable<int> exits, CaseOutcome outcome) => JsonSerializer.Serialize(
        new
        {
            exits,
            left = outcome with
            {
                Amount = Plain(outcome.Amount),
                ByAccount = outcome.ByAccount?.OrderBy(one => one.Key, StringComparer.Ordinal)
                    .ToDictionary(one => one.Key, one => Plain(one.Value)),
                NotBilled = outcome.NotBilled.OrderBy(one => one.Key, StringComparer.Ordinal).ToDictionary(),
            },
        },
        Readable);

    private static string Plain(string amount) => Plain(decimal.Parse(amount, CultureInfo.InvariantCulture));

    private static string Plain(decimal amount) => amount.ToString("0.#########", CultureInfo.InvariantCulture);

    /// <summary>Adds nested members as settings, as a settings file would.</summary>
    private static void Add(Dictionary<string, string?> settings, string path, JsonElement? value)
    {
        switch (value?.ValueKind)
        {
            case null:
                break;
            case JsonValueKind.Object:
                foreach (JsonProperty member in value.Value.EnumerateObject())
                {
                    Add(settings, $"{path}:{member.Name}", member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach ((int index, JsonElement element) in value.Value.EnumerateArray().Index())
                {
                    Add(settings, $"{path}:{index}", element);
                }

                break;
            default:
                settings[path] = value.Value.ToString();
                break;
        }
    }
}
