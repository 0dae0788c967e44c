using System.Text;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// Keeps what a session stores, as topics would: the checkpoint by key, rated usage in order. What a batch stores counts once it is
/// committed.
/// </summary>
internal sealed class StateStore
{
    private readonly Dictionary<(UInt128 Subscriber, int Day), BalanceEntry> _balances = [];
    private readonly Dictionary<(int Day, long Chunk), UInt128[]> _chunks = [];
    private readonly Dictionary<(UInt128 Owner, ulong Id, long From), MeterEntry> _meters = [];
    private readonly List<(UInt128 UsageId, uint Fingerprint, long EventTime, string Account, BalanceEntry After, MeterEntry[] Meters)>
        _rated = [];
    private readonly List<Action> _open = [];
    private int _ratedFrom;
    private int _mark;

    /// <summary>
    /// Rates a batch, and takes a portion of the checkpoint that is going on and the keys to delete. Each result can be seen while its
    /// parts are known.
    /// </summary>
    public RatingResult[] Handle(Rater rater, UsageRecord[] usage, int balances, Action<RatingResult>? see = null)
    {
        _open.Clear();
        List<RatingResult> results = [];
        foreach (UsageRecord of in usage)
        {
            rater.Session.Rate(in of, rater.Tariffs, out RatingResult rated);
            results.Add(rated);
            see?.Invoke(rated);
            if (rated.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated)
            {
                string account = Encoding.UTF8.GetString(rater.Session.Account(in rated));
                MeterEntry[] meters = rater.Session.Meters(in rated).ToArray();
                BalanceEntry after = new(of.Subscriber, rated.PeriodStartDays, rated.Balance);
                _open.Add(() => _rated.Add((of.UsageId, of.Fingerprint, of.EventTimeMilliseconds, account, after, meters)));
            }
        }

        if (rater.Session.IsCheckpointing)
        {
            TakePortion(rater, balances);
        }

        ExpiredKey[] keys = new ExpiredKey[3];
        foreach (ExpiredKey key in keys[..rater.Session.TakeExpired(keys)])
        {
            _open.Add(() => Delete(key));
        }

        return [.. results];
    }

    private void Delete(ExpiredKey key)
    {
        switch (key.Kind)
        {
            case ExpiredKind.Balance:
                _balances.Remove((key.Subscriber, key.Day));
                break;
            case ExpiredKind.Meter:
                _meters.Remove((key.Subscriber, key.MeterId, key.MeterFrom));
                break;
            default:
                _chunks.Remove((key.Day, key.Chunk));
                break;
        }
    }

    private void TakePortion(Rater rater, int balances)
    {
        BalanceEntry[] entries = new BalanceEntry[balances];
        foreach (BalanceEntry entry in entries[..rater.Session.TakeBalances(entries)])
        {
            _open.Add(() => _balances[(entry.Subscriber, entry.PeriodStartDays)] = entry);
        }

        MeterEntry[] meters = new MeterEntry[balances];
        foreach (MeterEntry entry in meters[..rater.Session.TakeMeters(meters)])
        {
            _open.Add(() => _meters[(entry.Owner, entry.Id, entry.From)] = entry);
        }

        UInt128[] ids = rater.Session.TakeIds(out int day, out long chunk).ToArray();
        if (ids.Length > 0)
        {
            _open.Add(() => _chunks[(day, chunk)] = ids);
        }

        if (rater.Session.IsCheckpointTaken)
        {
            _open.Add(() => _mark = _ratedFrom);
        }
    }

    public void Commit(RatingSession session, bool beginCheckpoint)
    {
        session.Commit();
        _open.ForEach(change => change());
        if (beginCheckpoint && !session.IsCheckpointing)
        {
            session.BeginCheckpoint();
            _ratedFrom = _rated.Count;
        }
    }

    public void RestoreTo(RatingSession session)
    {
        foreach (BalanceEntry balance in _balances.Values)
        {
            session.RestoreBalance(in balance);
        }

        foreach (((int day, long chunk), UInt128[] ids) in _chunks)
        {
            session.RestoreIds(day, chunk, ids);
        }

        foreach (MeterEntry meter in _meters.Values)
        {
            session.RestoreMeter(in meter);
        }

        foreach ((UInt128 usageId, uint fingerprint, long eventTime, string account, BalanceEntry after, MeterEntry[] meters)
            in _rated[_mark..])
        {
            session.Repeat(usageId, fingerprint, eventTime, Encoding.UTF8.GetBytes(account), in after);
            Array.ForEach(meters, meter => session.RepeatMeter(in meter));
        }

        session.Commit();
    }
}
