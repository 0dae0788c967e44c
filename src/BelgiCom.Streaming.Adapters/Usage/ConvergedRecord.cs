using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// A record of converged charging (TS 32.255): the request in which an SMF reports used units (Nchf), or the record that the charging
/// function makes of such requests. Both repeat the same containers, so a container that says itself where it belongs has one key in both.
/// </summary>
/// <param name="other">The view that the other format is of the same sessions.</param>
internal abstract class ConvergedRecord(ChargedView other) : RecordFormat
{
    /// <inheritdoc/>
    public override TrafficReport Traffic => TrafficReport.Converged;

    /// <summary>
    /// One of two views of a session is charged, as between SGW and PGW. Where the source names neither, both are: rating drops the
    /// container that it has seen in the other format, if that says enough of itself.
    /// </summary>
    public override ChargingView ViewOf(ChargedView charged) =>
        charged == other ? ChargingView.Secondary : ChargingView.Primary;

    /// <summary>
    /// Of a container with a number and a time, in a PDU session that is named: whose session, and which container. A device numbers its
    /// PDU sessions, so the consumer need not be in, which a takeover changes and a charging function may name in its own way; nor may
    /// the sequence of requests, the numbers of records and the session of the charging function, which only one format has. Quantities
    /// are written in many ways, so only the octets in both directions are in; all that is left out is content that rating compares, and
    /// where it differs, it says conflict.
    /// </summary>
    protected override bool TryAppendShared(ref UsageIdBuilder key, UsageCdr cdr, in UsagePart part, in RecordOrigin origin)
    {
        // The view that is not charged keeps a key of its own: it is claimed as well, and would take the place of the charged one.
        if (!IsPlaced(cdr, part) || ViewOf(origin.Charged) != ChargingView.Primary)
        {
            return false;
        }

        _ = MeasuredQuantities.TryTake(cdr, part, out MeasuredQuantities measured);
        key.Append("session.1"u8);
        AppendServed(ref key, cdr, origin);
        key.Append(cdr.PduSessionId);
        key.Append(cdr.ChargingId);
        key.Append(part.RatingGroup);
        key.Append(part.ServiceIdentifier);
        key.Append(part.LocalSequenceNumber);
        key.Append(part.LastKnown.UtcMilliseconds);
        key.Append(measured.TotalOctets);
        return true;
    }

    /// <inheritdoc/>
    public override UnmatchedUsage UnmatchedOf(UsageCdr cdr, in UsagePart part, in RecordOrigin origin)
    {
        // A source that says which of the two is charged has decided it.
        bool isDecided = origin.Charged is ChargedView.Chf or ChargedView.Nchf;
        if (isDecided || IsPlaced(cdr, part) || ViewOf(origin.Charged) != ChargingView.Primary)
        {
            return default;
        }

        return other == ChargedView.Nchf ? new(OfChf: 1 << (int)cdr.Kind, 0) : new(0, OfNchf: 1 << (int)cdr.Kind);
    }

    /// <summary>Whether a container says for certain where it belongs, in either format.</summary>
    private static bool IsPlaced(UsageCdr cdr, in UsagePart part) =>
        cdr is { Kind: UsageKind.Data, PduSessionId: >= 0, Imsi.IsEmpty: false } && part.IsPlacedInSession;
}
