namespace BelgiCom.Streaming.Rating;

/// <summary>What became of a correction that a lane was sent.</summary>
public enum CorrectionOutcome
{
    /// <summary>Its records are written, and the state is what they say.</summary>
    Taken = 0,

    /// <summary>
    /// The state is not the one that it was planned for: usage came meanwhile, or the correction was taken before. It changes nothing.
    /// </summary>
    Stale = 1,

    /// <summary>The account has prepaid money or sessions of online charging, which a correction does not reach yet.</summary>
    ChargedOnline = 2,

    /// <summary>Its records are no records of this usage.</summary>
    Unreadable = 3,
}
