namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// One chargeable part of a record: a service-data container (PGW), a traffic volume (SGW), a used-unit container (CHF, Nchf), a call
/// or a message. Becomes one usage event.
/// </summary>
internal struct UsagePart
{
    public static readonly UsagePart Empty = new()
    {
        RatingGroup = -1,
        ServiceIdentifier = -1,
        LocalSequenceNumber = -1,
        UplinkOctets = -1,
        DownlinkOctets = -1,
        TotalOctets = -1,
        DurationSeconds = -1,
        Messages = -1,
        ServiceUnits = -1,
    };

    /// <summary>Place in the record as it was written, from 0. No identity: lists are reordered and carried on.</summary>
    public int Place;

    /// <summary>How many parts before this one in the record say exactly the same; tells equal parts without a number apart.</summary>
    public int Ordinal;

    /// <summary>First usage; not set when absent.</summary>
    public CdrTime Start;

    /// <summary>
    /// True when the record gives the end of the usage only, so that <see cref="Start"/> and <see cref="DurationSeconds"/> come from the
    /// end of the part before.
    /// </summary>
    public bool IsStartDerived;

    /// <summary>Last usage; not set when absent.</summary>
    public CdrTime End;

    /// <summary>ratingGroup; -1 when absent.</summary>
    public long RatingGroup;

    /// <summary>serviceIdentifier; -1 when absent.</summary>
    public long ServiceIdentifier;

    /// <summary>localSequenceNumber of the part; -1 when absent.</summary>
    public long LocalSequenceNumber;

    /// <summary>Octets sent by the subscriber; -1 when absent.</summary>
    public long UplinkOctets;

    /// <summary>Octets received by the subscriber; -1 when absent.</summary>
    public long DownlinkOctets;

    /// <summary>Octets in both directions; -1 when absent.</summary>
    public long TotalOctets;

    /// <summary>Seconds used; -1 when absent.</summary>
    public long DurationSeconds;

    /// <summary>Messages; -1 when absent.</summary>
    public long Messages;

    /// <summary>Service-specific units (events); -1 when absent.</summary>
    public long ServiceUnits;

    /// <summary>Network of the function that served this part, as <see cref="PlmnDigits"/> packs it; 0 when it says none.</summary>
    public int FunctionPlmn;

    /// <summary>Network of the location of this part, as <see cref="PlmnDigits"/> packs it; 0 when it says none.</summary>
    public int LocationPlmn;

    /// <summary>RAT type of this part; 0 when absent.</summary>
    public long RatType;

    /// <summary>When the part was closed: the time of its trigger, else of its event; not set when absent.</summary>
    public CdrTime Closed;

    /// <summary>Time of the event, the start of usage that has no other; not set when absent.</summary>
    public CdrTime Happened;

    /// <summary>
    /// True when the part has a number of its own and says when it was used, so that it is the same in whichever record carries it on.
    /// </summary>
    public readonly bool IsPlacedInSession => LocalSequenceNumber >= 0 && FirstKnown.IsSet;

    /// <summary>
    /// The earliest time that the part itself names: first usage, else last usage, else what closed it; not set when it names none.
    /// </summary>
    public readonly CdrTime FirstKnown => Start.IsSet && !IsStartDerived ? Start : LastOrClosed;

    /// <summary>Last usage, else what closed the part.</summary>
    public readonly CdrTime LastOrClosed => End.IsSet ? End : Closed;

    /// <summary>The latest time that the part names: what closed it, else last usage, else first; not set when it names none.</summary>
    public readonly CdrTime LastKnown => Closed.IsSet ? Closed : End.IsSet ? End : Start;

    public int LocationStart;

    public int LocationLength;
}
