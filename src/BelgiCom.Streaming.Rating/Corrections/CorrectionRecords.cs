using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>Makes the records of usage.rated.v1 that a correction writes.</summary>
/// <param name="decision">Who had the usage rated again, when and why: each record says it.</param>
internal sealed class CorrectionRecords(CorrectionDecision decision)
{
    private readonly RatedArrays _arrays = new();
    private readonly byte[] _by = Encoding.UTF8.GetBytes(decision.By);
    private readonly byte[] _because = Encoding.UTF8.GetBytes(decision.Because);

    /// <summary>
    /// The exact negative of a charge (D-28): nothing is computed again. Its id is made of the id of the record that it takes back, so that
    /// a record is taken back once.
    /// </summary>
    public byte[] Reverse(scoped in UsageRatedView charged, UsageId usageId, CorrectionReason reason, in Balance balance)
    {
        UsageRatedView view = charged;
        view.UsageId = IdAfter(charged.UsageId, "reversal");
        view.Correction = CorrectionOf(usageId, isReversal: true, reason);
        view.AmountNanos = -charged.AmountNanos;
        view.ChargedUnits = -charged.ChargedUnits;
        view.BundleUnits = -charged.BundleUnits;
        view.PartsOctets = Negative(charged.PartsOctets);
        view.MetersOctets = default;
        return Write(ref view, in balance);
    }

    /// <summary>What is charged in the place of another record, with the meters that the correction sets.</summary>
    public byte[] Charge(
        scoped in UsageRatedView anew, UsageId former, UsageId usageId, CorrectionReason reason, in Balance balance,
        ReadOnlySpan<MeterEntry> meters)
    {
        UsageRatedView view = anew;
        view.UsageId = IdAfter(former, "charge");
        view.Correction = CorrectionOf(usageId, isReversal: false, reason);
        view.MetersOctets = _arrays.Meters(meters);
        return Write(ref view, in balance);
    }

    /// <summary>Body of a record.</summary>
    public static byte[] BodyOf(scoped in UsageRatedView view)
    {
        byte[] octets = new byte[view.MaxSize];
        return octets[..view.Write(octets)];
    }

    private UsageCorrectionView CorrectionOf(UsageId usageId, bool isReversal, CorrectionReason reason) => new()
    {
        UsageId = usageId,
        IsReversal = isReversal,
        Reason = reason,
        DecidedAtMilliseconds = decision.AtMilliseconds,
        DecidedBy = _by,
        Because = _because,
    };

    /// <summary>The usage was once, so that a record which corrects it measures nothing.</summary>
    private static byte[] Write(scoped ref UsageRatedView view, in Balance balance)
    {
        view.HasCorrection = true;
        (view.DurationSeconds, view.UplinkOctets, view.DownlinkOctets, view.TotalOctets, view.Messages) = (-1, -1, -1, -1, -1);
        view.BundleOctetsUsed = balance.BundleOctetsUsed;
        view.BundleSecondsUsed = balance.BundleSecondsUsed;
        view.BundleMessagesUsed = balance.BundleMessagesUsed;
        view.PeriodSpendNanos = balance.SpendNanos;
        view.RoamingDataSpendNanos = balance.RoamingDataSpendNanos;
        view.Notified = (int)balance.Notified;
        return BodyOf(in view);
    }

    private static UsageId IdAfter(UsageId former, string what) =>
        UsageId.FromBytes(SHA256.HashData([.. Encoding.UTF8.GetBytes(what), .. former.ToByteArray()]).AsSpan(0, UsageId.Size));

    private static byte[] Negative(ReadOnlySpan<byte> parts)
    {
        int count = 0;
        foreach (UsagePartView _ in new AvroItems<UsagePartView>(parts))
        {
            count++;
        }

        if (count == 0)
        {
            return [];
        }

        // Each number may take as many octets more as its sign needs.
        byte[] octets = new byte[AvroLimits.MaxArrayFrame + parts.Length + (count * default(UsagePartView).MaxSize)];
        AvroItemsWriter<UsagePartView> writer = new(octets, count);
        foreach (UsagePartView part in new AvroItems<UsagePartView>(parts))
        {
            UsagePartView negative = part;
            (negative.Units, negative.Packages, negative.AmountNanos) = (-part.Units, -part.Packages, -part.AmountNanos);
            writer.Add(in negative);
        }

        return octets[..writer.Finish()];
    }
}
