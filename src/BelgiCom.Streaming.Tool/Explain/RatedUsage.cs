using System.Text;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Tool;

/// <summary>A record of usage.rated.v1 that is kept, without anything that names a person.</summary>
internal sealed record RatedUsage
{
    public required UsageId UsageId { get; init; }

    public required int Partition { get; init; }

    public required long Offset { get; init; }

    public required string Account { get; init; }

    public required string Offering { get; init; }

    public required int Version { get; init; }

    public required bool IsZeroRated { get; init; }

    public required ZeroRatedReason ZeroRatedReason { get; init; }

    public required UsageKind Kind { get; init; }

    /// <summary>When the usage began, with the offset that its source wrote.</summary>
    public required DateTimeOffset Start { get; init; }

    public required long DurationSeconds { get; init; }

    public required long TotalOctets { get; init; }

    public required long Messages { get; init; }

    public required string ServingPlmn { get; init; }

    public required string Zone { get; init; }

    public required int PriceIndex { get; init; }

    public required long ChargedUnits { get; init; }

    public required long BundleUnits { get; init; }

    public required long AmountNanos { get; init; }

    public required string Currency { get; init; }

    public required PriceBasis Basis { get; init; }

    public required int VatPermille { get; init; }

    public required int RoundingPolicy { get; init; }

    public required DateOnly PeriodStart { get; init; }

    public required long BundleOctetsUsed { get; init; }

    public required long BundleSecondsUsed { get; init; }

    public required long BundleMessagesUsed { get; init; }

    public required long PeriodSpendNanos { get; init; }

    public required long RoamingDataSpendNanos { get; init; }

    /// <summary>Version of the late policy under which it was charged; empty when it came in time.</summary>
    public required string LatePolicy { get; init; }

    /// <summary>Whether it is a line of a correction: what is taken back, or what is charged in its place.</summary>
    public bool IsCorrection { get; init; }

    /// <summary>Of a line of a correction, whether it takes back what was charged.</summary>
    public bool IsReversal { get; init; }

    /// <summary>What the price list counts, after the event.</summary>
    public required IReadOnlyList<UsageMeter> Meters { get; init; }

    public required string Source { get; init; }

    public required string File { get; init; }

    public required int RecordIndex { get; init; }

    public required int ContainerIndex { get; init; }

    public required int ReceivedPartition { get; init; }

    public required long ReceivedOffset { get; init; }

    public required IReadOnlyList<UsagePart> Parts { get; init; }

    /// <summary>Copies a record.</summary>
    /// <param name="rated">The record.</param>
    /// <param name="partition">Its partition.</param>
    /// <param name="offset">Its offset there.</param>
    public static RatedUsage Of(scoped in UsageRatedView rated, int partition, long offset) => new()
    {
        UsageId = rated.UsageId,
        Partition = partition,
        Offset = offset,
        Account = Encoding.UTF8.GetString(rated.Account),
        Offering = Encoding.UTF8.GetString(rated.Offering),
        Version = rated.OfferingVersion,
        IsZeroRated = rated.Outcome == RatedOutcome.ZeroRated,
        ZeroRatedReason = rated.ZeroRatedReason,
        Kind = rated.Kind,
        Start = DateTimeOffset.FromUnixTimeMilliseconds(rated.EventTimeMilliseconds)
            .ToOffset(TimeSpan.FromMinutes(Math.Clamp(rated.UtcOffsetMinutes, -840, 840))),
        DurationSeconds = rated.DurationSeconds,
        TotalOctets = rated.TotalOctets,
        Messages = rated.Messages,
        ServingPlmn = Encoding.UTF8.GetString(rated.ServingPlmn),
        Zone = Encoding.UTF8.GetString(rated.Zone),
        PriceIndex = rated.PriceIndex,
        ChargedUnits = rated.ChargedUnits,
        BundleUnits = rated.BundleUnits,
        AmountNanos = rated.AmountNanos,
        Currency = Encoding.UTF8.GetString(rated.Currency),
        Basis = rated.PriceBasis,
        VatPermille = rated.VatPermille,
        RoundingPolicy = rated.RoundingPolicy,
        PeriodStart = DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(rated.PeriodStartDays),
        BundleOctetsUsed = rated.BundleOctetsUsed,
        BundleSecondsUsed = rated.BundleSecondsUsed,
        BundleMessagesUsed = rated.BundleMessagesUsed,
        PeriodSpendNanos = rated.PeriodSpendNanos,
        RoamingDataSpendNanos = rated.RoamingDataSpendNanos,
        IsCorrection = rated.HasCorrection,
        IsReversal = rated is { HasCorrection: true, Correction.IsReversal: true },
        LatePolicy = Encoding.UTF8.GetString(rated.LatePolicy),
        Meters = MetersOf(rated.MetersOctets),
        Source = Encoding.UTF8.GetString(rated.Source),
        File = Encoding.UTF8.GetString(rated.FileName),
        RecordIndex = rated.RecordIndex,
        ContainerIndex = rated.ContainerIndex,
        ReceivedPartition = rated.ReceivedPartition,
        ReceivedOffset = rated.ReceivedOffset,
        Parts = PartsOf(rated.PartsOctets),
    };

    private static List<UsageMeter> MetersOf(ReadOnlySpan<byte> octets)
    {
        List<UsageMeter> meters = [];
        foreach (UsageMeterView meter in new AvroItems<UsageMeterView>(octets))
        {
            meters.Add(new UsageMeter { Id = meter.Id, From = meter.From, Units = meter.Units, Nanos = meter.Nanos });
        }

        return meters;
    }

    private static List<UsagePart> PartsOf(ReadOnlySpan<byte> octets)
    {
        List<UsagePart> parts = [];
        foreach (UsagePartView part in new AvroItems<UsagePartView>(octets))
        {
            parts.Add(new UsagePart
            {
                Component = part.Component,
                Offering = Encoding.UTF8.GetString(part.Offering),
                OfferingVersion = part.OfferingVersion,
                PriceIndex = part.PriceIndex,
                Band = Encoding.UTF8.GetString(part.Band),
                Bundle = Encoding.UTF8.GetString(part.Bundle),
                Tier = part.Tier,
                Packages = part.Packages,
                Units = part.Units,
                UnitPrice = Nanos.ToDecimal(part.UnitPriceNanos),
                UnitSize = part.UnitSize,
                Amount = Nanos.ToDecimal(part.AmountNanos),
            });
        }

        return parts;
    }
}
