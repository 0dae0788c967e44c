namespace BelgiCom.Streaming.Avro;

/// <summary>Why an Avro body cannot be decoded. A closed list, so that a dead letter can carry it as a typed reason.</summary>
public enum AvroFault
{
    /// <summary>No fault.</summary>
    None,

    /// <summary>The body ends before the value does.</summary>
    EndOfBody,

    /// <summary>Octets are left after the last field: the body was written with another schema.</summary>
    TrailingOctets,

    /// <summary>A variable-length integer has more than 10 octets or does not fit in its type.</summary>
    BadInteger,

    /// <summary>A length is negative, or larger than what is left of the body.</summary>
    BadLength,

    /// <summary>An array or map announces more items than the rest of the body can hold.</summary>
    TooManyItems,

    /// <summary>An enum index is not one of the symbols.</summary>
    UnknownSymbol,

    /// <summary>A union index is not one of the branches.</summary>
    UnknownBranch,

    /// <summary>A boolean is neither 0 nor 1.</summary>
    BadBoolean,

    /// <summary>A string is not UTF-8.</summary>
    BadText,

    /// <summary>A time stamp or a date is outside the years 1 to 9999.</summary>
    TimeOutOfRange,

    /// <summary>A decimal is empty or has more than 18 digits.</summary>
    DecimalOverflow,

    /// <summary>Values are nested deeper than <see cref="AvroLimits.MaxDepth"/>.</summary>
    TooDeep,

    /// <summary>
    /// The value in our schema would be larger than <see cref="AvroLimits.MaxBodySize"/>, or holds more values without octets than a body
    /// of its size is read for.
    /// </summary>
    TooLarge,

    /// <summary>The writer's schema allows this value, and our schema cannot hold it.</summary>
    Unresolvable,
}
