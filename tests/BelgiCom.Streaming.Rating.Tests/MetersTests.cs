using BelgiCom.Streaming.Contracts;
using CsCheck;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>What price lists count is kept, undone, stored and forgotten as plain dictionaries do it, and by the right day.</summary>
public sealed class MetersTests
{
    private const int Keys = 40;

    private enum Step
    {
        Write,
        UndoEvent,
        Commit,
        Abort,
        Freeze,
        Take,
        Age,
    }

    [Fact]
    public void Meters_ChangedStoredAndForgottenInAnyOrder_AreWhatWasCommitted() =>
        Gen.Select(Gen.Enum<Step>(), Gen.Int[0, Keys - 1], Gen.Int[0, 12]).Array[0, 120].Sample(steps =>
        {
            Model model = new();
            foreach ((Step step, int key, int day) in steps)
            {
                model.Do(step, key, day);
            }

            model.StoreAll();
        }, iter: 3_000);

    /// <summary>
    /// A bundle of a month, one with an end, one without, a session, and a pass with the passes of its month: each is forgotten with the
    /// first usage by which usage of its last day is late, and its key is deleted; the bundle without an end never is.
    /// </summary>
    [Theory]
    [InlineData("month", "2026-05-15T12:00:00Z", "2026-05-16T12:00:00Z")]
    [InlineData("until", "2026-05-05T12:00:00Z", "2026-05-06T12:00:00Z")]
    [InlineData("open", "2030-01-01T00:00:00Z", null)]
    [InlineData("session", "2026-04-24T12:00:00Z", "2026-04-25T12:00:00Z")]
    [InlineData("pass", "2026-04-24T12:00:00Z", "2026-05-16T12:00:00Z")]
    public void Meter_IsForgotten_WhenUsageOfItsLastDayIsLate(string what, string kept, string? forgotten)
    {
        Rater rater = new(45, 45, OfferingOf(what));
        rater.Subscribe(2, "test");
        rater.Rate(UsageOf(what, 1, "2026-03-10T10:00:00Z"));
        int before = rater.Session.MeterCount;
        Assert.NotEqual(0, before);

        rater.Rate(Message(2, kept) with { Subscriber = 2 });
        Expire(rater);
        Assert.Equal(before, rater.Session.MeterCount);

        if (forgotten is not null)
        {
            rater.Rate(Message(3, forgotten) with { Subscriber = 2 });
            Assert.Equal(before, Expire(rater).Count(key => key.Kind == ExpiredKind.Meter));
            Assert.Equal(0, rater.Session.MeterCount);
        }
    }

    /// <summary>A session whose records come for longer than the window is kept by its last record, and charged on.</summary>
    [Fact]
    public void Session_ThatGoesOn_IsKeptByItsLastRecord()
    {
        Rater rater = new(45, 45, OfferingOf("session"));
        long charged = 0;
        for (int day = 0; day < 120; day += 30)
        {
            DateTimeOffset at = Time("2026-03-10T10:00:00Z").AddDays(day);
            charged += rater.One(UsageOf("session", day + 1, at.ToString("O", null))).ChargedUnits;
            Expire(rater);
        }

        // Four records of 10 s in increments of 60 s: one increment.
        Assert.Equal(60, charged);
    }

    [Fact]
    public void Account_ThatTakesOverANumber_TakesNothingThatItsMetersCounted()
    {
        Rater rater = new(OfferingOf("open"));
        long change = Instant("2026-03-12T00:00:00Z");
        rater.Subscribe(
            1, Rater.Period("A-1", "test", long.MinValue, change), Rater.Period("A-2", "test", change, long.MaxValue));
        RatingResult[] rated = rater.Rate(
            UsageOf("open", 1, "2026-03-10T10:00:00Z"), UsageOf("open", 2, "2026-03-13T10:00:00Z"));
        Assert.Equal([10L, 10L], rated.Select(one => one.BundleUnits));
        Assert.Equal(2, rater.Session.MeterCount);
    }

    /// <summary>Only meters come back, as when nothing is left of the first account but a bundle without an end.</summary>
    [Fact]
    public void Meters_RestoredWithoutBalances_BelongToTheSameAccounts()
    {
        Rater first = new(OfferingOf("open"));
        first.Subscribe(1, Rater.Period("A-1", "test", long.MinValue, long.MaxValue));
        first.Rate(UsageOf("open", 1, "2026-03-10T10:00:00Z"));
        first.Subscribe(1, Rater.Period("A-2", "test", long.MinValue, long.MaxValue));
        first.Rate(UsageOf("open", 2, "2026-03-11T10:00:00Z"), UsageOf("open", 3, "2026-03-11T10:00:00Z"));
        first.Session.BeginCheckpoint();
        MeterEntry[] stored = new MeterEntry[10];
        int count = first.Session.TakeMeters(stored);
        Assert.Equal([10L, 20L], stored[..count].Select(entry => entry.Units));

        Rater second = new(OfferingOf("open"));
        foreach (MeterEntry entry in stored[..count])
        {
            second.Session.RestoreMeter(in entry);
        }

        second.Subscribe(1, Rater.Period("A-2", "test", long.MinValue, long.MaxValue));
        second.One(UsageOf("open", 4, "2026-03-11T10:00:00Z"));
        second.Session.BeginCheckpoint();
        Assert.Equal(1, second.Session.TakeMeters(stored));
        Assert.Equal(30, stored[0].Units);
    }

    private static List<ExpiredKey> Expire(Rater rater)
    {
        List<ExpiredKey> expired = [];
        ExpiredKey[] keys = new ExpiredKey[1];
        while (rater.Session.HasExpired)
        {
            expired.AddRange(keys[..rater.Session.TakeExpired(keys)]);
            rater.Session.Commit();
        }

        return expired;
    }

    private static OfferingVersion OfferingOf(string what)
    {
        OfferingPrice calls = Voice() with { Id = "calls", Increment = 60, Minimum = 0, ConnectFee = 0 };
        Bundle bundle = new() { Id = what, Kind = UsageKind.Voice, Units = 1000 };
        return what switch
        {
            "session" => Offering(calls, Sms()),
            "pass" => Offering(
                Sms(),
                calls with
                {
                    Model = PriceModel.Pass,
                    Bundle = false,
                    Pass = new Pass { Id = "day", ValidityDays = 1, MaximumPerMonth = 3 },
                }),
            _ => Offering(calls with { Increment = 1 }, Sms()) with
            {
                Bundles =
                [
                    what switch
                    {
                        "month" => bundle,
                        "until" => bundle with { ValidFrom = Time("2026-03-01T00:00:00Z"), ValidTo = Time("2026-03-22T00:00:00Z") },
                        _ => bundle with { ValidFrom = Time("2026-03-01T00:00:00Z") },
                    },
                ],
            },
        };
    }

    private static UsageRecord UsageOf(string what, int id, string at) =>
        Call(id, seconds: 10, at) with { Session = what == "session" ? 7 : UInt128.Zero };

    /// <summary>Meters and their store, beside dictionaries.</summary>
    private sealed class Model
    {
        private readonly Meters _meters = new();
        private readonly Dictionary<int, (long Units, int Until)> _stored = [];
        private readonly List<MeterEntry> _handedOut = [];
        private Dictionary<int, (long Units, int Until)> _now = [];
        private Dictionary<int, (long Units, int Until)> _committed = [];
        private Dictionary<int, (long Units, int Until)> _beforeEvent = [];
        private bool _checkpointing;
        private int _oldest = int.MinValue;
        private long _next = 1;

        public void Do(Step step, int key, int day)
        {
            switch (step)
            {
                case Step.Write when day >= _oldest:
                    _beforeEvent = new(_now);
                    _meters.BeginEvent();
                    Write(key, day);
                    Write(key, day);
                    Write((key * 7) % Keys, day);
                    List<MeterEntry> changed = [];
                    _meters.CopyChanged(changed);
                    Assert.Equal(
                        new[] { key, (key * 7) % Keys }.Distinct().Select(one => (one, _now[one])),
                        changed.Select(entry => ((int)entry.From, (entry.Units, entry.UntilDay))));
                    break;
                case Step.UndoEvent:
                    _meters.UndoEvent();
                    _now = _beforeEvent;
                    _beforeEvent = new(_now);
                    _meters.BeginEvent();
                    break;
                case Step.Commit:
                    Commit();
                    break;
                case Step.Abort:
                    _meters.Abort();
                    _handedOut.Clear();
                    _now = new(_committed);
                    _beforeEvent = new(_now);
                    break;
                case Step.Freeze when !_checkpointing:
                    Commit();
                    _meters.Freeze();
                    _checkpointing = true;
                    break;
                case Step.Take when _checkpointing:
                    MeterEntry[] entries = new MeterEntry[2];
                    _handedOut.AddRange(entries[.._meters.Take(entries)]);

                    // A portion is taken when the events of the batch are rated, so none of them is undone after it.
                    _beforeEvent = new(_now);
                    _meters.BeginEvent();
                    break;
                case Step.Age:
                    _oldest = Math.Max(_oldest, Math.Min(day, 8));
                    Commit();
                    break;
            }
        }

        /// <summary>Asserts that what was stored, without what was deleted, is what was committed and may still be needed.</summary>
        public void StoreAll()
        {
            for (int round = 0; round < 2; round++)
            {
                Do(Step.Freeze, 0, 0);
                while (_checkpointing)
                {
                    Do(Step.Take, 0, 0);
                    Commit();
                }
            }

            while (_meters.HasExpired)
            {
                Commit();
            }

            Dictionary<int, (long Units, int Until)> expected = new(_committed.Where(entry => entry.Value.Until >= _oldest));
            Assert.Equal(expected.OrderBy(entry => entry.Key), _stored.OrderBy(entry => entry.Key));
            Assert.Equal(expected.Count, _meters.Count);
            Assert.All(
                Enumerable.Range(0, Keys),
                key => Assert.Equal(expected.GetValueOrDefault(key).Units, _meters.Read(KeyOf(key), _oldest).Units));
        }

        private static MeterKey KeyOf(int key) => new(5, 9, key);

        private void Write(int key, int day)
        {
            bool isAlive = _now.TryGetValue(key, out (long Units, int Until) before) && before.Until >= _oldest;
            Assert.Equal(isAlive ? before.Units : 0, _meters.Read(KeyOf(key), _oldest).Units);
            _now[key] = (_next, Math.Max(day, isAlive ? before.Until : day));
            _meters.Write(KeyOf(key), new MeterReading(_next++, 0), day);
        }

        private void Commit()
        {
            ExpiredKey[] keys = new ExpiredKey[2];
            int expired = _meters.TakeExpired(keys);
            foreach (MeterEntry entry in _handedOut)
            {
                _stored[(int)entry.From] = (entry.Units, entry.UntilDay);
            }

            _handedOut.Clear();
            foreach (ExpiredKey key in keys[..expired])
            {
                int deleted = (int)key.MeterFrom;
                Assert.True(_now[deleted].Until < _oldest, "only what nobody may need is deleted");
                _stored.Remove(deleted);
                _now.Remove(deleted);
            }

            _meters.Commit(_oldest);
            _checkpointing = _checkpointing && !_meters.IsTaken;
            _committed = new(_now);
            _beforeEvent = new(_now);
            _meters.BeginEvent();
        }
    }
}
