namespace BelgiCom.Streaming.Rating;

/// <summary>What a part of a rated event is.</summary>
public enum PartComponent
{
    /// <summary>Units at a price.</summary>
    Usage = 0,

    /// <summary>Units that a bundle covered.</summary>
    Bundle = 1,

    /// <summary>The fee for a session, due once with its first priced unit.</summary>
    ConnectFee = 2,

    /// <summary>What was missing to the least amount of a session.</summary>
    MinimumCharge = 3,

    /// <summary>What is above the highest amount of a session; not above 0.</summary>
    MaximumCharge = 4,

    /// <summary>What was charged for the period at the tier before, taken back.</summary>
    Reversal = 5,

    /// <summary>Usage that opened a pass; the amount is 0 when the passes charged in the month have reached their maximum.</summary>
    PassOpened = 6,

    /// <summary>Usage inside a pass.</summary>
    Pass = 7,

    /// <summary>A message that opens no pass.</summary>
    FreeBeforePass = 8,

    /// <summary>Usage that is never charged.</summary>
    ZeroRated = 9,
}
