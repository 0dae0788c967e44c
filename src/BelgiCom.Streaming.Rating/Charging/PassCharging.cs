using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>A pass opens with use and covers what begins while it lasts; messages before it may be free.</summary>
/// <param name="hand">The event.</param>
/// <param name="terms">What is in force.</param>
/// <param name="parts">Gets the parts.</param>
internal sealed class PassCharging(UsageInHand hand, TermsInForce terms, EventParts parts)
{
    private const long MillisecondsPerSecond = 1000;

    /// <summary>Charges the event.</summary>
    public void Charge()
    {
        PriceList.Row row = terms.Row;
        Pass pass = row.Pass!;
        long start = hand.Usage.EventTimeMilliseconds;
        MeterReading last = hand.Read(row.PassMeter, 0);
        if (start >= last.Units && start < last.Nanos)
        {
            parts.Add(new RatedPart { Component = PartComponent.Pass });
            return;
        }

        if (hand.Usage.Kind == UsageKind.Sms && pass.FreeMessages > 0 && IsFree(row, pass, start))
        {
            parts.Add(new RatedPart { Component = PartComponent.FreeBeforePass, Units = hand.Usage.Messages });
            return;
        }

        MeterReading opened = hand.Read(row.PassesMeter, hand.MonthStart);
        bool isCharged = pass.MaximumPerMonth == 0 || opened.Units < pass.MaximumPerMonth;
        long end = EndOf(pass, start);
        hand.Write(row.PassMeter, 0, new MeterReading(start, end), UsageInHand.LastDayBefore(end));
        hand.Write(row.PassesMeter, hand.MonthStart, opened with { Units = opened.Units + 1 }, hand.MonthEnd);
        RatedPart part = new() { Component = PartComponent.PassOpened };
        parts.Add(isCharged ? part with { Packages = 1, AmountNanos = row.PriceNanos } : part);
    }

    /// <summary>Whether the messages are among those that are free before a pass; they are counted then.</summary>
    private bool IsFree(PriceList.Row row, Pass pass, long start)
    {
        MeterReading free = hand.Read(row.FreeMessagesMeter, 0);
        if (free.Nanos == 0 || start >= EndOf(pass, free.Units) || start < free.Units)
        {
            free = new MeterReading(start, 0);
        }

        free = free with { Nanos = free.Nanos + hand.Usage.Messages };
        if (free.Nanos > pass.FreeMessages)
        {
            return false;
        }

        hand.Write(row.FreeMessagesMeter, 0, free, UsageInHand.LastDayBefore(EndOf(pass, free.Units)));
        return true;
    }

    private static long EndOf(Pass pass, long start) => pass.ValidityDays == 0
        ? start + (pass.ValiditySeconds * MillisecondsPerSecond)
        : BelgianCalendar.StartOfDayMilliseconds(BelgianCalendar.DayOf(start).AddDays(pass.ValidityDays));
}
