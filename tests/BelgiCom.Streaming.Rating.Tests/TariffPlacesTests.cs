using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Where and when usage is, without usage: by the maps that rating asks.</summary>
public sealed class TariffPlacesTests
{
    private static readonly OfferingVersion Version = new()
    {
        Offering = "places",
        Version = 1,
        Currency = "EUR",
        Zones =
        [
            new RoamingZone { Name = RoamingZone.Home, Plmns = ["206"] },
            new RoamingZone { Name = "neighbour", Plmns = ["20801"] },
            new RoamingZone { Name = "rest", Plmns = [RoamingZone.AnyOther] },
        ],
        Destinations =
        [
            new Destination { Name = "belgium", Prefixes = ["32"] },
            new Destination { Name = "mobile", Prefixes = ["324", "3247"] },
            new Destination { Name = "help", ShortNumbers = ["112"] },
        ],
        Bands =
        [
            new TimeBand { Name = "day", From = 8 * 3600, To = 19 * 3600 },
            new TimeBand { Name = "monday", Days = ["mon"], From = 12 * 3600, To = 20 * 3600 },
        ],
    };

    [Theory]
    [InlineData("3225550000", "belgium", 2)]
    [InlineData("3249000000", "mobile", 3)]
    [InlineData("3247000000", "mobile", 4)]
    [InlineData("112", "help", 3)]
    [InlineData("4912345678", null, -1)]
    public void Destination_OfANumber_IsTheLongestPrefixWithItsLength(string number, string? destination, int digits) =>
        Assert.Equal((destination, digits), new TariffPlaces(Version).DestinationOf(number));

    [Theory]
    [InlineData("206", "home")]
    [InlineData("208", "rest")]
    [InlineData("310", "rest")]
    public void Zone_OfACountry_IsThatOfItsUnnamedNetworks(string mcc, string zone) =>
        Assert.Equal(zone, new TariffPlaces(Version).ZoneOf(mcc));

    /// <summary>Nothing, the day, and on Mondays both and the evening's hour alone.</summary>
    [Fact]
    public void Times_OfTwoBands_AreTheSetsThatHoldTogether() => Assert.Equal(
        ["", "day", "day+monday", "monday"],
        new TariffPlaces(Version).Times.Select(time => string.Join('+', time.Order(StringComparer.Ordinal))).Order(StringComparer.Ordinal));

    [Fact]
    public void Places_ThatContradict_AreRefusedByName()
    {
        OfferingVersion broken = new()
        {
            Offering = "places",
            Version = 1,
            Destinations = [new Destination { Name = "one", Prefixes = ["32"] }, new Destination { Name = "two", Prefixes = ["32"] }],
        };
        Assert.Throws<InvalidTariffException>(() => new TariffPlaces(broken));
    }
}
