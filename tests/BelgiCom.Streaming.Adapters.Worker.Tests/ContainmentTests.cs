using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Adapters.Worker.Tests;

/// <summary>Whatever is wrong with one file, name or folder costs the others nothing.</summary>
public sealed class ContainmentTests : IDisposable
{
    private const string Pgw = "pgw_3records_ts32297.cdr";

    private readonly OddMediation _odd = new();
    private readonly MediationFixture _fixture;

    public ContainmentTests()
    {
        _fixture = new MediationFixture(
            options =>
            {
                options.MaxFaults = 10;
                options.Sources.Add(SourceOf("ericsson-pgw", "a"));
                options.Sources.Add(SourceOf("nokia-pgw", "b"));
            },
            _odd);
        foreach (SourceOptions source in _fixture.Options.Sources)
        {
            source.Inbox = Path.Combine(_fixture.Folder, source.Inbox);
            foreach (string folder in new[] { "", "done", "failed" })
            {
                Directory.CreateDirectory(Path.Combine(source.Inbox, folder));
            }
        }
    }

    private SourceOptions First => _fixture.Options.Sources[0];

    private SourceOptions Second => _fixture.Options.Sources[1];

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task File_WhoseReaderThrows_EndsByItselfAndCanBeAskedForAgain()
    {
        FileReport report = await _fixture.MediateAsync("THROW AFTER TWO"u8.ToArray());

        Assert.Equal(FileState.Incomplete, report.Entry.State);
        Assert.Equal(2, report.Entry.CommittedCdrs);
        Assert.Contains("NotSupportedException", report.Entry.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("32475", report.Entry.Detail, StringComparison.Ordinal);
        Assert.Equal(4, await CountAsync(Pgw));

        _odd.IsMended = true;
        Assert.Equal(FileState.Done, (await _fixture.MediateAsync("THROW AFTER TWO"u8.ToArray())).Entry.State);
    }

    /// <summary>Links lead to files of others, and a pipe has no end. They stay, and somebody is told.</summary>
    [Fact]
    public async Task Links_AndPipesInAnInbox_AreLeftAloneAndHoldUpNobody()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("links and pipes of Linux");
        }

        string outside = Path.Combine(_fixture.Folder, "outside.cdr");
        File.Copy(MediationFixture.Sample(Pgw), outside);
        File.CreateSymbolicLink(Path.Combine(First.Inbox, "a-link.cdr"), outside);
        File.CreateSymbolicLink(Path.Combine(First.Inbox, "b-endless.cdr"), "/dev/zero");
        File.CreateSymbolicLink(Path.Combine(First.Inbox, "c-nowhere.cdr"), Path.Combine(_fixture.Folder, "nowhere"));
        using (Process fifo = Process.Start("mkfifo", Path.Combine(First.Inbox, "d-pipe.cdr")))
        {
            await fifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        File.Copy(MediationFixture.Sample("chf_1record_ts32297.cdr"), Path.Combine(First.Inbox, "e-good.cdr"));
        (InboxWatcher watcher, InboxBacklog backlog) = Watch(First);

        await watcher.LookAsync(TestContext.Current.CancellationToken);

        Assert.True(File.Exists(Path.Combine(First.Inbox, "done", "e-good.cdr")));
        Assert.All(_fixture.Sender.Usage, usage => Assert.Equal(200, usage.RecordType));
        Assert.Equal(4, backlog.Stuck);
        Assert.Equal(4, Directory.GetFiles(First.Inbox).Length);
    }

    [Fact]
    public async Task Folder_ThatIsALink_IsNotFollowed()
    {
        string outside = Directory.CreateDirectory(Path.Combine(_fixture.Folder, "outside")).FullName;
        File.Copy(MediationFixture.Sample(Pgw), Path.Combine(outside, "a.cdr"));
        Directory.CreateSymbolicLink(Path.Combine(First.Inbox, "nokia-pgw"), outside);
        First.Detect = true;

        await Watch(First).Watcher.LookAsync(TestContext.Current.CancellationToken);

        Assert.Empty(_fixture.Sender.Usage);
        Assert.True(File.Exists(Path.Combine(outside, "a.cdr")));
    }

    [Fact]
    public async Task Inbox_ThatIsAway_IsWaitedFor()
    {
        (InboxWatcher watcher, InboxBacklog backlog) = Watch(First);
        string aside = First.Inbox + "-aside";
        Directory.Move(First.Inbox, aside);

        await watcher.LookAsync(TestContext.Current.CancellationToken);
        Assert.True(backlog.IsAway);

        Directory.Move(aside, First.Inbox);
        File.Copy(MediationFixture.Sample(Pgw), Path.Combine(First.Inbox, "a.cdr"));
        await watcher.LookAsync(TestContext.Current.CancellationToken);
        Assert.False(backlog.IsAway);
        Assert.Equal(4, _fixture.Sender.Usage.Count);
    }

    /// <summary>A file whose reader takes for ever holds up its own inbox, and no other.</summary>
    [Fact]
    public async Task File_ThatIsReadForEver_HoldsUpNoOtherSource()
    {
        await File.WriteAllTextAsync(Path.Combine(First.Inbox, "a.cdr"), "WAIT", TestContext.Current.CancellationToken);
        File.Copy(MediationFixture.Sample(Pgw), Path.Combine(Second.Inbox, "b.cdr"));
        First.Detect = true;
        Task first = Watch(First).Watcher.LookAsync(TestContext.Current.CancellationToken);
        await _odd.Waits.Task.WaitAsync(TestContext.Current.CancellationToken);

        await Watch(Second).Watcher.LookAsync(TestContext.Current.CancellationToken);

        Assert.False(first.IsCompleted);
        Assert.Equal(4, _fixture.Sender.Usage.Count);
        _odd.MayEnd.SetResult();
        await first;
    }

    [Fact]
    public async Task Content_ThatComesFromTwoInboxesAtOnce_IsTakenInOnce()
    {
        byte[] content = "WAIT"u8.ToArray();
        Task<FileReport> first = _fixture.MediateAsync(content);
        await _odd.Waits.Task.WaitAsync(TestContext.Current.CancellationToken);

        FileReport second = await _fixture.MediateAsync(content);

        Assert.True(second is { IsTakenElsewhere: true, MustBeTakenAgain: true });
        _odd.MayEnd.SetResult();
        Assert.Equal(FileState.Done, (await first).Entry.State);
        Assert.True((await _fixture.MediateAsync(content)).IsKnownAlready);
    }

    /// <summary>100 lines that do not fit: the file is not what its source says, and is not read to its end.</summary>
    [Fact]
    public async Task File_OfFaultsOnly_IsNotReadToItsEnd()
    {
        StringBuilder lines = new("call_start,call_seconds,msisdn,imsi,other_party,direction,serving_plmn,node,record_id\n");
        for (int i = 0; i < 100; i++)
        {
            lines.Append("never,60,999100000001,,999200000001,MO,20601,msc,").Append(i).Append('\n');
        }

        FileReport report = await _fixture.MediateAsync(Encoding.ASCII.GetBytes(lines.ToString()), source: "voice-csv");

        Assert.Equal(FileState.Failed, report.Entry.State);
        Assert.Equal(11, report.Quarantined);
        Assert.Contains("More than 10", report.Entry.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_WhoseNextRecordIsLookedForTooLong_IsIncomplete()
    {
        byte[] file = await File.ReadAllBytesAsync(MediationFixture.Sample(Pgw), TestContext.Current.CancellationToken);
        using SlowContent slow = new([.. file, .. new byte[4 << 20]], _fixture);

        FileReport report = await _fixture.Intake.TakeAsync(slow, "slow.cdr", null, TestContext.Current.CancellationToken);

        Assert.Equal(FileState.Incomplete, report.Entry.State);
        Assert.Contains("took longer than 00:10:00", report.Entry.Detail, StringComparison.Ordinal);
    }

    /// <summary>
    /// The same name of 251 octets twice, a name with a line and a colour in it, and one with a number: all are moved, and what is kept and
    /// shown of them has neither controls nor the number.
    /// </summary>
    [Fact]
    public async Task Files_OfOddNames_AreTakenAndShownSafely()
    {
        string longest = new string('é', 123) + ".cdr1";
        byte[] file = await File.ReadAllBytesAsync(MediationFixture.Sample(Pgw), TestContext.Current.CancellationToken);
        foreach (string name in new[] { longest, "x\nred\u001b[31m.cdr", "calls-32475123456.cdr", longest })
        {
            file[25]++;
            await File.WriteAllBytesAsync(Path.Combine(First.Inbox, name), file, TestContext.Current.CancellationToken);
            await Watch(First).Watcher.LookAsync(TestContext.Current.CancellationToken);
        }

        Assert.Empty(Directory.GetFiles(First.Inbox));
        Assert.Equal(4, Directory.GetFiles(Path.Combine(First.Inbox, "done")).Length);
        string kept = string.Join('|', _fixture.Ledger.List().Select(entry => entry.Name).Order());
        Assert.Equal($"calls-***********.cdr|x?red?[31m.cdr|{longest}|{longest}", kept);
        Assert.DoesNotContain(_fixture.Sender.Usage, usage => usage.FileName.Contains("32475", StringComparison.Ordinal));
        Assert.Equal("calls-32475123456.cdr", Path.GetFileName(Ask("calls-32475123456.cdr")));
    }

    private string? Ask(string name)
    {
        FileEntry entry = _fixture.Ledger.List().Single(one => one.Name == ShownName.Of(name));
        _fixture.Ledger.Put(entry with { State = FileState.Incomplete });
        return Assert.Single(FileLedger.Retry(_fixture.Options.DataDirectory, name, _fixture.Clock)).Inbox;
    }

    private static SourceOptions SourceOf(string name, string inbox) => new() { Name = name, Inbox = inbox };

    private async Task<int> CountAsync(string sample)
    {
        await _fixture.MediateAsync(MediationFixture.Sample(sample));
        return _fixture.Sender.Usage.Count;
    }

    private (InboxWatcher Watcher, InboxBacklog Backlog) Watch(SourceOptions source)
    {
        InboxBacklog backlog = new(source.Name, source.Inbox, _fixture.Options.PollInterval, _fixture.Clock);
        return (
            new InboxWatcher(
                source, _fixture.Options, _fixture.Intake, _fixture.Ledger, backlog, _fixture.Clock, NullLogger<InboxWatcher>.Instance),
            backlog);
    }

    /// <summary>Content of which each piece comes after four minutes.</summary>
    private sealed class SlowContent(byte[] content, MediationFixture fixture) : MemoryStream(content)
    {
        public override int Read(Span<byte> buffer)
        {
            fixture.Clock.Advance(TimeSpan.FromMinutes(4));
            return base.Read(buffer[..Math.Min(buffer.Length, 1 << 16)]);
        }
    }

    /// <summary>A reader that throws, and one that waits until it is told to end.</summary>
    private sealed class OddMediation : IFileMediation
    {
        public TaskCompletionSource Waits { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource MayEnd { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsMended { get; set; }

        public IEnumerable<string> SourceNames => ["odd"];

        public IReadOnlyList<string> Topics => [];

        public IMediatedFile? Open(IncomingFile file, string? source, long committed) =>
            file.Head.StartsWith("THROW"u8) || file.Head.StartsWith("WAIT"u8)
                ? new OddFile(this, file.Head.StartsWith("WAIT"u8))
                : null;

        private sealed class OddFile(OddMediation odd, bool waits) : IMediatedFile
        {
            public string Source => "odd";

            public string Format => "odd";

            public FileHeader? Header => null;

            public bool Read(RecordChunk chunk)
            {
                if (waits)
                {
                    odd.Waits.TrySetResult();
                    odd.MayEnd.Task.Wait();
                    return false;
                }

                chunk.Cdrs += 2;
                return odd.IsMended ? false : throw new NotSupportedException("the number 32475123456 is not one");
            }

            public void Dispose()
            {
            }
        }
    }
}
