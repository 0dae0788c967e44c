using System.ComponentModel.DataAnnotations;
using System.Text;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>Which short numbers leave the adapter: those with a price whole, those that are free by law all alike, others not.</summary>
public sealed class ShortNumbersTests
{
    [Theory]
    [InlineData("112", "0")]
    [InlineData("106", "0")]
    [InlineData("1813", "0")]
    [InlineData("116000", "0")]
    [InlineData("32116000", "0")]
    [InlineData("3116000", "")]
    [InlineData("1207", "1207")]
    [InlineData("321207", "1207")]
    [InlineData("7234", "7234")]
    [InlineData("1733", "")]
    [InlineData("1700", "")]
    [InlineData("234567", "")]
    [InlineData("99912345", "")]
    [InlineData("*123#", "")]
    [InlineData("BANK", "")]
    [InlineData("", "")]
    public void ShortNumber_ByTheDefaults_IsCarried(string number, string expected) =>
        Assert.Equal(expected, Encoding.ASCII.GetString(new ShortNumbers().Carried(Encoding.ASCII.GetBytes(number), "32")));

    [Fact]
    public void ShortNumber_InNoList_IsNotCarried()
    {
        ShortNumbers none = new() { Priced = "", Free = " " };

        Assert.True(none.Carried("112"u8, "").IsEmpty);
        Assert.True(none.Carried("1207"u8, "").IsEmpty);
    }

    [Theory]
    [InlineData("12?? 9???", true)]
    [InlineData("", true)]
    [InlineData("1234567", false)]
    [InlineData("12*", false)]
    [InlineData("+112", false)]
    [InlineData("1207,1208", false)]
    public void List_WithWhatIsNoShortNumber_IsRefused(string list, bool isGood)
    {
        Assert.Equal(isGood, !new ShortNumbers { Priced = list }.Validate(new ValidationContext(new object())).Any());
        Assert.Equal(isGood, !new ShortNumbers { Free = list }.Validate(new ValidationContext(new object())).Any());
    }
}
