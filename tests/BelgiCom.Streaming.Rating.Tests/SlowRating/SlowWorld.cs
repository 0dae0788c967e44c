using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>A catalogue, its subscribers and their usage in the order in which it comes.</summary>
/// <param name="Versions">The versions of the one offering.</param>
/// <param name="Accounts">Account of each subscriber.</param>
/// <param name="Usage">The usage.</param>
internal sealed record SlowWorld(
    IReadOnlyList<OfferingVersion> Versions, IReadOnlyDictionary<string, string> Accounts, IReadOnlyList<SlowUsage> Usage)
{
    private const int Days = 45;

    /// <summary>Further members of the accounts, which use nothing.</summary>
    public IReadOnlyList<SlowMember> Devices { get; init; } = [];

    /// <summary>Top-ups, which are made before any usage comes, in the order of their instants.</summary>
    public IReadOnlyList<SlowTopUp> TopUps { get; init; } = [];

    /// <summary>
    /// How many of the first prices production has from an add-on, which also has every other bundle; null for none. An add-on's prices
    /// stand before those of the main offering, so with the same zones, bands and destinations both together are one price list.
    /// </summary>
    public int? AddOnPrices { get; init; }

    /// <summary>A slow rater that has rated nothing.</summary>
    public SlowRater NewRater()
    {
        // What an add-on is one of is no plain offering.
        IReadOnlyList<OfferingVersion> versions = AddOnPrices is null
            ? Versions
            : [.. Versions.Select(version => version with { AddOnTo = [version.Offering] })];
        return new SlowRater(Accounts.Keys.ToDictionary(subscriber => subscriber, _ => versions), Accounts, Days, Devices, TopUps);
    }

    /// <summary>Rates all usage in both ways; what differs first, null when nothing does.</summary>
    public string? FirstDifference()
    {
        SlowRater slow = NewRater();
        WorldSession session = new(this);
        for (int index = 0; index < Usage.Count; index++)
        {
            SlowUsage usage = Usage[index];
            SlowResult expected = slow.Rate(usage);
            SlowResult read = Read(session, session.Rate(usage));
            string actual = Words(read, expected.IsAnew);
            if (Words(expected, expected.IsAnew) is { } wanted && wanted != actual)
            {
                string parts = expected.IsAnew ? $"\n  of {Words(read, isAnew: false)}" : "";
                return $"event {index + 1} (id {usage.Id}):\n  expected {wanted}\n  is       {actual}{parts}";
            }
        }

        return null;
    }

    /// <summary>The reference of a subscriber, or the identity of a session, by its name.</summary>
    public static UInt128 Number(string name) => (UInt128)name.Aggregate(7UL, (sum, letter) => (sum * 31) + letter) + 1;

    /// <summary>Usage as production reads it.</summary>
    public static UsageRecord Record(SlowUsage usage) => new()
    {
        UsageId = (UInt128)usage.Id + 1,
        Fingerprint = (uint)usage.Content.Aggregate(7, (sum, letter) => unchecked((sum * 31) + letter)),
        Subscriber = Number(usage.Subscriber),
        Kind = usage.Kind,
        EventTimeMilliseconds = usage.Start,
        EndTimeMilliseconds = usage.End ?? 0,
        DurationSeconds = usage.Kind == UsageKind.Voice ? Measured(usage) : -1,
        TotalOctets = usage.Kind == UsageKind.Data ? Measured(usage) : -1,
        Messages = usage.Kind == UsageKind.Sms ? Measured(usage) : -1,
        ServiceUnits = usage.Kind == UsageKind.Event ? Measured(usage) : -1,
        ValueNanos = (long)(usage.ValueNanos ?? -1),
        ValueCurrency = Currency.Of(Encoding.ASCII.GetBytes(usage.Currency)),
        RatingGroup = usage.RatingGroup ?? -1,
        ServiceIdentifier = usage.ServiceIdentifier ?? -1,
        DataNetwork = usage.DataNetwork.Length == 0 ? 0 : DataNetworkName.Of(usage.DataNetwork),
        Slice = usage.Slice.Length == 0 ? default : Slice.Parse(usage.Slice),
        RatType = usage.RatType,
        Direction = usage.Direction,
        ServingPlmn = Plmn.FromUsage(Encoding.ASCII.GetBytes(usage.Network)),
        Called = usage.Called is null ? UsageRecord.UnknownCalled : usage.Called.Length == 0 ? default : Number(usage.Called),
        CalledNumber = CalledNumber.Of(Encoding.ASCII.GetBytes(usage.CalledNumber)),
        Session = usage.Session is { } session ? Number(session) : default,
        IsSecondaryView = usage.IsSecondaryView,
    };

    /// <summary>-1 says that nobody measured, so a number below 0 is moved away from it.</summary>
    private static long Measured(SlowUsage usage) => usage.Units switch
    {
        null => -1,
        < 0 => usage.Units.Value - 1,
        long units => units,
    };

    private static SlowResult Read(WorldSession session, RatedUsageOfAWorld rated)
    {
        RatingResult result = rated.Result;
        if (result.Outcome != RatingOutcome.Rated)
        {
            return new SlowResult(result.Outcome) { Rejected = result.RejectedReason, ZeroRated = result.ZeroRatedReason };
        }

        List<SlowPart> parts = [];
        foreach (RatedPart part in rated.Parts)
        {
            OfferingVersion version = session.VersionOf(in part);
            parts.Add(new SlowPart(part.Component)
            {
                Version = version.Version,
                Price = part.PriceIndex < 0 ? null : session.PriceIndexOf(in part),
                Band = part.BandIndex < 0 ? null : version.Bands[part.BandIndex].Name,
                Bundle = part.BundleIndex < 0 ? null : session.BundleIdOf(in part),
                Tier = part.Tier,
                Packages = part.Packages,
                Units = part.Units,
                UnitPrice = part.UnitPriceNanos,
                UnitSize = part.UnitSize,
                Nanos = part.AmountNanos,
            });
        }

        SlowResult read = new(RatingOutcome.Rated) { Parts = parts };
        return read.Nanos == result.AmountNanos && read.BundleUnits == result.BundleUnits && read.ChargedUnits == result.ChargedUnits
            ? read
            : read with
            {
                Parts = [
                    .. parts,
                    new SlowPart(PartComponent.Usage)
                    {
                        Band = $"sum is {result.AmountNanos}, {result.BundleUnits}, {result.ChargedUnits}",
                    },
                ],
            };
    }

    /// <summary>
    /// A result as text to compare and to read. Where a session is charged anew, the sums count:
    /// what it costs more, and draws more.
    /// </summary>
    private static string Words(SlowResult result, bool isAnew)
    {
        // Usage that is free by the tariff alone is zero-rated, whether or not a part says so.
        if (result.Outcome == RatingOutcome.Rated && result.Parts.Count > 0
            && result.Parts.Any(part => part.Component == PartComponent.ZeroRated)
            && result.Parts.All(part => part.Component is PartComponent.ZeroRated or PartComponent.Reversal) && result.Nanos.IsZero)
        {
            return $"ZERO_RATED {ZeroRatedReason.Tariff}";
        }

        if (result.Outcome != RatingOutcome.Rated)
        {
            return result.Outcome == RatingOutcome.ZeroRated ? $"ZERO_RATED {result.ZeroRated}" : $"{result.Outcome} {result.Rejected}";
        }

        return $"RATED {result.Nanos} for {result.ChargedUnits} units" + string.Concat(isAnew
            ? result.Parts
                .GroupBy(part => part.Bundle)
                .Where(group => !SlowResult.Sum(group, part => part.Nanos).IsZero || !SlowResult.Sum(group, part => part.Units).IsZero)
                .OrderBy(group => group.Key, StringComparer.Ordinal).Select(
                group => $"\n    in all from bundle {group.Key} units {SlowResult.Sum(group, part => part.Units)}"
                    + $" amount {SlowResult.Sum(group, part => part.Nanos)}")
            : result.Parts.Select(part => $"\n    {Words(part)}"));
    }

    private static string Words(SlowPart part) => part.Component switch
    {
        PartComponent.ConnectFee or PartComponent.MinimumCharge or PartComponent.MaximumCharge => $"{part.Component} {part.Nanos}",
        _ => $"{part.Component} v{part.Version} price {part.Price} band {part.Band} tier {part.Tier} bundle {part.Bundle}"
            + $" packages {part.Packages} units {part.Units} amount {part.Nanos}"
            + (part is { Component: PartComponent.Usage or PartComponent.Bundle, Tier: 0 } ? $" at {part.UnitPrice}/{part.UnitSize}" : ""),
    };
}
