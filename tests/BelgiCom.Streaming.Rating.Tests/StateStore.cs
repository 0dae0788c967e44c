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
    private readonly List<(UInt128 UsageId, uint Fingerprint, long EventTime, string Account, BalanceEntry After)> _rated = [];
    private readonly List<Action> _open = [];
    private int _ratedFrom;
    private int _mark;

    /// <summary>Rates a batch and takes a portion of the checkpoint that is going on.</summary>
    public void Handle(Rater rater, UsageRecord[] usage, int balances)
    {
        _open.Clear();
        foreach ((RatingResult rated, UsageRecord of) in rater.RateUncommitted(usage).Zip(usage))
        {
            if (rated.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated)
            {
                string account = Encoding.UTF8.GetString(rater.Session.Account(in rated));
                BalanceEntry after = new(of.Subscriber, rated.PeriodStartDays, rated.Balance);
                _open.Add(() => _rated.Add((of.UsageId, of.Fingerprint, of.EventTimeMilliseconds, account, after)));
            }
        }

        if (!rater.Session.IsCheckpointing)
        {
            return;
        }

        BalanceEntry[] entries = new BalanceEntry[balances];
        foreach (BalanceEntry entry in entries[..rater.Session.TakeBalances(entries)])
        {
            _open.Add(() => _balances[(entry.Subscriber, entry.PeriodStartDays)] = entry);
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

        foreach ((UInt128 usageId, uint fingerprint, long eventTime, string account, BalanceEntry after) in _rated[_mark..])
        {
            session.Repeat(usageId, fingerprint, eventTime, Encoding.UTF8.GetBytes(account), in after);
        }

        session.Commit();
    }
}
