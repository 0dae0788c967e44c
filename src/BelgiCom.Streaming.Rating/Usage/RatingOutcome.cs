namespace BelgiCom.Streaming.Rating;

/// <summary>What became of a usage event. Every event has exactly one of these outcomes.</summary>
public enum RatingOutcome
{
    /// <summary>Priced and charged; the price may be covered by a bundle.</summary>
    Rated = 0,

    /// <summary>Accounted, never billed.</summary>
    ZeroRated = 1,

    /// <summary>Its id was rated before.</summary>
    Duplicate = 2,

    /// <summary>The usage is older than the window in which duplicates are recognised.</summary>
    Late = 3,

    /// <summary>The event cannot be rated now, and may be redriven when the reason is gone. Its id is not claimed.</summary>
    Suspended = 4,

    /// <summary>The event can never be rated as it is. Its id is not claimed.</summary>
    Rejected = 5,

    /// <summary>
    /// Usage with its id was rated before, with other content: one of the two is not what it says. It is not rated, and a person must look.
    /// </summary>
    Conflict = 6,
}
