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

    /// <summary>Duration of the record in seconds; 0 when absent.</summary>
    internal long DurationSeconds;

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

    /// <summary>True when a local time occurred twice and the source's setting decided which instant is meant.</summary>
    internal bool HasAmbiguousTime;

    /// <summary>Recording node: nodeID, CHF id, or the configured name.</summary>
    internal OctetField Node { get; } = new(255);

    /// <summary>Address of the gateway, octets as recorded; part of the duplicate key.</summary>
    internal OctetField Gateway { get; } = new(64);

    /// <summary>Charging session identifier (CHF, Nchf) or the record's own id (CSV); part of the duplicate key.</summary>
    internal OctetField Session { get; } = new(255);

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

    /// <summary>The other party of a call or message, digits. Personal data.</summary>
    internal OctetField OtherParty { get; } = new(64);

    /// <summary>Room for a text that has to be unescaped.</summary>
    internal byte[] Scratch { get; } = new byte[1024];

    /// <summary>The chargeable parts, each of which becomes one usage event.</summary>
    internal ReadOnlySpan<UsagePart> Parts => _parts.AsSpan(0, PartCount);

    /// <summary>Number of chargeable parts.</summary>
    internal int PartCount { get; private set; }

    /// <summary>Location of a part, or that of the record when the part has none of its own.</summary>
    internal ReadOnlySpan<byte> LocationOf(in UsagePart part) =>
        part.LocationLength == 0 ? Location.Span : _partLocations.AsSpan(part.LocationStart, part.LocationLength);

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
        PartCount++;
        return true;
    }

    internal ref UsagePart PartAt(int index) => ref _parts[index];

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

    /// <summary>Empties the record for the next one, of the kind <paramref name="format"/>.</summary>
    internal void Clear(RecordFormat format)
    {
        Format = format;
        Kind = UsageKind.Unknown;
        Direction = Direction.NotApplicable;
        OpeningTime = default;
        DurationSeconds = 0;
        CauseForRecordClosing = ChargingId = RecordSequenceNumber = LocalSequenceNumber = -1;
        RatType = 0;
        SkippedFields = 0;
        HasAmbiguousTime = false;
        Node.Clear();
        Gateway.Clear();
        Session.Clear();
        DataNetwork.Clear();
        ServingPlmn.Clear();
        Msisdn.Clear();
        Imsi.Clear();
        Imei.Clear();
        ServedAddress.Clear();
        Location.Clear();
        OtherParty.Clear();
        PartCount = 0;
        _partLocationOctets = 0;
    }
}
