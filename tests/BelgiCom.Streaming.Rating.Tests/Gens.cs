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

    /// <summary>Price lists with all that counts beyond a month's balance: bundles, tiers, packages, passes, sessions.</summary>
    public static readonly Gen<OfferingVersion[]> PriceLists =
        from prices in ListPrice(UsageKind.Data).Array[1, 2]
        from calls in ListPrice(UsageKind.Voice).Array[1, 2]
        from messages in ListPrice(UsageKind.Sms).Array[1, 2]
        from units in Gen.Long[1, 3_000].Array[4]
        from bound in Time
        from change in Time
        let list = Given.Offering([.. prices, .. calls, .. messages]) with
        {
            Offering = "one",
            ValidFrom = Given.Time(Start),
            Bands = [new TimeBand { Name = "night", From = 22 * 3600, To = 6 * 3600 }],
            Bundles =
            [
                new Bundle { Id = "month", Kind = UsageKind.Voice, Units = units[0], RolloverMaximum = units[3], ProRataStep = 1 },
                new Bundle
                {
                    Id = "until",
                    Kind = UsageKind.Data,
                    Units = units[1] * 10_000,
                    ValidTo = Given.Time(bound),
                    FairUseZone = "eu",
                    FairUse = [new FairUseVolume { Units = units[2] * 1000 }],
                },
                new Bundle { Id = "open", Kind = UsageKind.Sms, Units = units[2] / 300 + 1, ValidFrom = Given.Time(Start) },
                new Bundle { Kind = UsageKind.Voice, Units = units[3], Priority = 1 },
            ],
        }
        select new[]
        {
            list,
            list with { Version = 2, ValidFrom = Given.Time(change), Prices = [.. list.Prices.Reverse()] },
            list with { Offering = "two", Bundles = [] },
        };

    /// <summary>Usage of which records belong together in sessions, over many months.</summary>
    public static readonly Gen<UsageRecord> ListUsage =
        from usage in Usage
        from session in Gen.Int[0, 3]
        from days in Of(0, 0, 0, 30, 100)
        select usage with
        {
            UsageId = usage.UsageId + (UInt128)days,
            EventTimeMilliseconds = usage.EventTimeMilliseconds + (days * 86_400_000L),
            Session = session == 0 ? UInt128.Zero : (UInt128)((session * 10) + (int)usage.Kind),
            DurationSeconds = Math.Min(usage.DurationSeconds, 90_000),
        };

    private static Gen<OfferingPrice> ListPrice(UsageKind kind) =>
        from model in Of(
            PriceModel.Unit, PriceModel.Unit, PriceModel.Graduated, PriceModel.Volume, PriceModel.Package, PriceModel.Flat, PriceModel.Pass)
        from id in Gen.Int[1, 3]
        from zone in Of("", "", "home")
        from band in Gen.Bool
        from increment in Of(1L, 30L, 60L, 1024L)
        from price in Amount
        from tier in Gen.Long[1, 5_000]
        from fee in Amount
        from bounds in Gen.Int[0, 2]
        let isTiered = model is PriceModel.Graduated or PriceModel.Volume
        select new OfferingPrice
        {
            Id = $"{kind}{id}",
            Kind = kind,
            Zone = zone,
            Bands = band ? ["night"] : [],
            Model = model,
            Unit = TariffChecks.NaturalUnit(kind),
            UnitSize = 60,
            UnitPrice = Math.Min(price, 2m),
            Increment = increment,
            Package = model == PriceModel.Package ? tier : 0,
            FreeUnits = model == PriceModel.Package ? tier / 3 : 0,
            ConnectFee = fee,
            MinimumCharge = bounds == 1 ? 0.5m : null,
            MaximumCharge = bounds == 2 ? 1.5m : null,
            Bundle = model != PriceModel.Pass,
            AboveFairUse = model == PriceModel.Pass ? [] : [new FairUseSurcharge { UnitPrice = Math.Min(price, 1m), UnitSize = 1000 }],
            Tiers = isTiered
                ?
                [
                    new PriceTier { UpTo = tier, UnitPrice = 0.01m, UnitSize = 7, Flat = 0.2m },
                    new PriceTier { UpTo = -1, UnitPrice = 0.003m, UnitSize = 7 },
                ]
                : [],
            Pass = model == PriceModel.Pass
                ? new Pass { Id = $"pass{id}", ValiditySeconds = tier * 60, MaximumPerMonth = id, FreeMessages = id }
                : null,
        };

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);
}
