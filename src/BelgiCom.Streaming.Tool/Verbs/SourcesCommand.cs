using System.CommandLine;
using System.Globalization;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>sources try</c>: shows which source a file would be, or drafts the column map of a CSV file that no source recognises, and the first
/// records as they would be read. Nothing is sent and nothing is kept.
/// </summary>
internal static class SourcesCommand
{
    private const int MaxOctets = 64 << 20;

    public static Command Create() => new("sources", "Where usage comes from.") { CreateTry() };

    private static Command CreateTry()
    {
        Argument<string> file = new("FILE") { Description = "A file of usage, or a piece of one." };
        Option<string?> source = new("--source") { Description = "Read it as this source's. Default: by its content." };
        Option<int> records = new("--records") { Description = "How many records to show.", DefaultValueFactory = _ => 5 };
        Option<bool> json = CommonOptions.Json();
        Command command = new("try", "Show how a file would be read; of a CSV file that no source recognises, draft the column map.")
        {
            file, source, records, json,
        };
        command.SetAction(result => Execute(
            result.GetRequiredValue(file), result.GetValue(source), result.GetValue(records), result.GetValue(json)));
        return command;
    }

    /// <returns>0 when every record shown can be read, else 2.</returns>
    private static int Execute(string path, string? source, int records, bool json)
    {
        if (!File.Exists(path))
        {
            throw new ToolException(WorkerHost.ExitConfiguration, $"there is no file '{path}'");
        }

        AdaptersOptions options = ToolSettings.Adapters();
        using FileStream content = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        ContentLimits limits = new(options.MaxExpandedOctets, options.MaxExpansionRatio);
        IncomingFile file = IncomingFile.Receive(
            Path.GetFileName(path), content, limits, TimeProvider.System,
            new KeysOfOneRun().GetOrCreate(KeyPurposes.FileContent, scope: ""), CancellationToken.None);
        List<UsageSource> sources = [.. options.Sources.Select(one => one.ToUsageSource())];
        IMediatedFile? mediated = Open(sources, options, file, source);
        CsvMapDraft? draft = null;
        if (mediated is null)
        {
            draft = source is null
                ? CsvMapDraft.Of(file.Head)
                : throw new ToolException(WorkerHost.ExitConfiguration, $"no source is named {source}");
            mediated = draft.Map.Faults().Any()
                ? null
                : Open([new("draft", ChargedView.Pgw, [new CsvUsageFormat("draft", draft.Map)])], options, file, "draft");
        }

        using IMediatedFile? opened = mediated;
        List<TriedRecord> tried = opened is null ? [] : Read(opened, Math.Clamp(records, 1, 1000));
        string[] remarks = [.. draft?.Remarks ?? [], .. draft?.Map.Faults() ?? []];
        if (json)
        {
            Dictionary<string, object>? csv = draft is null ? null : Settings(draft);
            JsonOutput.Write(new { source = opened?.Source, format = opened?.Format, csv, remarks, records = tried });
        }
        else
        {
            Print(opened, draft, remarks, tried);
        }

        return tried.Count > 0 && tried.All(one => one.Fault is null) ? WorkerHost.ExitDone : WorkerHost.ExitFailed;
    }

    private static IMediatedFile? Open(IReadOnlyList<UsageSource> sources, AdaptersOptions options, IncomingFile file, string? source) =>
        new UsageMediation(sources, new KeysOfOneRun(), TimeProvider.System, options.Bounds, options.ShortNumbers).Open(file, source, 0);

    private static List<TriedRecord> Read(IMediatedFile file, int records)
    {
        RecordChunk chunk = new(records, MaxOctets, [(Topics.UsageReceived, []), (Topics.Quarantine, [])]);
        file.Read(chunk);
        return
        [
            .. Enumerable.Range(0, chunk.Count).Select(i => chunk.TopicAt(i) == Topics.UsageReceived
                ? TriedRecord.Of(UsageReceived.Read(chunk.ValueAt(i)))
                : TriedRecord.Of(QuarantinedRecord.Read(chunk.ValueAt(i)))),
        ];
    }

    private static void Print(IMediatedFile? file, CsvMapDraft? draft, string[] remarks, List<TriedRecord> records)
    {
        Console.Out.WriteLine(draft is null
            ? $"source {file!.Source}, format {file.Format}"
            : file is null
                ? "No source recognises the file, and as CSV it holds nothing that looks like usage (docs/csv.md)."
                : "No source recognises the file. A draft of a CSV source (docs/csv.md); check it, nothing here is known:");
        if (draft is not null && file is not null)
        {
            Console.Out.WriteLine();
            foreach (string line in Exports(draft))
            {
                Console.Out.WriteLine(line);
            }
        }

        Console.Out.WriteLine();
        foreach (string remark in remarks)
        {
            Console.Out.WriteLine($"- {remark}");
        }

        Console.Out.WriteLine(records.Count == 0 ? "No record can be read." : $"The first {records.Count} as they would be read:");
        foreach (TriedRecord record in records)
        {
            Console.Out.WriteLine($"  {record}");
        }
    }

    /// <summary>
    /// A draft as settings of the environment, to be pasted into a shell. The name of the source is for its user to choose.
    /// </summary>
    internal static IEnumerable<string> Exports(CsvMapDraft draft)
    {
        const string source = "Adapters__Sources__0__";
        yield return $"export {source}Name=my-source";
        foreach ((string name, object value) in Settings(draft))
        {
            IEnumerable<(string Path, string Value)> all = value switch
            {
                List<string> list => list.Select((item, i) => ($"{name}__{i}", item)),
                Dictionary<string, string> members => members.Select(member => ($"{name}__{member.Key}", member.Value)),
                _ => [(name, value.ToString()!)],
            };
            foreach ((string path, string text) in all)
            {
                yield return $"export {source}Csv__{path}={Quoted(text)}";
            }
        }
    }

    /// <summary>A value as a shell takes it, whatever is in it.</summary>
    private static string Quoted(string text) => text.All(one => char.IsAsciiLetterOrDigit(one) || one is '-' or '_' or '.')
        ? text
        : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>The settings of a draft that are not the defaults, by their names.</summary>
    private static Dictionary<string, object> Settings(CsvMapDraft draft)
    {
        CsvColumnMap map = draft.Map;
        Dictionary<string, object> settings = new() { [nameof(map.Delimiter)] = map.Delimiter, [nameof(map.TimeFormat)] = map.TimeFormat };
        if (map.TimeFormat != "iso")
        {
            settings[nameof(map.TimeZone)] = map.TimeZone;
        }

        if (map.Kind != UsageKind.Unknown)
        {
            settings[nameof(map.Kind)] = map.Kind.ToString();
        }

        if (map.Encoding != "utf-8")
        {
            settings[nameof(map.Encoding)] = map.Encoding;
        }

        if (map.DecimalSeparator != ".")
        {
            settings[nameof(map.DecimalSeparator)] = map.DecimalSeparator;
        }

        if (map.DurationUnit != DurationUnit.Second)
        {
            settings[nameof(map.DurationUnit)] = map.DurationUnit.ToString();
        }

        if (map.Units.Count > 0)
        {
            settings[nameof(map.Units)] = map.Units.ToDictionary(unit => unit.Key, unit => unit.Value.ToString());
        }

        if (map.CountryCode.Length > 0)
        {
            settings[nameof(map.CountryCode)] = map.CountryCode;
        }

        foreach ((string name, List<string> values) in new[]
        {
            (nameof(map.Data), map.Data), (nameof(map.Voice), map.Voice), (nameof(map.Sms), map.Sms),
            (nameof(map.Originating), map.Originating), (nameof(map.Terminating), map.Terminating),
        })
        {
            if (values.Count > 0)
            {
                settings[name] = values;
            }
        }

        settings[nameof(map.Columns)] = map.Columns;
        return settings;
    }
}

/// <summary>A record as it would be read, without a number of a person.</summary>
/// <param name="Record">Number of the record in its file, from 0; -1 for the file as a whole.</param>
/// <param name="Start">Start with the offset that the source wrote.</param>
/// <param name="Kind">Kind.</param>
/// <param name="Quantity">What was measured.</param>
/// <param name="Direction">Direction.</param>
/// <param name="Subscriber">Eight digits that are the same for the same subscriber, in this run only.</param>
/// <param name="OtherPartyPrefix">First digits of the other party.</param>
/// <param name="ServingPlmn">Serving network.</param>
/// <param name="Fault">Reason of the quarantine; null for usage.</param>
/// <param name="Detail">What is wrong.</param>
internal sealed record TriedRecord(
    long Record, string? Start, string? Kind, string? Quantity, string? Direction, string? Subscriber, string? OtherPartyPrefix,
    string? ServingPlmn, string? Fault, string? Detail)
{
    public static TriedRecord Of(UsageReceived usage) => new(
        usage.RecordIndex,
        usage.EventTime.ToOffset(TimeSpan.FromMinutes(usage.UtcOffsetMinutes))
            .ToString("yyyy-MM-ddTHH:mm:ss.FFFzzz", CultureInfo.InvariantCulture),
        usage.Kind.ToString(),
        string.Join(", ", new[]
        {
            (usage.DurationSeconds, "s"), (usage.UplinkOctets, "octets up"), (usage.DownlinkOctets, "octets down"),
            (usage.TotalOctets, "octets"), (usage.Messages, "messages"),
        }.Where(one => one.Item1 > 0 || (one.Item1 == 0 && one.Item2 == UnitOf(usage.Kind))).Select(one => $"{one.Item1} {one.Item2}")),
        usage.Direction.ToString(),
        usage.SubscriberRef.ToString()[..8],
        usage.OtherPartyPrefix,
        usage.ServingPlmn,
        null,
        null);

    public static TriedRecord Of(QuarantinedRecord record) =>
        new(record.RecordIndex, null, null, null, null, null, null, null, record.Reason.ToString(), record.Detail);

    /// <summary>One line for a person; what the record does not say is left out.</summary>
    public override string ToString() => Fault is null
        ? $"{Record}: {Start} {Kind} {Quantity}, subscriber {Subscriber}"
            + (Direction == nameof(Contracts.Direction.NotApplicable) ? "" : $", {Direction!.ToLowerInvariant()}")
            + (string.IsNullOrEmpty(OtherPartyPrefix) ? "" : $", other party {OtherPartyPrefix}...")
            + (string.IsNullOrEmpty(ServingPlmn) ? "" : $", network {ServingPlmn}")
        : $"{Record}: {Fault}: {Detail}";

    private static string UnitOf(UsageKind kind) => kind switch
    {
        UsageKind.Voice => "s",
        UsageKind.Sms => "messages",
        _ => "octets",
    };
}
