using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// What was used in one part, after the members of the record have been compared with each other; -1 is "not measured", which is not 0.
/// </summary>
/// <param name="DurationSeconds">Seconds.</param>
/// <param name="UplinkOctets">Octets sent by the subscriber.</param>
/// <param name="DownlinkOctets">Octets received by the subscriber.</param>
/// <param name="TotalOctets">Octets in both directions.</param>
/// <param name="Messages">Messages.</param>
internal readonly record struct MeasuredQuantities(
    long DurationSeconds, long UplinkOctets, long DownlinkOctets, long TotalOctets, long Messages)
{
    /// <summary>
    /// Takes the quantities of a part. False when they contradict each other, or add up to more than 63 bits: nobody knows which is right.
    /// Some writers fill in 0 for what they did not measure, so a total beside two zeros is the total, and a zero total beside directions
    /// is their sum.
    /// </summary>
    public static bool TryTake(UsageCdr cdr, in UsagePart part, out MeasuredQuantities taken)
    {
        long uplink = part.UplinkOctets, downlink = part.DownlinkOctets, total = part.TotalOctets;
        taken = default;
        if (uplink > long.MaxValue - Math.Max(0, downlink))
        {
            return false;
        }

        long sum = uplink < 0 && downlink < 0 ? -1 : Math.Max(0, uplink) + Math.Max(0, downlink);
        if (total > 0 && sum == 0)
        {
            // With one direction at 0 and no word of the other, the other direction is the rest.
            uplink = downlink = -1;
        }
        else if (total > 0 && sum > 0)
        {
            bool isWhole = uplink >= 0 && downlink >= 0;
            if (isWhole ? total != sum : total < sum)
            {
                return false;
            }
        }
        else
        {
            total = Math.Max(total, sum);
        }

        taken = new MeasuredQuantities(
            DurationOf(cdr, part),
            uplink,
            downlink,
            total,
            cdr.Kind == UsageKind.Sms && part.Messages < 0 ? part.ServiceUnits : part.Messages);
        return true;
    }

    /// <summary>
    /// A call lasts from its start to its end, so two times give its duration. A data session may be idle: its container's first and last
    /// usage do not say how long it was used. A message has no duration.
    /// </summary>
    private static long DurationOf(UsageCdr cdr, in UsagePart part)
    {
        CdrTime start = cdr.StartOf(part), end = part.LastOrClosed;
        return part.DurationSeconds >= 0 || !end.IsSet || !cdr.HasStart(part) || end.UtcMilliseconds < start.UtcMilliseconds
            || cdr.Kind == UsageKind.Sms || (cdr.Kind == UsageKind.Data && !cdr.Format.LastsToItsEnd)
                ? part.DurationSeconds
                : (end.UtcMilliseconds - start.UtcMilliseconds + 500) / 1000;
    }
}
