using System.IO.Hashing;
using System.Runtime.InteropServices;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>Which network function measured data that is charged.</summary>
internal enum TrafficReport
{
    /// <summary>None that another one reports beside it.</summary>
    None,

    /// <summary>A gateway: its CDR (TS 32.298 5.1.2).</summary>
    Gateway,

    /// <summary>An SMF: its requests (TS 32.291), or the record that the charging function makes of them (TS 32.298 5.1.5).</summary>
    Converged,
}

/// <summary>
/// Finds that gateway records and converged charging both report the traffic of one connection, and both are charged. A PGW that is an SMF
/// as well (TS 23.501 4.3) may write both; they cut the containers otherwise, and every node counts its charging ids for itself, so what
/// tells is time: a device uses one data network over one of the two in any minute, and the rating groups come from the same policy rules.
/// A whole minute that both report is evidence, not proof: a person decides. For several threads; nothing of it outlives the process.
/// </summary>
internal sealed class TrafficMinutes
{
    private const long Minute = 60_000;
    private const int SlotBits = 17;
    private const int FamilyBits = 2;

    // Longer usage counts in fewer minutes, which shorter usage of the same time has, too.
    private const long DenseMinutes = 30;
    private const long SparseStep = 8;
    private const long MinutesMax = 7 * 24 * 60;

    // A slot is a hash of connection and minute, and who reported it; a newer one takes the place of an older one. Two threads that write
    // one slot at a time lose a minute, of the many that such a network has.
    private readonly ulong[] _slots = new ulong[1 << SlotBits];
    private readonly long _seed = Random.Shared.NextInt64();

    /// <summary>Notes charged data, and says whether the other one reported a minute of it.</summary>
    /// <param name="cdr">Its record: the subscriber's IMSI and the data network, without which nothing is compared.</param>
    /// <param name="part">The part: its rating group, without which nothing is compared.</param>
    /// <param name="start">Begin, milliseconds since 1970-01-01 UTC.</param>
    /// <param name="end">End; at the start when the record has one time only, that of the report.</param>
    public bool Note(UsageCdr cdr, in UsagePart part, long start, long end)
    {
        if (cdr.Format.Traffic == TrafficReport.None || cdr.Imsi.IsEmpty || cdr.DataNetwork.IsEmpty || part.RatingGroup < 0)
        {
            return false;
        }

        // What is reported at one time was used before it.
        (long from, long to) = end > start
            ? ((start + Minute - 1) / Minute, Math.Min(end / Minute, (start / Minute) + MinutesMax))
            : ((start / Minute) - 1, start / Minute);
        long step = to - from > DenseMinutes ? SparseStep : 1;
        bool isOfBoth = false;
        ulong connection = Connection(cdr, part.RatingGroup);
        ulong family = 1UL << ((int)cdr.Format.Traffic - 1);
        for (long minute = (from + step - 1) / step * step; minute < to; minute += step)
        {
            isOfBoth |= Note(connection, minute, family);
        }

        return isOfBoth;
    }

    private bool Note(ulong connection, long minute, ulong family)
    {
        const ulong families = (1UL << FamilyBits) - 1;
        ulong hash = ((connection ^ (ulong)minute) * 0x9E37_79B9_7F4A_7C15) & ~families;
        ref ulong slot = ref _slots[hash >> (64 - SlotBits)];
        ulong noted = slot;
        slot = (noted & ~families) == hash ? noted | family : hash | family;
        return (slot & families) == families;
    }

    private ulong Connection(UsageCdr cdr, long ratingGroup)
    {
        ReadOnlySpan<ulong> key =
        [
            XxHash3.HashToUInt64(cdr.Imsi.Span, _seed), DataNetworkName.Of(cdr.DataNetwork.Span), (ulong)ratingGroup,
        ];
        return XxHash3.HashToUInt64(MemoryMarshal.AsBytes(key), _seed);
    }
}
