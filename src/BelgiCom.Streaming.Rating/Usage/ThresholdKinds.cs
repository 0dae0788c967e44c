using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>Thresholds that a charge can cross, as bits; the number of the bit is that of the notification.</summary>
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

    /// <summary>80 % of the roaming data limit is spent (Regulation (EU) 2022/612 art. 14).</summary>
    RoamingData80Percent = 1 << (int)NotificationKind.RoamingData80Percent,

    /// <summary>The roaming data limit is reached.</summary>
    RoamingDataLimit = 1 << (int)NotificationKind.RoamingDataLimit,
}
