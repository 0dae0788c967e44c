namespace BelgiCom.Streaming.Rating;

/// <summary>Key of stored state that may be deleted.</summary>
public readonly record struct ExpiredKey
{
    /// <summary>What is stored under it.</summary>
    public ExpiredKind Kind { get; private init; }

    /// <summary>Whose balance or meter.</summary>
    public UInt128 Subscriber { get; private init; }

    /// <summary>First day of the month of a balance, or the day of the ids; days since 1970-01-01.</summary>
    public int Day { get; private init; }

    /// <summary>Number under which the ids were stored.</summary>
    public long Chunk { get; private init; }

    /// <summary>What a meter counts.</summary>
    public ulong MeterId { get; private init; }

    /// <summary>Beginning of what a meter counts.</summary>
    public long MeterFrom { get; private init; }

    internal static ExpiredKey OfBalance(UInt128 subscriber, int day) =>
        new() { Kind = ExpiredKind.Balance, Subscriber = subscriber, Day = day };

    internal static ExpiredKey OfIds(int day, long chunk) => new() { Kind = ExpiredKind.Ids, Day = day, Chunk = chunk };

    internal static ExpiredKey Of(in MeterKey key) =>
        new() { Kind = ExpiredKind.Meter, Subscriber = key.Owner, MeterId = key.Id, MeterFrom = key.From };
}

/// <summary>What is stored under a key.</summary>
public enum ExpiredKind
{
    /// <summary>A chunk of the ids of a day.</summary>
    Ids,

    /// <summary>The balance of a month.</summary>
    Balance,

    /// <summary>A meter of a price list.</summary>
    Meter,
}
