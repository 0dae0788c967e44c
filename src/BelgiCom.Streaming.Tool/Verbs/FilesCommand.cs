using System.CommandLine;
using BelgiCom.Streaming.Adapters.Worker;
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
        return command;
    }

    private static int Execute(string data, bool json)
    {
        string folder = DataFolder.FilesOf(data);
        if (!File.Exists(Path.Combine(folder, FileLedger.FileName)))
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration, $"there is no file ledger in '{folder}': name the folder of a run with --data");
        }

        using FileLedger ledger = FileLedger.OpenToRead(folder);
        (IReadOnlyList<FileEntry> files, IReadOnlyList<SequenceGap> gaps) = (ledger.List(), ledger.Gaps());
        Answer.Print(
            json,
            new { files = files.Select(FileJson), missing = gaps },
            [Table(files)],
            gaps.Select(gap => $"missing: files {gap.First} to {gap.Last} of node {gap.Node}, source {gap.Source}"));
        return WorkerHost.ExitDone;
    }

    private static object FileJson(FileEntry file) => new
    {
        file.Name,
        file.Source,
        file.Format,
        hash = file.Sha256,
        file.SequenceNumber,
        controlTotals = file.Totals.ToJson(),
        file.DeclaredCdrs,
        file.Quarantined,
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
                file.Sha256[..12],
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
