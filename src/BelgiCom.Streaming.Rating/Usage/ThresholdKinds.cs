using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>Thresholds that were notified in a period, as bits; the number of the bit is that of the notification.</summary>
[Flags]
public enum ThresholdKinds
{
    /// <summary>None crossed.</summary>
    None = 0,

    /// <summary>80 % of the data bundle is used.</summary>
    DataBundle80Percent = 1 << (int)NotificationKind.DataBundle80Percent,

    /// <summary>The data bundle is used up (first alert of the Royal Decree of 9 July 2013).</summary>
    DataBundleUsedUp = 1 << (int)NotificationKind.DataBundleUsedUp,

    /// <summary>The voice bundle is used up.</summary>
    VoiceBundleUsedUp = 1 << (int)NotificationKind.VoiceBundleUsedUp,

    /// <summary>The message bundle is used up.</summary>
    SmsBundleUsedUp = 1 << (int)NotificationKind.SmsBundleUsedUp,

    /// <summary>80 % of the roaming data limit was notified by a release before <see cref="SpendCounter"/>.</summary>
    RoamingData80Percent = 1 << (int)NotificationKind.RoamingData80Percent,

    /// <summary>The roaming data limit was notified by a release before <see cref="SpendCounter"/>.</summary>
    RoamingDataLimit = 1 << (int)NotificationKind.RoamingDataLimit,

    /// <summary>
    /// No threshold: something other than data was charged while roaming, so a meter says what of the spend is neither domestic nor
    /// roaming data.
    /// </summary>
    OtherRoamingSpend = 1 << 15,
}
