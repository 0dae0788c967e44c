using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// What usage needs of one charging data record, whatever its format. One instance belongs to a file reader and is
/// filled again for each record, so decoding a record allocates nothing. Holds personal data in clear: never log it.
/// </summary>
public sealed class UsageCdr
{
    private const int MaxPartLocationOctets = 64 * 1024;
    private UsagePart[] _parts = new UsagePart[16];
    private byte[] _partLocations = new byte[256];
    private int _partLocationOctets;

    /// <summary>The kind of the record, which knows what identifies it.</summary>
    internal RecordFormat Format = null!;

    /// <summary>Data, voice or SMS.</summary>
    internal UsageKind Kind;

    /// <summary>Direction of a call or message, seen from the served subscriber.</summary>
    internal Direction Direction;

    /// <summary>Start of the record.</summary>
    internal CdrTime OpeningTime;

    /// <summary>Duration of the record in seconds; -1 when absent.</summary>
    internal long DurationSeconds;

    /// <summary>pDUSessionId of TS 32.298, 0 to 255; -1 when absent.</summary>
    internal long PduSessionId;

    /// <summary>causeForRecClosing; -1 when absent.</summary>
    internal long CauseForRecordClosing;

    /// <summary>chargingID, unsigned 32 bits; -1 when absent.</summary>
    internal long ChargingId;

    /// <summary>recordSequenceNumber of a partial record; -1 when absent.</summary>
    internal long RecordSequenceNumber;

    /// <summary>localSequenceNumber or localRecordSequenceNumber of the record; -1 when absent.</summary>
    internal long LocalSequenceNumber;

    /// <summary>RAT type (TS 29.061); 0 when not known.</summary>
    internal long RatType;

    /// <summary>Fields that the decoder skipped because it does not use or does not know them. They are not errors.</summary>
    internal int SkippedFields;

    /// <summary>
    /// Fields that could not be read and that no price looks at: the usage is charged without them, and the count says so.
    /// </summary>
    internal int UnreadableFields;

    /// <summary>
    /// Octets at the start of the record that its duplicate key is made from, when it has no id; 0 for all. The first line of a call in
    /// several lines is its key, so that the call is the same when a file that ended between its lines comes again as a whole.
    /// </summary>
    internal int KeyOctets;

    /// <summary>Network of the record's location, as <see cref="PlmnDigits"/> packs it; 0 when it says none.</summary>
    internal int LocationPlmn;

    /// <summary>Network of the function that served the subscriber (an AMF, an SGSN); 0 when the record names none.</summary>
    internal int FunctionPlmn;

    /// <summary>Network of the function that sent the record (SMF, SMSF); 0 when the record names none.</summary>
    internal int ConsumerPlmn;

    /// <summary>SST of the S-NSSAI (TS 23.003 clause 28.4); -1 when the record names no slice.</summary>
    internal long SliceServiceType;

    /// <summary>SD of the S-NSSAI, 24 bits; -1 when the record names none.</summary>
    internal long SliceDifferentiator;

    /// <summary>True when a local time occurred twice and the source's setting decided which instant is meant.</summary>
    internal bool HasAmbiguousTime;

    /// <summary>Recording node: nodeID, CHF id, or the configured name.</summary>
    internal OctetField Node { get; } = new(255);

    /// <summary>Address of the gateway, octets as recorded; part of the duplicate key.</summary>
    internal OctetField Gateway { get; } = new(64);

    /// <summary>Charging session identifier (CHF, Nchf) or the record's own id (CSV); part of the duplicate key.</summary>
    internal OctetField Session { get; } = new(255);

    /// <summary>Name of the function whose usage it is (SMF, SMSF); part of the duplicate key.</summary>
    internal OctetField Consumer { get; } = new(255);

    /// <summary>
    /// Country code that is put before numbers written in the national form; set by the reader's owner, empty when the source has none.
    /// </summary>
    internal string CountryCode { get; set; } = "";

    /// <summary>APN or DNN.</summary>
    internal OctetField DataNetwork { get; } = new(255);

    /// <summary>PLMN that served the subscriber, five or six digits.</summary>
    internal OctetField ServingPlmn { get; } = new(6);

    /// <summary>MSISDN of the served subscriber, E.164 digits. Personal data.</summary>
    internal OctetField Msisdn { get; } = new(32);

    /// <summary>IMSI of the served subscriber. Personal data.</summary>
    internal OctetField Imsi { get; } = new(32);

    /// <summary>IMEI, IMEISV or PEI digits. Personal data.</summary>
    internal OctetField Imei { get; } = new(64);

    /// <summary>Address of the subscriber as text. Personal data.</summary>
    internal OctetField ServedAddress { get; } = new(64);

    /// <summary>User location as recorded: octets of TS 29.274 8.21, or text. Personal data.</summary>
    internal OctetField Location { get; } = new(512);

    /// <summary>IMSI of who sent a message, before it is compared with the subscriber's. Personal data.</summary>
    internal OctetField Originator { get; } = new(32);

    /// <summary>The other party of a call or message, digits. Personal data.</summary>
    internal OctetField OtherParty { get; } = new(64);

    /// <summary>Room for a text that has to be unescaped.</summary>
    internal byte[] Scratch { get; } = new byte[1024];

    /// <summary>Room for a name that has to be unescaped.</summary>
    internal byte[] NameScratch { get; } = new byte[256];

    /// <summary>Whether a member of a request in JSON may be null.</summary>
    internal bool MayHoldNull { get; set; }

    /// <summary>Whether the request is that of an event, which has no other request (oneTimeEvent, TS 32.291).</summary>
    internal bool IsOneTimeEvent { get; set; }

    /// <summary>Whether the parts are what the request asks for: usage that is yet to happen.</summary>
    internal bool IsImmediateEvent { get; set; }

    /// <summary>Quota that the request asks for, by rating group; empty in records and files.</summary>
    internal List<QuotaAsk> Asked { get; } = [];

    /// <summary>The chargeable parts, each of which becomes one usage event.</summary>
    internal ReadOnlySpan<UsagePart> Parts => _parts.AsSpan(0, PartCount);

    /// <summary>Number of chargeable parts.</summary>
    internal int PartCount { get; private set; }

    /// <summary>Location of a part, or that of the record when the part has none of its own.</summary>
    internal ReadOnlySpan<byte> LocationOf(in UsagePart part) =>
        part.LocationLength == 0 ? Location.Span : _partLocations.AsSpan(part.LocationStart, part.LocationLength);

    /// <summary>
    /// When the record was closed, as far as it says: its opening and duration, or the last time that a part names. Milliseconds since
    /// 1970-01-01 UTC; null when it names no time.
    /// </summary>
    internal long? ClosedAtMilliseconds()
    {
        long? closed = OpeningTime.IsSet ? OpeningTime.UtcMilliseconds + (Math.Clamp(DurationSeconds, 0, uint.MaxValue) * 1000) : null;
        foreach (ref readonly UsagePart part in Parts)
        {
            if (part.LastKnown.IsSet && !(part.LastKnown.UtcMilliseconds <= closed))
            {
                closed = part.LastKnown.UtcMilliseconds;
            }
        }

        return closed;
    }

    /// <summary>A new part, all fields absent; null when the record has too many.</summary>
    internal bool TryAddPart(out int index)
    {
        index = PartCount;
        if (index == RecordLimits.MaxParts)
        {
            return false;
        }

        if (index == _parts.Length)
        {
            Array.Resize(ref _parts, _parts.Length * 2);
        }

        _parts[index] = UsagePart.Empty;
        _parts[index].Place = index;
        PartCount++;
        return true;
    }

    internal ref UsagePart PartAt(int index) => ref _parts[index];

    /// <summary>Gives parts without a number of their own, which are otherwise equal, their ordinals.</summary>
    internal void NumberEqualParts()
    {
        for (int i = 1; i < PartCount; i++)
        {
            ref UsagePart part = ref _parts[i];
            if (part.LocalSequenceNumber >= 0)
            {
                continue;
            }

            for (int j = i - 1; j >= 0; j--)
            {
                if (RecordFormat.IsSameUsage(part, _parts[j]))
                {
                    part.Ordinal = _parts[j].Ordinal + 1;
                    break;
                }
            }
        }
    }

    /// <summary>
    /// First usage, else the event, else the opening of the record; the end of the usage instead where that says more (<see
    /// cref="RecordFormat.StartsAtItsEnd"/>). A report that is sent again, and one in another format, repeats it.
    /// </summary>
    internal CdrTime StartOf(in UsagePart part) =>
        part.Start.IsSet ? part.Start
        : part.Happened.IsSet ? part.Happened
        : part.LastOrClosed.IsSet && Format.StartsAtItsEnd(Kind) ? part.LastOrClosed
        : OpeningTime;

    /// <summary>Whether a part says itself when it was used, or its record does by its opening.</summary>
    internal bool HasStart(in UsagePart part) => part.Start.IsSet || part.Happened.IsSet || !Format.OpensWithReport;

    /// <summary>Whether the only time known of a part is that of its report.</summary>
    internal bool IsTimeOfReport(in UsagePart part) => Format.OpensWithReport && !part.FirstKnown.IsSet;

    /// <summary>
    /// The network that served a part: what the record says of the serving node; else the network of the location; else that of the
    /// function that served; else that of the sending function when the IMSI says that it is not the subscriber's own, because a home SMF
    /// says nothing about where the subscriber was. Empty when nothing says.
    /// </summary>
    /// <param name="part">Part.</param>
    /// <param name="room">Six octets for the digits.</param>
    internal ReadOnlySpan<byte> ServingPlmnOf(in UsagePart part, Span<byte> room)
    {
        if (!ServingPlmn.IsEmpty)
        {
            return ServingPlmn.Span;
        }

        ReadOnlySpan<int> candidates = [part.LocationPlmn, LocationPlmn, part.FunctionPlmn, FunctionPlmn];
        int first = candidates.IndexOfAnyExcept(0);
        if (first >= 0)
        {
            return PlmnDigits.Unpack(candidates[first], room);
        }

        // Without an IMSI nobody knows whether the sender is at home.
        ReadOnlySpan<byte> sender = PlmnDigits.Unpack(ConsumerPlmn, room);
        return Imsi.IsEmpty || Imsi.Span.StartsWith(sender) ? default : sender;
    }

    internal bool TrySetPartLocation(ref UsagePart part, ReadOnlySpan<byte> octets)
    {
        if (_partLocationOctets + octets.Length > MaxPartLocationOctets)
        {
            return false;
        }

        if (_partLocationOctets + octets.Length > _partLocations.Length)
        {
            Array.Resize(ref _partLocations, Math.Max(_partLocations.Length * 2, _partLocationOctets + octets.Length));
        }

        octets.CopyTo(_partLocations.AsSpan(_partLocationOctets));
        part.LocationStart = _partLocationOctets;
        part.LocationLength = octets.Length;
        _partLocationOctets += octets.Length;
        return true;
    }

    /// <summary>
    /// Notes whether a field could be read that no price looks at: it is left out, and the usage is charged. Never a fault, so always null.
    /// </summary>
    internal string? Remark(bool isRead)
    {
        UnreadableFields += isRead ? 0 : 1;
        return null;
    }

    /// <summary>Empties the record for the next one, of the kind <paramref name="format"/>.</summary>
    internal void Clear(RecordFormat format)
    {
        Format = format;
        Kind = UsageKind.Unknown;
        Direction = Direction.NotApplicable;
        OpeningTime = default;
        DurationSeconds = PduSessionId = -1;
        UnreadableFields = KeyOctets = LocationPlmn = FunctionPlmn = ConsumerPlmn = 0;
        CauseForRecordClosing = ChargingId = RecordSequenceNumber = LocalSequenceNumber = -1;
        SliceServiceType = SliceDifferentiator = -1;
        RatType = 0;
        SkippedFields = 0;
        HasAmbiguousTime = false;
        IsOneTimeEvent = IsImmediateEvent = false;
        Node.Clear();
        Gateway.Clear();
        Session.Clear();
        Consumer.Clear();
        DataNetwork.Clear();
        ServingPlmn.Clear();
        Msisdn.Clear();
        Imsi.Clear();
        Imei.Clear();
        ServedAddress.Clear();
        Location.Clear();
        Originator.Clear();
        OtherParty.Clear();
        Asked.Clear();
        PartCount = 0;
        _partLocationOctets = 0;
    }
}
