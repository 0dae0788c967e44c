using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Corrections: <see cref="CorrectionPlanner"/> rates usage again in another session, which has the whole history of its subscriber; this
/// one takes what came out, when nothing has happened to the subscriber since.
/// </summary>
public sealed partial class RatingSession
{
    /// <summary>
    /// Rates usage as if it came now for the first time: nobody asks whether its id is known or whether it is late, no id is claimed, and
    /// prepaid money is not debited. For a session that rates a history again.
    /// </summary>
    /// <param name="usage">The usage.</param>
    /// <param name="tariffs">Tariffs to use.</param>
    /// <param name="month">The month in which it is charged: that of its time, or the one in which a late policy put it.</param>
    /// <param name="result">Its result.</param>
    internal void RateAgain(in UsageRecord usage, TariffSnapshot tariffs, int month, out RatingResult result)
    {
        if (TryGuideUnasked(in usage, tariffs, out result, out int holder, month))
        {
            Price(in usage, tariffs, holder, ref result);
        }
    }

    /// <summary>
    /// Adds to a digest what this session holds where a record of a correction sets something: its balance, and its meters.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="digest">The digest.</param>
    /// <returns>Why the correction cannot be taken, whatever this session holds.</returns>
    public CorrectionOutcome AddHeld(scoped in UsageRatedView record, CorrectionDigest digest)
    {
        int month = BelgianCalendar.MonthStartingOn(record.PeriodStartDays);
        int subscriber = _subscribers.Find(UsageEvents.ToNumber(record.SubscriberRef));
        if (month < 0 || subscriber == SubscriberTable.NotFound)
        {
            return CorrectionOutcome.Unreadable;
        }

        int holder = _subscribers.GetOrAddHolder(subscriber, record.Account);
        if (_quotas.Find(UsageEvents.ToNumber(record.SubscriberRef) ^ _subscribers.OwnerOf(holder)) is not null)
        {
            return CorrectionOutcome.ChargedOnline;
        }

        digest.Add(in _balances.GetOrCreate(month, holder));
        foreach (UsageMeterView view in new AvroItems<UsageMeterView>(record.MetersOctets))
        {
            MeterEntry entry = UsageEvents.ToEntry(in view);
            MeterReading held = _lists.Meters.Read(new MeterKey(entry.Owner, entry.Id, entry.From), int.MinValue);
            digest.Add(held.Units, held.Nanos);
        }

        return CorrectionOutcome.Taken;
    }

    /// <summary>Guides usage that is rated without being asked for its id; false when it is not rated.</summary>
    private bool TryGuideUnasked(
        in UsageRecord usage, TariffSnapshot tariffs, out RatingResult result, out int holder, int? month = null)
    {
        result = default;
        result.PriceIndex = -1;
        holder = SubscriberTable.NotFound;
        if (!IsValid(in usage)
            || !EnterMonth(month is { } charged ? BelgianCalendar.StartMilliseconds(charged) : usage.EventTimeMilliseconds))
        {
            result.Reject(RejectedReason.InvalidUsage);
            return false;
        }

        result.PeriodStartDays = _monthStartDays;
        return Guide(in usage, tariffs, ref result, out holder);
    }
}
