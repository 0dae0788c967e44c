using BelgiCom.Streaming.Contracts;
using CsCheck;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// Random tariffs and usage around the edges that matter: turns of months, ends of bundles, ties of rounding, resent ids.
/// </summary>
internal static class Gens
{
    public static readonly Gen<Direction> AnyDirection = Of(
        Direction.NotApplicable, Direction.Originating, Direction.Terminating);

    public static readonly Gen<UsageKind> Kind = Of(UsageKind.Data, UsageKind.Voice, UsageKind.Sms);

    private static readonly Gen<decimal> Amount = Gen.OneOf(
        Gen.Const(0L), Gen.Long[1, 1000], Gen.Long[1, 2_000_000_000], Of(10_000_000L, 33_333_333L)).Select(nanos => nanos / 1_000_000_000m);

    public static readonly Gen<OfferingPrice> Price =
        from kind in Kind
        from zone in Of("", "", "home", "eu", "world")
        from groups in Of<long[]>([], [], [10], [10, 20])
        from direction in Of(Direction.NotApplicable, Direction.NotApplicable, Direction.Originating)
        from size in Of(1L, 3L, 7L, 60L, 1000L, 1_048_576L)
        from price in Amount
        from fee in Amount
        from increment in Of(1L, 30L, 60L, 1024L, 65_536L)
        from minimum in Of(0L, 0L, 60L, 4096L)
        from bundle in Gen.Bool
        from zero in Gen.Int[0, 9]
        from bySecond in Gen.Int[0, 3]
        let unit = bySecond == 0 && kind == UsageKind.Data && !bundle ? PriceUnit.Second : TariffChecks.NaturalUnit(kind)
        select new OfferingPrice
        {
            Kind = kind,
            Zone = zone,
            RatingGroups = groups,
            Direction = direction,
            Unit = unit,
            UnitSize = size,
            UnitPrice = price,
            Increment = increment,
            Minimum = minimum,
            ConnectFee = fee,
            Bundle = bundle && zero != 0,
            ZeroRated = zero == 0,
        };

    private static readonly Gen<Bundle[]> Bundles =
        from units in Gen.Long[1, 200_000].Array[3]
        from present in Gen.Bool.Array[3]
        from zones in Of<string[]>([], ["home"], ["home", "eu"]).Array[3]
        select Enumerable.Range(0, 3)
            .Where(i => present[i])
            .Select(i => Given.Bundle((UsageKind)(i + 1), units[i], zones[i]))
            .ToArray();

    private static readonly long Start = Given.Instant("2026-03-01T00:00:00Z");

    /// <summary>Times in March and April 2026, many of them around the turn of the month that follows the 23-hour day.</summary>
    public static readonly Gen<long> Time = Gen.OneOf(
        Gen.Long[Start, Given.Instant("2026-04-20T00:00:00Z")],
        Gen.Long[Given.Instant("2026-03-31T21:00:00Z"), Given.Instant("2026-03-31T23:00:00Z")],
        Gen.Const(Given.Instant("2026-03-31T22:00:00Z")));

    private static readonly Gen<OfferingVersion> Version =
        from prices in Price.Array[1, 6]
        from bundles in Bundles
        from limit in Gen.OneOf(Gen.Const(0L), Gen.Long[1, 5_000_000_000])
        select Given.Offering(prices) with { Bundles = bundles, RoamingDataLimit = limit / 1_000_000_000m };

    /// <summary>Two offerings; the first changes its version at a random time.</summary>
    public static readonly Gen<OfferingVersion[]> Catalogue =
        from one in Version
        from two in Version
        from other in Version
        from change in Time
        select new[]
        {
            one with { Offering = "one", ValidFrom = Given.Time(Start) },
            two with { Offering = "one", Version = 2, ValidFrom = Given.Time(change) },
            other with { Offering = "two" },
        };

    public static readonly Gen<UsageRecord> Usage =
        from id in Gen.Int[1, 60]
        from subscriber in Gen.Int[1, 5]
        from kind in Kind
        from time in Time
        from units in Gen.OneOf(Gen.Long[0, 200], Gen.Long[0, 300_000])
        from octets in Gen.Long[0, 50_000_000]
        from network in Of("00101", "00101", "", "20801", "310260")
        from ratingGroup in Of(-1L, 10L, 20L, 100L)
        from direction in AnyDirection
        from secondary in Gen.Int[0, 9]
        from measured in Of(0b111, 0b111, 0b111, 0b110, 0b101, 0b011, 0b000)
        select new UsageRecord
        {
            // The id stands for the source record, so its content is the same when it comes again.
            UsageId = ((UInt128)id << 64) | (UInt128)(ulong)(time / 86_400_000),
            Subscriber = (UInt128)subscriber,
            EventTimeMilliseconds = time,
            DurationSeconds = (measured & 1) != 0 ? units : -1,
            TotalOctets = (measured & 2) != 0 ? octets : -1,
            Messages = (measured & 4) == 0 ? -1 : kind == UsageKind.Sms ? 1 : 0,
            RatingGroup = ratingGroup,
            ServingPlmn = Given.Network(network),
            Kind = kind,
            Direction = direction,
            IsSecondaryView = secondary == 0,
        };

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);
}
