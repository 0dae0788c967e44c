using BelgiCom.Streaming.Privacy;
using CsCheck;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// A node numbers its files with 32 bits; they come in any order, and the numbers begin again after a restart (fault test F18).
/// </summary>
public sealed class FileSequencesTests : IDisposable
{
    private static readonly DataKey Key = new("files", [.. Enumerable.Range(0, DataKey.Size).Select(i => (byte)i)]);
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "belgicom-sequences-" + Guid.NewGuid().ToString("N"));
    private readonly List<FileLedger> _ledgers = [];
    private int _files;

    public void Dispose()
    {
        _ledgers.ForEach(ledger => ledger.Dispose());
        Directory.Delete(_folder, true);
    }

    [Fact]
    public void Counter_ThatBeginsAgain_HasGapsOfItsOwn()
    {
        FileLedger ledger = NewLedger();
        Assert.All(Enumerable.Range(1, 10), number => Assert.Null(Add(ledger, number).Gap));

        Assert.Equal(10, Add(ledger, 1).BeginsAfter);
        Assert.Equal(["", "", "4-4", ""], new long[] { 2, 3, 5, 6 }.Select(number => Shown(Add(ledger, number).Gap)));
        Assert.Equal(["4-4"], ledger.Gaps().Select(Shown));
        Assert.False(Add(ledger, 7).IsRepeated);
        Assert.True(Add(ledger, 7).IsRepeated);
        Assert.Equal([new RepeatedNumber("s", "aa", 7, 2)], ledger.RepeatedNumbers());
    }

    [Fact]
    public void Files_ThatComeNewestFirst_AreMissingOnceEach()
    {
        FileLedger ledger = NewLedger();
        SequencePlace[] places = [.. new long[] { 1, 10, 9, 8, 7, 6, 5, 4, 3, 2 }.Select(number => Add(ledger, number))];

        Assert.Equal(8, places.Sum(place => place.Gap?.Count ?? 0));
        Assert.Equal(8, places.Count(place => place.WasMissing));
        Assert.Empty(ledger.Gaps());
    }

    [Fact]
    public void Counter_AtItsEnd_GoesOnAtZero()
    {
        FileLedger ledger = NewLedger();

        Assert.Equal(
            ["", "", "", "1-1", ""],
            new long[] { 4294967294, 4294967295, 0, 2, 1 }.Select(number => Shown(Add(ledger, number).Gap)));
        Assert.Empty(ledger.Gaps());
        Assert.Equal("3-4", Shown(Add(ledger, 5).Gap));
    }

    [Fact]
    public void Gap_OverTheEndOfTheCounter_IsCountedModulo()
    {
        FileLedger ledger = NewLedger();
        Add(ledger, 4294967293);

        Assert.Equal(
            new SequenceGap("s", "aa", 4294967294, 1) { Since = Start.AddSeconds(2), After = "f1", Before = "f2" }, Add(ledger, 2).Gap);
        Assert.Equal(4, ledger.Gaps().Single().Count);
        Assert.True(Add(ledger, 0).WasMissing);
        Assert.Equal(["4294967294-4294967295", "1-1"], ledger.Gaps().Select(Shown).OrderDescending());
    }

    [Fact]
    public void Number_OfADamagedHeader_CountsNoMillionsOfFiles()
    {
        FileLedger ledger = NewLedger();
        Add(ledger, 10);

        Assert.Equal(10, Add(ledger, 2_000_000_000).BeginsAfter);
        Assert.Null(Add(ledger, 11).Gap);
        Assert.Equal("12-12", Shown(Add(ledger, 13).Gap));
        Assert.Equal(["12-12"], ledger.Gaps().Select(Shown));
    }

    [Fact]
    public void File_OfTheRunBefore_ClosesItsGapThere()
    {
        FileLedger ledger = NewLedger();
        foreach ((long number, int minute) in new[] { (1L, 1), (2, 2), (5, 5), (1, 11), (2, 12), (6, 16) })
        {
            Add(ledger, number, minute);
        }

        Assert.Equal(["3-4", "3-5"], ledger.Gaps().Select(Shown));
        Assert.True(Add(ledger, 3, 3).WasMissing);
        Assert.Equal(["4-4", "3-5"], ledger.Gaps().Select(Shown));
        Assert.False(Add(ledger, 6, 6).IsRepeated);
    }

    [Fact]
    public void File_WhosePartCameBefore_IsNoRepetition()
    {
        FileLedger ledger = NewLedger();
        FileEntry part = Add(ledger, 1, 1, FileState.Incomplete).Entry;
        Add(ledger, 2, 2);
        ledger.Put(part with { State = FileState.Changed });

        Assert.False(Add(ledger, 1, 1).IsRepeated);
        Assert.Empty(ledger.RepeatedNumbers());
    }

    [Fact]
    public void Numbers_OfALedgerWithoutPlaces_AreFollowedAtTheStart()
    {
        FileLedger ledger = NewLedger(out string folder);
        foreach (long number in new long[] { 1, 2, 5 })
        {
            ledger.Put(Entry(number, null, FileState.Done));
        }

        Assert.Empty(ledger.Gaps());
        ledger.Dispose();
        _ledgers.Remove(ledger);
        FileLedger again = FileLedger.Open(folder, Key, TimeProvider.System);
        _ledgers.Add(again);
        Assert.Equal(["3-4"], again.Gaps().Select(Shown));
    }

    /// <summary>
    /// The model is made of runs of a counter. The files of a run come in any order after its first one; some are lost, and some come late,
    /// after the next run began. Open are the numbers between the lowest and the highest of a run that did not come.
    /// </summary>
    [Fact]
    public void Gaps_OfAnyOrderLossAndRestart_AreThoseOfTheModel() =>
        Gen.Select(Gen.Int[0, 1 << 30], Gen.Bool, Gen.Int[1, 4]).Sample(
            (seed, atTheEnd, runs) =>
            {
                Random random = new(seed);
                FileLedger ledger = NewLedger();
                List<SortedSet<long>> came = [];
                List<(int Run, long Place)> late = [];
                for (int run = 0; run < runs; run++)
                {
                    bool wraps = run == 0 && atTheEnd;
                    int count = random.Next(wraps ? 10 : 2, 30);
                    // The last file of a run that wraps always comes: without a number behind the wrap, the next run would look like its
                    // continuation.
                    int sure = wraps ? count - 1 : 0;
                    // The place of a file in its run does not wrap; the file's number is the first number of the run plus the place, modulo
                    // 2^32.
                    long[] shuffled =
                    [
                        .. Enumerable.Range(1, count - 1).Select(place => (long)place)
                            .Where(place => place == sure || random.Next(4) > 0),
                    ];
                    random.Shuffle(shuffled);
                    came.Add([]);
                    foreach ((int Run, long Place) file in shuffled.Select(place => (run, place)).Prepend((run, 0L)).Concat(late).ToList())
                    {
                        if (file.Place > 0 && file.Place != sure && file.Run == run && random.Next(5) == 0)
                        {
                            late.Add(file);
                            continue;
                        }

                        // After a restart a counter begins at 1; in half the samples the first run begins so that it passes the end of 32
                        // bits.
                        long first = file.Run == 0 && atTheEnd ? 4294967290 : 1;
                        long began = file.Run * 1000;
                        SequencePlace place = Add(ledger, (first + file.Place) % (1L << 32), began + file.Place);
                        Assert.False(place.IsRepeated);
                        came[file.Run].Add(file.Place);
                    }

                    late.RemoveAll(file => file.Run < run);
                }

                List<long> expected = [];
                for (int run = 0; run < runs; run++)
                {
                    long first = run == 0 && atTheEnd ? 4294967290 : 1;
                    for (long place = came[run].Min; place <= came[run].Max; place++)
                    {
                        if (!came[run].Contains(place))
                        {
                            expected.Add((first + place) % (1L << 32));
                        }
                    }
                }

                IEnumerable<long> open = ledger.Gaps().SelectMany(gap =>
                    Enumerable.Range(0, (int)gap.Count).Select(i => (gap.First + i) % (1L << 32)));
                Assert.Equal(expected.Order(), open.Order());
            },
            iter: 40, threads: 1);

    private static string Shown(SequenceGap? gap) => gap is null ? "" : $"{gap.First}-{gap.Last}";

    private SequencePlace Add(FileLedger ledger, long number, long? minute = null, FileState state = FileState.Done) =>
        ledger.Finish(Entry(number, minute, state));

    private FileEntry Entry(long number, long? minute, FileState state) => new()
    {
        Hash = (++_files).ToString("x64", null),
        Name = $"f{_files}",
        Source = "s",
        Format = "cdr-framed",
        Node = "aa",
        TsNumber = 7,
        SequenceNumber = number,
        OpenedAt = minute is { } at ? Start.AddMinutes(at) : null,
        State = state,
        ReceivedAt = Start.AddSeconds(_files),
    };

    private FileLedger NewLedger() => NewLedger(out _);

    private FileLedger NewLedger(out string folder)
    {
        folder = Path.Combine(_folder, Guid.NewGuid().ToString("N"));
        FileLedger ledger = FileLedger.Open(folder, Key, TimeProvider.System);
        _ledgers.Add(ledger);
        return ledger;
    }
}
