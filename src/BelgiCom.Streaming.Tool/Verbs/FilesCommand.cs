using System.CommandLine;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Hosting;
using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary><c>files</c>: shows the file ledger: which files were delivered, what came out of them, which are missing.</summary>
internal static class FilesCommand
{
    public static Command Create()
    {
        Option<string> data = CommonOptions.Data();
        Option<bool> json = CommonOptions.Json();
        Command command = new(
            "files",
            "Show the file ledger: name, source, hash, sequence number, control totals, quarantined, lost records, state.") { data, json };
        command.SetAction(result => Execute(result.GetRequiredValue(data), result.GetValue(json)));
        command.Add(CreateRetry());
        command.Add(CreateGaps());
        return command;
    }

    private static Command CreateGaps()
    {
        Option<string> data = CommonOptions.Data();
        Option<bool> json = CommonOptions.Json();
        Command command = new("gaps", "Show which files and records of each node are missing, as exact ranges of their numbers.")
        {
            data, json,
        };
        command.SetAction(result => Gaps(result.GetRequiredValue(data), result.GetValue(json)));
        return command;
    }

    private static int Gaps(string data, bool json)
    {
        using FileLedger ledger = FileLedger.OpenToRead(FolderOf(data));
        MissingReport missing = MissingReport.Of(ledger);
        Answer.Print(json, missing.ToJson(), [missing.ToTable()], missing.Sums());
        return WorkerHost.ExitDone;
    }

    private static Command CreateRetry()
    {
        Option<string> data = CommonOptions.Data();
        Option<bool> json = CommonOptions.Json();
        Argument<string?> name = new("NAME")
        {
            Description = "Name of the file, or eight digits or more of its hash.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> all = new("--all") { Description = "All files that were not read to their end or have records in quarantine." };
        Command command = new("retry", "Have files read again after what kept them from being read was mended; nothing is billed twice.")
        {
            name, all, data, json,
        };
        command.SetAction(result =>
            Retry(result.GetRequiredValue(data), result.GetValue(name), result.GetValue(all), result.GetValue(json)));
        return command;
    }

    private static int Retry(string data, string? name, bool all, bool json)
    {
        if (name is null != all)
        {
            throw new ToolException(WorkerHost.ExitConfiguration, "name one file, or give --all for every file that can be read again");
        }

        IReadOnlyList<(FileEntry File, string? Inbox)> files = FileLedger.Retry(FolderOf(data), name, TimeProvider.System);
        if (files.Count == 0 && name is not null)
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration, $"no file '{name}' is incomplete, failed, or has records in quarantine: see belgicom files");
        }

        if (json)
        {
            JsonOutput.Write(new { files = files.Select(one => new { one.File.Name, hash = one.File.Hash, one.Inbox }) });
            return WorkerHost.ExitDone;
        }

        foreach ((FileEntry file, string? inbox) in files)
        {
            string next = inbox is null ? "is read again when it is delivered again" : $"waits in {inbox}";
            Console.Out.WriteLine($"{file.Name} ({file.Hash[..12]}) {next}");
        }

        return WorkerHost.ExitDone;
    }

    private static string FolderOf(string data)
    {
        string folder = DataFolder.FilesOf(data);
        if (!File.Exists(Path.Combine(folder, FileLedger.FileName)))
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration, $"there is no file ledger in '{folder}': name the folder of a run with --data");
        }

        return folder;
    }

    private static int Execute(string data, bool json)
    {
        using FileLedger ledger = FileLedger.OpenToRead(FolderOf(data));
        IReadOnlyList<FileEntry> files = ledger.List();
        MissingReport missing = MissingReport.Of(ledger);
        IReadOnlyList<RepeatedNumber> repeated = ledger.RepeatedNumbers();
        Answer.Print(
            json,
            new
            {
                files = files.Select(FileJson),
                missing = missing.Files,
                missingRecords = missing.Records,
                repeatedNumbers = repeated,
            },
            [Table(files)],
            [
                .. missing.Lines(),
                .. repeated.Select(one =>
                    $"repeated: {one.Files} files with number {one.Number} of node {one.Node}, source {one.Source}, and different content"),
            ]);
        return WorkerHost.ExitDone;
    }

    private static object FileJson(FileEntry file) => new
    {
        file.Name,
        file.Source,
        file.Format,
        hash = file.Hash,
        file.SequenceNumber,
        controlTotals = file.Totals.ToJson(),
        file.DeclaredCdrs,
        file.Quarantined,
        file.UnreadableFields,
        file.LostCdrIndicator,
        file.Resent,
        state = RunFile.StateOf(file),
        file.ReceivedAt,
        file.FinishedAt,
        file.Detail,
    };

    private static Table Table(IReadOnlyList<FileEntry> files)
    {
        Table table = new Table().Border(TableBorder.Simple)
            .AddColumns("file", "source", "hash", "sequence", "CDRs", "events", "quarantined", "lost", "resent", "state");
        foreach (FileEntry file in files)
        {
            table.AddRow(
                Markup.Escape(file.Name),
                Markup.Escape(file.Source),
                file.Hash[..12],
                file.SequenceNumber?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "",
                $"{file.Totals.Cdrs:N0}",
                $"{file.Totals.Events:N0}",
                $"{file.Quarantined:N0}",
                $"{file.LostCdrIndicator}",
                $"{file.Resent:N0}",
                RunFile.StateOf(file));
        }

        return table;
    }
}
