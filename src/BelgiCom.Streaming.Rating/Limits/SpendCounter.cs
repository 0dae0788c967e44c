using System.Runtime.InteropServices;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Counts spend against limits (D-27). All steps that one charge reaches are sent together, in rising order; each is sent once for its
/// owner and period, whatever goes up and down, so a reversal never warns again. What was sent, and spend that no balance holds, lies in
/// meters: abort, restore and ageing are theirs. Allocates nothing per charge.
/// </summary>
public sealed class SpendCounter
{
    private readonly PriceListCharging _lists;
    private readonly List<SentNotice> _notices = [];

    /// <summary>Makes a counter of its own.</summary>
    public SpendCounter()
        : this(new PriceListCharging(new SubscriberTable(), new AccountMembers()))
    {
    }

    internal SpendCounter(PriceListCharging lists) => _lists = lists;

    /// <summary>The notices since the last commit or abort.</summary>
    internal ReadOnlySpan<SentNotice> Notices => CollectionsMarshal.AsSpan(_notices);

    /// <summary>
    /// Counts a charge and says which steps it reaches. A charge of 0 says what is reached without one, which is what to ask when limits
    /// were changed: a limit below what is spent is reached at once.
    /// </summary>
    /// <param name="limits">The limits in force.</param>
    /// <param name="owner">Whose spend: a subscriber on an account, or an account.</param>
    /// <param name="scope">What the charge counts for.</param>
    /// <param name="nanos">The charge in nano-units on the basis of the price list; less than 0 for a reversal.</param>
    /// <param name="periodStartDays">First day of the month, days since 1970-01-01, Europe/Brussels.</param>
    /// <param name="spend">The spend of the period after it.</param>
    /// <param name="reached">Gets the steps to send now, in rising order.</param>
    /// <returns>False, and nothing is changed, when the spend does not fit.</returns>
    public bool TryCount(
        SpendLimits limits, UInt128 owner, SpendScope scope, long nanos, int periodStartDays, out long spend, IList<SpendNotice> reached)
    {
        SpendPeriod period = new(periodStartDays, MeterEntry.NoEnd, int.MinValue);
        RatingResult result = default;
        bool fits = TryAdd(owner, MeterIds[(int)scope], nanos, period, out spend, ref result);
        if (fits)
        {
            Send(limits.Reached(scope, spend), owner, spend, period, ThresholdKinds.None, ref result);
            foreach (SentNotice sent in Notices.Slice(result.FirstNotice, result.NoticeCount))
            {
                reached.Add(sent.Notice);
            }
        }

        return fits;
    }

    /// <summary>Adds to the spend abroad that no limit counts by itself.</summary>
    internal void AddOther(UInt128 owner, long nanos, SpendPeriod period, ref RatingResult result) =>
        TryAdd(owner, MeterIds[(int)SpendScope.Other], nanos, period, out _, ref result);

    /// <summary>Adds to the spend of an owner that a meter counts; false, and nothing is changed, when it does not fit.</summary>
    internal bool TryAdd(UInt128 owner, ulong meter, long nanos, SpendPeriod period, out long spend, ref RatingResult result)
    {
        MeterKey key = new(owner, meter, period.StartDays);
        MeterReading before = _lists.Meters.Read(in key, period.OldestDay);
        spend = before.Nanos;
        if (nanos > 0 ? before.Nanos > long.MaxValue - nanos : before.Nanos < long.MinValue - nanos)
        {
            return false;
        }

        spend += nanos;
        if (nanos != 0)
        {
            _lists.Write(in key, before with { Nanos = spend }, period.UntilDay, ref result);
        }

        return true;
    }

    /// <summary>The spend abroad of an owner that no limit counts by itself.</summary>
    internal long OtherOf(UInt128 owner, SpendPeriod period) => SpendOf(owner, MeterIds[(int)SpendScope.Other], period);

    /// <summary>The spend of an owner that a meter counts, as far as it was added here.</summary>
    internal long SpendOf(UInt128 owner, ulong meter, SpendPeriod period) =>
        _lists.Meters.Read(new MeterKey(owner, meter, period.StartDays), period.OldestDay).Nanos;

    /// <summary>Sends the steps that the spend reaches and that were not sent in the period.</summary>
    /// <param name="reached">The steps, rising.</param>
    /// <param name="owner">Whose spend.</param>
    /// <param name="spend">The spend of the period, on the basis of the price list.</param>
    /// <param name="period">The period.</param>
    /// <param name="alreadySent">What a release before limits sent in the period; it knew the offering's own amounts only.</param>
    /// <param name="result">Gets the notices and the meters that were set.</param>
    internal void Send(
        ReadOnlySpan<SpendNotice> reached, UInt128 owner, long spend, SpendPeriod period, ThresholdKinds alreadySent,
        ref RatingResult result)
    {
        foreach (SpendNotice notice in reached)
        {
            MeterKey key = new(owner, notice.Number, period.StartDays);
            if (_lists.Meters.Read(in key, period.OldestDay).Units != 0
                || (!notice.Limit.IsChosen && ((int)alreadySent & (1 << (int)notice.Kind)) != 0))
            {
                continue;
            }

            _lists.Write(in key, new MeterReading(1, spend), period.UntilDay, ref result);
            result.FirstNotice = result.NoticeCount == 0 ? _notices.Count : result.FirstNotice;
            result.NoticeCount++;
            _notices.Add(new SentNotice(notice, spend));
        }
    }

    /// <summary>Forgets the notices of a batch that was committed or aborted.</summary>
    internal void Forget() => _notices.Clear();

    /// <summary>Forgets the notices after an earlier count of them; their meters are undone with the others.</summary>
    internal void UndoTo(int count) => _notices.RemoveRange(count, _notices.Count - count);

    private static readonly ulong[] MeterIds = [.. Enum.GetNames<SpendScope>().Select(name => MeterId.Of(MeterKind.Spend, name))];
}

/// <summary>A month in which spend is counted.</summary>
/// <param name="StartDays">Its first day, days since 1970-01-01, Europe/Brussels.</param>
/// <param name="UntilDay">UTC day of its last millisecond.</param>
/// <param name="OldestDay">Oldest day of usage that is not late.</param>
internal readonly record struct SpendPeriod(int StartDays, int UntilDay, int OldestDay);
