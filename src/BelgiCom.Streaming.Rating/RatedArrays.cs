using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Encodes the parts and meters of a rated event for usage.rated.v1, in rooms that are used again; allocates only when one must grow.
/// </summary>
internal sealed class RatedArrays
{
    private byte[] _parts = [];
    private byte[] _meters = [];

    /// <summary>The octets of the parts; valid until they are asked for again.</summary>
    /// <param name="parts">The parts of an event.</param>
    /// <param name="version">Index of the version of the event.</param>
    /// <param name="tariffs">Tariffs that it was rated with.</param>
    public ReadOnlySpan<byte> Parts(scoped ReadOnlySpan<RatedPart> parts, int version, TariffSnapshot tariffs)
    {
        if (parts.IsEmpty)
        {
            return default;
        }

        int size = AvroLimits.MaxArrayFrame + (parts.Length * default(UsagePartView).MaxSize);
        foreach (ref readonly RatedPart part in parts)
        {
            TariffVersion own = tariffs.Version(part.VersionIndex);
            size += own.PriceList.BandUtf8(part.BandIndex).Length + tariffs.BundleUtf8(in part).Length + own.OfferingUtf8.Length;
        }

        EnsureRoom(ref _parts, size);
        AvroItemsWriter<UsagePartView> writer = new(_parts, parts.Length);
        foreach (ref readonly RatedPart part in parts)
        {
            writer.Add(ViewOf(in part, version, tariffs));
        }

        return _parts.AsSpan(0, writer.Finish());
    }

    /// <summary>The octets of the meters; valid until they are asked for again.</summary>
    public ReadOnlySpan<byte> Meters(scoped ReadOnlySpan<MeterEntry> meters)
    {
        if (meters.IsEmpty)
        {
            return default;
        }

        EnsureRoom(ref _meters, AvroLimits.MaxArrayFrame + (meters.Length * default(UsageMeterView).MaxSize));
        AvroItemsWriter<UsageMeterView> writer = new(_meters, meters.Length);
        foreach (ref readonly MeterEntry meter in meters)
        {
            writer.Add(UsageEvents.ToMeter(in meter));
        }

        return _meters.AsSpan(0, writer.Finish());
    }

    private static void EnsureRoom(ref byte[] room, int size)
    {
        if (room.Length < size)
        {
            room = new byte[Math.Max(size, room.Length * 2)];
        }
    }

    private static UsagePartView ViewOf(scoped in RatedPart part, int ofEvent, TariffSnapshot tariffs)
    {
        TariffVersion version = tariffs.Version(part.VersionIndex);
        return new UsagePartView
        {
            Component = part.Component,
            OfferingVersion = version.Version,
            PriceIndex = part.PriceIndex,
            Band = version.PriceList.BandUtf8(part.BandIndex),
            Bundle = tariffs.BundleUtf8(in part),
            Offering = tariffs.OfferingOf(part.VersionIndex) == tariffs.OfferingOf(ofEvent) ? default : version.OfferingUtf8,
            Tier = part.Tier,
            Packages = part.Packages,
            Units = part.Units,
            UnitPriceNanos = part.UnitPriceNanos,
            UnitSize = part.UnitSize,
            AmountNanos = part.AmountNanos,
        };
    }
}
