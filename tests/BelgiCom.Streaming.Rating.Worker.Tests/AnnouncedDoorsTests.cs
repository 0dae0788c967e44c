namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>What instances tell each other of their doors, also those of the release before, which tell one address.</summary>
public sealed class AnnouncedDoorsTests
{
    [Theory]
    [InlineData("https://a:1", "https://b:2", "https://a:1/,https://b:2/")]
    [InlineData("https://a:1", null, "https://a:1/")]
    [InlineData(null, "https://b:2", ",https://b:2/")]
    [InlineData(null, null, null)]
    public void Doors_ThatAreTold_AreReadAgain(string? online, string? balances, string? told)
    {
        RatingOptions options = new();
        (options.Online.Url, options.Online.PublicUrl) = (online, online);
        (options.Balances.Url, options.Balances.PublicUrl) = (balances, balances);
        AnnouncedDoors doors = AnnouncedDoors.Of(options);

        Assert.Equal(told, doors.Write());
        Assert.Equal((online is null, balances is null), (doors.Online is null, doors.Balances is null));
        Assert.True(told is null || AnnouncedDoors.Read(told) == doors);
    }

    [Theory]
    [InlineData("")]
    [InlineData("rating")]
    [InlineData("ftp://a:1/,https://b:2/path")]
    [InlineData(",,https://b:2/")]
    public void Words_ThatAreNoAddresses_TellNothing(string told) => Assert.Equal(default, AnnouncedDoors.Read(told));
}
