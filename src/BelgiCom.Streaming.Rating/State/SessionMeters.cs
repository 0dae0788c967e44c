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
internal readonly ref struct SessionMeters(Meters meters, int owner, UInt128 session)
{
    // What the meters of a session hold, as the beginnings under which they are kept.
    private const long UsedAndAmount = 0;
    private const long ChargedAndFlags = 1;
    private const long RaisedAndCapped = 2;
    private const long Start = 3;
    private const int PricedFlag = 1;
    private const int FeeFlag = 2;

    private readonly ulong _id = (ulong)session ^ (ulong)(session >> 64);
    private readonly bool _isKept = session != UInt128.Zero;

    /// <summary>What was charged until now; for a session that is not known, one that begins at an instant.</summary>
    public SessionSoFar Read(long startMilliseconds)
    {
        MeterReading used = _isKept ? meters.Read(owner, _id, UsedAndAmount) : default;
        if (used.Units == 0)
        {
            return new SessionSoFar(startMilliseconds, 0, 0, 0, 0, 0, IsPriced: false, IsFeePaid: false);
        }

        MeterReading charged = meters.Read(owner, _id, ChargedAndFlags);
        MeterReading bounds = meters.Read(owner, _id, RaisedAndCapped);
        return new SessionSoFar(
            meters.Read(owner, _id, Start).Units, used.Units, charged.Units, used.Nanos, bounds.Units, bounds.Nanos,
            (charged.Nanos & PricedFlag) != 0, (charged.Nanos & FeeFlag) != 0);
    }

    /// <summary>Keeps what was charged.</summary>
    public void Write(in SessionSoFar session)
    {
        if (!_isKept)
        {
            return;
        }

        long flags = (session.IsPriced ? PricedFlag : 0) | (session.IsFeePaid ? FeeFlag : 0);
        meters.Write(owner, _id, UsedAndAmount, new MeterReading(session.Used, session.AmountNanos));
        meters.Write(owner, _id, ChargedAndFlags, new MeterReading(session.Charged, flags));
        meters.Write(owner, _id, RaisedAndCapped, new MeterReading(session.RaisedNanos, session.CappedNanos));
        meters.Write(owner, _id, Start, new MeterReading(session.StartMilliseconds, 0));
    }
}
