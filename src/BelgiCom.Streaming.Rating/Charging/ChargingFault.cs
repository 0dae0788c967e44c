namespace BelgiCom.Streaming.Rating;

/// <summary>Why nothing was charged.</summary>
internal enum ChargingFault
{
    /// <summary>It was charged.</summary>
    None = 0,

    /// <summary>A part of the event has no price.</summary>
    NoPrice,

    /// <summary>Nothing was used.</summary>
    NoUsage,

    /// <summary>What the price counts was not measured.</summary>
    NotMeasured,

    /// <summary>A number does not fit.</summary>
    Overflow,

    /// <summary>The price depends on who was called, and the usage does not say it.</summary>
    CalledUnknown,

    /// <summary>The usage has a value in another currency.</summary>
    Currency,
}
