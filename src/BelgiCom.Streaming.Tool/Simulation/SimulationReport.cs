using System.Globalization;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Tool;

/// <summary>What an offering brings by the simulated catalogue, and by the one that it is compared with.</summary>
/// <param name="Sold">The offering.</param>
/// <param name="Now">By the simulated catalogue.</param>
/// <param name="Before">By the catalogue that it is compared with; null without one.</param>
internal sealed record SimulatedOffering(SoldOffering Sold, OfferingTally Now, OfferingTally? Before)
{
    /// <summary>What it brings more than before; less than 0 where it brings less.</summary>
    public Int128 DifferenceNanos => Now.RevenueNanos - (Before?.RevenueNanos ?? 0);
}

/// <summary>A sum in one currency, on one basis.</summary>
internal sealed record SimulatedTotal(string Currency, PriceBasis Basis, Int128 NowNanos, Int128 BeforeNanos);

/// <summary>What a subscriber pays before and after.</summary>
/// <param name="Subscriber">Reference of the subscriber, which says nothing about the person.</param>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Before">Amount by the catalogue that is compared with.</param>
/// <param name="Now">Amount by the simulated catalogue.</param>
internal sealed record ChangedSpend(string Subscriber, string Currency, decimal Before, decimal Now)
{
    /// <summary>How much more the subscriber pays; less than 0 for less.</summary>
    public decimal Difference => Now - Before;
}

/// <summary>Subscribers who pay more, or less.</summary>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Subscribers">How many.</param>
/// <param name="Largest">The largest change, without its sign.</param>
/// <param name="Median">The middle one; of two, the smaller.</param>
internal sealed record ChangedSubscribers(string Currency, long Subscribers, decimal Largest, decimal Median)
{
    public static ChangedSubscribers Of(string currency, IReadOnlyList<decimal> changes)
    {
        decimal[] sizes = [.. changes.Select(Math.Abs).Order()];
        return sizes.Length == 0
            ? new ChangedSubscribers(currency, 0, 0, 0)
            : new ChangedSubscribers(currency, sizes.Length, sizes[^1], sizes[(sizes.Length - 1) / 2]);
    }
}

/// <summary>Who wins and who loses in one currency.</summary>
/// <param name="More">Subscribers who pay more.</param>
/// <param name="Less">Subscribers who pay less.</param>
/// <param name="Same">How many pay the same.</param>
/// <param name="Largest">The largest changes, the largest first.</param>
internal sealed record SpendComparison(ChangedSubscribers More, ChangedSubscribers Less, long Same, IReadOnlyList<ChangedSpend> Largest)
{
    // So many changes a person looks at one by one.
    private const int Shown = 10;

    /// <summary>ISO 4217 code.</summary>
    public string Currency => More.Currency;

    /// <summary>Compares what subscribers pay in one currency.</summary>
    public static SpendComparison Of(string currency, IEnumerable<ChangedSpend> spends)
    {
        ChangedSpend[] all = [.. spends];
        return new SpendComparison(
            ChangedSubscribers.Of(currency, [.. all.Select(spend => spend.Difference).Where(change => change > 0)]),
            ChangedSubscribers.Of(currency, [.. all.Select(spend => spend.Difference).Where(change => change < 0)]),
            all.LongCount(spend => spend.Difference == 0),
            [
                .. all.Where(spend => spend.Difference != 0)
                    .OrderByDescending(spend => Math.Abs(spend.Difference))
                    .ThenBy(spend => spend.Subscriber, StringComparer.Ordinal)
                    .Take(Shown),
            ]);
    }
}

/// <summary>Usage that has no price for one reason.</summary>
/// <param name="Reason">Why, in the words of usage.rejected.v1.</param>
/// <param name="Outcome">What the worker would make of it.</param>
/// <param name="Offering">Under which offering; empty for none.</param>
/// <param name="Events">How many events.</param>
/// <param name="Example">Id of one of them; empty where they have none.</param>
internal sealed record UnpricedUsage(string Reason, string Outcome, string Offering, long Events, string Example);

/// <summary>Everything that a simulation found.</summary>
internal sealed record SimulationReport
{
    // Of usage that came twice, or too late, nobody owes the price.
    private const string Duplicate = "DUPLICATE";
    private const string Late = "LATE";

    public required IReadOnlyList<SimulatedOffering> Offerings { get; init; }

    public required IReadOnlyList<SimulatedTotal> Totals { get; init; }

    public required IReadOnlyList<UnpricedUsage> Unpriced { get; init; }

    /// <summary>Empty without a comparison.</summary>
    public required IReadOnlyList<SpendComparison> Comparisons { get; init; }

    /// <summary>Subscribers whose amounts are in two currencies, so that they have no difference.</summary>
    public required long NotCompared { get; init; }

    /// <summary>Whether what subscribers pay is compared with VAT.</summary>
    public required bool IsWithVat { get; init; }

    /// <summary>Whether there is a catalogue to compare with.</summary>
    public required bool IsComparison { get; init; }

    /// <summary>Remarks: why the worker would not rate by a version, and what kept files from being read.</summary>
    public required IReadOnlyList<string> Remarks { get; init; }

    /// <summary>Top-ups that the simulated catalogue took.</summary>
    public required long TopUps { get; init; }

    public required long Files { get; init; }

    public required long Records { get; init; }

    public required long PassedOn { get; init; }

    public required long Undecodable { get; init; }

    public required long Quarantined { get; init; }

    public required double ElapsedSeconds { get; init; }

    /// <summary>The sum of the offerings by the simulated catalogue.</summary>
    public OfferingTally Sum => Offerings.Aggregate(new OfferingTally(), (sum, offering) =>
    {
        sum.Add(offering.Now);
        return sum;
    });

    /// <summary>Whether each record has exactly one outcome.</summary>
    public bool IsConserved => Records == Sum.Events + PassedOn + Undecodable;

    /// <summary>0, or 2 when records are lost, or 3 when usage has no price that somebody owes.</summary>
    public int ExitCode =>
        !IsConserved ? WorkerHost.ExitFailed
        : Unpriced.Any(usage => usage.Outcome is not (Duplicate or Late)) || Quarantined + Undecodable > 0 ? WorkerHost.ExitMoneyWaits
        : WorkerHost.ExitDone;

    /// <summary>Makes the report of a simulation that is finished.</summary>
    /// <param name="simulation">The simulation; its first catalogue is the simulated one.</param>
    /// <param name="catalogues">Its catalogues.</param>
    public static SimulationReport Of(UsageSimulation simulation, IReadOnlyList<SimulatedCatalogue> catalogues)
    {
        bool isComparison = catalogues.Count > 1;
        IReadOnlyDictionary<SoldOffering, OfferingTally> now = simulation.TalliesOf(0);
        IReadOnlyDictionary<SoldOffering, OfferingTally>? before = isComparison ? simulation.TalliesOf(1) : null;
        SimulatedOffering[] offerings =
        [
            .. now.Keys.Union(before?.Keys ?? [])
                .Select(sold => new SimulatedOffering(
                    sold, now.GetValueOrDefault(sold) ?? new OfferingTally(),
                    before is null ? null : before.GetValueOrDefault(sold) ?? new OfferingTally()))
                .Where(offering => offering.Now.Events + (offering.Before?.Events ?? 0) > 0)
                .OrderBy(offering => offering.Sold == SoldOffering.None)
                .ThenByDescending(offering => Int128.Max(offering.Now.RevenueNanos, offering.Before?.RevenueNanos ?? 0))
                .ThenBy(offering => offering.Sold.Offering, StringComparer.Ordinal),
        ];
        string main = MainCurrency(offerings);
        IEnumerable<IGrouping<string, ChangedSpend>> spends = simulation.Spends()
            .Where(one => isComparison && !one.Spend.IsMixed)
            .Select(one => Change(one.Subscriber, one.Spend, main))
            .GroupBy(change => change.Currency)
            .OrderBy(group => group.Key, StringComparer.Ordinal);
        return new SimulationReport
        {
            Offerings = offerings,
            Totals =
            [
                .. offerings.Where(offering => offering.Sold != SoldOffering.None)
                    .GroupBy(offering => (offering.Sold.Currency, offering.Sold.Basis))
                    .Select(group => new SimulatedTotal(
                        group.Key.Currency, group.Key.Basis, SumOf(group, one => one.Now.RevenueNanos),
                        SumOf(group, one => one.Before?.RevenueNanos ?? 0))),
            ],
            Unpriced = [.. offerings.SelectMany(UnpricedOf)],
            Comparisons = [.. spends.Select(group => SpendComparison.Of(group.Key, group))],
            NotCompared = isComparison ? simulation.Spends().LongCount(one => one.Spend.IsMixed) : 0,
            IsWithVat = simulation.IsWithVat,
            IsComparison = isComparison,
            Remarks =
            [
                .. catalogues[0].Refused.Select(refused => $"the rating worker would suspend it: {refused}"), .. RefusedTopUps(simulation),
            ],
            TopUps = simulation.TopUpsOf(0).Made,
            Records = simulation.Records,
            PassedOn = simulation.PassedOn,
            Undecodable = simulation.Undecodable,
            Files = 0,
            Quarantined = 0,
            ElapsedSeconds = 0,
        };
    }

    /// <summary>The conservation equation with its numbers.</summary>
    public string Equation()
    {
        OfferingTally sum = Sum;
        string passedOn = PassedOn > 0 ? string.Create(CultureInfo.InvariantCulture, $" + passedOn {PassedOn:N0}") : "";
        string right = string.Create(
            CultureInfo.InvariantCulture,
            $"rated {sum.Rated:N0} + zeroRated {sum.ZeroRated:N0} + duplicate {sum.Of(RatingOutcome.Duplicate):N0} + "
            + $"late {sum.Of(RatingOutcome.Late):N0} + suspended {sum.Of(RatingOutcome.Suspended):N0} + "
            + $"rejected {sum.Of(RatingOutcome.Rejected) + Undecodable:N0} + conflict {sum.Of(RatingOutcome.Conflict):N0}{passedOn}");
        return string.Create(CultureInfo.InvariantCulture, $"read {Records:N0} {(IsConserved ? "=" : "!=")} {right}");
    }

    private static IEnumerable<string> RefusedTopUps(UsageSimulation simulation) =>
        simulation.TopUpsOf(0).Refused.OrderBy(one => one.Key).Select(refused => string.Create(
            CultureInfo.InvariantCulture,
            $"{refused.Value:N0} top-ups bring nothing: {JsonNamingPolicy.SnakeCaseUpper.ConvertName(refused.Key.ToString())}"));

    private static IEnumerable<UnpricedUsage> UnpricedOf(SimulatedOffering offering) =>
        from reason in offering.Now.NotPriced.Index()
        where reason.Item > 0
        select new UnpricedUsage(
            SuspenseFilter.NameOf((RejectedReason)reason.Index),
            RejectedReasons.OutcomeOf((RejectedReason)reason.Index).ToString().ToUpperInvariant(),
            offering.Sold.Offering,
            reason.Item,
            offering.Now.Examples[reason.Index].ToString("x32", CultureInfo.InvariantCulture));

    private static ChangedSpend Change(UInt128 subscriber, SubscriberSpend spend, string currency) => new(
        subscriber.ToString("x32", CultureInfo.InvariantCulture), spend.Currency ?? currency, Amount(spend.Second), Amount(spend.First));

    private static decimal Amount(Int128 shares) => Nanos.ToDecimal(shares) / SimulatedPartition.SharesPerNano;

    // Subscribers who pay nothing before and after pay the same, in the currency that most is sold in.
    private static string MainCurrency(IEnumerable<SimulatedOffering> offerings) =>
        offerings.FirstOrDefault(offering => offering.Sold != SoldOffering.None)?.Sold.Currency ?? "";

    private static Int128 SumOf(IEnumerable<SimulatedOffering> offerings, Func<SimulatedOffering, Int128> amount) =>
        offerings.Aggregate(Int128.Zero, (sum, offering) => sum + amount(offering));
}
