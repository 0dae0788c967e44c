using System.Runtime.CompilerServices;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What rating needs to know of one usage event. It is a plain value without references, so a batch of them is one block of memory.
/// </summary>
public readonly struct UsageRecord
{
    /// <summary>Identity of the event, made from its source; never zero.</summary>
    public UInt128 UsageId { get; init; }

    /// <summary>Reference of the served subscriber; any 128 bits.</summary>
    public UInt128 Subscriber { get; init; }

    /// <summary>Start of the usage, milliseconds since 1970-01-01 UTC.</summary>
    public long EventTimeMilliseconds { get; init; }

    /// <summary>
    /// When the log took the event, milliseconds since 1970-01-01 UTC; 0 when not known. Usage must not begin more than a day after it.
    /// </summary>
    public long ReceivedTimeMilliseconds { get; init; }

    /// <summary>Duration in seconds; -1 when not measured.</summary>
    public long DurationSeconds { get; init; }

    /// <summary>Octets in both directions; -1 when not measured.</summary>
    public long TotalOctets { get; init; }

    /// <summary>Messages; -1 when not measured.</summary>
    public long Messages { get; init; }

    /// <summary>Units of a service (TS 32.299 CC-Service-Specific-Units); -1 when not measured.</summary>
    public long ServiceUnits { get; init; }

    /// <summary>When the usage ended, milliseconds since 1970-01-01 UTC; 0 when not known.</summary>
    public long EndTimeMilliseconds { get; init; }

    /// <summary>What the records of one session have in common; zero for a record that is a session by itself.</summary>
    public UInt128 Session { get; init; }

    /// <summary>The number that was called or written to, as far as its price depends on it.</summary>
    public CalledNumber CalledNumber { get; init; }

    /// <summary>
    /// Reference of the number that was called or written to: zero when none was, or one that no subscriber has; <see
    /// cref="UnknownCalled"/> when a number was called, and the usage does not say which.
    /// </summary>
    public UInt128 Called { get; init; }

    /// <summary>Stands for a called number of which the usage has no reference.</summary>
    public static UInt128 UnknownCalled => UInt128.MaxValue;

    /// <summary>Value of what was used, in nano-units of <see cref="ValueCurrency"/>; -1 when it has none.</summary>
    public long ValueNanos { get; init; }

    /// <summary>Currency of the value.</summary>
    public Currency ValueCurrency { get; init; }

    /// <summary>serviceIdentifier (TS 32.298); -1 when absent.</summary>
    public long ServiceIdentifier { get; init; }

    /// <summary>Slice that was used.</summary>
    public Slice Slice { get; init; }

    /// <summary>Radio access type (TS 29.061); 0 when absent.</summary>
    public int RatType { get; init; }

    /// <summary>Fingerprint of the content (<see cref="UsageFingerprint"/>): with the same id, other content is a conflict.</summary>
    public uint Fingerprint { get; init; }

    /// <summary>Id that the usage had under earlier key forms; zero when it had none.</summary>
    public UInt128 FormerUsageId { get; init; }

    /// <summary>ratingGroup (TS 32.298), unsigned 32 bits; -1 when absent.</summary>
    public long RatingGroup { get; init; }

    /// <summary>Network that served the subscriber.</summary>
    public Plmn ServingPlmn { get; init; }

    /// <summary>What was used.</summary>
    public UsageKind Kind { get; init; }

    /// <summary>Direction of a call or message.</summary>
    public Direction Direction { get; init; }

    /// <summary>
    /// True when another record of the same traffic is charged (the PGW's beside an SGW record): this one is accounted, not billed.
    /// </summary>
    public bool IsSecondaryView { get; init; }

    /// <summary>True when the usage was suspended before and is rated once more: it came in time, whenever that was.</summary>
    public bool IsRecycled { get; init; }

    /// <summary>The rules of the late policy whose category the usage is in, a bit for each (<see cref="LatePolicy.RulesFor"/>).</summary>
    public uint LateRules { get; init; }

    /// <summary>Name of the data network as a number; 0 when absent.</summary>
    internal ulong DataNetwork { get; init; }

    /// <summary>What was used, in the unit that a price counts; -1 when that was not measured.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal long UnitsOf(PriceUnit unit) => unit switch
    {
        PriceUnit.Octet => TotalOctets,
        PriceUnit.Second => DurationSeconds,
        PriceUnit.Message => Messages,
        _ => ServiceUnits,
    };

    /// <summary>True when the time is that of the report, which has another when it is sent again.</summary>
    public bool IsTimeOfReport { get; init; }
}
