using System.Numerics;
using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The subscriptions of accounts, on whatever partition they are, under the offerings whose shared bundles depend on them
/// (<see cref="AccountTerms.DependOnMembers"/>); and, while a price asks whether the called number is of the caller's account, the account
/// of everybody. Of all other subscriptions nothing is kept. Used by one thread.
/// </summary>
public sealed class AccountMembers
{
    private const int LongestMonth = 31;
    private const int MonthsKept = 64;
    private const int NoOffering = -1;

    private readonly GroupDirectory _everybody = new();
    private readonly Dictionary<UInt128, Period[]> _periods = [];
    private readonly Dictionary<(ulong Account, int Offering), Group> _groups = [];

    // Numbers of the offerings that the last subscription was told in; all of them are.
    private OfferingIndex _offerings = new();

    /// <summary>Replaces the subscription of a subscriber; without periods it ends.</summary>
    /// <param name="subscriber">Whose.</param>
    /// <param name="periods">Its periods, ordered and not overlapping.</param>
    /// <param name="offerings">Numbers of the offerings.</param>
    /// <exception cref="ArgumentException">The periods are not as they must be; the earlier ones stay.</exception>
    public void Set(UInt128 subscriber, IReadOnlyList<SubscriptionPeriod> periods, OfferingIndex offerings)
    {
        SubscriptionChecks.Check(periods);
        _offerings = offerings;
        if (offerings.AskForGroups)
        {
            _everybody.Set(subscriber, periods);
        }

        if (_periods.Remove(subscriber, out Period[]? before))
        {
            foreach ((ulong, int) key in before.SelectMany(KeysOf))
            {
                if (_groups.TryGetValue(key, out Group? group))
                {
                    group.Months.Clear();
                    group.Members.Remove(subscriber);
                }
            }
        }

        Period[] now = [.. periods.Select(period => PeriodOf(period, offerings))];
        if (Array.TrueForAll(now, period => period.Offering == NoOffering))
        {
            return;
        }

        _periods.Add(subscriber, now);
        foreach ((ulong, int) key in now.SelectMany(KeysOf))
        {
            if (!_groups.TryGetValue(key, out Group? group))
            {
                _groups.Add(key, group = new Group());
            }

            group.Months.Clear();
            group.Members.Add(subscriber);
        }
    }

    /// <summary>Whether a subscriber is with an account at an instant, under whatever offering.</summary>
    /// <param name="subscriber">The subscriber.</param>
    /// <param name="account">Hash of the account.</param>
    /// <param name="milliseconds">The instant, milliseconds since 1970-01-01 UTC.</param>
    internal bool IsWith(UInt128 subscriber, ulong account, long milliseconds) =>
        _everybody.IsWith(subscriber, account, milliseconds);

    /// <summary>Days of a month on which any subscription of an account has an offering.</summary>
    /// <param name="account">Hash of the account.</param>
    /// <param name="offering">Number of the offering.</param>
    /// <param name="month">The month, as <see cref="BelgianCalendar"/> counts them.</param>
    internal int DaysOf(ulong account, int offering, int month) =>
        MonthOf(account, offering, month) is { } members ? BitOperations.PopCount(members.Days) : 0;

    /// <summary>Days of a month on which a subscriber has an offering on an account.</summary>
    /// <param name="subscriber">Whose.</param>
    /// <param name="account">Hash of the account.</param>
    /// <param name="offering">Number of the offering.</param>
    /// <param name="month">The month, as <see cref="BelgianCalendar"/> counts them.</param>
    internal int DaysOf(UInt128 subscriber, ulong account, int offering, int month) =>
        _periods.TryGetValue(subscriber, out Period[]? periods)
            ? BitOperations.PopCount(DaysOf(periods, account, offering, month))
            : 0;

    /// <summary>What the subscriptions of an account under an offering bring together in a month.</summary>
    /// <param name="account">Hash of the account.</param>
    /// <param name="offering">Number of the offering.</param>
    /// <param name="month">The month, as <see cref="BelgianCalendar"/> counts them.</param>
    /// <param name="units">What one brings that has the offering all month.</param>
    /// <param name="step">Step to which the part of each is rounded up; 0 where a part of the month brings all.</param>
    internal long Brought(ulong account, int offering, int month, long units, long step)
    {
        if (MonthOf(account, offering, month) is not { } members)
        {
            return 0;
        }

        if (members.Units == units && members.Step == step)
        {
            return members.Brought;
        }

        int length = BelgianCalendar.StartDays(month + 1) - BelgianCalendar.StartDays(month);
        Int128 sum = 0;
        for (int days = 1; days <= length; days++)
        {
            if (members.WithDays[days] > 0)
            {
                sum += (Int128)members.WithDays[days] * (step == 0 ? units : new PeriodShare(days, length).OfAllowance(units, step));
            }
        }

        (members.Units, members.Step, members.Brought) = (units, step, sum > long.MaxValue ? long.MaxValue : (long)sum);
        return members.Brought;
    }

    /// <summary>
    /// Counts the members by their days, once for a month until one of them changes: an account has a hundred thousand devices.
    /// </summary>
    private MonthOfMembers? MonthOf(ulong account, int offering, int month)
    {
        if (!_groups.TryGetValue((account, offering), out Group? group))
        {
            return null;
        }

        if (group.Months.TryGetValue(month, out MonthOfMembers? known))
        {
            return known;
        }

        if (group.Months.Count >= MonthsKept)
        {
            group.Months.Clear();
        }

        MonthOfMembers counted = new();
        foreach (UInt128 member in group.Members)
        {
            uint days = DaysOf(_periods[member], account, offering, month);
            counted.Days |= days;
            counted.WithDays[BitOperations.PopCount(days)]++;
        }

        group.Months.Add(month, counted);
        return counted;
    }

    /// <summary>A bit for each day of a month on which one has an offering on an account.</summary>
    private uint DaysOf(Period[] periods, ulong account, int offering, int month)
    {
        uint days = 0;
        int from = BelgianCalendar.StartDays(month);
        int next = BelgianCalendar.StartDays(month + 1);

        // From the newest period to the oldest, as SubscriberTable counts.
        foreach (Period period in periods.Reverse())
        {
            (int first, int end) = SubscriberTable.DaysBefore(period.ValidFrom, period.ValidTo, from, ref next);
            for (int day = first; period.Account == account && _offerings.Has(period.Offering, offering) && day < end; day++)
            {
                days |= 1U << (day - from);
            }
        }

        return days;
    }

    /// <summary>The groups of which a period makes a member: one for each offering of it that depends on the members.</summary>
    private IEnumerable<(ulong Account, int Offering)> KeysOf(Period period) => period.Offering == NoOffering
        ? []
        : _offerings.AllOf(period.Offering).Where(_offerings.DependsOnMembers)
            .Select(offering => (period.Account, offering));

    private static Period PeriodOf(SubscriptionPeriod period, OfferingIndex offerings)
    {
        long from = period.ValidFrom?.ToUnixTimeMilliseconds() ?? long.MinValue;
        long to = period.ValidTo?.ToUnixTimeMilliseconds() ?? long.MaxValue;
        int offering = period.AliasOf is null ? offerings.GetOrAdd(period.Offering, period.AddOns) : NoOffering;
        if (offering == NoOffering || !offerings.AllOf(offering).Any(offerings.DependsOnMembers))
        {
            return new Period(0, NoOffering, from, to);
        }

        return new Period(AccountKey.HashOf(AccountKey.Of(Encoding.UTF8.GetBytes(period.Account))), offering, from, to);
    }

    private readonly record struct Period(ulong Account, int Offering, long ValidFrom, long ValidTo);

    private sealed class Group
    {
        public HashSet<UInt128> Members { get; } = [];

        public Dictionary<int, MonthOfMembers> Months { get; } = [];
    }

    private sealed class MonthOfMembers
    {
        /// <summary>A bit for each day on which any member has the offering.</summary>
        public uint Days { get; set; }

        /// <summary>How many members have it on so many days.</summary>
        public int[] WithDays { get; } = new int[LongestMonth + 1];

        /// <summary>What was asked for last.</summary>
        public long Units { get; set; } = -1;

        public long Step { get; set; }

        public long Brought { get; set; }
    }
}
