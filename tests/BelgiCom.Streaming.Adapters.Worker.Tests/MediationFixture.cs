using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace BelgiCom.Streaming.Adapters.Worker.Tests;

/// <summary>A mediation with a data folder of its own and a sender that keeps what was committed.</summary>
internal sealed class MediationFixture : IDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 3, 15, 12, 0, 0, TimeSpan.Zero);

    private readonly IFileMediation[] _others;

    public MediationFixture(Action<AdaptersOptions>? configure = null, params IFileMediation[] others)
    {
        _others = others;
        Directory.CreateDirectory(Folder);
        Options = new AdaptersOptions { DataDirectory = Path.Combine(Folder, "data") };
        configure?.Invoke(Options);
        Keys = new FileKeyStore(Path.Combine(Folder, "keys"));
        Ledger = FileLedger.Open(Options.DataDirectory, FileKey, Clock);
        Intake = NewIntake();
    }

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), "belgicom-adapters-" + Guid.NewGuid().ToString("N"));

    public AdaptersOptions Options { get; }

    public FileKeyStore Keys { get; }

    public DataKey FileKey => Keys.GetOrCreate(KeyPurposes.FileContent, "");

    public FileLedger Ledger { get; private set; }

    public FileIntake Intake { get; private set; }

    public CollectingSender Sender { get; } = new();

    public FakeRegistry Registry { get; } = new();

    public CollectingLogger Log { get; } = new();

    public FakeTimeProvider Clock { get; } = new(Now);

    public static string Sample(string name) => Path.Combine(AppContext.BaseDirectory, "samples", name);

    /// <summary>Starts again as after a crash, which leaves nothing but the disk.</summary>
    public void Restart()
    {
        Stop();
        Ledger = FileLedger.Open(Options.DataDirectory, FileKey, Clock);
        Intake = NewIntake();
    }

    /// <summary>Ends, until <see cref="Restart"/>.</summary>
    public void Stop() => Ledger.Dispose();

    public Task<FileReport> MediateAsync(string path, string? source = null) =>
        Intake.TakeAsync(path, source, TestContext.Current.CancellationToken);

    public Task<FileReport> MediateAsync(byte[] content, string name = "file", string? source = null) =>
        Intake.TakeAsync(new MemoryStream(content), name, source, TestContext.Current.CancellationToken);

    public void Dispose()
    {
        Ledger.Dispose();
        Directory.Delete(Folder, true);
    }

    private FileIntake NewIntake()
    {
        UsageMediation mediation = new([.. Options.Sources.Select(source => source.ToUsageSource())], Keys, Clock)
        {
            MaxFaults = Options.MaxFaults,
            SaysWhoWasCalled = Options.CalledSubscribers,
        };
        return new(Options, [mediation, .. _others], Ledger, FileKey, Sender, Registry, Clock, Log);
    }
}

/// <summary>Keeps the ids of what is logged.</summary>
internal sealed class CollectingLogger : ILogger<FileIntake>
{
    public List<int> EventIds { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        EventIds.Add(eventId.Id);
}

/// <summary>Keeps the committed records, and dies before or after a commit when it is told to.</summary>
internal sealed class CollectingSender : IChunkSender
{
    public List<UsageReceived> Usage { get; } = [];

    public List<QuarantinedRecord> Quarantined { get; } = [];

    public List<(string Topic, byte[] Body)> Others { get; } = [];

    public List<byte[]> UsageKeys { get; } = [];

    public int Chunks { get; private set; }

    /// <summary>Number of the chunk (from 1) at which the process dies.</summary>
    public int DieAtChunk { get; set; }

    public bool DieAfterCommit { get; set; }

    /// <summary>Called once, while the next chunk is sent.</summary>
    public Action? WhileSending { get; set; }

    public void Send(RecordChunk chunk, CancellationToken stopping)
    {
        Chunks++;
        WhileSending?.Invoke();
        WhileSending = null;
        if (Chunks == DieAtChunk && !DieAfterCommit)
        {
            throw new CrashException();
        }

        for (int i = 0; i < chunk.Count; i++)
        {
            ReadOnlySpan<byte> value = chunk.ValueAt(i);
            Assert.True(WireFormat.TryReadHeader(value, out int schemaId));
            ReadOnlySpan<byte> body = value[WireFormat.HeaderSize..];
            if (chunk.TopicAt(i) == Topics.UsageReceived)
            {
                Assert.Equal(FakeRegistry.IdOf(Topics.UsageReceived), schemaId);
                Usage.Add(UsageReceived.Read(body));
                UsageKeys.Add(chunk.KeyAt(i).ToArray());
            }
            else if (chunk.TopicAt(i) != Topics.Quarantine)
            {
                Assert.Equal(FakeRegistry.IdOf(chunk.TopicAt(i)), schemaId);
                Others.Add((chunk.TopicAt(i), body.ToArray()));
            }
            else
            {
                Assert.Equal(FakeRegistry.IdOf(Topics.Quarantine), schemaId);
                Quarantined.Add(QuarantinedRecord.Read(body));
            }
        }

        if (Chunks == DieAtChunk)
        {
            throw new CrashException();
        }
    }
}

internal sealed class CrashException : Exception;
