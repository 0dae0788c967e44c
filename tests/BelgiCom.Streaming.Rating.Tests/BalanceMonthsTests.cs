using BelgiCom.Streaming.Contracts;
using CsCheck;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// Compares where balances lie and what waits for a checkpoint with plain dictionaries and lists that know no place, batch or block.
/// </summary>
public sealed class BalanceMonthsTests
{
    private const int Subscribers = 3;
    private static readonly int FirstMonth = BelgianCalendar.MonthOf(Instant("2026-01-10T00:00:00Z"));

    private enum Step
    {
        Spend,
        Commit,
        Abort,
        Freeze,
        Take,
        Forget,
    }

    /// <summary>
    /// Usage of four months in any order: the newest month's balance moves aside for a newer one, whatever is undone, stored or forgotten
    /// meanwhile.
    /// </summary>
    [Fact]
    public void Balances_OfMonthsInAnyOrder_AreWhatWasCommitted() =>
        Gen.Select(Gen.Enum<Step>(), Gen.Int[0, 3], Gen.Int[0, Subscribers - 1]).Array[0, 80].Sample(steps =>
        {
            Model model = new();
            foreach ((Step step, int month, int subscriber) in steps)
            {
                model.Do(step, FirstMonth + month, subscriber);
            }

            model.StoreAll();
        }, iter: 3_000);

    [Fact]
    public void Backlog_ChangedAtBothEnds_HoldsWhatAListHolds() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 70_000]).Array[0, 12].Sample(steps =>
        {
            Backlog<int> backlog = new();
            List<int> expected = [];
            int next = 0;
            foreach ((int step, int count) in steps)
            {
                int most = Math.Min(count, expected.Count);
                switch (step)
                {
                    case 0:
                        for (int added = 0; added < count; added++, next++)
                        {
                            backlog.Add(next);
                            expected.Add(next);
                        }

                        break;
                    case 1:
                        backlog.RemoveLast(most);
                        expected.RemoveRange(expected.Count - most, most);
                        break;
                    default:
                        int[] first = backlog.First(most).ToArray();
                        Assert.True(first.Length > 0 || most == 0, "a block holds something");
                        Assert.Equal(expected[..first.Length], first);
                        backlog.RemoveFirst(most);
                        expected.RemoveRange(0, most);
                        break;
                }

                Assert.Equal(expected, Enumerable.Range(0, backlog.Count).Select(index => backlog[index]));
            }
        }, iter: 200);

    [Fact]
    public void Backlog_ThatWasAsLongBefore_AllocatesNothing()
    {
        Backlog<long> backlog = new();
        Fill(backlog);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Fill(backlog);
        Fill(backlog);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Fill(Backlog<long> backlog)
        {
            for (int value = 0; value < 200_000; value++)
            {
                backlog.Add(value);
            }

            backlog.RemoveLast(50_000);
            backlog.RemoveFirst(150_000);
        }
    }

    private sealed class Model
    {
        private readonly SubscriberTable _subscribers = new();
        private readonly BalanceMonths _months;
        private readonly ExpiredKeys _expired;
        private readonly Dictionary<(int Month, int Subscriber), long> _stored = [];
        private readonly HashSet<(int Month, int Subscriber)> _toDelete = [];
        private readonly List<(int Month, int Subscriber, long Nanos)> _handedOut = [];
        private Dictionary<(int Month, int Subscriber), long> _now = [];
        private Dictionary<(int Month, int Subscriber), long> _committed = [];
        private bool _checkpointing;
        private int _oldest = FirstMonth;

        public Model()
        {
            _months = new BalanceMonths(_subscribers);
            _expired = new ExpiredKeys(_months, _subscribers, new Meters());
            for (int subscriber = 0; subscriber < Subscribers; subscriber++)
            {
                Assert.Equal(subscriber, _subscribers.GetOrAdd((UInt128)(100 + subscriber)));
            }
        }

        public void Do(Step step, int month, int subscriber)
        {
            switch (step)
            {
                case Step.Spend when month >= _oldest:
                    ref Balance balance = ref _months.GetOrCreate(month, subscriber);
                    Assert.Equal(_now.GetValueOrDefault((month, subscriber)), balance.SpendNanos);
                    _months.KeepForAbort(month, subscriber, ref balance);
                    balance.SpendNanos += 1 + month;
                    _now[(month, subscriber)] = balance.SpendNanos;
                    break;
                case Step.Commit:
                    Commit();
                    break;
                case Step.Abort:
                    _months.Abort();
                    _handedOut.Clear();
                    _now = new(_committed);
                    break;
                case Step.Freeze when !_checkpointing:
                    // A checkpoint begins only between batches.
                    Commit();
                    _months.Freeze();
                    _checkpointing = true;
                    break;
                case Step.Take when _checkpointing:
                    BalanceEntry[] entries = new BalanceEntry[2];
                    foreach (BalanceEntry entry in entries.AsSpan(0, _months.Take(entries)))
                    {
                        _handedOut.Add(
                            (
                                BelgianCalendar.MonthStartingOn(entry.PeriodStartDays), (int)(entry.Subscriber - 100),
                                entry.Balance.SpendNanos));
                    }

                    break;
                case Step.Forget:
                    _oldest = Math.Max(_oldest, Math.Min(month, FirstMonth + 2));
                    Commit();
                    break;
            }
        }

        /// <summary>
        /// Asserts that what was stored, without what was deleted, is what was committed of the months that are not forgotten.
        /// </summary>
        public void StoreAll()
        {
            for (int round = 0; round < 2; round++)
            {
                // What the first checkpoint did not freeze, the second one does.
                Do(Step.Freeze, FirstMonth, 0);
                while (_checkpointing)
                {
                    Do(Step.Take, FirstMonth, 0);
                    Commit();
                }
            }

            // Each commit deletes one key; one more sees that no other is left, and one more forgets the balances.
            for (int left = _toDelete.Count + 2; left > 0; left--)
            {
                Commit();
            }

            Assert.Equal(
                _committed.Where(entry => entry.Key.Month >= _oldest).OrderBy(entry => entry.Key), _stored.OrderBy(entry => entry.Key));
            Assert.True(_expired.IsEmpty && _toDelete.Count == 0, "every forgotten balance is deleted");
        }

        private void Commit()
        {
            _expired.Commit();
            foreach ((int month, int subscriber, long nanos) in _handedOut)
            {
                _stored[(month, subscriber)] = nanos;
            }

            _handedOut.Clear();
            _months.Commit(BelgianCalendar.StartMilliseconds(_oldest));
            _checkpointing = _checkpointing && !_months.IsTaken;
            _toDelete.UnionWith(_now.Keys.Where(key => key.Month < _oldest));
            foreach ((int month, int subscriber) in _toDelete)
            {
                _now.Remove((month, subscriber));
            }

            _committed = new(_now);

            ExpiredKey[] keys = new ExpiredKey[1];
            foreach (ExpiredKey key in keys.AsSpan(0, _expired.Take(keys)))
            {
                (int, int) deleted = (BelgianCalendar.MonthStartingOn(key.Day), (int)(key.Subscriber - 100));
                Assert.True(_toDelete.Remove(deleted), "a balance that was committed and is forgotten, once");
                _stored.Remove(deleted);
            }
        }
    }
}
