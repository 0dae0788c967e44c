using BelgiCom.Streaming.Audit;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Retention;
using BelgiCom.Streaming.Retention.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.CdrRetention.Worker.Tests;

public sealed class ArchiveVerificationWorkerTests : IDisposable
{
    private readonly ArchiveFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Verify_ArchiveThatIsWell_FindsNothing()
    {
        using CdrArchive archive = Filled();
        using ArchiveVerificationWorker worker = Worker(archive);

        await worker.VerifyAsync(TestContext.Current.CancellationToken);

        Assert.Null(worker.Finding);
    }

    [Fact]
    public async Task Verify_BlockChanged_NamesItAndAppendsGoOnUntilItIsRestored()
    {
        using CdrArchive archive = Filled();
        using ArchiveVerificationWorker worker = Worker(archive);
        string file = Directory.GetFiles(Path.Combine(_fixture.Folder, "FRAUD_4M")).Single();
        byte[] intact = File.ReadAllBytes(file);
        File.WriteAllBytes(file, ArchiveFixture.Damaged(intact));

        await worker.VerifyAsync(TestContext.Current.CancellationToken);

        Assert.Contains("Archive segment FRAUD_4M/2026-01-15-1, block at octet", worker.Finding, StringComparison.Ordinal);
        File.WriteAllBytes(file, intact);
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
        await worker.VerifyAsync(TestContext.Current.CancellationToken);
        Assert.Null(worker.Finding);
    }

    [Fact]
    public async Task Verify_JournalChanged_NamesIt()
    {
        using CdrArchive archive = Filled();
        _ = _fixture.FindAll(archive, 1);
        using ArchiveVerificationWorker worker = Worker(archive);
        string entries = Path.Combine(CdrArchive.JournalDirectory(_fixture.Options), "entries");
        byte[] octets = File.ReadAllBytes(entries);
        octets[^40] ^= 1;
        File.WriteAllBytes(entries, octets);

        await worker.VerifyAsync(TestContext.Current.CancellationToken);

        Assert.Contains($"({AuditFault.Edited}): entry 0", worker.Finding, StringComparison.Ordinal);
    }

    /// <summary>The check reads a second's worth, and waits for the next second by the clock that is injected.</summary>
    [Fact]
    public async Task Verify_MoreThanASecondsWorth_WaitsAndAppendsGoOnMeanwhile()
    {
        _fixture.Options.VerifyOctetsPerSecond = 1;
        using CdrArchive archive = Filled();
        using ArchiveVerificationWorker worker = Worker(archive);

        Task check = worker.VerifyAsync(TestContext.Current.CancellationToken);

        Assert.False(check.IsCompleted);
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
        while (!check.IsCompleted)
        {
            _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await check;
        Assert.Null(worker.Finding);
    }

    private ArchiveVerificationWorker Worker(CdrArchive archive) =>
        new(archive, _fixture.Options, _fixture.Keys, _fixture.Clock, NullLogger<ArchiveVerificationWorker>.Instance);

    private CdrArchive Filled()
    {
        CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1, 2);
        _fixture.Receive(archive, UsageKind.Voice, Direction.Terminating, 1, 2);
        return archive;
    }
}
