namespace BelgiCom.Streaming.Rating;

/// <summary>What became of a usage event: a closed list, every event has exactly one.</summary>
public enum RatingOutcome
{
    /// <summary>Priced and charged; the price may be covered by a bundle.</summary>
    Rated = 0,

    /// <summary>Accounted, never billed.</summary>
    ZeroRated = 1,

    /// <summary>Its id was rated before.</summary>
    Duplicate = 2,

    /// <summary>Older than the window in which duplicates can be told.</summary>
    Late = 3,

    /// <summary>Cannot be rated now; may be redriven when the reason is gone. Its id is not claimed.</summary>
    Suspended = 4,

    /// <summary>Can never be rated as it is. Its id is not claimed.</summary>
    Rejected = 5,
}
