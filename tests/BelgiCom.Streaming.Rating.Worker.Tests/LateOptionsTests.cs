using System.ComponentModel.DataAnnotations;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>A late policy that cannot do what it says is refused at the start, with what is wrong.</summary>
public sealed class LateOptionsTests
{
    [Fact]
    public void Policy_WithoutRules_IsNone_AndOneThatHoldsTogetherIsTaken()
    {
        Assert.Empty(Faults(new LateOptions()));
        Assert.Null(new LateOptions().ToPolicy());

        LateOptions late = new()
        {
            Version = "2026-1",
            HomeNetworks = ["20610", "208"],
            Rules = [new() { Roaming = true, OlderThanDays = 45, AfterMonthEndDays = 0, Then = LateAction.Suspend }],
        };
        Assert.Empty(Faults(late));
        Assert.Equal("2026-1", late.ToPolicy()!.Version);
    }

    [Fact]
    public void Policy_ThatCannotDoWhatItSays_IsRefused()
    {
        LateOptions late = new()
        {
            HomeNetworks = ["home"],
            Rules =
            [
                new() { Then = LateAction.Refuse },
                new() { OlderThanDays = -1 },
                new() { OlderThanDays = 46 },
                new() { AfterMonthEndDays = 46 },
            ],
        };

        string faults = string.Join('\n', Faults(late));
        Assert.Contains("needs a Version", faults);
        Assert.Contains("home network 'home'", faults);
        Assert.Contains("rule 1 says neither", faults);
        Assert.Contains("rule 2 has a number of days below 0", faults);
        Assert.Contains("rule 3 has more days than LateDays (45)", faults);
        Assert.Contains("rule 4 has more days than LateDays (45)", faults);
        Assert.Contains(
            "rule 1 asks for roaming",
            string.Join('\n', Faults(new LateOptions { Version = "1", Rules = [new() { Roaming = false, OlderThanDays = 1 }] })));
        Assert.Contains("33 rules", string.Join('\n', Faults(new LateOptions
        {
            Version = "1",
            Rules = [.. Enumerable.Repeat(new LateRuleOptions { OlderThanDays = 1 }, 33)],
        })));
    }

    private static IEnumerable<string?> Faults(LateOptions late)
    {
        RatingOptions options = new() { Late = late };
        return options.Validate(new ValidationContext(options)).Select(fault => fault.ErrorMessage);
    }
}
