namespace BelgiCom.Streaming.Rating;

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
    long StartMilliseconds, long Used, long Charged, long AmountNanos, long RaisedNanos, long CappedNanos, bool IsPriced, bool IsFeePaid);

/// <summary>Keeps what a session has charged in meters of its own; a record that names no session is one by itself.</summary>
/// <param name="meters">The meters.</param>
/// <param name="owner">Whose session.</param>
/// <param name="session">Its identity; zero for none.</param>
/// <param name="oldestDay">Oldest day of usage that is not late.</param>
internal readonly ref struct SessionMeters(Meters meters, UInt128 owner, UInt128 session, int oldestDay)
{
    // What the meters of a session hold, as the beginnings under which they are kept.
    private const long UsedAndAmount = 0;
    private const long ChargedAndStart = 1;
    private const long RaisedAndCapped = 2;

    // The start stands above the flags.
    private const int PricedFlag = 1;
    private const int FeeFlag = 2;
    private const int FlagBits = 2;

    private readonly bool _isKept = session != UInt128.Zero;
    private readonly ulong _id = (ulong)session ^ (ulong)(session >> 64);

    /// <summary>What was charged until now; for a session that is not known, one that begins at an instant.</summary>
    public SessionSoFar Read(long startMilliseconds)
    {
        MeterReading used = _isKept ? Read(KeyOf(UsedAndAmount)) : default;
        if (used.Units == 0)
        {
            return new SessionSoFar(startMilliseconds, 0, 0, 0, 0, 0, IsPriced: false, IsFeePaid: false);
        }

        MeterReading charged = Read(KeyOf(ChargedAndStart));
        MeterReading bounds = Read(KeyOf(RaisedAndCapped));
        return new SessionSoFar(
            charged.Nanos >> FlagBits, used.Units, charged.Units, used.Nanos, bounds.Units, bounds.Nanos,
            (charged.Nanos & PricedFlag) != 0, (charged.Nanos & FeeFlag) != 0);
    }

    /// <summary>Keeps what was charged.</summary>
    /// <param name="session">What was charged.</param>
    /// <param name="before">What had been charged before.</param>
    /// <param name="untilDay">Day of the record that charged it: a session is kept as long as its last record.</param>
    public void Write(in SessionSoFar session, in SessionSoFar before, int untilDay)
    {
        if (!_isKept)
        {
            return;
        }

        long flags = (session.IsPriced ? PricedFlag : 0) | (session.IsFeePaid ? FeeFlag : 0);
        MeterReading charged = new(session.Charged, (session.StartMilliseconds << FlagBits) | flags);
        meters.Write(KeyOf(UsedAndAmount), new MeterReading(session.Used, session.AmountNanos), untilDay);
        meters.Write(KeyOf(ChargedAndStart), charged, untilDay);

        // Most sessions have no bounds; one that had keeps them as long as the rest.
        if ((session.RaisedNanos | session.CappedNanos | before.RaisedNanos | before.CappedNanos) != 0)
        {
            meters.Write(KeyOf(RaisedAndCapped), new MeterReading(session.RaisedNanos, session.CappedNanos), untilDay);
        }
    }

    private MeterReading Read(MeterKey key) => meters.Read(in key, oldestDay);

    private MeterKey KeyOf(long count) => new(owner, _id, count);
}
