using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>Draws charged units from the bundles of the version in force, in their order, and gives back what a session drew.</summary>
/// <param name="hand">The event.</param>
/// <param name="terms">What is in force.</param>
/// <param name="parts">Gets the parts.</param>
/// <param name="session">The session of the event.</param>
/// <param name="grants">What a month grants where that is not simply the bundle's units.</param>
internal sealed class BundleDraws(
    UsageInHand hand, TermsInForce terms, EventParts parts, SessionInHand session, MonthlyGrants grants)
{
    private PriceList.BundleTerms[] _ofEvent = [];

    private long _usedOfBalance;

    /// <summary>Units that the event drew from the bundle that the month's balance counts; less than 0 when it gave back.</summary>
    public long DrawnFromBalance { get; private set; }

    /// <summary>Begins an event.</summary>
    /// <param name="usedOfBalance">Units that the month's balance says are drawn from the bundle of the kind.</param>
    public void BeginEvent(long usedOfBalance) => (_usedOfBalance, DrawnFromBalance) = (usedOfBalance, 0);

    /// <summary>First instant after this one at which a bundle begins or ends, or another surcharge is due.</summary>
    public long ChangeAfter(long at)
    {
        long next = long.MaxValue;
        foreach (PriceList.BundleTerms bundle in terms.Together.Bundles)
        {
            next = bundle.FromMilliseconds > at ? Math.Min(next, bundle.FromMilliseconds) : next;
            next = bundle.ToMilliseconds > at ? Math.Min(next, bundle.ToMilliseconds) : next;
        }

        foreach (GrantedBundle granted in hand.Granted)
        {
            next = granted.FromMilliseconds > at ? Math.Min(next, granted.FromMilliseconds) : next;
            next = granted.ToMilliseconds > at ? Math.Min(next, granted.ToMilliseconds) : next;
        }

        foreach (PriceList.Surcharge surcharge in terms.Row.Surcharges)
        {
            next = surcharge.FromMilliseconds > at ? Math.Min(next, surcharge.FromMilliseconds) : next;
        }

        return next;
    }

    /// <summary>Draws units that are used at an instant.</summary>
    /// <returns>Units that no bundle covers.</returns>
    public long Draw(long units, long at)
    {
        foreach (PriceList.BundleTerms bundle in HasOwnOrder ? OrderOfEvent() : terms.Together.Bundles)
        {
            if (units == 0)
            {
                break;
            }

            if (at < bundle.FromMilliseconds || at >= bundle.ToMilliseconds || !terms.Fits(bundle))
            {
                continue;
            }

            long taken = Take(bundle, units);
            if (taken > 0)
            {
                AddCovered(bundle, taken, at);
                units -= taken;
            }
        }

        return units;
    }

    /// <summary>
    /// Adds units that a bundle covers. In its fair use zone, those above the volume of the period cost the surcharge: the bundle is their
    /// price at home, and the surcharge comes on top. (D-19)
    /// </summary>
    private void AddCovered(PriceList.BundleTerms bundle, long units, long at)
    {
        RatedPart part = new() { Component = PartComponent.Bundle, BundleIndex = bundle.Index, BundleVersionIndex = bundle.VersionIndex };
        long within = terms.IsFairUse(bundle) ? CountFairUse(bundle, units) : units;
        if (within > 0)
        {
            parts.AddRun(part with { Units = within });
        }

        if (within < units)
        {
            PriceList.Surcharge surcharge = terms.Row.SurchargeAt(at);
            parts.AddRun(
                part with { Units = units - within, UnitPriceNanos = surcharge.UnitPriceNanos, UnitSize = surcharge.UnitSize });
        }
    }

    /// <summary>Counts units in the fair use zone of a bundle; how many of them are within the volume of the period.</summary>
    private long CountFairUse(PriceList.BundleTerms bundle, long units)
    {
        // The volume counts all usage of the period, so a session's units in it cannot be taken back alone.
        session.ChargeAsTheyCome();
        (UInt128 owner, long from, int until) = PeriodOf(bundle);
        MeterReading counted = hand.Read(owner, bundle.FairUseMeter, from);
        hand.Write(owner, bundle.FairUseMeter, from, counted with { Units = counted.Units + units }, until);
        return Math.Clamp(grants.FairUse(bundle) - counted.Units, 0, units);
    }

    /// <summary>Whose use of a bundle is counted, the beginning under which it is, and the last day on which it may be needed.</summary>
    private (UInt128 Owner, long From, int Until) PeriodOf(PriceList.BundleTerms bundle) => (
        bundle.IsShared ? hand.Account : hand.Owner,
        bundle.IsMonthly ? hand.MonthStart : bundle.CountedFrom,
        bundle.IsMonthly ? hand.MonthEnd : UsageInHand.LastDayBefore(bundle.ToMilliseconds));

    /// <summary>
    /// Gives back all that the session drew; false, with nothing changed, when not all bundles that it drew from are found, because the
    /// subscriber had another offering.
    /// </summary>
    public bool TryGiveBack()
    {
        foreach (int version in terms.Versions)
        {
            foreach (PriceList.BundleTerms bundle in terms.ListOf(version).Bundles)
            {
                GiveBack(version, bundle);
            }
        }

        foreach (GrantedBundle granted in hand.Granted)
        {
            if (granted.TermsIn(terms.Together) is { } bundle)
            {
                GiveBack(terms.VersionIndex, bundle);
            }
        }

        if (session.Drawn == 0)
        {
            return true;
        }

        hand.Meters.UndoEvent();
        parts.UndoEvent();
        DrawnFromBalance = 0;
        session.ReadAgain();
        return false;
    }

    /// <summary>
    /// Units of a bundle that are drawn, those that are left, and its fair use: they are drawn to be counted; the caller undoes it.
    /// </summary>
    public (long Drawn, long Left, (long Volume, long Used)? FairUse) Look(PriceList.BundleTerms bundle)
    {
        UInt128 owner = bundle.IsShared ? hand.Account : hand.Owner;
        long from = bundle.IsMonthly ? hand.MonthStart : bundle.CountedFrom;
        long drawn = hand.Read(owner, bundle.Meter, from).Units;
        (long, long)? fairUse = bundle.HasAnyFairUse
            ? (grants.FairUse(bundle), hand.Read(owner, bundle.FairUseMeter, from).Units)
            : null;
        return (
            drawn, bundle.HasMonthlyTerms ? grants.Take(bundle, long.MaxValue) : Math.Max(0, bundle.Units - drawn), fairUse);
    }

    /// <summary>Whether the order of draw depends on the month, or on what top-ups brought.</summary>
    private bool HasOwnOrder => terms.Together.OrderDependsOnMonth || !hand.Granted.IsEmpty;

    /// <summary>
    /// The bundles in the order of draw, where a monthly one ends with the month of the event: the allowance of this month is drawn before
    /// what a top-up leaves for the next. There are few of them, and nearly all are in order.
    /// </summary>
    private ReadOnlySpan<PriceList.BundleTerms> OrderOfEvent()
    {
        PriceList.BundleTerms[] bundles = terms.Together.Bundles;
        if (_ofEvent.Length < bundles.Length + hand.Granted.Length)
        {
            _ofEvent = new PriceList.BundleTerms[bundles.Length + hand.Granted.Length];
        }

        int count = 0;
        foreach (PriceList.BundleTerms bundle in bundles)
        {
            PutInOrder(bundle, count++);
        }

        foreach (GrantedBundle granted in hand.Granted)
        {
            if (granted.TermsIn(terms.Together) is { } bundle)
            {
                PutInOrder(bundle, count++);
            }
        }

        return _ofEvent.AsSpan(0, count);
    }

    private void PutInOrder(PriceList.BundleTerms bundle, int place)
    {
        (long Begin, long End) month = (hand.MonthStartMilliseconds, hand.MonthEndMilliseconds);
        for (; place > 0 && bundle.CompareDraw(_ofEvent[place - 1], month) < 0; place--)
        {
            _ofEvent[place] = _ofEvent[place - 1];
        }

        _ofEvent[place] = bundle;
    }

    /// <summary>Takes units from a bundle, as many as it still has. A monthly one is that of the month in which the event begins.</summary>
    private long Take(PriceList.BundleTerms bundle, long units)
    {
        if (bundle.IsOfBalance)
        {
            long left = Math.Min(units, Math.Max(0, bundle.Units - _usedOfBalance - DrawnFromBalance));
            DrawnFromBalance += left;
            session.NoteDraw(bundle.Meter, hand.MonthStart, left);
            return left;
        }

        if (bundle.HasMonthlyTerms)
        {
            long granted = grants.Take(bundle, units);
            session.NoteDraw(bundle.Meter, hand.MonthStart, granted);
            return granted;
        }

        (UInt128 owner, long from, int until) = PeriodOf(bundle);
        MeterReading drawn = hand.Read(owner, bundle.Meter, from);
        long taken = Math.Min(units, Math.Max(0, bundle.Units - drawn.Units));
        if (taken > 0)
        {
            hand.Write(owner, bundle.Meter, from, drawn with { Units = drawn.Units + taken }, until);
            session.NoteDraw(bundle.Meter, from, taken);
        }

        return taken;
    }

    private void GiveBack(int version, PriceList.BundleTerms bundle)
    {
        MeterReading draw = session.TakeDraw(bundle.Meter);
        if (draw.Units == 0)
        {
            return;
        }

        if (bundle.IsOfBalance)
        {
            DrawnFromBalance -= draw.Units;
        }
        else
        {
            UInt128 owner = bundle.IsShared ? hand.Account : hand.Owner;
            MeterReading drawn = hand.Read(owner, bundle.Meter, draw.Nanos);
            hand.Write(owner, bundle.Meter, draw.Nanos, drawn with { Units = drawn.Units - draw.Units }, hand.Day);
        }

        parts.AddGivenBack(
            bundle.VersionIndex == PriceList.BundleTerms.OfPrice ? version : bundle.VersionIndex, bundle.Index, draw.Units);
    }
}
