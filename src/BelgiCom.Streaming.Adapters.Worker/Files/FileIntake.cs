using System.Collections.Concurrent;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Storage;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>
/// Takes in files, whatever is in them: it knows each file by its content, has it mediated a chunk at a time, commits the chunks and keeps
/// the file ledger. What the records are, and what they become, is up to the <see cref="IFileMediation"/>. Several files may be taken in at
/// a time, so that one that takes long holds up nobody; their chunks are committed one after the other.
/// </summary>
/// <remarks>
/// A file is known by the hash of its content, so it is read twice: once for the hash, once for the records. After each commit the ledger
/// notes how far the file has been read. A process that is killed between commit and note sends that chunk again; its events have the same
/// ids, and rating drops them as duplicates.
/// </remarks>
public sealed class FileIntake
{
    private readonly AdaptersOptions _options;
    private readonly IReadOnlyList<IFileMediation> _mediations;
    private readonly FileLedger _ledger;
    private readonly DataKey _key;
    private readonly IChunkSender _sender;
    private readonly ISchemaRegistry _registry;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    // One producer sends for all files.
    private readonly Lock _sending = new();
    private readonly ConcurrentBag<RecordChunk> _chunks = [];

    // The content of the files that are taken in now. The same content comes from two inboxes at a time; one of them waits.
    private readonly ConcurrentDictionary<string, bool> _inHand = new(StringComparer.Ordinal);
    private UnmatchedUsage _unmatched;

    internal FileIntake(
        AdaptersOptions options, IEnumerable<IFileMediation> mediations, FileLedger ledger, DataKey key, IChunkSender sender,
        ISchemaRegistry registry, TimeProvider clock, ILogger<FileIntake> logger)
    {
        _options = options;
        _mediations = [.. mediations];
        _ledger = ledger;
        _key = key;
        _sender = sender;
        _registry = registry;
        _clock = clock;
        _logger = logger;
        AdaptersMetrics.Missing(ledger);

        // Earlier releases left them when they were killed. No other process works in the folder while this one has the ledger.
        foreach (string left in Directory.EnumerateFiles(options.DataDirectory, "spool-*.tmp"))
        {
            File.Delete(left);
        }
    }

    /// <summary>Names by which a source may be given.</summary>
    public IEnumerable<string> SourceNames => _mediations.SelectMany(mediation => mediation.SourceNames);

    /// <summary>
    /// Whether usage of one kind was charged from CHF records and from Nchf requests since the start, under keys that cannot meet: where
    /// both report the same sessions, they are charged twice, and a person must say which view is charged.
    /// </summary>
    public bool ChargesTwoViews => _unmatched.IsOfBoth;

    /// <summary>
    /// Whether a gateway and converged charging both reported a minute of one connection since the start, and both are charged for it.
    /// </summary>
    public bool ChargesGatewayToo => _unmatched.IsOfGateway;

    /// <summary>Takes in a file on disk.</summary>
    /// <param name="path">File; read-only access.</param>
    /// <param name="source">Name of the source, or null to find it by the content.</param>
    /// <param name="cancellationToken">Stops after the chunk in hand; the next call for the same content goes on from there.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="ArgumentException">No source has that name.</exception>
    /// <exception cref="SchemaRegistryException">The registry is away or refuses the schemas.</exception>
    /// <exception cref="ClientFailedException">Kafka is away for too long, or refuses us; restart the process.</exception>
    public async Task<FileReport> TakeAsync(string path, string? source, CancellationToken cancellationToken)
    {
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        await using (file.ConfigureAwait(false))
        {
            return await TakeAsync(file, Path.GetFileName(path), source, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes in an open file, and notices when somebody writes it meanwhile.</summary>
    /// <inheritdoc cref="TakeAsync(string, string?, CancellationToken)"/>
    internal Task<FileReport> TakeAsync(FileStream file, string name, string? source, CancellationToken cancellationToken)
    {
        if (!file.CanSeek)
        {
            return TakeAsync((Stream)file, name, source, cancellationToken);
        }

        (long, DateTime) opened = StateOf(file);
        return TakeAsync(file, name, source, () => StateOf(file) != opened, cancellationToken);
    }

    /// <summary>Takes in content that has no place on disk, for example standard input.</summary>
    /// <param name="content">Content; it is disposed at the end. Content that cannot seek is copied into a file of the data folder that
    /// has no name.</param>
    /// <param name="name">Name for the ledger, without folder.</param>
    /// <param name="source">Name of the source, or null to find it by the content.</param>
    /// <param name="cancellationToken">Stops after the chunk in hand; the next call for the same content goes on from there.</param>
    public Task<FileReport> TakeAsync(Stream content, string name, string? source, CancellationToken cancellationToken) =>
        TakeAsync(content, name, source, () => false, cancellationToken);

    private async Task<FileReport> TakeAsync(
        Stream content, string name, string? source, Func<bool> hasChanged, CancellationToken cancellationToken)
    {
        if (!_chunks.TryTake(out RecordChunk? chunk))
        {
            chunk = await OpenChunkAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            if (content.CanSeek)
            {
                return await RunAsync(content, name, source, chunk, hasChanged, cancellationToken).ConfigureAwait(false);
            }

            FileStream spool = OpenSpool();
            await using (spool.ConfigureAwait(false))
            {
                await content.CopyToAsync(spool, cancellationToken).ConfigureAwait(false);
                return await RunAsync(spool, name, source, chunk, hasChanged, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _chunks.Add(chunk);
        }
    }

    /// <summary>
    /// A file for content in clear. It has no name any more when the first octet is written, so nothing is left of it when the process is
    /// killed; only Windows keeps the name until the file is closed.
    /// </summary>
    private FileStream OpenSpool()
    {
        string path = Path.Combine(_options.DataDirectory, $"spool-{Guid.NewGuid():N}.tmp");
        if (OperatingSystem.IsWindows())
        {
            return OwnerOnly.OpenFile(path, FileMode.CreateNew, FileAccess.ReadWrite, FileOptions.DeleteOnClose);
        }

        FileStream spool = OwnerOnly.OpenFile(path, FileMode.CreateNew, FileAccess.ReadWrite);
        File.Delete(path);
        return spool;
    }

    /// <summary>Decoding and the Kafka client block, so they run on another thread than the caller's.</summary>
    private Task<FileReport> RunAsync(
        Stream content, string name, string? source, RecordChunk chunk, Func<bool> hasChanged, CancellationToken stopping)
    {
        ContentLimits limits = new(_options.MaxExpandedOctets, _options.MaxExpansionRatio, _options.MaxChunkTime);
        return Task.Run(
            () =>
            {
                IncomingFile file = IncomingFile.Receive(name, content, limits, _clock, _key, stopping);
                if (!_inHand.TryAdd(file.Hash, true))
                {
                    FileEntry entry = new()
                    {
                        Hash = file.Hash,
                        Name = file.Name,
                        Source = source ?? IFileMediation.UnknownSource,
                        Format = "",
                        Octets = file.Octets,
                        ReceivedAt = _clock.GetUtcNow(),
                    };
                    return new FileReport(entry, false, default, 0, null) { Octets = file.Octets, IsTakenElsewhere = true };
                }

                try
                {
                    return Take(file, source, chunk, hasChanged, stopping) with { Octets = file.Octets };
                }
                finally
                {
                    _inHand.TryRemove(file.Hash, out _);
                }
            },
            stopping);
    }

    private FileReport Take(IncomingFile file, string? source, RecordChunk chunk, Func<bool> hasChanged, CancellationToken stopping)
    {
        FileEntry? known = _ledger.Find(file.Hash);
        if (known?.State == FileState.Done)
        {
            known = known with { Resent = known.Resent + 1 };
            _ledger.Put(known);
            AdaptersLog.FileKnown(_logger, file.Name, known.Source);
            AdaptersMetrics.Finished(known.Source, "known", null, false);
            return new FileReport(known, true, default, 0, null) { HasChanged = hasChanged() };
        }

        FileEntry? interrupted = known?.State == FileState.Receiving ? known with { Detail = "" } : null;
        // A file whose mediation was interrupted keeps its source, whatever is configured now, because its first events have that name.
        using IMediatedFile? mediated = interrupted is null
            ? Open(file, source)
            : OpenBy(file, interrupted.Source, interrupted.CommittedCdrs);
        if (mediated is null)
        {
            return LeaveWaiting(interrupted!);
        }

        FileEntry entry = interrupted ?? new FileEntry
        {
            Hash = file.Hash,
            Name = file.Name,
            Source = mediated.Source,
            Format = mediated.Format,
            Octets = file.Octets,
            ReceivedAt = _clock.GetUtcNow(),
            Resent = known?.Resent + 1 ?? 0,
        };
        if (entry.CommittedCdrs > 0)
        {
            AdaptersLog.FileResumed(_logger, file.Name, entry.Source, entry.CommittedCdrs);
        }

        FileEntry read = entry;
        bool goesOn = true;
        while (goesOn)
        {
            chunk.Clear();
            goesOn = Read(mediated, file, chunk) && !hasChanged();
            read = Commit(chunk, WithHeader(read, mediated.Header), stopping);
        }

        if (hasChanged())
        {
            return LeaveChanged(read, entry);
        }

        return Finish(read, entry, file);
    }

    /// <summary>
    /// Reads the next chunk. Readers throw for no input; where one does, it is a fault of ours and costs this file only. What it read
    /// before is committed, and the file stays in failed/ until it is asked for again.
    /// </summary>
    private bool Read(IMediatedFile mediated, IncomingFile file, RecordChunk chunk)
    {
        try
        {
            file.BeginChunk();
            return mediated.Read(chunk);
        }
        catch (Exception fault) when (fault is not (IOException or StorageException or OperationCanceledException or OutOfMemoryException))
        {
            // The message may repeat what is in the file.
            AdaptersLog.ReaderFailed(_logger, file.Name, mediated.Source, fault.GetType().Name, fault.StackTrace ?? "");
            chunk.FileFault = $"Its reader failed ({fault.GetType().Name}), so the rest was not read: report that, and ask for it again "
                + "with a release that mends it (belgicom files retry).";
            return false;
        }
    }

    private IMediatedFile Open(IncomingFile file, string? source)
    {
        if (OpenBy(file, source, 0) is { } mediated)
        {
            return mediated;
        }

        return source is null
            ? OpenBy(file, IFileMediation.UnknownSource, 0)!
            : throw new ArgumentException($"No source is named {source}; there are {string.Join(", ", SourceNames)}.", nameof(source));
    }

    private IMediatedFile? OpenBy(IncomingFile file, string? source, long committed) =>
        _mediations.Select(mediation => mediation.Open(file, source, committed)).FirstOrDefault(opened => opened is not null);

    /// <summary>Files that were delivered before they were whole, and whose whole this is, wait for nothing any more.</summary>
    private void CloseParts(IncomingFile whole)
    {
        foreach (FileEntry part in _ledger.IncompleteBelow(whole.Octets).Where(part => whole.BeginsWith(part.Octets, part.Hash)))
        {
            AdaptersLog.PartClosed(_logger, part.Name, part.Source, whole.Name);
            _ledger.Put(part with { State = FileState.Changed, Detail = $"The whole of it came as {whole.Name}." });
        }
    }

    private FileReport LeaveWaiting(FileEntry entry)
    {
        entry = entry with
        {
            Detail = $"It was read in part as a file of {entry.Source}, which is no longer configured: configure that name again, so that "
                + "its other records get the ids that they would have had.",
        };
        _ledger.Put(entry);
        AdaptersLog.FileFault(_logger, entry.Name, entry.Source, entry.Detail);
        return new FileReport(entry, false, default, 0, null) { IsWaiting = true };
    }

    /// <summary>Kafka commits first, the ledger second: in the other order, a crash between the two would lose the chunk.</summary>
    private FileEntry Commit(RecordChunk chunk, FileEntry entry, CancellationToken stopping)
    {
        if (chunk.Count > 0)
        {
            lock (_sending)
            {
                _sender.Send(chunk, stopping);
            }
        }

        if (chunk.FileFault.Length > 0)
        {
            AdaptersLog.FileFault(_logger, entry.Name, entry.Source, chunk.FileFault);
        }

        entry = entry with
        {
            CommittedCdrs = entry.CommittedCdrs + chunk.Cdrs,
            Totals = entry.Totals + chunk.Totals,
            Quarantined = entry.Quarantined + chunk.Quarantined,
            UnreadableFields = entry.UnreadableFields + chunk.UnreadableFields,
            AmbiguousTimes = entry.AmbiguousTimes + chunk.AmbiguousTimes,
            Detail = chunk.FileFault.Length > 0 ? chunk.FileFault : entry.Detail,
        };
        Report(_ledger.Commit(entry, chunk.Numbers), entry);
        AdaptersMetrics.Committed(entry.Source, chunk);
        lock (_sending)
        {
            UnmatchedUsage before = _unmatched;
            _unmatched |= chunk.Unmatched;
            if (_unmatched.IsOfBoth && !before.IsOfBoth)
            {
                AdaptersLog.BothViewsCharged(_logger, entry.Name, entry.Source);
            }

            if (_unmatched.IsOfGateway && !before.IsOfGateway)
            {
                AdaptersLog.GatewayChargedToo(_logger, entry.Name, entry.Source);
            }
        }

        return entry;
    }

    /// <summary>Says which records are missing, by one line for each node however many ranges its records skip.</summary>
    private void Report(RecordPlaces places, FileEntry entry)
    {
        foreach (IGrouping<string, SequenceGap> node in places.Gaps.GroupBy(gap => gap.Node))
        {
            AdaptersLog.RecordsMissing(
                _logger, node.First().First, node.Last().Last, node.Sum(gap => gap.Count), node.Count(), node.Key, entry.Source,
                entry.Name);
        }

        foreach (IGrouping<string, NodeRestart> node in places.Restarts.GroupBy(restart => restart.Node))
        {
            NodeRestart last = node.Last();
            AdaptersLog.RecordNumbersBeginAnew(_logger, last.Node, entry.Source, last.Before, last.First, entry.Name);
        }

        AdaptersMetrics.Skipped(entry.Source, places);
        if (places.Missed > 0 || places.Filled > 0 || places.Restarts.Count > 0)
        {
            AdaptersMetrics.Missing(_ledger);
        }
    }

    /// <summary>
    /// Leaves a file that somebody is still writing. What was read of it stays committed; the whole file comes later under another hash,
    /// and rating drops the records that it has seen.
    /// </summary>
    private FileReport LeaveChanged(FileEntry entry, FileEntry before)
    {
        entry = entry with
        {
            State = FileState.Changed,
            FinishedAt = _clock.GetUtcNow(),
            Detail = "It changed while it was read, and is taken again as a whole.",
        };
        _ledger.Put(entry);
        AdaptersLog.FileChanged(_logger, entry.Name, entry.Source);
        AdaptersMetrics.Finished(entry.Source, "changed", null, false);
        return new FileReport(entry, false, entry.Totals - before.Totals, entry.Quarantined - before.Quarantined, null)
        {
            HasChanged = true,
        };
    }

    private FileReport Finish(FileEntry entry, FileEntry before, IncomingFile file)
    {
        bool isFailed = entry.Totals.Cdrs == 0 && entry.Quarantined > 0;
        FileState state = isFailed ? FileState.Failed : entry.Detail.Length > 0 ? FileState.Incomplete : FileState.Done;
        entry = entry with { State = state, FinishedAt = _clock.GetUtcNow() };
        if (state == FileState.Done)
        {
            // Before its place is found: a part that came before has the same number.
            CloseParts(file);
        }

        string name = file.Name;
        SequencePlace place = _ledger.Finish(entry);
        entry = place.Entry;
        if (place.Gap is { } gap)
        {
            AdaptersLog.FilesMissing(_logger, gap.First, gap.Last, gap.Node, gap.Source, name);
        }

        if (place.IsRepeated)
        {
            AdaptersLog.NumberRepeated(_logger, name, entry.SequenceNumber!.Value, entry.Node, entry.Source);
        }

        if (place.BeginsAfter is { } last)
        {
            AdaptersLog.NumbersBeginAnew(_logger, entry.Node, entry.Source, last, entry.SequenceNumber!.Value, name);
        }

        if (entry.LostCdrIndicator != 0)
        {
            AdaptersLog.CdrsLost(_logger, name, entry.Source, entry.LostCdrIndicator);
        }

        if (entry.AmbiguousTimes > 0)
        {
            AdaptersLog.AmbiguousTimes(_logger, name, entry.Source, entry.AmbiguousTimes);
        }

        AdaptersLog.FileFinished(_logger, name, entry.Source, entry.Totals.Cdrs, entry.Totals.Events, entry.Quarantined, entry.State);
        string outcome = isFailed ? "failed" : state == FileState.Done ? "done" : "incomplete";
        AdaptersMetrics.Finished(entry.Source, outcome, place, entry.LostCdrIndicator != 0);
        if (place.Gap is not null || place.WasMissing)
        {
            AdaptersMetrics.Missing(_ledger);
        }

        return new FileReport(entry, false, entry.Totals - before.Totals, entry.Quarantined - before.Quarantined, place.Gap);
    }

    private static (long Octets, DateTime Written) StateOf(FileStream file) =>
        (RandomAccess.GetLength(file.SafeFileHandle), File.GetLastWriteTimeUtc(file.SafeFileHandle));

    private static FileEntry WithHeader(FileEntry entry, FileHeader? header) => header is null
        ? entry
        : entry with
        {
            Node = header.Node,
            TsNumber = header.TsNumber,
            SequenceNumber = header.SequenceNumber,
            OpenedAt = header.OpenedBefore(entry.ReceivedAt),
            DeclaredCdrs = header.DeclaredCdrs,
            LostCdrIndicator = header.LostCdrIndicator,
            ClosureReason = header.ClosureReason,
        };

    private async Task<RecordChunk> OpenChunkAsync(CancellationToken cancellationToken)
    {
        List<(string Topic, byte[] Header)> topics = [];
        foreach (string topic in _mediations.SelectMany(mediation => mediation.Topics).Distinct())
        {
            TopicDescription description = Topics.All.First(one => one.Name == topic);
            int schemaId = await SchemaSubjects.FindIdAsync(_registry, topic, description.SchemaJson, cancellationToken)
                .ConfigureAwait(false);
            byte[] header = new byte[WireFormat.HeaderSize];
            WireFormat.WriteHeader(header, schemaId);
            topics.Add((topic, header));
        }

        return new RecordChunk(_options.ChunkEvents, _options.ChunkOctets, topics);
    }
}
