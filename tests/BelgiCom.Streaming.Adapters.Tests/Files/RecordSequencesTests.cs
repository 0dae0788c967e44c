using BelgiCom.Streaming.Privacy;
using CsCheck;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>A node numbers its records with 32 bits; a number that does not come is a missing record.</summary>
public sealed class RecordSequencesTests : IDisposable
{
    private const long Wrap = 1L << 32;
    private static readonly DataKey Key = new("files", [.. Enumerable.Range(0, DataKey.Size).Select(i => (byte)i)]);

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "belgicom-records-" + Guid.NewGuid().ToString("N"));
    private FileLedger _ledger;
    private int _files;

    public RecordSequencesTests() => _ledger = FileLedger.Open(_folder, Key, TimeProvider.System);

    public void Dispose()
    {
        _ledger.Dispose();
        Directory.Delete(_folder, true);
    }

    [Fact]
    public void Records_ThatSkipNumbers_LeaveAnExactRangeBetweenTheirFiles()
    {
        Add(1, 2, 3);
        RecordPlaces places = Add(7, 8);

        SequenceGap gap = Assert.Single(_ledger.RecordGaps());
        Assert.Equal((4L, 6L, 3L, "f1", "f2", "smf"), (gap.First, gap.Last, gap.Count, gap.After, gap.Before, gap.Node));
        Assert.Equal((3L, 0L), (places.Missed, places.Filled));
        Assert.NotNull(gap.Since);
        Assert.Equal([new MissingNumbers("s", 1, 3)], _ledger.MissingRecords());
    }

    [Fact]
    public void Gap_WhoseRecordsComeLater_ShrinksSplitsAndCloses()
    {
        Add(1, 9);
        Add(5);
        Assert.Equal(["2-4 f1 f2", "6-8 f2 f1"], Shown());

        Reopen();
        Add(8, 7);
        Assert.Equal(["2-4 f1 f2", "6-6 f2 f3"], Shown());
        Assert.Equal(4, Add(2, 3, 4, 6).Filled);
        Assert.Empty(_ledger.RecordGaps());
        Assert.Empty(_ledger.MissingRecords());
    }

    [Fact]
    public void Records_ThatComeTwice_ChangeNothing()
    {
        Add(1, 2, 5, 6);
        RecordPlaces again = Add(1, 2, 5, 6);

        Assert.Equal((0L, 0L), (again.Missed, again.Filled));
        Assert.Empty(again.Restarts);
        Assert.Equal(["3-4 f1 f1"], Shown());
        // A part of a file that was committed and not noted comes again with more.
        Add(5, 6, 7, 8);
        Assert.Equal(["3-4 f1 f1"], Shown());
    }

    [Fact]
    public void Counter_ThatPasses32Bits_GoesOnAtZero()
    {
        Add(Wrap - 3, Wrap - 1, 0, 3);

        Assert.Equal([$"{Wrap - 2}-{Wrap - 2} f1 f1", "1-2 f1 f1"], Shown().OrderDescending(StringComparer.Ordinal));
        Add(Wrap - 2, 1, 2);
        Assert.Empty(_ledger.RecordGaps());
    }

    [Fact]
    public void Counter_ThatBeginsAgain_LeavesTheGapsOfItsLastRunOpen()
    {
        AddAt(10, 1, 2, 3, 8, 9);
        // Half an hour later the node numbers from 2, because its first record was lost with it.
        RecordPlaces places = AddAt(40, 2, 3, 4, 5, 6);

        Assert.Equal([new NodeRestart("smf", 9, 2)], places.Restarts);
        Assert.Equal(["4-7 f1 f1"], Shown());
        // A record of the run before comes late.
        AddAt(10, 5);
        Assert.Equal(["4-4 f1 f3", "6-7 f3 f1"], Shown());
        AddAt(41, 9);
        Assert.Contains("7-8 f2 f4", Shown());
    }

    [Fact]
    public void Records_OfSeveralNodesInOneFile_AreFollowedEach()
    {
        RecordNumbers numbers = new();
        numbers.Clear();
        foreach (int i in Enumerable.Range(0, 3000).Where(i => i is not (100 or 101)))
        {
            numbers.Add(i % 2 == 0 ? "a"u8 : "b"u8, i / 2, i);
        }

        // Two stretches of each node, not a thousand.
        Assert.Equal(4, numbers.Count);
        numbers.Add(""u8, 77, 1);
        numbers.Add("a"u8, Wrap, 1);
        numbers.Add("a"u8, -1, 1);
        Assert.Equal(4, numbers.Count);
        _ledger.Commit(Entry(), numbers);
        Assert.Equal([("a", 50L, 50L), ("b", 50L, 50L)], _ledger.RecordGaps().Select(gap => (gap.Node, gap.First, gap.Last)));
    }

    [Fact]
    public void Counter_ThatIsNone_StaysBounded()
    {
        // A node that gives every record a number anywhere in 32 bits, and one that gives every second number to somebody else.
        Random random = new(5);
        for (int file = 0; file < 20; file++)
        {
            RecordNumbers numbers = new();
            numbers.Clear();
            for (int i = 0; i < 500; i++)
            {
                numbers.Add("wild"u8, random.NextInt64(Wrap), null);
                numbers.Add("every-second"u8, ((file * 500) + i) * 2, null);
            }

            _ledger.Commit(Entry(), numbers);
        }

        Assert.InRange(_ledger.RecordGaps().Count(gap => gap.Node == "wild"), 0, 16 * 1000);
        Assert.Equal(1000, _ledger.RecordGaps().Count(gap => gap.Node == "every-second"));
        // The oldest ranges are no longer held, and still counted.
        Assert.True(_ledger.MissingRecords().Single().Count >= 9999);
    }

    /// <summary>
    /// The model is a set. The records of a counter come shuffled within and over files, in chunks that may come twice, some never; the
    /// ledger is opened anew between files. Missing is what lies between the lowest and the highest that came.
    /// </summary>
    [Fact]
    public void Gaps_OfAnyOrderLossAndRepetition_AreThoseOfTheModel() =>
        Gen.Select(Gen.Int[0, 1 << 30], Gen.Bool).Sample(
            (seed, wraps) =>
            {
                Random random = new(seed);
                string node = seed.ToString(System.Globalization.CultureInfo.InvariantCulture) + wraps;
                long first = wraps ? Wrap - 20 : 1;
                int[] places = [.. Enumerable.Range(0, 60).Where(_ => random.Next(4) > 0)];
                // In order as far as a stretch, else anywhere.
                foreach (int cut in Enumerable.Range(0, random.Next(4)))
                {
                    int at = random.Next(places.Length + 1);
                    places = [.. places[at..], .. places[..at]];
                }

                HashSet<int> came = [];
                foreach (int[] chunk in places.Chunk(random.Next(1, 12)))
                {
                    for (int time = random.Next(4) == 0 ? 0 : 1; time < 2; time++)
                    {
                        RecordNumbers numbers = new();
                        numbers.Clear();
                        foreach (int place in chunk)
                        {
                            numbers.Add(System.Text.Encoding.UTF8.GetBytes(node), (first + place) % Wrap, 1_000_000 + (place * 1000L));
                        }

                        _ledger.Commit(Entry(), numbers);
                    }

                    came.UnionWith(chunk);
                }

                IEnumerable<long> expected = came.Count == 0
                    ? []
                    : Enumerable.Range(came.Min(), came.Max() - came.Min()).Where(place => !came.Contains(place))
                        .Select(place => (first + place) % Wrap);
                IEnumerable<long> open = _ledger.RecordGaps().Where(gap => gap.Node == node).SelectMany(gap =>
                    Enumerable.Range(0, (int)gap.Count).Select(i => (gap.First + i) % Wrap));
                Assert.Equal(expected.Order(), open.Order());
            },
            iter: 200, threads: 1);

    private RecordPlaces Add(params long[] records) => AddAt(1, records);

    private RecordPlaces AddAt(long minute, params long[] records)
    {
        RecordNumbers numbers = new();
        numbers.Clear();
        foreach (long number in records)
        {
            numbers.Add("smf"u8, number, minute * 60_000);
        }

        return _ledger.Commit(Entry(), numbers);
    }

    private void Reopen()
    {
        _ledger.Dispose();
        _ledger = FileLedger.Open(_folder, Key, TimeProvider.System);
    }

    private IEnumerable<string> Shown() =>
        _ledger.RecordGaps().Select(gap => $"{gap.First}-{gap.Last} {gap.After} {gap.Before}");

    private FileEntry Entry() => new()
    {
        Hash = (++_files).ToString("x64", null),
        Name = $"f{_files}",
        Source = "s",
        Format = "cdr-framed",
        ReceivedAt = TimeProvider.System.GetUtcNow(),
    };
}
