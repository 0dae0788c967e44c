using BelgiCom.Streaming.Audit;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Retention;
using BelgiCom.Streaming.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.CdrRetention.Worker;

/// <summary>
/// Checks archive and journal from time to time, beside the sink, as <c>retention verify</c> and <c>audit verify</c> do. It reads no more
/// than it may in a second, and appends never wait for it.
/// </summary>
internal sealed class ArchiveVerificationWorker(
    CdrArchive archive, RetentionOptions options, IKeyStore keys, TimeProvider clock, ILogger<ArchiveVerificationWorker> logger)
    : BackgroundService
{
    /// <summary>The first check waits, so that a short run is not slowed, and a worker that starts each day makes one.</summary>
    internal static readonly TimeSpan FirstAfter = TimeSpan.FromMinutes(10);

    private const int FaultsShown = 100;

    private volatile string? _finding;

    /// <summary>The first thing that the last check found wrong, and how many there were; null when all was well.</summary>
    public string? Finding => _finding;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            TimeSpan wait = options.VerifyEvery < FirstAfter ? options.VerifyEvery : FirstAfter;
            while (true)
            {
                await Task.Delay(wait, clock, stoppingToken).ConfigureAwait(false);
                await VerifyAsync(stoppingToken).ConfigureAwait(false);
                wait = options.VerifyEvery;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; the next start checks from the beginning.
        }
    }

    /// <summary>Checks once.</summary>
    internal async Task VerifyAsync(CancellationToken stopping)
    {
        (int faults, string? first) = (0, null);
        long read = 0;
        foreach (ArchiveCheck step in Steps())
        {
            if (step.Fault is not null)
            {
                first ??= step.Fault;
                if (faults++ < FaultsShown)
                {
                    CdrRetentionLog.NotAsWritten(logger, step.Fault);
                }
            }

            read += step.Octets;
            if (read >= options.VerifyOctetsPerSecond)
            {
                read = 0;
                await Task.Delay(TimeSpan.FromSeconds(1), clock, stopping).ConfigureAwait(false);
            }
        }

        _finding = first is null ? null : $"The last check found {faults} faults of the archive or its journal; the first: {first}";
        CdrRetentionMetrics.Verified(faults, clock.GetUtcNow());
        CdrRetentionLog.Verified(logger, faults);
    }

    private IEnumerable<ArchiveCheck> Steps()
    {
        IEnumerable<ArchiveCheck> steps = [];
        ArchiveCheck? unopened = null;
        try
        {
            steps = archive.VerifyInSteps();
        }
        catch (StorageException cause)
        {
            unopened = new ArchiveCheck(0, cause.Message);
        }

        return unopened is null ? steps.Concat(Journal()) : Journal().Prepend(unopened.Value);
    }

    private IEnumerable<ArchiveCheck> Journal()
    {
        AuditVerification found = Verify();
        if (!found.IsIntact && Verify() is { IsIntact: false } again)
        {
            // Checked twice, because an entry may have been written during the first check.
            yield return new ArchiveCheck(
                0,
                $"The archive's journal is not as it was written ({again.Fault}): entry {again.FirstBadIndex} is the first that is not. "
                + $"Compare it with its copy or with audit.journal.v1 and restore it.");
        }
    }

    private AuditVerification Verify() => AuditJournal.Verify(CdrArchive.JournalDirectory(options), CdrArchive.JournalStream, keys);
}
