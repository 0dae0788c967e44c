namespace BelgiCom.Streaming.Generation;

/// <summary>What to generate. The same plan gives the same octets on every machine.</summary>
public sealed record GenerationPlan
{
    /// <summary>Seed of everything that varies.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Subscribers that the usage is spread over, 1 to 99,999,999.</summary>
    public int Subscribers { get; init; } = 10_000;

    /// <summary>Records of each kind.</summary>
    public long Records { get; init; } = 1_000_000;

    /// <summary>Records in one file.</summary>
    public int RecordsPerFile { get; init; } = 100_000;

    /// <summary>Most chargeable parts in a record of data usage, 1 to 16; each record has at least one.</summary>
    public int MaxParts { get; init; } = 2;

    /// <summary>First instant of usage.</summary>
    public DateTimeOffset Start { get; init; } = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Length of the time the usage is spread over.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Offset in which time stamps are written.</summary>
    public TimeSpan Offset { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Offerings that the subscriptions take in turn.</summary>
    public IReadOnlyList<string> Offerings { get; init; } = ["mobile-start", "mobile-go", "business"];

    /// <summary>Records of subscribers abroad, per 1,000 records.</summary>
    public int RoamingPermille { get; init; } = 30;

    /// <summary>Networks that subscribers abroad are in, MCC and MNC, taken at random.</summary>
    public IReadOnlyList<string> VisitedPlmns { get; init; } = ["20801", "26201", "310410"];

    /// <summary>Rating groups of PGW and SGW containers, taken at random.</summary>
    public IReadOnlyList<int> RatingGroups { get; init; } = [10, 20];

    /// <summary>Rating groups of CHF and Nchf containers.</summary>
    public IReadOnlyList<int> ChfRatingGroups { get; init; } = [100, 200];

    // Every other seed's stretch of ids is placed by its distance to the seed of the shipped samples, whose octets must not change.
    private const ulong SamplesSeed = 20260314;

    /// <summary>
    /// The charging id of a session, 32 bits as in a gateway. Each seed has its own stretch of ids, so that sessions of two seeds are not
    /// taken for each other.
    /// </summary>
    /// <param name="first">Where the samples' stretch begins.</param>
    /// <param name="number">Number of the session in the plan.</param>
    internal long ChargingId(uint first, long number) =>
        unchecked(first + (uint)number + Stretch);

    /// <summary>The number in the record id of a CSV line: a source must give an id to one usage only, so each seed has its own.</summary>
    /// <param name="number">Number of the line in the plan.</param>
    internal long RecordId(long number) => Stretch + number;

    private uint Stretch => (uint)(unchecked((Seed - SamplesSeed) * SeededNumbers.Golden) >> 32);
}

/// <summary>Kinds of usage files, as the three vendors and our CSV layouts have them.</summary>
public enum GeneratedKind
{
    /// <summary>PGW records in TS 32.297 frames.</summary>
    EricssonPgw,

    /// <summary>CHF records in TS 32.297 frames.</summary>
    NokiaChf,

    /// <summary>PGW records without frames, in blocks of 2,048 octets with filler.</summary>
    HuaweiPgw,

    /// <summary>SGW records of the same sessions as <see cref="HuaweiPgw"/>: the same traffic, seen once more.</summary>
    HuaweiSgw,

    /// <summary>Calls in our CSV layout.</summary>
    VoiceCsv,

    /// <summary>Messages in our CSV layout.</summary>
    SmsCsv,

    /// <summary>Charging data requests of TS 32.291, one per line.</summary>
    Nchf,
}
