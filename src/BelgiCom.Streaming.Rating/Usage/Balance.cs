using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>The balance of a subscriber's newest month. 56 octets.</summary>
internal struct MonthBalance
{
    public const int NoMonth = -1;

    public Balance Balance;
    public int Month;

    /// <summary>
    /// The number whose balances the subscriber's newest period charges. It is no part of the balance; it lies here because these four
    /// octets would be empty.
    /// </summary>
    public int Holder;
}

/// <summary>What one subscriber used and spent on one account in one calendar month, Europe/Brussels. 48 octets.</summary>
public struct Balance
{
    /// <summary>Octets of the data bundle used.</summary>
    public long BundleOctetsUsed { get; set; }

    /// <summary>Seconds of the voice bundle used.</summary>
    public long BundleSecondsUsed { get; set; }

    /// <summary>Messages of the SMS bundle used.</summary>
    public long BundleMessagesUsed { get; set; }

    /// <summary>Spend in nano-units, without VAT or with it as <see cref="Currency"/> says.</summary>
    public long SpendNanos { get; set; }

    /// <summary>Spend on roaming data in nano-units, on the same basis (Regulation (EU) 2022/612 art. 14).</summary>
    public long RoamingDataSpendNanos { get; set; }

    // Two octets hold all bits of the thresholds, so that the currency needs no further room.
    private ushort _notified;

    /// <summary>Thresholds already notified.</summary>
    public ThresholdKinds Notified
    {
        readonly get => (ThresholdKinds)_notified;
        set => _notified = (ushort)value;
    }

    /// <summary>
    /// Currency and basis of the amounts; unknown while nothing was spent, and in state of releases that did not keep it.
    /// </summary>
    public Currency Currency { get; set; }

    /// <summary>Number of the batch that last changed it, so that the undo log keeps one copy per batch.</summary>
    internal int ChangedInBatch { get; set; }

    /// <summary>Units of the bundle of a kind that are used.</summary>
    internal readonly long BundleUsed(UsageKind kind) => kind switch
    {
        UsageKind.Data => BundleOctetsUsed,
        UsageKind.Voice => BundleSecondsUsed,
        _ => BundleMessagesUsed,
    };

    /// <summary>Counts units of the bundle of a kind as used.</summary>
    internal void AddBundleUsed(UsageKind kind, long units)
    {
        switch (kind)
        {
            case UsageKind.Data:
                BundleOctetsUsed += units;
                break;
            case UsageKind.Voice:
                BundleSecondsUsed += units;
                break;
            default:
                BundleMessagesUsed += units;
                break;
        }
    }

    /// <summary>True when the balance was never charged, so that no record of it was stored.</summary>
    internal readonly bool IsUntouched =>
        (BundleOctetsUsed | BundleSecondsUsed | BundleMessagesUsed | SpendNanos | RoamingDataSpendNanos | (long)Notified) == 0;

    /// <summary>
    /// Copies field by field. A balance that was just changed is still on its way to memory in pieces of 8 octets; copying larger pieces
    /// would have to wait for all stores before it, cache misses included.
    /// </summary>
    internal readonly void CopyTo(ref Balance other)
    {
        other.BundleOctetsUsed = BundleOctetsUsed;
        other.BundleSecondsUsed = BundleSecondsUsed;
        other.BundleMessagesUsed = BundleMessagesUsed;
        other.SpendNanos = SpendNanos;
        other.RoamingDataSpendNanos = RoamingDataSpendNanos;
        other.Notified = Notified;
        other.Currency = Currency;
    }
}
