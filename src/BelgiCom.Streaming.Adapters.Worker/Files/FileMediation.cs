using System.Security.Cryptography;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>
/// Mediates one file: recognise → decode → normalise → encrypt → produce, in transactions of bounded size, and keeps the file ledger.
/// One file at a time.
/// </summary>
/// <remarks>
/// A file is known by the hash of its content, so it is read twice: once for the hash, once for the records. After each commit
/// the ledger says how far the file is. A process killed between the two sends that chunk again; its events have the same ids, and rating
/// drops them as duplicates.
/// </remarks>
public sealed class FileMediation : IDisposable
{
    private const int HashBufferOctets = 1 << 20;

    private readonly AdaptersOptions _options;
    private readonly UsageSources _sources;
    private readonly FileLedger _ledger;
    private readonly IUsageSender _sender;
    private readonly ISchemaRegistry _registry;
    private readonly IKeyStore _keys;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _oneFile = new(1);
    private readonly RecordChunk _chunk = new();
    private UsageNormaliser? _normaliser;

    internal FileMediation(
        AdaptersOptions options, FileLedger ledger, IUsageSender sender, ISchemaRegistry registry, IKeyStore keys, TimeProvider clock,
        ILogger<FileMediation> logger)
    {
        _options = options;
        _sources = new UsageSources(options);
        _ledger = ledger;
        _sender = sender;
        _registry = registry;
        _keys = keys;
        _clock = clock;
        _logger = logger;
    }

    /// <summary>Names that a source may be given by.</summary>
    public IEnumerable<string> SourceNames => _sources.Names;

    /// <summary>Mediates a file on disk.</summary>
    /// <param name="path">File; read-only access.</param>
    /// <param name="source">Name of the source, or null to detect it by content.</param>
    /// <param name="cancellationToken">Stops after the chunk in hand; calling again goes on from there.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="ArgumentException">No source has that name.</exception>
    /// <exception cref="LaneFailedException">Kafka is away for too long, or refuses us; restart the process.</exception>
    public async Task<FileReport> MediateAsync(string path, string? source, CancellationToken cancellationToken)
    {
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        await using (file.ConfigureAwait(false))
        {
            return await MediateAsync(file, Path.GetFileName(path), source, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Mediates content that has no place on disk, for example standard input.</summary>
    /// <param name="content">Content, disposed when done. One that cannot seek is put into a temporary file of the data folder, deleted
    /// when done.</param>
    /// <param name="name">Name for the ledger, without folder and without personal data.</param>
    /// <param name="source">Name of the source, or null to detect it by content.</param>
    /// <param name="cancellationToken">Stops after the chunk in hand; calling again goes on from there.</param>
    public async Task<FileReport> MediateAsync(Stream content, string name, string? source, CancellationToken cancellationToken)
    {
        await _oneFile.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _normaliser ??= await CreateNormaliserAsync(cancellationToken).ConfigureAwait(false);
            if (content.CanSeek)
            {
                return await RunAsync(content, name, source, cancellationToken).ConfigureAwait(false);
            }

            FileStream spool = new(
                Path.Combine(_options.DataDirectory, $"spool-{Guid.NewGuid():N}.tmp"),
                FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
            await using (spool.ConfigureAwait(false))
            {
                await content.CopyToAsync(spool, cancellationToken).ConfigureAwait(false);
                return await RunAsync(spool, name, source, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _oneFile.Release();
        }
    }

    /// <summary>Releases what the mediation holds.</summary>
    public void Dispose() => _oneFile.Dispose();

    /// <summary>Decoding and the Kafka client block, so they run apart from the caller.</summary>
    private Task<FileReport> RunAsync(Stream content, string name, string? source, CancellationToken cancellationToken) =>
        Task.Run(() => Mediate(content, name, source, cancellationToken), cancellationToken);

    private FileReport Mediate(Stream content, string name, string? sourceName, CancellationToken stopping)
    {
        byte[] hash = Hash(content, stopping);
        string sha256 = Convert.ToHexStringLower(hash);
        FileEntry? known = _ledger.Find(sha256);
        if (known?.State == FileState.Done)
        {
            known = known with { Resent = known.Resent + 1 };
            _ledger.Put(known);
            AdaptersLog.FileKnown(_logger, name, known.Source);
            AdaptersMetrics.Finished(known.Source, "known", null, false);
            return new FileReport(known, true, default, 0, null);
        }

        byte[] head = Head(content);
        // A file that is going on keeps its source, whatever is configured now: its events are already under that name.
        UsageSource source = Resolve(known is { State: FileState.Receiving } ? known.Source : sourceName, head);
        IUsageFormat format = source.FormatOf(head);
        FileEntry entry = known is { State: FileState.Receiving }
            ? known
            : new FileEntry
            {
                Sha256 = sha256,
                Name = name,
                Source = source.Name,
                Format = format.Name,
                ReceivedAt = _clock.GetUtcNow(),
                Resent = known?.Resent + 1 ?? 0,
            };
        if (entry.CommittedCdrs > 0)
        {
            AdaptersLog.FileResumed(_logger, name, source.Name, entry.CommittedCdrs);
        }

        UsageFile file = new(source.Name, source.Charged, FileId.FromBytes(hash.AsSpan(0, FileId.Size)), name);
        using UsageFileReader reader = format.Open(Expand(content));
        return Finish(Decode(reader, file, entry, stopping), entry, file);
    }

    /// <summary>Reads the file to its end, a chunk at a time. Returns the entry as it is after the last commit.</summary>
    private FileEntry Decode(UsageFileReader reader, UsageFile file, FileEntry entry, CancellationToken stopping)
    {
        long resumeAt = entry.CommittedCdrs;
        _chunk.Clear();
        _normaliser!.BeginChunk();
        UsageReadResult result;
        while ((result = reader.Read()) != UsageReadResult.End)
        {
            bool isFileFault = result == UsageReadResult.Fault && reader.Fault.IsFileLevel;
            if (reader.RecordCount < resumeAt || (reader.RecordCount == resumeAt && !isFileFault))
            {
                continue;
            }

            if (result == UsageReadResult.Cdr)
            {
                _normaliser.Add(reader, file, _chunk);
            }
            else
            {
                _normaliser.AddFault(reader, file, _chunk);
                if (isFileFault)
                {
                    AdaptersLog.FileFault(_logger, file.Name, file.Source, reader.Fault.Detail);
                    entry = entry with { Detail = reader.Fault.Detail };
                }
            }

            if (_chunk.Totals.Events >= _options.ChunkEvents || _chunk.Octets >= _options.ChunkOctets
                || _chunk.Cdrs >= _options.ChunkEvents)
            {
                entry = Commit(WithHeader(entry, reader), stopping);
            }
        }

        return Commit(WithHeader(entry, reader), stopping);
    }

    /// <summary>First Kafka, then the ledger: the other way round a crash between the two would lose the chunk.</summary>
    private FileEntry Commit(FileEntry entry, CancellationToken stopping)
    {
        if (_chunk.Count > 0)
        {
            _sender.Send(_chunk, stopping);
        }

        entry = entry with
        {
            CommittedCdrs = entry.CommittedCdrs + _chunk.Cdrs,
            Totals = entry.Totals + _chunk.Totals,
            Quarantined = entry.Quarantined + _chunk.Quarantined,
            AmbiguousTimes = entry.AmbiguousTimes + _chunk.AmbiguousTimes,
        };
        _ledger.Put(entry);
        AdaptersMetrics.Committed(entry.Source, _chunk);
        _chunk.Clear();
        _normaliser!.BeginChunk();
        return entry;
    }

    private FileReport Finish(FileEntry entry, FileEntry before, UsageFile file)
    {
        bool isFailed = entry.Totals.Cdrs == 0 && entry.Quarantined > 0;
        entry = entry with { State = isFailed ? FileState.Failed : FileState.Done, FinishedAt = _clock.GetUtcNow() };
        _ledger.Put(entry);
        SequenceGap? gap = isFailed ? null : _ledger.GapBefore(entry);
        if (gap is not null)
        {
            AdaptersLog.FilesMissing(_logger, gap.First, gap.Last, gap.Node, gap.Source, file.Name);
        }

        if (entry.LostCdrIndicator != 0)
        {
            AdaptersLog.CdrsLost(_logger, file.Name, file.Source, entry.LostCdrIndicator);
        }

        if (entry.AmbiguousTimes > 0)
        {
            AdaptersLog.AmbiguousTimes(_logger, file.Name, file.Source, entry.AmbiguousTimes);
        }

        AdaptersLog.FileFinished(_logger, file.Name, file.Source, entry.Totals.Cdrs, entry.Totals.Events, entry.Quarantined, entry.State);
        AdaptersMetrics.Finished(file.Source, isFailed ? "failed" : "done", gap, entry.LostCdrIndicator != 0);
        ControlTotals totals = new(
            entry.Totals.Cdrs - before.Totals.Cdrs,
            entry.Totals.Events - before.Totals.Events,
            entry.Totals.UplinkOctets - before.Totals.UplinkOctets,
            entry.Totals.DownlinkOctets - before.Totals.DownlinkOctets,
            entry.Totals.Seconds - before.Totals.Seconds);
        return new FileReport(entry, false, totals, entry.Quarantined - before.Quarantined, gap);
    }

    private UsageSource Resolve(string? name, ReadOnlySpan<byte> head)
    {
        if (name is null)
        {
            // The reader of frames says what is wrong, so the content ends in quarantine like any other that cannot be decoded.
            return _sources.Detect(head) ?? new UsageSource("unknown", ChargedView.Pgw, [CdrFileFormat.Framed]);
        }

        return _sources.Find(name)
            ?? throw new ArgumentException($"No source is named {name}; there are {string.Join(", ", _sources.Names)}.", nameof(name));
    }

    private static FileEntry WithHeader(FileEntry entry, UsageFileReader reader) => reader.Header is not { } header
        ? entry
        : entry with
        {
            Node = header.NodeAddress,
            TsNumber = reader.TsNumber,
            SequenceNumber = header.SequenceNumber,
            DeclaredCdrs = header.DeclaredCdrs,
            LostCdrIndicator = header.LostCdrIndicator,
            ClosureReason = header.ClosureReason,
        };

    private Stream Expand(Stream content)
    {
        content.Position = 0;
        return CompressedContent.Open(content, new ContentLimits(_options.MaxExpandedOctets, _options.MaxExpansionRatio));
    }

    private byte[] Head(Stream content)
    {
        Stream expanded = Expand(content);
        byte[] head = new byte[IUsageFormat.HeadOctets];
        try
        {
            return head[..expanded.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        }
        catch (InvalidDataException)
        {
            // Damaged within the first octets: whichever reader gets it reports that.
            return [];
        }
        finally
        {
            if (!ReferenceEquals(expanded, content))
            {
                expanded.Dispose();
            }
        }
    }

    private static byte[] Hash(Stream content, CancellationToken stopping)
    {
        content.Position = 0;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[HashBufferOctets];
        int read;
        while ((read = content.Read(buffer)) > 0)
        {
            stopping.ThrowIfCancellationRequested();
            hash.AppendData(buffer.AsSpan(0, read));
        }

        return hash.GetHashAndReset();
    }

    private async Task<UsageNormaliser> CreateNormaliserAsync(CancellationToken cancellationToken)
    {
        byte[] usage = await HeaderAsync(Topics.UsageReceived, UsageReceived.SchemaJson, cancellationToken).ConfigureAwait(false);
        byte[] quarantine = await HeaderAsync(Topics.Quarantine, QuarantinedRecord.SchemaJson, cancellationToken).ConfigureAwait(false);
        return new UsageNormaliser(_keys, _clock, usage, quarantine);
    }

    private async Task<byte[]> HeaderAsync(string topic, string schema, CancellationToken cancellationToken)
    {
        int schemaId = await _registry.RegisterAsync(SchemaSubjects.ForValue(topic), schema, cancellationToken).ConfigureAwait(false);
        byte[] header = new byte[WireFormat.HeaderSize];
        WireFormat.WriteHeader(header, schemaId);
        return header;
    }
}
