using System.Buffers;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Tool;

/// <summary>Reads usage files of network elements as the adapters worker does, without a file ledger.</summary>
internal sealed class UsageFiles(AdaptersOptions options, IKeyStore keys, TimeProvider clock, string? source)
{
    private readonly UsageMediation _mediation = new(
        [.. options.Sources.Select(one => one.ToUsageSource())], keys, clock, options.Bounds, options.ShortNumbers)
    {
        MaxFaults = options.MaxFaults,
        SaysWhoWasCalled = options.CalledSubscribers,
    };

    /// <summary>Records that could not be decoded, and files as a whole.</summary>
    public long Quarantined { get; private set; }

    /// <summary>What kept files, or the rest of them, from being read; a sentence each.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Names by which a source may be given.</summary>
    public IEnumerable<string> SourceNames => _mediation.SourceNames;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file, or <c>-</c> for standard input.</param>
    /// <param name="empty">Gives an empty batch.</param>
    /// <param name="stopping">Stops between records.</param>
    public IEnumerable<UsageBatch> Read(string path, Func<UsageBatch> empty, CancellationToken stopping)
    {
        using Stream content = Open(path, stopping);
        string name = path == RunInputs.StandardInput ? "standard input" : Path.GetFileName(path);
        IncomingFile file = IncomingFile.Receive(
            name, content, new ContentLimits(options.MaxExpandedOctets, options.MaxExpansionRatio, options.MaxChunkTime), clock,
            keys.GetOrCreate(KeyPurposes.FileContent, scope: ""), stopping);
        string? named = source ?? (path == RunInputs.StandardInput ? null : RunInputs.SourceByFolder(path, SourceNames));
        using IMediatedFile mediated = _mediation.Open(file, named, committed: 0)
            ?? _mediation.Open(file, IFileMediation.UnknownSource, committed: 0)!;
        RecordChunk chunk = new(
            options.ChunkEvents, options.ChunkOctets, [.. _mediation.Topics.Select(topic => (topic, Array.Empty<byte>()))]);
        bool goesOn = true;
        while (goesOn)
        {
            stopping.ThrowIfCancellationRequested();
            chunk.Clear();
            file.BeginChunk();
            goesOn = mediated.Read(chunk);
            Quarantined += chunk.Quarantined;
            if (chunk.FileFault.Length > 0)
            {
                Faults.Add($"{file.Name}: {chunk.FileFault}");
            }

            yield return Fill(empty(), chunk);
        }
    }

    private static Stream Open(string path, CancellationToken stopping)
    {
        if (path != RunInputs.StandardInput)
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        }

        // The hash of a file comes before its records, so what cannot be read twice is kept, in memory: nothing of it goes to a disk.
        using Stream input = Console.OpenStandardInput();
        MemoryStream kept = new();
        byte[] octets = new byte[1 << 16];
        int read;
        while ((read = input.Read(octets)) > 0)
        {
            stopping.ThrowIfCancellationRequested();
            if (kept.Length + read > Array.MaxLength)
            {
                throw new ToolException(
                    WorkerHost.ExitConfiguration, "standard input has more than 2 GB: write it to a file, and name the file with --usage");
            }

            kept.Write(octets, 0, read);
        }

        return kept;
    }

    private static UsageBatch Fill(UsageBatch batch, RecordChunk chunk)
    {
        batch.Resolver = null;
        batch.IsRecorded = false;
        batch.Block.Clear();
        for (int index = 0; index < chunk.Count; index++)
        {
            if (chunk.TopicAt(index) == Topics.UsageReceived)
            {
                batch.Block.Body.Write(chunk.ValueAt(index));
                batch.Block.Records++;
            }
        }

        return batch;
    }
}
