using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>What a session has charged, as the meters of its last record say.</summary>
/// <param name="Used">Units that its records say.</param>
/// <param name="Charged">Units that were charged: whole increments.</param>
/// <param name="AmountNanos">Amount of all its records without minimum and maximum; null where only its count is kept.</param>
/// <param name="RaisedNanos">What was added to reach the least amount.</param>
/// <param name="CappedNanos">What was taken off to stay at the highest amount; not above 0.</param>
public sealed record SessionCount(long Used, long Charged, long? AmountNanos, long RaisedNanos, long CappedNanos);

/// <summary>What the records of a session have charged until now.</summary>
/// <param name="StartMilliseconds">When the session began.</param>
/// <param name="Used">Units that its records say.</param>
/// <param name="Charged">Units that were charged: whole increments, never less than what is used.</param>
/// <param name="AmountNanos">Amount of all its records, without minimum and maximum.</param>
/// <param name="RaisedNanos">What was added to reach the least amount.</param>
/// <param name="CappedNanos">What was taken off to stay at the highest amount; not above 0.</param>
/// <param name="IsPriced">Whether a unit of it was priced.</param>
/// <param name="IsFeePaid">Whether its fee was charged.</param>
internal readonly record struct SessionSoFar(
    long StartMilliseconds, long Used, long Charged, long AmountNanos, long RaisedNanos, long CappedNanos, bool IsPriced, bool IsFeePaid)
{
    /// <summary>A session that has charged nothing yet.</summary>
    /// <param name="startMilliseconds">When it begins, milliseconds since 1970-01-01 UTC.</param>
    public static SessionSoFar Beginning(long startMilliseconds) =>
        new(startMilliseconds, 0, 0, 0, 0, 0, IsPriced: false, IsFeePaid: false);
}

/// <summary>A record of a session, as far as its charge depends on it.</summary>
/// <param name="StartMilliseconds">When it began.</param>
/// <param name="Units">What it says was used.</param>
internal readonly record struct SessionRecord(long StartMilliseconds, long Units)
{
    /// <summary>Whether it comes before another in the order of the session.</summary>
    public bool IsBefore(SessionRecord other) =>
        StartMilliseconds < other.StartMilliseconds || (StartMilliseconds == other.StartMilliseconds && Units < other.Units);
}

/// <summary>What it takes to charge a session anew when a record of it comes out of order, beside the records themselves.</summary>
/// <param name="Count">Records kept, in their order; <see cref="InOrderOfArrival"/> when they are charged as they come.</param>
/// <param name="Drawn">Units drawn from all bundles.</param>
/// <param name="Network">Code of the network that served the session.</param>
internal readonly record struct SessionRecords(int Count, long Drawn, ulong Network)
{
    /// <summary>Stands in the place of the number of records.</summary>
    public const int InOrderOfArrival = 255;
}

/// <summary>
/// Keeps what a session has charged in meters of its own: one when its count is enough, else several, and one for each record.
/// </summary>
/// <param name="meters">The meters.</param>
/// <param name="owner">Whose session.</param>
/// <param name="session">Its identity.</param>
/// <param name="oldestDay">Oldest day of usage that is not late.</param>
internal readonly ref struct SessionMeters(Meters meters, UInt128 owner, UInt128 session, int oldestDay)
{
    // What the meters of a session hold, as the beginnings under which they are kept.
    private const long UsedAndAmount = 0;
    private const long ChargedAndStart = 1;
    private const long RaisedAndCapped = 2;
    private const long Records = 3;
    private const long Count = 4;
    private const long FirstRecord = 16;
    private const int CountBits = 8;

    // The start stands above the flags.
    private const int PricedFlag = 1;
    private const int FeeFlag = 2;
    private const int FlagBits = 2;

    // A count alone: how far it is charged ahead, the second in which it began, and the flags. Small numbers take few octets on a topic,
    // so what is small stands highest.
    private const int SecondBits = 32;
    private const long MillisecondsPerSecond = 1000;

    private readonly ulong _id = IdOf(session);

    /// <summary>What was charged until now; for a session that is not known, one that begins at an instant.</summary>
    public SessionSoFar Read(long startMilliseconds)
    {
        MeterReading used = Read(KeyOf(UsedAndAmount));
        if (used.Units == 0)
        {
            return SessionSoFar.Beginning(startMilliseconds);
        }

        MeterReading charged = Read(KeyOf(ChargedAndStart));
        MeterReading bounds = Read(KeyOf(RaisedAndCapped));
        return new SessionSoFar(
            charged.Nanos >> FlagBits, used.Units, charged.Units, used.Nanos, bounds.Units, bounds.Nanos,
            (charged.Nanos & PricedFlag) != 0, (charged.Nanos & FeeFlag) != 0);
    }

    /// <summary>Keeps what was charged.</summary>
    /// <param name="session">What was charged.</param>
    /// <param name="untilDay">Day of the record that charged it: a session is kept as long as its last record.</param>
    public void Write(in SessionSoFar session, int untilDay)
    {
        long flags = (session.IsPriced ? PricedFlag : 0) | (session.IsFeePaid ? FeeFlag : 0);
        MeterReading charged = new(session.Charged, (session.StartMilliseconds << FlagBits) | flags);
        meters.Write(KeyOf(UsedAndAmount), new MeterReading(session.Used, session.AmountNanos), untilDay);
        meters.Write(KeyOf(ChargedAndStart), charged, untilDay);

        // Most sessions have no bounds; one that had keeps them as long as the rest.
        MeterReading bounds = new(session.RaisedNanos, session.CappedNanos);
        if (bounds != default || Read(KeyOf(RaisedAndCapped)) != default)
        {
            meters.Write(KeyOf(RaisedAndCapped), bounds, untilDay);
        }
    }

    /// <summary>What was charged until now, of a session that is a count alone; false when there is none.</summary>
    public bool TryReadCount(out SessionSoFar session)
    {
        MeterReading count = Read(KeyOf(Count));
        long second = (count.Nanos >> FlagBits) & ((1L << SecondBits) - 1);
        long ahead = count.Nanos >> (FlagBits + SecondBits);
        session = new SessionSoFar(
            second * MillisecondsPerSecond, count.Units, count.Units + ahead, 0, 0, 0,
            (count.Nanos & PricedFlag) != 0, (count.Nanos & FeeFlag) != 0);
        return count.Units != 0;
    }

    /// <summary>What a session has charged, as the meters that its last record changed say; null when they are no session's.</summary>
    /// <param name="meters">Meters of one number.</param>
    public static SessionCount? CountOf(IEnumerable<UsageMeter> meters)
    {
        Dictionary<long, UsageMeter> read = meters.DistinctBy(meter => meter.From).ToDictionary(meter => meter.From);
        if (read.TryGetValue(UsedAndAmount, out UsageMeter? used) && read.TryGetValue(ChargedAndStart, out UsageMeter? charged))
        {
            UsageMeter bounds = read.GetValueOrDefault(RaisedAndCapped) ?? new UsageMeter();
            return new SessionCount(used.Units, charged.Units, used.Nanos, bounds.Units, bounds.Nanos);
        }

        return read.TryGetValue(Count, out UsageMeter? count)
            ? new SessionCount(count.Units, count.Units + (count.Nanos >> (FlagBits + SecondBits)), AmountNanos: null, 0, 0)
            : null;
    }

    /// <summary>Keeps what was charged as a count alone: without amounts, and its start as a whole second.</summary>
    /// <param name="session">What was charged.</param>
    /// <param name="untilDay">Day of the record that charged it.</param>
    public void WriteCount(in SessionSoFar session, int untilDay)
    {
        long second = Math.Clamp(session.StartMilliseconds / MillisecondsPerSecond, 0, (1L << SecondBits) - 1);
        long ahead = Math.Min(session.Charged - session.Used, PriceList.MostAhead - 1);
        long flags = (session.IsPriced ? PricedFlag : 0) | (session.IsFeePaid ? FeeFlag : 0);
        long packed = (ahead << (FlagBits + SecondBits)) | (second << FlagBits) | flags;
        meters.Write(KeyOf(Count), new MeterReading(session.Used, packed), untilDay);
    }

    /// <summary>What is kept to charge the session anew.</summary>
    public SessionRecords ReadRecords()
    {
        MeterReading records = Read(KeyOf(Records));
        return new SessionRecords((int)(records.Nanos & ((1 << CountBits) - 1)), records.Units, (ulong)(records.Nanos >> CountBits));
    }

    /// <summary>Keeps what it takes to charge the session anew.</summary>
    public void WriteRecords(in SessionRecords records, int untilDay) => meters.Write(
        KeyOf(Records), new MeterReading(records.Drawn, ((long)records.Network << CountBits) | (uint)records.Count), untilDay);

    /// <summary>A record of the session, by its place in their order.</summary>
    public SessionRecord ReadRecord(int place)
    {
        MeterReading record = Read(KeyOf(FirstRecord + place));
        return new SessionRecord(record.Nanos, record.Units);
    }

    /// <summary>Keeps a record of the session at a place in their order.</summary>
    public void WriteRecord(int place, SessionRecord record, int untilDay) =>
        meters.Write(KeyOf(FirstRecord + place), new MeterReading(record.Units, record.StartMilliseconds), untilDay);

    /// <summary>Units that were drawn for the session from a bundle, and the beginning under which the bundle's meter is kept.</summary>
    public MeterReading ReadDraw(ulong bundle) => Read(KeyOf((long)bundle));

    /// <summary>Keeps what was drawn for the session from a bundle.</summary>
    public void WriteDraw(ulong bundle, MeterReading draw, int untilDay) => meters.Write(KeyOf((long)bundle), draw, untilDay);

    private static ulong IdOf(UInt128 session) => (ulong)session ^ (ulong)(session >> 64);

    private MeterReading Read(MeterKey key) => meters.Read(in key, oldestDay);

    private MeterKey KeyOf(long count) => new(owner, _id, count);
}
