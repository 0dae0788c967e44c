using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Tool;

/// <summary>What became of the usage under an offering, or of all usage that is under none.</summary>
internal sealed class OfferingTally
{
    private static readonly int Reasons = Enum.GetValues<RejectedReason>().Length;
    private static readonly int Units = Enum.GetValues<PriceUnit>().Length;

    /// <summary>Subscribers with usage that was rated or zero-rated.</summary>
    public long Subscribers { get; set; }

    /// <summary>Events with a price; it may be 0 where a bundle covered all.</summary>
    public long Rated { get; set; }

    /// <summary>Events that are never billed.</summary>
    public long ZeroRated { get; set; }

    /// <summary>Events that have no price, by reason.</summary>
    public long[] NotPriced { get; } = new long[Reasons];

    /// <summary>For each reason the id of a usage event, the same one on every machine; zero where there is none.</summary>
    public UInt128[] Examples { get; } = new UInt128[Reasons];

    /// <summary>Units charged, bundles included, by unit.</summary>
    public Int128[] Charged { get; } = new Int128[Units];

    /// <summary>Units that bundles covered, by unit.</summary>
    public Int128[] Bundled { get; } = new Int128[Units];

    /// <summary>Revenue in nano-units of the currency, on the basis of the price list.</summary>
    public Int128 RevenueNanos { get; set; }

    /// <summary>All events.</summary>
    public long Events => Rated + ZeroRated + NotPriced.Sum();

    /// <summary>Events of an outcome that is not rated and not zero-rated.</summary>
    public long Of(RatingOutcome outcome) =>
        NotPriced.Index().Where(reason => RejectedReasons.OutcomeOf((RejectedReason)reason.Index) == outcome).Sum(reason => reason.Item);

    /// <summary>Adds what another one counted; the subscribers are of different partitions.</summary>
    public void Add(OfferingTally other)
    {
        Subscribers += other.Subscribers;
        Rated += other.Rated;
        ZeroRated += other.ZeroRated;
        RevenueNanos += other.RevenueNanos;
        for (int reason = 0; reason < Reasons; reason++)
        {
            NotPriced[reason] += other.NotPriced[reason];
            Examples[reason] = Examples[reason] == UInt128.Zero ? other.Examples[reason] : Examples[reason];
        }

        for (int unit = 0; unit < Units; unit++)
        {
            Charged[unit] += other.Charged[unit];
            Bundled[unit] += other.Bundled[unit];
        }
    }
}
