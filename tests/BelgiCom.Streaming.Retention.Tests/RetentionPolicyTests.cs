using System.ComponentModel.DataAnnotations;
using BelgiCom.Streaming.Contracts;
using Microsoft.Extensions.Configuration;

namespace BelgiCom.Streaming.Retention.Tests;

public sealed class RetentionPolicyTests
{
    /// <summary>Article, class and period are as the law has them (docs/retention.md, "Classes").</summary>
    [Theory]
    [InlineData("TRANSIT", "P0D", "art. 122 §1", PeriodStart.EventTime)]
    [InlineData("FRAUD_4M", "P4M", "art. 122 §4 1°", PeriodStart.EventTime)]
    [InlineData("INCOMING_12M", "P12M", "art. 122 §4 2°", PeriodStart.EventTime)]
    [InlineData("SESSION_ID_12M", "P12M", "art. 126 §1 15°-16°", PeriodStart.EndTime)]
    [InlineData("ZONE_6M", "P6M", "126/1", PeriodStart.EventTime)]
    [InlineData("ZONE_9M", "P9M", "126/1", PeriodStart.EventTime)]
    [InlineData("ZONE_12M", "P12M", "126/1", PeriodStart.EventTime)]
    public void ShippedClasses_AreThoseOfTheLaw(string name, string period, string article, PeriodStart start)
    {
        RetentionClass retentionClass = RetentionPolicy.From(ArchiveFixture.ShippedOptions("x")).Find(name)!;

        Assert.True(RetentionPeriod.TryParse(period, out RetentionPeriod expected));
        Assert.Equal((expected, start), (retentionClass.Period, retentionClass.StartsAt));
        Assert.Contains(article, retentionClass.LegalBasis, StringComparison.Ordinal);
    }

    [Fact]
    public void ShippedConfiguration_OutsideDevelopment_AsksForTheBillingPeriod()
    {
        ConfigurationBuilder configuration = new();
        configuration.AddShippedRetention(development: false);
        RetentionOptions options = new();
        configuration.Build().GetSection(RetentionOptions.Section).Bind(options);

        ValidationResult fault = Assert.Single(options.Validate(new ValidationContext(options)));

        Assert.Contains("BILLING has no period", fault.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("Retention__Classes__BILLING__Period", fault.ErrorMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Topics.UsageReceived, UsageKind.Data, Direction.NotApplicable, "SESSION_ID_12M")]
    [InlineData(Topics.UsageReceived, UsageKind.Voice, Direction.Originating, "FRAUD_4M")]
    [InlineData(Topics.UsageReceived, UsageKind.Voice, Direction.Terminating, "FRAUD_4M,INCOMING_12M")]
    [InlineData(Topics.UsageReceived, UsageKind.Sms, Direction.Terminating, "FRAUD_4M,INCOMING_12M")]
    [InlineData(Topics.UsageReceived, UsageKind.Unknown, Direction.NotApplicable, "FRAUD_4M")]
    [InlineData(Topics.UsageRated, UsageKind.Data, Direction.NotApplicable, "BILLING")]
    [InlineData(Topics.UsageRejected, UsageKind.Unknown, Direction.NotApplicable, "BILLING")]
    public void ShippedRules_SendRecordsToTheirClasses(string topic, UsageKind kind, Direction direction, string classes) => Assert.Equal(
        classes.Split(','),
        RetentionPolicy.From(ArchiveFixture.ShippedOptions("x"))
            .ClassesOf(topic, kind, direction)
            .Select(retentionClass => retentionClass.Name));

    /// <summary>Arts 126/1-126/3: of several zone periods the shortest wins; other classes stay beside it.</summary>
    [Fact]
    public void Rule_WithSeveralZoneClasses_KeepsOnlyTheShortest()
    {
        RetentionOptions options = ArchiveFixture.ShippedOptions("x");
        options.Rules.Insert(
            0,
            new RetentionRuleOptions
            {
                Topic = Topics.UsageReceived,
                Kind = UsageKind.Voice,
                Classes = ["ZONE_12M", "FRAUD_4M", "ZONE_6M", "ZONE_9M"],
            });

        IReadOnlyList<RetentionClass> classes = RetentionPolicy.From(options)
            .ClassesOf(Topics.UsageReceived, UsageKind.Voice, Direction.Originating);

        Assert.Equal(["FRAUD_4M", "ZONE_6M"], classes.Select(retentionClass => retentionClass.Name));
    }

    [Fact]
    public void Rule_OfAClassThatKeepsNothing_StoresNothing()
    {
        RetentionOptions options = ArchiveFixture.ShippedOptions("x");
        options.Rules.Insert(0, new RetentionRuleOptions { Topic = Topics.UsageReceived, Classes = ["TRANSIT"] });

        Assert.Empty(RetentionPolicy.From(options).ClassesOf(Topics.UsageReceived, UsageKind.Data, Direction.NotApplicable));
    }

    [Fact]
    public void Validate_ReportsEveryFault()
    {
        RetentionOptions options = ArchiveFixture.ShippedOptions("x");
        options.Classes["FRAUD_4M"].Period = "4 months";
        options.Classes["lower/../case"] = new RetentionClassOptions { Period = "P1M" };
        options.Rules.RemoveAll(rule => rule.Topic == Topics.UsageRated);
        options.Rules.Add(new RetentionRuleOptions { Topic = "usage.other.v1", Classes = ["NOWHERE"] });
        options.ExpireEvery = TimeSpan.Zero;
        options.ClockStepMax = TimeSpan.Zero;
        options.VerifyEvery = TimeSpan.Zero;

        List<string> faults = options.Validate(new ValidationContext(options)).Select(result => result.ErrorMessage!).ToList();

        Assert.Equal(8, faults.Count);
        Assert.Contains(faults, fault => fault.Contains("'4 months'", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("lower/../case", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("no rule for usage.rated.v1", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("usage.other.v1", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("NOWHERE", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("1 minute", StringComparison.Ordinal));
    }
}
