using System.Collections.Concurrent;
using System.IO.Enumeration;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>
/// Watches the inbox of one source. A file belongs there once it has its final name: writers write under a name that ends in <c>.tmp</c> or
/// begins with a dot, and then rename, which is atomic, so a file is never read half written. Processed files move to <c>done/</c>; a file
/// of which nothing could be decoded moves to <c>failed/</c>.
/// </summary>
/// <remarks>
/// Not all writers keep to that. So a file that nobody renamed is left alone while it is empty or was written within the last <see
/// cref="AdaptersOptions.PollInterval"/>; a file that changes while it is read stays and is taken again; and a file that grows after it was
/// processed comes back. Rating drops the records that it has seen already.
/// </remarks>
internal sealed class InboxWatcher(
    SourceOptions source, AdaptersOptions options, FileIntake intake, FileLedger ledger, InboxBacklog backlog, TimeProvider clock,
    ILogger<InboxWatcher> logger)
    : BackgroundService
{
    private readonly ProcessedFiles _processed = new(source, options.KeepDone, ledger, clock, logger);
    private readonly ConcurrentDictionary<string, bool> _renamedIntoPlace = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ignoredFolders = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using SemaphoreSlim changed = new(0);
        FileSystemWatcher? watcher = null;
        try
        {
            while (true)
            {
                watcher ??= TryWatch(changed);
                await LookAsync(stoppingToken).ConfigureAwait(false);
                // Signals only make it faster: they are lost on network file systems, and when many come at once.
                await changed.WaitAsync(options.PollInterval, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stopped between two chunks; the ledger knows where to go on.
        }
        finally
        {
            watcher?.Dispose();
        }
    }

    /// <summary>
    /// Looks through the inbox once. An inbox that is away, such as a file system that is not mounted, is waited for, and so is a file
    /// ledger that cannot be written, or a schema registry that does not answer: no file can help that.
    /// </summary>
    internal async Task LookAsync(CancellationToken stopping)
    {
        try
        {
            if (Directory.Exists(source.Inbox))
            {
                _processed.CreateFolders();
            }

            if (backlog.IsAway)
            {
                // A chunk is sent before it is noted, so it would be sent again at each look that finds the ledger as it was.
                ledger.ThrowIfItCannotBeWritten();
            }

            await TakeAllAsync(stopping).ConfigureAwait(false);
            Tidy();
            backlog.Away = null;
        }
        catch (Exception away) when (away is IOException or UnauthorizedAccessException)
        {
            Wait($"The folder {source.Inbox} cannot be used: {away.Message} Mount it, or mend its rights or its space.");
        }
        catch (StorageException refused)
        {
            Wait(refused.Message);
        }
        catch (SchemaRegistryException away) when (away.IsTransient)
        {
            Tidy();
            Wait(away.Message);
        }
    }

    /// <summary>
    /// A file system that is far away, or hangs, holds a thread for as long as it likes. It does not hold up a stop, and health says so.
    /// </summary>
    private async Task<IReadOnlyList<(FileInfo File, string? Source)>> ListAsync(CancellationToken stopping)
    {
        backlog.IsListing = true;
        try
        {
            return await Task.Run(Files, CancellationToken.None).WaitAsync(stopping).ConfigureAwait(false);
        }
        finally
        {
            backlog.IsListing = false;
        }
    }

    private void Wait(string reason)
    {
        backlog.Away = reason;
        AdaptersLog.InboxWaits(logger, source.Name, reason, options.PollInterval);
    }

    /// <summary>Mediates what is in the inbox now, in the order of names.</summary>
    internal async Task TakeAllAsync(CancellationToken stopping)
    {
        IReadOnlyList<(FileInfo File, string? Source)> files = await ListAsync(stopping).ConfigureAwait(false);
        backlog.See([.. files.Select(one => one.File.FullName)]);
        foreach ((FileInfo file, string? fileSource) in files)
        {
            if (!backlog.IsDue(file.FullName))
            {
                continue;
            }

            try
            {
                if (InboxFile.IsOther(file))
                {
                    LeaveOther(file);
                }
                else if (IsWhole(file))
                {
                    await TakeAsync(file, fileSource, stopping).ConfigureAwait(false);
                }
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                string reason = ShownReason(refused, file.Name);
                AdaptersLog.FileStuck(
                    logger, ShownName.Of(file.Name), source.Name, reason, backlog.Leave(file.FullName, stuckBecause: reason));
            }
            catch (Exception failed) when (failed is not (OperationCanceledException or OutOfMemoryException or ClientFailedException
                or SchemaRegistryException or StorageException))
            {
                // Whatever a file brings about, it must not be the end of the other files, at this start and at each one after it.
                TimeSpan delay = backlog.Leave(file.FullName, stuckBecause: $"{failed.GetType().Name}; the log has more");
                AdaptersLog.FileFailed(logger, ShownName.Of(file.Name), source.Name, delay, failed);
            }
        }
    }

    /// <summary>
    /// See <see cref="ProcessedFiles.Tidy()"/>. A clock that jumped deletes nothing: first the ledger gives the files the ages that they
    /// had.
    /// </summary>
    internal void Tidy()
    {
        if (ledger.SeeClock(options.ClockStepMax) is { Ticks: > 0 } step)
        {
            AdaptersLog.ClockJumped(logger, source.Name, step, options.ClockStepMax);
            backlog.ClockJumped(step);
        }

        _processed.Tidy();
    }

    private async Task TakeAsync(FileInfo file, string? fileSource, CancellationToken stopping)
    {
        if (backlog.ReportOf(file.FullName) is not { } report || report.Octets != file.Length)
        {
            FileStream? content = InboxFile.TryOpen(file.FullName);
            if (content is null)
            {
                LeaveOther(file);
                return;
            }

            await using (content.ConfigureAwait(false))
            {
                report = await intake.TakeAsync(content, file.Name, fileSource, stopping).ConfigureAwait(false);
            }

            if (report.MustBeTakenAgain)
            {
                backlog.Leave(file.FullName, stuckBecause: report.IsWaiting ? report.Entry.Detail : null);
                return;
            }

            backlog.TakenIn(file.FullName, report);
        }

        string inbox = file.FullName;
        _processed.Retire(file, report);
        backlog.Forget(inbox);
        _renamedIntoPlace.TryRemove(inbox, out _);
    }

    private void LeaveOther(FileInfo file)
    {
        backlog.Leave(file.FullName, stuckBecause: "it is a link or a pipe");
        AdaptersLog.NoRegularFile(logger, ShownName.Of(file.Name), source.Name);
    }

    /// <summary>
    /// The files that may be taken, in the order of their names, each with its source: the inbox's source or, in an inbox that detects, the
    /// source that the folder is called after, or null so that the content decides.
    /// </summary>
    private List<(FileInfo File, string? Source)> Files()
    {
        DirectoryInfo inbox = new(source.Inbox);
        List<(FileInfo, string?)> files = [.. FinalNames(inbox).Select(file => (file, source.Detect ? null : source.Name))];
        foreach (DirectoryInfo folder in inbox.EnumerateDirectories().OrderBy(folder => folder.Name, StringComparer.Ordinal))
        {
            if (ProcessedFiles.Owns(folder.Name) || !IsFinalName(folder.Name) || folder.LinkTarget is not null)
            {
                continue;
            }

            if (source.Detect && SourceCalled(folder.Name) is { } called)
            {
                files.AddRange(FinalNames(folder).Select(file => (file, (string?)called)));
            }
            else if (_ignoredFolders.Add(folder.Name))
            {
                AdaptersLog.FolderIgnored(logger, ShownName.Of(folder.Name), source.Name);
            }
        }

        return files;
    }

    private IEnumerable<FileInfo> FinalNames(DirectoryInfo folder) => folder.EnumerateFiles()
        .Where(file => IsFinalName(file.Name) && FileSystemName.MatchesSimpleExpression(source.Pattern, file.Name))
        .OrderBy(file => file.Name, StringComparer.Ordinal);

    private string? SourceCalled(string folder) =>
        intake.SourceNames.FirstOrDefault(name => name.Equals(folder, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// True when nobody seems to be writing the file any more. A time stamp in the future, set by another clock, does not hold the file
    /// back.
    /// </summary>
    private bool IsWhole(FileInfo file) => file.Length > 0
        && (_renamedIntoPlace.ContainsKey(file.FullName)
            || (clock.GetUtcNow() - file.LastWriteTimeUtc).Duration() >= options.PollInterval);

    private static bool IsFinalName(string name) =>
        !name.StartsWith('.') && !name.EndsWith(".tmp", StringComparison.OrdinalIgnoreCase);

    /// <summary>One look through the inbox takes everything, so one signal is enough however many files came.</summary>
    private static void Wake(SemaphoreSlim changed)
    {
        if (changed.CurrentCount == 0)
        {
            changed.Release();
        }
    }

    /// <summary>What the system says of a file, with its name as it may be shown.</summary>
    private static string ShownReason(Exception refused, string name) =>
        refused.Message.Replace(name, ShownName.Of(name), StringComparison.Ordinal).TrimEnd('.');

    /// <summary>Has the system signal new files; null while there is no inbox to watch.</summary>
    private FileSystemWatcher? TryWatch(SemaphoreSlim changed)
    {
        if (!Directory.Exists(source.Inbox))
        {
            return null;
        }

        FileSystemWatcher watcher = new(source.Inbox) { NotifyFilter = NotifyFilters.FileName };
        watcher.Renamed += (_, renamed) =>
        {
            if (renamed.OldName is { } written && !IsFinalName(Path.GetFileName(written)))
            {
                _renamedIntoPlace[renamed.FullPath] = true;
            }

            Wake(changed);
        };
        watcher.Created += (_, _) => Wake(changed);
        try
        {
            watcher.EnableRaisingEvents = true;
            AdaptersLog.InboxWatched(logger, source.Name);
        }
        catch (Exception exhausted) when (exhausted is IOException or UnauthorizedAccessException)
        {
            // The system has no watch left for this folder; the worker still looks through the inbox at intervals.
            AdaptersLog.InboxNotSignalled(logger, source.Name, exhausted);
        }

        return watcher;
    }
}
