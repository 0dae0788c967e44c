using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The result for one <see cref="UsageRecord"/>: outcome, price and the balance after it. It is a plain value without references; <see
/// cref="RatingSession.Account"/> and <see cref="TariffSnapshot.Version"/> give the names of account, offering and zone.
/// </summary>
public struct RatingResult
{
    private Balance _balance;

    // One field holds either kind of reason, because a result has at most one and is copied often.
    private int _reason;

    /// <summary>What became of the event.</summary>
    public RatingOutcome Outcome { get; internal set; }

    /// <summary>Why the usage is never billed, for <see cref="RatingOutcome.ZeroRated"/>.</summary>
    public readonly ZeroRatedReason ZeroRatedReason => Outcome == RatingOutcome.ZeroRated ? (ZeroRatedReason)_reason : ZeroRatedReason.None;

    /// <summary>Why the usage is not rated, for every outcome but <see cref="RatingOutcome.Rated"/> and zero-rated.</summary>
    public readonly RejectedReason RejectedReason => Outcome > RatingOutcome.ZeroRated ? (RejectedReason)_reason : RejectedReason.Other;

    /// <summary>Index of the tariff version in its snapshot; valid for rated and zero-rated usage.</summary>
    public int VersionIndex { get; internal set; }

    /// <summary>Index of the zone in the version; -1 when the usage fell in none (zero-rated usage only).</summary>
    public int ZoneIndex { get; internal set; }

    /// <summary>Index of the price in the version; -1 when none was needed.</summary>
    public int PriceIndex { get; internal set; }

    /// <summary>First day of the balance period, days since 1970-01-01, Europe/Brussels.</summary>
    public int PeriodStartDays { get; internal set; }

    /// <summary>Thresholds of bundles that this event crossed for the first time in the period.</summary>
    public ThresholdKinds Crossed { get; internal set; }

    /// <summary>Units after minimum and increment, in the unit of the price; 0 for zero-rated usage.</summary>
    public long ChargedUnits { get; internal set; }

    /// <summary>Part of <see cref="ChargedUnits"/> that the bundle covered.</summary>
    public long BundleUnits { get; internal set; }

    /// <summary>Price on the price list's basis in nano-units of the currency (9 decimals).</summary>
    public long AmountNanos { get; internal set; }

    /// <summary>Balance of the period after the event.</summary>
    public readonly Balance Balance => _balance;

    /// <summary>
    /// Whether the usage is suspended here because the members of its account share a bundle: the session that has the account's meters
    /// rates it (<see cref="RatingSession.RateForAccount"/>).
    /// </summary>
    public bool IsOfAccount { get; internal set; }

    /// <summary>Whether the late policy decided that usage which came late is charged; the outcome says whether it was.</summary>
    public bool IsChargedLate { get; internal set; }

    /// <summary>How many parts the event has; 0 on the short way, where the event is one part.</summary>
    public int PartCount { get; internal set; }

    internal int MeterCount { get; set; }

    /// <summary>Number of the event whose parts and meters it counts; whoever asks for them after another event is refused.</summary>
    internal int ListEvent { get; set; }

    internal int FirstNotice { get; set; }

    internal int NoticeCount { get; set; }

    internal int SubscriptionPeriod { get; set; }

    internal void ZeroRate(ZeroRatedReason reason) => (Outcome, _reason) = (RatingOutcome.ZeroRated, (int)reason);

    /// <summary>Leaves the usage unrated. The reason alone says what becomes of it.</summary>
    internal void Reject(RejectedReason reason) => (Outcome, _reason) = (RejectedReasons.OutcomeOf(reason), (int)reason);

    internal void SetBalance(in Balance balance) => balance.CopyTo(ref _balance);
}
