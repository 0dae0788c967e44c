using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>Tells which thresholds of bundles a balance has reached.</summary>
internal static class Thresholds
{
    /// <summary>Bundle thresholds after a charge; none where no bundle applied.</summary>
    public static ThresholdKinds Reached(UsageKind kind, long allowance, long used)
    {
        if (allowance == 0)
        {
            return ThresholdKinds.None;
        }

        bool isUsedUp = used >= allowance;
        return kind switch
        {
            UsageKind.Data when isUsedUp => ThresholdKinds.DataBundle80Percent | ThresholdKinds.DataBundleUsedUp,
            UsageKind.Data when used >= EightyPercent(allowance) => ThresholdKinds.DataBundle80Percent,
            UsageKind.Voice when isUsedUp => ThresholdKinds.VoiceBundleUsedUp,
            UsageKind.Sms when isUsedUp => ThresholdKinds.SmsBundleUsedUp,
            _ => ThresholdKinds.None,
        };
    }

    /// <summary>The smallest whole number that is at least 80 % of the limit.</summary>
    private static long EightyPercent(long limit) => limit - (limit / 5);
}
