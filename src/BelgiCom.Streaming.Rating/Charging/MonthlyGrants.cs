using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What a monthly bundle grants in a month: all units, or those of the days on which the subscription, or any of the account, has the
/// offering (D-21), or what each of the account brings; and what it carries into the next (D-13).
/// </summary>
/// <remarks>
/// The meter of a bundle that rolls over counts in its units what was drawn and what was carried out, and in its second number what was
/// carried in; where units live longer than a month, further meters say how old they are. A month is opened by its first draw: then as much
/// of the month before as may be carried moves over. Usage of the month before that comes later has what was not carried, and takes back
/// what was carried and neither drawn nor carried further yet; so no unit is used twice.
/// </remarks>
/// <param name="hand">The event.</param>
/// <param name="terms">What is in force.</param>
/// <param name="subscribers">Who has which offering when.</param>
/// <param name="members">The same of all members of the accounts, for what they share.</param>
internal sealed class MonthlyGrants(UsageInHand hand, TermsInForce terms, SubscriberTable subscribers, AccountMembers members)
{
    private int _holder;
    private MemberDays? _ofMember;

    /// <summary>Begins an event.</summary>
    /// <param name="holder">Number of who holds the balance of the account that pays.</param>
    /// <param name="ofMember">Days that another session counted, which has the subscription; null when this one has it.</param>
    public void BeginEvent(int holder, MemberDays? ofMember) => (_holder, _ofMember) = (holder, ofMember);

    /// <summary>Takes units that the event's month still has.</summary>
    /// <param name="bundle">A monthly bundle that has such terms.</param>
    /// <param name="units">At most so many.</param>
    public long Take(PriceList.BundleTerms bundle, long units)
    {
        int month = BelgianCalendar.MonthStartingOn(hand.MonthStart);
        MeterReading meter = hand.Read(OwnerOf(bundle), bundle.Meter, hand.MonthStart);
        bool opens = bundle.RolloverMaximum > 0 && meter == default;
        if (opens)
        {
            meter = meter with { Nanos = Open(month, bundle, Rollover.MostPeriods) };
        }

        long granted = Granted(bundle, month);
        long left = Math.Max(0, (granted > long.MaxValue - meter.Nanos ? long.MaxValue : granted + meter.Nanos) - meter.Units);
        long taken = Math.Min(units, left);
        long back = bundle.RolloverMaximum > 0 && taken < units ? TakeBack(month + 1, bundle, units - taken) : 0;
        if (taken + back > 0 || (opens && meter.Nanos > 0))
        {
            Write(bundle, month, meter with { Units = meter.Units + taken });
        }

        return taken + back;
    }

    /// <summary>Units of the event's period that a bundle covers in its fair use zone without a surcharge: in part of a month, its
    /// days' part, as of the bundle. (D-19)</summary>
    public long FairUse(PriceList.BundleTerms bundle)
    {
        long volume = bundle.FairUseAt(hand.MonthStartMilliseconds);
        return bundle.HasMonthlyTerms ? GrantedOf(bundle, volume, BelgianCalendar.MonthStartingOn(hand.MonthStart)) : volume;
    }

    /// <summary>Moves what may be carried into a month out of the month before it, which is opened itself where it was not.</summary>
    /// <param name="month">The month.</param>
    /// <param name="next">The bundle there.</param>
    /// <param name="periods">Units that are carried further live no longer.</param>
    /// <returns>Units carried into it.</returns>
    private long Open(int month, PriceList.BundleTerms next, int periods)
    {
        int before = month - 1;
        int version = before < 0 ? -1 : terms.VersionAt(BelgianCalendar.StartMilliseconds(month) - 1, next);
        PriceList.BundleTerms? bundle = version < 0 ? null : terms.ListOf(version).FindBundle(next.Meter)?.AsIn(next);
        if (bundle is not { RolloverMaximum: > 0 } || bundle.IsShared != next.IsShared || DaysOf(bundle, before) == 0)
        {
            return 0;
        }

        MeterReading meter = hand.Read(OwnerOf(bundle), bundle.Meter, BelgianCalendar.StartDays(before));
        periods = Math.Min(periods, bundle.RolloverPeriods);
        if (meter == default && periods > 1)
        {
            meter = meter with { Nanos = Open(before, bundle, periods - 1) };
        }

        Span<long> left = stackalloc long[Rollover.MostPeriods + 1];
        ReadCarried(bundle, before, meter.Nanos, left[..^1]);
        left[^1] = Granted(bundle, before);
        long carried = Rollover.Close(left, meter.Units, bundle.RolloverMaximum, bundle.RolloverPeriods);
        if (carried > 0 || meter.Nanos > 0)
        {
            Write(bundle, before, meter with { Units = meter.Units + carried });
            WriteCarried(next, month, left[1..]);
        }

        return carried;
    }

    /// <summary>Takes back units that were carried into the next month and not drawn there, the oldest first.</summary>
    private long TakeBack(int next, PriceList.BundleTerms bundle, long units)
    {
        MeterReading meter = hand.Read(OwnerOf(bundle), bundle.Meter, BelgianCalendar.StartDays(next));
        long back = Math.Min(units, Math.Max(0, meter.Nanos - meter.Units));
        if (back > 0)
        {
            Span<long> carried = stackalloc long[Rollover.MostPeriods];
            ReadCarried(bundle, next, meter.Nanos, carried);
            Rollover.TakeOldest(carried, back);
            WriteCarried(bundle, next, carried);
            Write(bundle, next, meter with { Nanos = meter.Nanos - back });
        }

        return back;
    }

    /// <summary>Reads what was carried into a month, by the month that granted it, the oldest first.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="month">The month.</param>
    /// <param name="all">All that was carried into it.</param>
    /// <param name="carried">One number for each period that units may live.</param>
    private void ReadCarried(PriceList.BundleTerms bundle, int month, long all, Span<long> carried)
    {
        carried.Clear();
        carried[^1] = all;
        for (int age = 2; age < bundle.CarriedMeters.Length + 2 && all > 0; age++)
        {
            long units = hand.Read(OwnerOf(bundle), bundle.CarriedMeters[age - 2], BelgianCalendar.StartDays(month)).Units;
            (carried[^age], carried[^1]) = (units, carried[^1] - units);
        }
    }

    private void WriteCarried(PriceList.BundleTerms bundle, int month, ReadOnlySpan<long> carried)
    {
        int from = BelgianCalendar.StartDays(month);
        for (int age = 2; age < bundle.CarriedMeters.Length + 2; age++)
        {
            ulong meter = bundle.CarriedMeters[age - 2];
            if (hand.Read(OwnerOf(bundle), meter, from).Units != carried[^age])
            {
                hand.Write(OwnerOf(bundle), meter, from, new MeterReading(carried[^age], 0), LastDayNeeded(bundle, month));
            }
        }
    }

    private void Write(PriceList.BundleTerms bundle, int month, MeterReading reading) => hand.Write(
        OwnerOf(bundle), bundle.Meter, BelgianCalendar.StartDays(month), reading, LastDayNeeded(bundle, month));

    /// <summary>UTC day in which the last month ends that may be opened by what a month left.</summary>
    private static int LastDayNeeded(PriceList.BundleTerms bundle, int month) =>
        UsageInHand.LastDayBefore(BelgianCalendar.StartMilliseconds(month + 1 + bundle.RolloverPeriods));

    private long Granted(PriceList.BundleTerms bundle, int month) => GrantedOf(bundle, bundle.Units, month);

    /// <summary>What a month grants of units that a whole month, or each device, has.</summary>
    private long GrantedOf(PriceList.BundleTerms bundle, long units, int month)
    {
        if (units == long.MaxValue)
        {
            return units;
        }

        if (bundle.IsContributed)
        {
            return members.Brought(hand.AccountHash, terms.OfferingOf(bundle), month, units, bundle.ProRataStep);
        }

        return bundle.ProRataStep == 0
            ? units
            : new PeriodShare(DaysOf(bundle, month), BelgianCalendar.StartDays(month + 1) - BelgianCalendar.StartDays(month))
                .OfAllowance(units, bundle.ProRataStep);
    }

    private UInt128 OwnerOf(PriceList.BundleTerms bundle) => bundle.IsShared ? hand.Account : hand.Owner;

    /// <summary>Days of a month on which who has the bundle has the offering.</summary>
    private int DaysOf(PriceList.BundleTerms bundle, int month)
    {
        if (bundle.IsShared)
        {
            return members.DaysOf(hand.AccountHash, terms.OfferingOf(bundle), month);
        }

        if (_ofMember is not { } member)
        {
            return subscribers.ActiveDays(
                hand.Usage.Subscriber, terms.OfferingOf(bundle), _holder, BelgianCalendar.StartDays(month),
                BelgianCalendar.StartDays(month + 1));
        }

        if (terms.IsOfAddOn(bundle))
        {
            // What came with the usage are the days of the main offering.
            return members.DaysOf(hand.Usage.Subscriber, hand.AccountHash, terms.OfferingOf(bundle), month);
        }

        int ago = BelgianCalendar.MonthStartingOn(hand.MonthStart) - month;
        if (ago > 1)
        {
            return member.DaysEarlier(ago);
        }

        // A release that counted no days granted whole months, and carried nothing.
        int days = ago == 0 ? member.Days : member.DaysBefore;
        return days != Membership.NotCounted ? days
            : ago == 0 ? BelgianCalendar.StartDays(month + 1) - BelgianCalendar.StartDays(month)
            : 0;
    }
}

/// <summary>Days on which a member has its offering on the account, counted where its subscription is.</summary>
/// <param name="Days">Those of the month of the usage.</param>
/// <param name="DaysBefore">Those of the month before.</param>
/// <param name="Earlier">Those of the months before that, five bits each, the newest lowest.</param>
internal readonly record struct MemberDays(int Days, int DaysBefore, long Earlier)
{
    /// <summary>Bits that the days of a month have.</summary>
    public const int BitsOfMonth = 5;

    /// <summary>Those of a month that was so many months ago, 2 to <see cref="Rollover.MostPeriods"/>.</summary>
    public int DaysEarlier(int ago) => (int)(Earlier >> ((ago - 2) * BitsOfMonth)) & ((1 << BitsOfMonth) - 1);
}
