using System.Collections.Immutable;
using System.Numerics;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>What a session was charged until now (D-04). A record without a session is one by itself.</summary>
/// <param name="Account">Account of the subscriber.</param>
/// <param name="Parts">All parts of its records.</param>
/// <param name="Draws">Units that it drew from bundles.</param>
/// <param name="Used">Units used, as measured.</param>
/// <param name="Charged">Units charged: where the next increment begins.</param>
/// <param name="Start">Start of its first record.</param>
/// <param name="First">Price at its start, which says the fee (D-05), the minimum and the bounds in money.</param>
internal sealed record SlowSession(
    string Account,
    ImmutableList<SlowPart> Parts,
    ImmutableList<(string Bundle, BigInteger Units)> Draws,
    BigInteger Used,
    BigInteger Charged,
    long Start,
    OfferingPrice? First)
{
    /// <summary>The largest amount, 999,999,999.999999999 (docs/money.md).</summary>
    public const long AmountMax = 999_999_999_999_999_999;

    /// <summary>A session that has no record.</summary>
    public static SlowSession New(string account) => new(account, [], [], 0, 0, 0, null);

    /// <summary>The exact negative of a part (D-28).</summary>
    public static SlowPart Reverse(SlowPart part) => part with
    {
        Component = PartComponent.Reversal,
        Units = -part.Units,
        Nanos = -part.Nanos,
        Packages = -part.Packages,
    };

    /// <summary>Gives back what it drew from bundles (D-28).</summary>
    public SlowCounts Return(SlowCounts counts) => Draws.Aggregate(counts, (left, draw) => left.Draw(draw.Bundle, -draw.Units));

    /// <summary>Charges a record that comes after all others.</summary>
    public (SlowSession Session, SlowCounts Counts, IReadOnlyList<SlowPart> Parts) Add(
        SlowTariff tariff, SlowUsage usage, SlowCounts counts)
    {
        usage = tariff.WithGroup(usage, Account, First is null ? usage.Start : Start);
        SlowRecord record = new(tariff, usage, this, counts);
        record.Walk();
        List<SlowPart> parts = [.. record.Parts];
        OfferingPrice first = record.First;
        SlowSession session = this with
        {
            First = first,
            Start = record.SessionStart,
            Used = Used + (usage.Units ?? 0),
            Charged = record.Charged,
            Draws = Draws.AddRange(record.Draws),
        };

        // D-05: the fee is due once per session, when its first unit is priced.
        bool isPriced = parts.Any(IsPriced);
        if (isPriced && !Parts.Any(IsPriced) && first.ConnectFee > 0)
        {
            parts.Add(new SlowPart(PartComponent.ConnectFee) { Nanos = SlowTariff.Nanos(first.ConnectFee) });
        }

        // D-02: a minimum in money is due once something is priced, which a surcharge on covered units is not; a maximum is a discount on
        // the event that crosses it. Both are of the whole session, so a later record takes back what it makes up for.
        if (first.Model != PriceModel.Percentage)
        {
            isPriced |= Parts.Any(IsPriced);
            BigInteger sum = SlowResult.Sum(Parts.Concat(parts).Where(part => !IsBound(part)), part => part.Nanos);
            Adjust(PartComponent.MinimumCharge, isPriced && first.MinimumCharge is { } least
                ? BigInteger.Max(SlowTariff.Nanos(least) - sum, 0)
                : 0);
            Adjust(PartComponent.MaximumCharge, first.MaximumCharge is { } most
                ? BigInteger.Min(SlowTariff.Nanos(most) - sum, 0)
                : 0);
        }

        // docs/money.md, rule 6: what does not fit is refused, and nothing wraps. What is priced and the event are amounts; what
        // a bound in money adds or takes off is their difference.
        if (parts
            .Where(part => !IsBound(part))
            .Append(new SlowPart(PartComponent.Usage) { Nanos = SlowResult.Sum(parts, part => part.Nanos) })
            .Any(part => BigInteger.Abs(part.Nanos) > AmountMax || BigInteger.Abs(part.Units) > long.MaxValue))
        {
            throw new SlowRefusal(RejectedReason.AmountOverflow);
        }

        return (session with { Parts = Parts.AddRange(parts) }, record.Counts, parts);

        void Adjust(PartComponent component, BigInteger due)
        {
            BigInteger before = SlowResult.Sum(Parts.Where(part => part.Component == component), part => part.Nanos);
            if (due != before)
            {
                parts.Add(new SlowPart(component) { Nanos = due - before });
            }
        }
    }

    private static bool IsPriced(SlowPart part) => part.Component is PartComponent.Usage;

    private static bool IsBound(SlowPart part) => part.Component is PartComponent.MinimumCharge or PartComponent.MaximumCharge;
}
