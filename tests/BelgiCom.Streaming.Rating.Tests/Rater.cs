using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>A session with one catalogue, and a subscriber 1 who has its offering "test".</summary>
internal sealed class Rater
{
    public Rater(params OfferingVersion[] offerings)
        : this(45, 45, offerings)
    {
    }

    public Rater(int dedupDays, int lateDays, params OfferingVersion[] offerings)
        : this(dedupDays, lateDays, lateDays, offerings)
    {
    }

    public Rater(int dedupDays, int lateDays, int sessionDays, params OfferingVersion[] offerings)
    {
        Session = new RatingSession(dedupDays, lateDays, sessionDays: sessionDays);
        Tariffs = new TariffSnapshot(offerings, Offerings);
        Subscribe(1, "test");
    }

    public Rater(LatePolicy late, params OfferingVersion[] offerings)
    {
        Session = new RatingSession(45, 45, late);
        Tariffs = new TariffSnapshot(offerings, Offerings);
        Subscribe(1, "test");
    }

    public OfferingIndex Offerings { get; } = new();

    public RatingSession Session { get; }

    public TariffSnapshot Tariffs { get; }

    public void Subscribe(UInt128 subscriber, string offering, long from = long.MinValue, long to = long.MaxValue) =>
        Subscribe(subscriber, Period("A-1", offering, from, to));

    public void Subscribe(UInt128 subscriber, params SubscriptionPeriod[] periods) =>
        Session.SetSubscription(subscriber, periods, Offerings);

    public static SubscriptionPeriod Period(string account, string offering, long from, long to) => new()
    {
        Account = account,
        Offering = offering,
        ValidFrom = from == long.MinValue ? null : Given.Time(from),
        ValidTo = to == long.MaxValue ? null : Given.Time(to),
    };

    public RatingResult[] RateUncommitted(params UsageRecord[] usage)
    {
        RatingResult[] rated = new RatingResult[usage.Length];
        Session.Rate(usage, Tariffs, rated);
        return rated;
    }

    public RatingResult[] Rate(params UsageRecord[] usage)
    {
        RatingResult[] rated = RateUncommitted(usage);
        Session.Commit();
        return rated;
    }

    /// <summary>Rates one event and says which steps of limits it reached, as their messages.</summary>
    public string Notices(UsageRecord usage)
    {
        RatingResult rated = RateUncommitted(usage)[0];
        string notices = NoticesOf(Session, in rated);
        Session.Commit();
        return notices;
    }

    /// <summary>The messages of the steps that an event of the open batch reached.</summary>
    public static string NoticesOf(RatingSession session, in RatingResult rated) =>
        string.Join(' ', session.Notices(in rated).ToArray().Select(sent => sent.Notice.Step.Notification));

    public RatingResult One(UsageRecord usage) => Rate(usage)[0];
}
