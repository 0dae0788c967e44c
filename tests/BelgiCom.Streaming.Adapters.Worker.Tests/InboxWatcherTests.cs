using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Adapters.Worker.Tests;

public sealed class InboxWatcherTests : IDisposable
{
    private const string Pgw = "pgw_3records_ts32297.cdr";

    private readonly MediationFixture _fixture = new();
    private readonly SourceOptions _source;

    public InboxWatcherTests()
    {
        _source = new SourceOptions { Name = "ericsson-pgw", Vendor = "ericsson", Inbox = Path.Combine(_fixture.Folder, "inbox") };
        foreach (string folder in new[] { "", "done", "failed" })
        {
            Directory.CreateDirectory(Path.Combine(_source.Inbox, folder));
        }

        _fixture.Options.Sources.Add(_source);
        _fixture.Restart();
    }

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Files_InTheInbox_MoveByTheirOutcome()
    {
        File.Copy(MediationFixture.Sample(Pgw), Path.Combine(_source.Inbox, "a.cdr"));
        await File.WriteAllTextAsync(Path.Combine(_source.Inbox, "b.cdr"), "not a CDR file", TestContext.Current.CancellationToken);

        await NewWatcher().TakeAllAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["done/a.cdr", "failed/b.cdr"], Files());
        Assert.All(_fixture.Sender.Usage, usage => Assert.Equal("ericsson-pgw", usage.Source));
        Assert.Equal(4, _fixture.Sender.Usage.Count);
    }

    [Fact]
    public async Task Files_ThatAreStillWritten_StayUntouched()
    {
        _source.Pattern = "*.cdr";
        foreach (string name in new[] { "a.cdr.tmp", ".b.cdr", "c.txt" })
        {
            File.Copy(MediationFixture.Sample(Pgw), Path.Combine(_source.Inbox, name));
        }

        await NewWatcher().TakeAllAsync(TestContext.Current.CancellationToken);

        Assert.Equal([".b.cdr", "a.cdr.tmp", "c.txt"], Files());
        Assert.Empty(_fixture.Sender.Usage);
    }

    [Fact]
    public async Task File_SentTwiceUnderOneName_KeepsBothAndCountsOnce()
    {
        for (int i = 0; i < 2; i++)
        {
            File.Copy(MediationFixture.Sample(Pgw), Path.Combine(_source.Inbox, "a.cdr"));
            await NewWatcher().TakeAllAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(2, Files().Count);
        Assert.Equal(4, _fixture.Sender.Usage.Count);
    }

    [Fact]
    public async Task DoneFiles_OlderThanTheSetting_AreDeleted()
    {
        File.Copy(MediationFixture.Sample(Pgw), Path.Combine(_source.Inbox, "a.cdr"));
        InboxWatcher watcher = NewWatcher();
        await watcher.TakeAllAsync(TestContext.Current.CancellationToken);

        _fixture.Clock.Advance(_fixture.Options.KeepDone - TimeSpan.FromSeconds(1));
        watcher.DeleteOld();
        Assert.Equal(["done/a.cdr"], Files());
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        watcher.DeleteOld();
        Assert.Empty(Files());
    }

    [Fact]
    public async Task Watcher_ThatRuns_TakesAFileThatIsRenamedIntoPlace()
    {
        _fixture.Options.PollInterval = TimeSpan.FromMilliseconds(200);
        using InboxWatcher watcher = NewWatcher();
        await watcher.StartAsync(TestContext.Current.CancellationToken);
        File.Copy(MediationFixture.Sample(Pgw), Path.Combine(_source.Inbox, "a.cdr.tmp"));
        File.Move(Path.Combine(_source.Inbox, "a.cdr.tmp"), Path.Combine(_source.Inbox, "a.cdr"));

        while (!File.Exists(Path.Combine(_source.Inbox, "done", "a.cdr")))
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        await watcher.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(4, _fixture.Sender.Usage.Count);
    }

    private InboxWatcher NewWatcher() =>
        new(_source, _fixture.Options, _fixture.Intake, _fixture.Clock, NullLogger<InboxWatcher>.Instance);

    private List<string> Files() =>
    [
        .. Directory.EnumerateFiles(_source.Inbox, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(_source.Inbox, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal),
    ];
}
