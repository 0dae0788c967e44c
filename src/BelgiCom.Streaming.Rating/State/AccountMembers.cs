using System.Numerics;
using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The subscriptions of accounts, on whatever partition they are, under the offerings whose shared bundles depend on them
/// (<see cref="AccountTerms.DependOnMembers"/>). Of all other subscriptions nothing is kept. Used by one thread.
/// </summary>
public sealed class AccountMembers
{
    private const int LongestMonth = 31;
    private const int MonthsKept = 64;
    private const int NoOffering = -1;

    private readonly Dictionary<UInt128, Period[]> _periods = [];
    private readonly Dictionary<(ulong Account, int Offering), Group> _groups = [];

    /// <summary>Replaces the subscription of a subscriber; without periods it ends.</summary>
    /// <param name="subscriber">Whose.</param>
    /// <param name="periods">Its periods, ordered and not overlapping.</param>
    /// <param name="offerings">Numbers of the offerings.</param>
    /// <exception cref="ArgumentException">The periods are not as they must be; the earlier ones stay.</exception>
    public void Set(UInt128 subscriber, IReadOnlyList<SubscriptionPeriod> periods, OfferingIndex offerings)
    {
        SubscriptionChecks.Check(periods);
        if (_periods.Remove(subscriber, out Period[]? before))
        {
            foreach (Period period in before.Where(period => period.Offering != NoOffering))
            {
                Group group = _groups[(period.Account, period.Offering)];
                group.Months.Clear();
                group.Members.Remove(subscriber);
            }
        }

        Period[] now = [.. periods.Select(period => PeriodOf(period, offerings))];
        if (Array.TrueForAll(now, period => period.Offering == NoOffering))
        {
            return;
        }

        _periods.Add(subscriber, now);
        foreach (Period period in now.Where(period => period.Offering != NoOffering))
        {
            if (!_groups.TryGetValue((period.Account, period.Offering), out Group? group))
            {
                _groups.Add((period.Account, period.Offering), group = new Group());
            }

            group.Months.Clear();
            group.Members.Add(subscriber);
        }
    }

    /// <summary>Days of a month on which any subscription of an account has an offering.</summary>
    /// <param name="account">Hash of the account.</param>
    /// <param name="offering">Number of the offering.</param>
    /// <param name="month">The month, as <see cref="BelgianCalendar"/> counts them.</param>
    internal int DaysOf(ulong account, int offering, int month) =>
        MonthOf(account, offering, month) is { } members ? BitOperations.PopCount(members.Days) : 0;

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
        (int from, int to) = (BelgianCalendar.StartDays(month), BelgianCalendar.StartDays(month + 1));
        foreach (UInt128 member in group.Members)
        {
            uint days = 0;
            int next = to;

            // From the newest period to the oldest, as SubscriberTable counts.
            foreach (Period period in _periods[member].Reverse())
            {
                (int first, int end) = SubscriberTable.DaysBefore(period.ValidFrom, period.ValidTo, from, ref next);
                for (int day = first; period.Account == account && period.Offering == offering && day < end; day++)
                {
                    days |= 1U << (day - from);
                }
            }

            counted.Days |= days;
            counted.WithDays[BitOperations.PopCount(days)]++;
        }

        group.Months.Add(month, counted);
        return counted;
    }

    private static Period PeriodOf(SubscriptionPeriod period, OfferingIndex offerings)
    {
        long from = period.ValidFrom?.ToUnixTimeMilliseconds() ?? long.MinValue;
        long to = period.ValidTo?.ToUnixTimeMilliseconds() ?? long.MaxValue;
        int offering = period.AliasOf is null ? offerings.GetOrAdd(period.Offering) : NoOffering;
        if (offering == NoOffering || !offerings.DependsOnMembers(offering))
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
