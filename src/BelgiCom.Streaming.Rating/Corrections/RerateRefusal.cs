namespace BelgiCom.Streaming.Rating;

/// <summary>Why a subscriber's usage is not rated again. Nothing of the subscriber is changed then.</summary>
public enum RerateRefusal
{
    /// <summary>It is.</summary>
    None = 0,

    /// <summary>Usage was charged online, so its quota was granted by the price of that time; or it is paid from prepaid money.</summary>
    ChargedOnline = 1,

    /// <summary>The offering shares a bundle among the members of an account, whose usage would have to be rated again together.</summary>
    SharedBundle = 2,

    /// <summary>The topics no longer keep usage of the months, or what was counted before them.</summary>
    UsageGone = 3,

    /// <summary>Usage would not be rated now: its subscription, tariff or price is missing.</summary>
    NotRated = 4,

    /// <summary>Usage outside the window or offering would be charged otherwise, too.</summary>
    OutsideSelection = 5,

    /// <summary>Usage of an earlier month came late and changed what usage of the window was charged by.</summary>
    LateUsage = 6,

    /// <summary>An id of usage was rated twice, or is not billed as it was rated.</summary>
    NotBilledOnce = 7,

    /// <summary>What changes does not fit in one record of a topic.</summary>
    TooLarge = 8,
}
