using System.IO.Enumeration;
using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>
/// Watches one source's inbox. A file belongs there once it has its final name: writers write under a name that ends in <c>.tmp</c> or
/// begins with a dot and rename, which is atomic, so a file is never read half written. Processed files move to <c>done/</c>, those of
/// which nothing could be decoded to <c>failed/</c>.
/// </summary>
internal sealed class InboxWatcher(
    SourceOptions source, AdaptersOptions options, FileIntake intake, TimeProvider clock, ILogger<InboxWatcher> logger)
    : BackgroundService
{
    private const string DoneFolder = "done";
    private const string FailedFolder = "failed";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Directory.CreateDirectory(Path.Combine(source.Inbox, DoneFolder));
        Directory.CreateDirectory(Path.Combine(source.Inbox, FailedFolder));
        using SemaphoreSlim changed = new(0);
        using FileSystemWatcher watcher = new(source.Inbox) { NotifyFilter = NotifyFilters.FileName };
        watcher.Renamed += (_, _) => Wake(changed);
        watcher.Created += (_, _) => Wake(changed);
        Enable(watcher);
        AdaptersLog.InboxWatched(logger, source.Name);
        try
        {
            while (true)
            {
                await TakeAllAsync(stoppingToken).ConfigureAwait(false);
                DeleteOld();
                // Signals are only a short cut: they are lost on network file systems and when many come at once.
                await changed.WaitAsync(options.PollInterval, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped between two chunks; the ledger knows where to go on.
        }
    }

    /// <summary>Mediates what is in the inbox now, in the order of names.</summary>
    internal async Task TakeAllAsync(CancellationToken stopping)
    {
        IOrderedEnumerable<FileInfo> files = new DirectoryInfo(source.Inbox).EnumerateFiles()
            .Where(file => IsReady(file.Name))
            .OrderBy(file => file.Name, StringComparer.Ordinal);
        foreach (FileInfo file in files)
        {
            try
            {
                FileReport report = await intake.TakeAsync(file.FullName, source.Detect ? null : source.Name, stopping)
                    .ConfigureAwait(false);
                MoveAway(file, report);
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                AdaptersLog.FileUnreadable(logger, file.Name, source.Name, unreadable);
            }
            catch (SchemaRegistryException away) when (away.IsTransient)
            {
                AdaptersLog.FileUnreadable(logger, file.Name, source.Name, away);
                return;
            }
        }
    }

    /// <summary>Deletes processed files that are older than the setting allows.</summary>
    internal void DeleteOld()
    {
        DateTime limit = clock.GetUtcNow().UtcDateTime - options.KeepDone;
        foreach (FileInfo? file
            in new DirectoryInfo(Path.Combine(source.Inbox, DoneFolder)).EnumerateFiles().Where(file => file.LastWriteTimeUtc <= limit))
        {
            file.Delete();
        }
    }

    /// <summary>One look takes everything, so one signal is enough however many files came.</summary>
    private static void Wake(SemaphoreSlim changed)
    {
        if (changed.CurrentCount == 0)
        {
            changed.Release();
        }
    }

    private void Enable(FileSystemWatcher watcher)
    {
        try
        {
            watcher.EnableRaisingEvents = true;
        }
        catch (IOException exhausted)
        {
            // The system's limit of watches; looking through the inbox at intervals is enough.
            AdaptersLog.InboxNotSignalled(logger, source.Name, exhausted);
        }
    }

    private bool IsReady(string name) =>
        !name.StartsWith('.') && !name.EndsWith(".tmp", StringComparison.OrdinalIgnoreCase)
            && FileSystemName.MatchesSimpleExpression(source.Pattern, name);

    private void MoveAway(FileInfo file, FileReport report)
    {
        string folder = report.Entry.State == FileState.Failed ? FailedFolder : DoneFolder;
        string target = Path.Combine(source.Inbox, folder, file.Name);
        if (File.Exists(target))
        {
            // Another file of that name came before, or the same one again.
            target += "." + report.Entry.Sha256[..8] + "." + report.Entry.Resent;
        }
        // The time of processing, from which its time in done/ counts.
        file.LastWriteTimeUtc = clock.GetUtcNow().UtcDateTime;
        file.MoveTo(target, overwrite: true);
    }
}
