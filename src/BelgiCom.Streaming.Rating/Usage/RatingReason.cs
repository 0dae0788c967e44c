namespace BelgiCom.Streaming.Rating;

/// <summary>Why usage was zero-rated or not rated: a closed list.</summary>
public enum RatingReason
{
    /// <summary>Rated: no reason needed.</summary>
    None = 0,

    /// <summary>Zero-rated: another record is charged for the same traffic.</summary>
    SecondaryChargingView,

    /// <summary>Zero-rated: the price says so.</summary>
    Tariff,

    /// <summary>Zero-rated: nothing was used, so neither minimum nor connect fee is due.</summary>
    EmptyUsage,

    /// <summary>Duplicate.</summary>
    AlreadyRated,

    /// <summary>Late.</summary>
    TooLate,

    /// <summary>Suspended: no subscription under this reference.</summary>
    UnknownSubscriber,

    /// <summary>Suspended: the subscription does not cover the time of the usage.</summary>
    NoSubscriptionAtEventTime,

    /// <summary>Suspended: the offering has no version in force at the time of the usage.</summary>
    NoTariff,

    /// <summary>Suspended: the version has no zone for the serving network or no price for the usage.</summary>
    NoPrice,

    /// <summary>
    /// Rejected: a value that cannot be (unknown kind, negative count, zero id, time outside the calendar or more than a day ahead).
    /// </summary>
    InvalidUsage,

    /// <summary>Rejected: units or amount do not fit 18 digits.</summary>
    AmountOverflow,
}
