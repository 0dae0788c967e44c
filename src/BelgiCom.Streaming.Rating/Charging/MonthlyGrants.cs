using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What a monthly bundle grants in a month: all units, or those of the days on which the subscription, or any of the account, has the
/// offering (D-21), or what each of the account brings; and what it carries into the next (D-13).
/// </summary>
/// <remarks>
/// The meter of a bundle that rolls over counts in its units what was drawn and what was carried out, and in its second number what was
/// carried in. A month is opened by its first draw: then as much of the month before as may be carried moves over. Usage of the month
/// before that comes later has what was not carried, and takes back what was carried and not drawn yet; so no unit is used twice, and none
/// is lost by coming late.
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
        if (bundle.RolloverMaximum > 0 && meter == default)
        {
            meter = meter with { Nanos = CarryFrom(month - 1, bundle) };
        }

        long granted = Granted(bundle, month);
        long left = Math.Max(0, (granted > long.MaxValue - meter.Nanos ? long.MaxValue : granted + meter.Nanos) - meter.Units);
        long taken = Math.Min(units, left);
        long back = bundle.RolloverMaximum > 0 && taken < units ? TakeBack(month + 1, bundle, units - taken) : 0;
        if (taken + back > 0)
        {
            hand.Write(OwnerOf(bundle), bundle.Meter, hand.MonthStart, meter with { Units = meter.Units + taken }, LastDayOf(month + 1));
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

    /// <summary>Moves what a month may carry out of it.</summary>
    private long CarryFrom(int month, PriceList.BundleTerms next)
    {
        int version = month < 0 ? -1 : terms.VersionAt(BelgianCalendar.StartMilliseconds(month + 1) - 1);
        PriceList.BundleTerms? bundle = version < 0 ? null : terms.ListOf(version).FindBundle(next.Meter);
        if (bundle is not { RolloverMaximum: > 0 } || bundle.IsShared != next.IsShared || DaysOf(bundle, month) == 0)
        {
            return 0;
        }

        UInt128 owner = OwnerOf(bundle);
        MeterReading meter = hand.Read(owner, bundle.Meter, BelgianCalendar.StartDays(month));
        long rest = Granted(bundle, month) - Math.Max(0, meter.Units - meter.Nanos);
        long carried = Math.Clamp(rest, 0, bundle.RolloverMaximum);
        if (carried > 0)
        {
            hand.Write(
                owner, bundle.Meter, BelgianCalendar.StartDays(month), meter with { Units = meter.Units + carried },
                LastDayOf(month + 1));
        }

        return carried;
    }

    /// <summary>Takes back units that were carried into the next month and not drawn there.</summary>
    private long TakeBack(int next, PriceList.BundleTerms bundle, long units)
    {
        int from = BelgianCalendar.StartDays(next);
        MeterReading meter = hand.Read(OwnerOf(bundle), bundle.Meter, from);
        long back = Math.Min(units, Math.Max(0, meter.Nanos - meter.Units));
        if (back > 0)
        {
            hand.Write(OwnerOf(bundle), bundle.Meter, from, meter with { Nanos = meter.Nanos - back }, LastDayOf(next + 1));
        }

        return back;
    }

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
            return members.Brought(hand.AccountHash, terms.Offering, month, units, bundle.ProRataStep);
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
            return members.DaysOf(hand.AccountHash, terms.Offering, month);
        }

        if (_ofMember is not { } member)
        {
            return subscribers.ActiveDays(
                hand.Usage.Subscriber, terms.Offering, _holder, BelgianCalendar.StartDays(month), BelgianCalendar.StartDays(month + 1));
        }

        // A release that counted no days granted whole months, and carried nothing.
        bool isOfEvent = month == BelgianCalendar.MonthStartingOn(hand.MonthStart);
        int days = isOfEvent ? member.Days : member.DaysBefore;
        return days != Membership.NotCounted ? days
            : isOfEvent ? BelgianCalendar.StartDays(month + 1) - BelgianCalendar.StartDays(month)
            : 0;
    }

    private static int LastDayOf(int month) => UsageInHand.LastDayBefore(BelgianCalendar.StartMilliseconds(month + 1));
}

/// <summary>Days on which a member has its offering on the account, counted where its subscription is.</summary>
/// <param name="Days">Those of the month of the usage.</param>
/// <param name="DaysBefore">Those of the month before.</param>
internal readonly record struct MemberDays(int Days, int DaysBefore);
