using System.Collections.Concurrent;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// The requests of a lane. They wait here until the lane takes them into a transaction: that of a batch of usage, or one of their own. A
/// request is answered when its transaction is committed and not before, so a lane that the group has replaced answers nothing.
/// </summary>
/// <param name="router">Sends requests here.</param>
/// <param name="options">How many may wait, and how quotas are granted.</param>
/// <param name="clock">Says when requests come.</param>
internal sealed class OnlineLane(OnlineRouter router, OnlineOptions options, TimeProvider clock)
{
    // Most requests of one transaction: enough for any load, few enough that usage need not wait long.
    private const int MostAtOnce = 1000;

    private readonly QuotaPolicy _policy = options.Policy;
    private readonly ConcurrentQueue<LaneWork> _waiting = [];
    private readonly List<LaneWork> _inHand = [];
    private volatile Action? _wake;
    private int _isExpecting;

    /// <summary>Whether a request waits.</summary>
    public bool HasWork => !_waiting.IsEmpty;

    /// <summary>How quotas are granted.</summary>
    public QuotaPolicy Policy => _policy;

    /// <summary>Now, milliseconds since 1970-01-01 UTC.</summary>
    public long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The lane is about to start.</summary>
    public void Starting(Action wake) => _wake = wake;

    /// <summary>The lane owns these partitions from now on.</summary>
    public void Own(IEnumerable<int> partitions, int count) => router.Own(partitions, count, this);

    /// <summary>The lane owns a partition no more: who waits for it must ask its new owner.</summary>
    public void Disown(int partition)
    {
        router.Disown(partition, this);
        for (int left = _waiting.Count; left > 0 && _waiting.TryDequeue(out LaneWork? work); left--)
        {
            if (work.Partition == partition)
            {
                work.Refuse(OnlineResult.NotOwned);
            }
            else
            {
                _waiting.Enqueue(work);
            }
        }
    }

    /// <summary>Whether somebody said that amounts are on their way here, since this was asked last.</summary>
    public bool TakeIsExpecting() => Interlocked.Exchange(ref _isExpecting, 0) != 0;

    /// <summary>Takes note, from any thread, that an amount is on its way to a partition of the lane.</summary>
    public void Expect()
    {
        Volatile.Write(ref _isExpecting, 1);
        _wake?.Invoke();
    }

    /// <summary>Takes a request from any thread.</summary>
    public void Take(LaneWork work)
    {
        if (_waiting.Count >= options.MaxWaiting)
        {
            work.Refuse(OnlineResult.Congested);
            return;
        }

        _waiting.Enqueue(work);
        _wake?.Invoke();
    }

    /// <summary>Answers what waits, in the open transaction.</summary>
    /// <param name="partitions">The lane's partitions.</param>
    /// <param name="rating">Rates what requests report.</param>
    public void Answer(IReadOnlyDictionary<int, OwnedPartition> partitions, IOnlineRating rating)
    {
        for (int left = MostAtOnce; left > 0 && _waiting.TryDequeue(out LaneWork? work); left--)
        {
            if (work.IsOver)
            {
                continue;
            }

            _inHand.Add(work);
            switch (partitions.GetValueOrDefault(work.Partition), work)
            {
                case ({ } partition, OnlineWork online):
                    online.Prepare(Answer(online, partition, rating));
                    break;
                case ({ } partition, MoneyWork money):
                    money.Prepare(Answer(money, partition, rating));
                    break;
                default:
                    work.Prepare(OnlineResult.NotOwned);
                    break;
            }
        }
    }

    /// <summary>The transaction is committed: its requests are answered.</summary>
    public void Committed()
    {
        foreach (LaneWork work in _inHand)
        {
            work.Committed();
        }

        _inHand.Clear();
        if (HasWork)
        {
            // More waited than one transaction takes, and what woke the lane for them was for this one.
            _wake?.Invoke();
        }
    }

    /// <summary>The transaction does not count: its requests wait again, behind those that came since.</summary>
    public void Aborted()
    {
        foreach (LaneWork work in _inHand)
        {
            _waiting.Enqueue(work);
        }

        _inHand.Clear();
    }

    private MoneyReply Answer(MoneyWork work, OwnedPartition partition, IOnlineRating rating)
    {
        MoneyOrder order = work.Order;
        MoneyAnswer answer = work.Ask switch
        {
            MoneyAsk.CanReceive => partition.Session.CanReceive(
                order.Subscriber, order.Currency, order.AmountNanos, rating.Tariffs, Now),
            MoneyAsk.Find => partition.Session.Find(in order, Now),
            _ => partition.Session.Do(in order, rating.Tariffs, _policy, Now),
        };
        if (answer is { Outcome: MoneyOutcome.Done, Operation: { } operation })
        {
            rating.Journal(partition, operation);
            if (answer.Due is { } due)
            {
                rating.Journal(partition, due);
            }
        }

        return new MoneyReply(OnlineResult.Answered, answer);
    }

    private OnlineReply Answer(OnlineWork work, OwnedPartition partition, IOnlineRating rating)
    {
        RatingSession session = partition.Session;
        long now = Now;
        if (work.Request.IsOneTimeEvent && work.Call.Operation == QuotaOperation.Create)
        {
            return AnswerEvent(work, partition, rating, now);
        }

        QuotaExchange exchange = new(session, _policy, work.Call, now);
        switch (exchange.Outcome)
        {
            case QuotaOutcome.UnknownSubscriber:
                return UnknownSubscriber(work, session, now);
            case QuotaOutcome.UnknownSession:
                return new OnlineReply(OnlineResult.UnknownSession, []);
            case QuotaOutcome.TooManySessions:
                return new OnlineReply(OnlineResult.TooManySessions, []);
            default:
                if (exchange.Outcome == QuotaOutcome.New || exchange.IsOvertaken)
                {
                    foreach (byte[] used in work.Request.Used)
                    {
                        _ = rating.Charge(used, partition, work.Call.Subscriber, now, exchange);
                    }
                }

                IReadOnlyList<QuotaGrant> grants = exchange.Finish(Demands(work, rating), rating.Tariffs);
                return new OnlineReply(OnlineResult.Answered, grants, work.Call.Subscriber, exchange.BeganMilliseconds);
        }
    }

    /// <summary>
    /// Charges an event, which leaves no session behind: the ids of its usage tell when it is sent again. What happened is charged as all
    /// usage. What is yet to happen is debited when there is credit for all of it, else nothing is, and the consumer must not provide it.
    /// </summary>
    private OnlineReply AnswerEvent(OnlineWork work, OwnedPartition partition, IOnlineRating rating, long now)
    {
        // Number 0 is that of no session, and nothing of the exchange is kept.
        QuotaExchange exchange = new(partition.Session, _policy, work.Call with { Session = 0 }, now);
        if (exchange.Outcome == QuotaOutcome.UnknownSubscriber)
        {
            return UnknownSubscriber(work, partition.Session, now);
        }

        List<QuotaGrant> grants = [];
        List<QuotaDemand> demands = work.Request.IsImmediate ? Demands(work, rating) : [];
        for (int place = 0; place < work.Request.Used.Count; place++)
        {
            byte[] used = work.Request.Used[place];
            if (!work.Request.IsImmediate)
            {
                _ = rating.Charge(used, partition, work.Call.Subscriber, now, exchange);
                continue;
            }

            bool wasDebited = rating.IsRated(used, partition, work.Call.Subscriber, now);
            QuotaGrant grant = exchange.Afford(demands[place], rating.Tariffs, wasDebited);
            bool isDebited = grant.Answer.Result != QuotaResult.Granted
                || rating.Charge(used, partition, work.Call.Subscriber, now, exchange, isImmediate: true)
                    is RatingOutcome.Rated or RatingOutcome.ZeroRated or RatingOutcome.Duplicate;
            grants.Add(isDebited ? grant : grant with { Answer = new QuotaAnswer(QuotaResult.RatingFailed, 0, false, now, 0) });
        }

        return new OnlineReply(OnlineResult.Answered, grants, work.Call.Subscriber, now);
    }

    private static OnlineReply UnknownSubscriber(OnlineWork work, RatingSession session, long now) =>
        session.TryFindNamed(work.Call.Subscriber, now, out UInt128 named)
            ? new OnlineReply(OnlineResult.OtherName, [], named)
            : new OnlineReply(OnlineResult.UnknownSubscriber, []);

    private static List<QuotaDemand> Demands(OnlineWork work, IOnlineRating rating)
    {
        List<QuotaDemand> demands = [];
        foreach ((QuotaAsk ask, byte[] value) in work.Request.Asked)
        {
            if (work.Call.Operation != QuotaOperation.Release
                && rating.TryRead(value, out UsageRecord usage))
            {
                demands.Add(new QuotaDemand(
                    ask.RatingGroup, ask.Octets, ask.Seconds, ask.ServiceUnits, usage with { Subscriber = work.Call.Subscriber }, value,
                    work.Request.NamesSession));
            }
        }

        return demands;
    }
}

/// <summary>What a lane's requests need of its rating, while a transaction is open.</summary>
internal interface IOnlineRating
{
    /// <summary>Tariffs in force.</summary>
    TariffSnapshot Tariffs { get; }

    /// <summary>Reads a value of usage.received.v1.</summary>
    bool TryRead(ReadOnlySpan<byte> value, out UsageRecord usage);

    /// <summary>Writes what became of prepaid money, or an amount on its way, to balance.journal.v1.</summary>
    void Journal(OwnedPartition partition, BalanceOperation operation);

    /// <summary>Rates usage that a request reports, writes what follows from it, and tells the request.</summary>
    /// <param name="value">The usage, a value of usage.received.v1.</param>
    /// <param name="partition">Its partition.</param>
    /// <param name="subscriber">Whose usage it is.</param>
    /// <param name="at">When the request came, milliseconds since 1970-01-01 UTC.</param>
    /// <param name="exchange">The request.</param>
    /// <param name="isImmediate">Whether the usage is yet to happen. Then nothing is written of what cannot be charged.</param>
    RatingOutcome Charge(
        byte[] value, OwnedPartition partition, UInt128 subscriber, long at, QuotaExchange exchange, bool isImmediate = false);

    /// <summary>Whether this very usage was rated before.</summary>
    bool IsRated(byte[] value, OwnedPartition partition, UInt128 subscriber, long at);
}
