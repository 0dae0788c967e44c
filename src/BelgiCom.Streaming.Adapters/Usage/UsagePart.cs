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
    };

    /// <summary>First usage; not set when absent.</summary>
    public CdrTime Start;

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

    /// <summary>Messages: 1 for an SMS.</summary>
    public long Messages;

    /// <summary>RAT type of this part; 0 when absent.</summary>
    public long RatType;

    public int LocationStart;

    public int LocationLength;
}
