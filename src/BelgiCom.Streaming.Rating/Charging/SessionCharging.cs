using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Charges what a record adds to its session. Fee, least and highest amount are the session's, by the price at its start. When records that
/// follow it were charged before it, the session is charged anew in its order, and this record has the difference. (decision D-04)
/// </summary>
/// <param name="hand">The event.</param>
/// <param name="terms">What is in force.</param>
/// <param name="parts">Gets the parts.</param>
/// <param name="session">The session of the event.</param>
/// <param name="bundles">What its units draw.</param>
internal sealed class SessionCharging(
    UsageInHand hand, TermsInForce terms, EventParts parts, SessionInHand session, BundleDraws bundles)
{
    private readonly IncrementCharging _increments = new(hand, terms, parts, session, bundles);

    /// <summary>Charges the event.</summary>
    /// <param name="units">What it used.</param>
    public ChargingFault Charge(long units)
    {
        session.Enter(terms.SessionForm);
        SessionSoFar before = session.SoFar;
        SessionRecord record = new(hand.Usage.EventTimeMilliseconds, units);
        if (session.CanChargeAnew && session.Count > 0 && record.IsBefore(session.RecordAt(session.Count - 1)))
        {
            if (TryTakeBack(before))
            {
                return ChargeAnew(record);
            }

            session.ChargeAsTheyCome();
        }

        ChargingFault fault = ChargeRecord(units, before, out _);
        if (session.CanChargeAnew)
        {
            session.Insert(record);
        }

        session.KeepRecords();
        return fault;
    }

    /// <summary>
    /// Takes back what the session was charged, and gives back what was drawn for it; false, with nothing changed, when that cannot be
    /// done.
    /// </summary>
    private bool TryTakeBack(in SessionSoFar charged)
    {
        if (!terms.TryEnter(charged.StartMilliseconds))
        {
            return false;
        }

        long amount = charged.AmountNanos + charged.RaisedNanos + charged.CappedNanos;
        RatedPart reversal = new() { Component = PartComponent.Reversal, Units = session.Drawn - charged.Charged, AmountNanos = -amount };
        if ((reversal.Units | amount) != 0)
        {
            parts.Add(reversal);
        }

        return bundles.TryGiveBack();
    }

    /// <summary>Puts a record in its place, and charges the session from its first record on.</summary>
    private ChargingFault ChargeAnew(SessionRecord record)
    {
        session.Insert(record);
        UsageRecord last = hand.Usage;
        SessionSoFar soFar = SessionSoFar.Beginning(session.RecordAt(0).StartMilliseconds);
        ChargingFault fault = ChargingFault.None;
        for (int index = 0; index <= session.Count && fault == ChargingFault.None; index++)
        {
            SessionRecord next = session.RecordAt(index);
            hand.Replace(last with
            {
                EventTimeMilliseconds = next.StartMilliseconds,
                EndTimeMilliseconds = next.StartMilliseconds,
                DurationSeconds = next.Units,
                TotalOctets = next.Units,
                Messages = next.Units,
                ServiceUnits = next.Units,
            });
            fault = ChargeRecord(next.Units, soFar, out soFar);
        }

        hand.Replace(in last);
        session.KeepRecords();
        return fault;
    }

    /// <summary>Charges a record after those that its session has charged.</summary>
    private ChargingFault ChargeRecord(long units, SessionSoFar before, out SessionSoFar after)
    {
        parts.BeginRecord();
        after = before with { Used = before.Used + units };

        // Fee, minimum and maximum are those of the price at the session's start.
        terms.BeginCall(before.StartMilliseconds);
        if (!terms.TryEnter(before.StartMilliseconds))
        {
            return terms.Missing;
        }

        PriceList.Row first = terms.Row;
        int firstVersion = terms.VersionIndex;
        ChargingFault fault = first.Model == PriceModel.Flat
            ? ChargeFlat(units, before, ref after)
            : _increments.Charge(first, Math.Max(after.Used, first.MinimumUnits), before, ref after);
        if (fault != ChargingFault.None)
        {
            return fault;
        }

        long priced = 0;
        bool isPriced = false;
        foreach (ref readonly RatedPart part in parts.OfRecord)
        {
            priced += part.AmountNanos;
            isPriced |= part.Component == PartComponent.Usage;
        }

        if (isPriced && !before.IsFeePaid && first.ConnectFeeNanos > 0)
        {
            parts.AddOfSession(firstVersion, first, PartComponent.ConnectFee, first.ConnectFeeNanos);
            priced += first.ConnectFeeNanos;
            after = after with { IsFeePaid = true };
        }

        after = after with { IsPriced = before.IsPriced || isPriced, AmountNanos = before.AmountNanos + priced };
        long raise = after.IsPriced && first.MinimumChargeNanos > 0 ? Math.Max(0, first.MinimumChargeNanos - after.AmountNanos) : 0;
        long cap = after.AmountNanos > first.MaximumChargeNanos ? first.MaximumChargeNanos - after.AmountNanos : 0;
        parts.AddOfSession(firstVersion, first, PartComponent.MinimumCharge, raise - before.RaisedNanos);
        parts.AddOfSession(firstVersion, first, PartComponent.MaximumCharge, cap - before.CappedNanos);
        after = after with { RaisedNanos = raise, CappedNanos = cap };
        session.Keep(in after);
        return ChargingFault.None;
    }

    private ChargingFault ChargeFlat(long units, in SessionSoFar before, ref SessionSoFar after)
    {
        if (!terms.TryEnter(hand.Usage.EventTimeMilliseconds))
        {
            return terms.Missing;
        }

        long amount = before.Used == 0 ? terms.Row.PriceNanos : 0;
        parts.Add(new RatedPart { Component = PartComponent.Usage, Units = units, AmountNanos = amount });
        after = after with { Charged = after.Used };
        return ChargingFault.None;
    }
}
