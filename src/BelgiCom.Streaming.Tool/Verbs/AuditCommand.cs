using System.CommandLine;
using BelgiCom.Streaming.Audit;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Retention;
using Microsoft.AspNetCore.Builder;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>audit verify</c> checks the archive's journal against its chain and its checkpoints. It changes nothing, so a worker may use the
/// archive meanwhile.
/// </summary>
internal static class AuditCommand
{
    public static Command Create() => new("audit", "Check the journal of who looked into the archive and what was destroyed.")
    {
        Verify(),
    };

    private static Command Verify()
    {
        (Option<string> data, Option<bool> json) = (CommonOptions.Data(), CommonOptions.Json());
        Command command = new(
            "verify",
            "Name the first entry that is not as it was written. An entry that a worker writes meanwhile may look like a fault: ask again.")
        {
            data, json,
        };
        command.SetAction(result => Execute(result.GetRequiredValue(data), result.GetValue(json)));
        return command;
    }

    private static int Execute(string data, bool json)
    {
        WebApplicationBuilder builder = ToolDefaults.ArchiveBuilder(data);
        string journal = CdrArchive.JournalDirectory(
            new RetentionOptions { ArchiveDirectory = builder.Configuration["Retention:ArchiveDirectory"]! });
        string keys = builder.Configuration["Keys:Directory"]!;
        ToolDefaults.RequireFolder(journal, "Retention:ArchiveDirectory");
        ToolDefaults.RequireFolder(keys, "Keys:Directory");
        AuditVerification found = AuditJournal.Verify(journal, CdrArchive.JournalStream, new FileKeyStore(keys));
        Answer.Print(
            json,
            new { intact = found.IsIntact, found.Entries, fault = found.Fault.ToString(), found.FirstBadIndex },
            found.IsIntact
                ? $"{found.Entries} entries, all as they were written"
                : $"{found.Fault}: entry {found.FirstBadIndex} is the first that is not as it was written. "
                    + $"Compare '{journal}' with its copy.");
        return found.IsIntact ? WorkerHost.ExitDone : WorkerHost.ExitFailed;
    }
}
