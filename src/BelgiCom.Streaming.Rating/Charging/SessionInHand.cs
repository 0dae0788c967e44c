using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The session of the event: what its records charged until now and, as long as it can be charged anew, the records and what they drew.
/// </summary>
/// <param name="hand">The event.</param>
internal sealed class SessionInHand(UsageInHand hand)
{
    // Most records of a session that are kept, to charge it anew when one comes out of order.
    private const int MostRecords = 32;

    private SessionForm _form;
    private SessionRecords _records;

    /// <summary>What its records charged until now.</summary>
    public SessionSoFar SoFar { get; private set; }

    /// <summary>Whether all its records are kept, so that it can be charged anew in their order.</summary>
    public bool CanChargeAnew { get; private set; }

    /// <summary>Units that it drew from all bundles, as far as they are kept.</summary>
    public long Drawn { get; private set; }

    /// <summary>Records kept.</summary>
    public int Count => _records.Count;

    /// <summary>Finds the session of the event. A record that names none is one by itself, of which nothing is kept.</summary>
    /// <param name="form">What must be kept. A session of which something is kept already goes on in the form that it has.</param>
    public void Enter(SessionForm form)
    {
        SessionMeters session = Session();
        _form = hand.Usage.Session == UInt128.Zero ? SessionForm.Nothing : form;
        (CanChargeAnew, Drawn, _records) = (false, 0, default);
        if (_form == SessionForm.Nothing)
        {
            SoFar = SessionSoFar.Beginning(hand.Usage.EventTimeMilliseconds);
        }
        else if (_form == SessionForm.Count && session.TryReadCount(out SessionSoFar counted))
        {
            SoFar = counted with { StartMilliseconds = Math.Min(counted.StartMilliseconds, hand.Usage.EventTimeMilliseconds) };
        }
        else
        {
            EnterWithRecords(session);
        }
    }

    /// <summary>Reads again what is kept to charge the session anew, because what the event changed was undone.</summary>
    public void ReadAgain()
    {
        _records = Session().ReadRecords();
        Drawn = _records.Drawn;
    }

    /// <summary>Gives up charging the session anew: its records are charged in the order in which they come.</summary>
    public void ChargeAsTheyCome() => CanChargeAnew = false;

    /// <summary>A record, by its place in their order.</summary>
    public SessionRecord RecordAt(int place) => Session().ReadRecord(place);

    /// <summary>Keeps what the session has charged now.</summary>
    public void Keep(in SessionSoFar soFar)
    {
        if (_form == SessionForm.Count)
        {
            Session().WriteCount(in soFar, hand.SessionDay);
        }
        else if (_form == SessionForm.Records)
        {
            Session().Write(in soFar, hand.SessionDay);
        }
    }

    /// <summary>Puts a record in its place among those that are kept.</summary>
    public void Insert(SessionRecord record)
    {
        SessionMeters session = Session();
        int place = Count;
        for (; place > 0 && record.IsBefore(session.ReadRecord(place - 1)); place--)
        {
            session.WriteRecord(place, session.ReadRecord(place - 1), hand.SessionDay);
        }

        session.WriteRecord(place, record, hand.SessionDay);
    }

    /// <summary>Keeps that the session has a record more, and what it drew.</summary>
    public void KeepRecords()
    {
        if (_form == SessionForm.Records && Count != SessionRecords.InOrderOfArrival)
        {
            int count = CanChargeAnew ? Count + 1 : SessionRecords.InOrderOfArrival;
            Session().WriteRecords(new SessionRecords(count, Drawn, hand.Usage.ServingPlmn.Code), hand.SessionDay);
        }
    }

    /// <summary>Keeps what was drawn for the session, as long as it can be charged anew.</summary>
    /// <param name="bundle">Meter of the bundle.</param>
    /// <param name="from">The beginning under which the meter is kept.</param>
    /// <param name="units">Units drawn.</param>
    public void NoteDraw(ulong bundle, long from, long units)
    {
        if (!CanChargeAnew || units == 0)
        {
            return;
        }

        SessionMeters session = Session();
        MeterReading before = session.ReadDraw(bundle);
        session.WriteDraw(bundle, new MeterReading(before.Units + units, from), hand.SessionDay);
        Drawn += units;
        CanChargeAnew = before.Units == 0 || before.Nanos == from;
    }

    /// <summary>Takes back what was drawn from a bundle: the units, and the beginning under which its meter is kept.</summary>
    public MeterReading TakeDraw(ulong bundle)
    {
        SessionMeters session = Session();
        MeterReading draw = session.ReadDraw(bundle);
        if (draw.Units != 0)
        {
            session.WriteDraw(bundle, default, hand.SessionDay);
            Drawn -= draw.Units;
        }

        return draw;
    }

    private void EnterWithRecords(SessionMeters session)
    {
        SoFar = session.Read(hand.Usage.EventTimeMilliseconds);
        if (SoFar.Used == 0)
        {
            if (_form == SessionForm.Records && session.TryReadCount(out SessionSoFar counted))
            {
                // It began under prices that needed no more.
                (_form, SoFar) = (SessionForm.Count, counted);
            }

            CanChargeAnew = _form == SessionForm.Records;
            return;
        }

        _form = SessionForm.Records;
        ReadAgain();
        CanChargeAnew = Count is > 0 and < MostRecords && IsOfOneKind();
    }

    private SessionMeters Session() => new(hand.Meters, hand.Owner, hand.Usage.Session, hand.OldestDay);

    /// <summary>
    /// Whether the network and month of the record are those of its session; of another one, what depends on them is not kept.
    /// </summary>
    private bool IsOfOneKind() =>
        _records.Network == hand.Usage.ServingPlmn.Code
        && BelgianCalendar.StartDays(BelgianCalendar.MonthOf(SoFar.StartMilliseconds)) == hand.MonthStart;
}
