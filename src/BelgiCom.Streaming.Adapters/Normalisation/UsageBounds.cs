using System.ComponentModel.DataAnnotations;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// How much one usage event may say. A larger quantity is not usage but a damaged record or a wrong unit; it goes to quarantine
/// (BAD_VALUE), whatever its price, before it can reach anybody's sums.
/// </summary>
public sealed class UsageBounds
{
    /// <summary>Most octets of data, each way and in both. Default 10¹⁵: more than 1 Gbit/s carries in 90 days.</summary>
    [Range(1, long.MaxValue)]
    public long DataOctets { get; set; } = 1_000_000_000_000_000;

    /// <summary>Most seconds of a data session. Default 366 days, because sessions of machines last for months.</summary>
    [Range(1, long.MaxValue)]
    public long DataSeconds { get; set; } = 366 * 86_400;

    /// <summary>Most seconds of a call. Default 31 days.</summary>
    [Range(1, long.MaxValue)]
    public long VoiceSeconds { get; set; } = 31 * 86_400;

    /// <summary>Most messages of one event. Default 10,000.</summary>
    [Range(1, long.MaxValue)]
    public long Messages { get; set; } = 10_000;

    /// <summary>What is absurd about a record; null when nothing is.</summary>
    internal DecodingFault? FaultOf(UsageCdr cdr)
    {
        long seconds = cdr.Kind == UsageKind.Voice ? VoiceSeconds : DataSeconds;
        foreach (ref readonly UsagePart part in cdr.Parts)
        {
            if (part.UplinkOctets > DataOctets || part.DownlinkOctets > DataOctets || part.TotalOctets > DataOctets)
            {
                return Absurd("octets", DataOctets, nameof(DataOctets));
            }

            if (part.DurationSeconds > seconds)
            {
                return Absurd("seconds", seconds, cdr.Kind == UsageKind.Voice ? nameof(VoiceSeconds) : nameof(DataSeconds));
            }

            if (part.Messages > Messages)
            {
                return Absurd("messages", Messages, nameof(Messages));
            }
        }

        return null;
    }

    private static DecodingFault Absurd(string unit, long bound, string setting) =>
        new(QuarantineReason.BadValue, $"More than {bound} {unit} in one event (Adapters:Bounds:{setting}).");
}
