using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>Versions on the topic that no file of ours would give: each has a typed outcome, and other subscribers are rated.</summary>
public sealed class OddCatalogueTests
{
    private readonly RatingLanes _lanes = new();

    public static TheoryData<string, OfferingVersion, RejectedReason> VersionsThatCannotBe()
    {
        OfferingVersion odd = RatingLanes.Offering() with { Offering = "odd" };
        OfferingPrice sms = odd.Prices[0];
        return new()
        {
            {
                "ends before it begins",
                odd with { ValidFrom = RatingLanes.Now.AddDays(-30), ValidTo = RatingLanes.Now.AddDays(-31) },
                RejectedReason.NoPrice
            },
            { "ends when it begins", odd with { ValidFrom = RatingLanes.Now, ValidTo = RatingLanes.Now }, RejectedReason.NoTariff },
            { "version 0", odd with { Version = 0 }, RejectedReason.NoPrice },
            { "no currency", odd with { Currency = "" }, RejectedReason.NoPrice },
            { "currency in small letters", odd with { Currency = "eur" }, RejectedReason.NoPrice },
            { "two zones of one name", odd with { Zones = [odd.Zones[0], odd.Zones[0]] }, RejectedReason.NoPrice },
            {
                "one network in two zones",
                odd with { Zones = [odd.Zones[0], new RoamingZone { Name = "again", Plmns = ["00101"] }] },
                RejectedReason.NoPrice
            },
            { "no zone is home", odd with { Zones = [odd.Zones[1]] }, RejectedReason.NoPrice },
            { "price in seconds", Of(sms with { Unit = PriceUnit.Second }), RejectedReason.NoPrice },
            { "price below 0", Of(sms with { UnitPrice = -0.08m }), RejectedReason.NoPrice },
            { "no unit", Of(sms with { UnitSize = 0 }), RejectedReason.NoPrice },
            { "increment 0", Of(sms with { Increment = 0 }), RejectedReason.NoPrice },
            { "increment below 0", Of(sms with { Increment = long.MinValue }), RejectedReason.NoPrice },
            { "minimum below 0", Of(sms with { Minimum = -1 }), RejectedReason.NoPrice },
            { "zone that is not there", Of(sms with { Zone = "mars" }), RejectedReason.NoPrice },
            { "increment that no units reach", Of(sms with { Increment = long.MaxValue, Bundle = false }), RejectedReason.AmountOverflow },
            { "minimum of 2^63 - 1", Of(sms with { Minimum = long.MaxValue, Bundle = false }), RejectedReason.AmountOverflow },
            {
                "the largest price, charged twice",
                Of(sms with { UnitPrice = 999_999_999.999999999m, Minimum = 2 }),
                RejectedReason.AmountOverflow
            },
        };

        OfferingVersion Of(OfferingPrice price) => odd with { Prices = [price], Bundles = [] };
    }

    [Theory]
    [MemberData(nameof(VersionsThatCannotBe))]
    public void Usage_UnderAVersionThatCannotBe_HasATypedOutcome_AndTheOthersAreRated(
        string what, OfferingVersion version, RejectedReason reason)
    {
        _lanes.Publish(RatingLanes.Offering());
        _lanes.Publish(version);
        _lanes.Subscribe(1);
        _lanes.Subscribe(2, offering: "odd");
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Sms(1, subscriber: 2));
        _lanes.Receive(RatingLanes.Sms(2));
        _lanes.Run(handler);

        Assert.True(_lanes.Rejected is [{ } one] && one.Reason == reason, what);
        Assert.True(_lanes.Rated is [{ Account: "BE-1", Amount: 0.08m }], what);
    }

    /// <summary>Of two versions that begin at once, the higher counts, in whatever order they come.</summary>
    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public void TwoVersionsFromOneInstant_TheHigherCounts(int first, int second)
    {
        _lanes.Publish(RatingLanes.Offering(smsPrice: first) with { Version = first });
        _lanes.Publish(RatingLanes.Offering(smsPrice: second) with { Version = second });
        _lanes.Subscribe(1);
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Run(handler);
        Assert.Equal((2, 2m), (Assert.Single(_lanes.Rated).OfferingVersion, _lanes.Rated[0].Amount));
    }

    /// <summary>A price of 0 is a price: the message is rated, at nothing.</summary>
    [Fact]
    public void PriceOfNothing_IsRatedAtNothing()
    {
        _lanes.Publish(RatingLanes.Offering(smsPrice: 0));
        _lanes.Subscribe(1);
        RatingBatchHandler handler = _lanes.NewHandler(0);
        _lanes.Receive(RatingLanes.Sms(1));
        _lanes.Run(handler);
        UsageRated rated = Assert.Single(_lanes.Rated);
        Assert.Equal((RatedOutcome.Rated, 1L, 0m), (rated.Outcome, rated.ChargedUnits, rated.Amount));
    }

    /// <summary>
    /// A tariff and a subscription that change between any two batches, with the worker's clock 5 minutes ahead of the broker's or behind
    /// it: each message is charged by what was published last before it.
    /// </summary>
    [Theory]
    [InlineData(5)]
    [InlineData(-5)]
    public void ReferenceDataPublishedWhileUsageFlows_CountsFromTheNextEventOn(int minutes)
    {
        RatingBatchHandler handler = _lanes.NewHandler(0);
        decimal[] expected = new decimal[20];
        for (int step = 0; step < expected.Length; step++)
        {
            string offering = $"o{step % 3}";
            _lanes.Publish(
                RatingLanes.Offering(smsPrice: step + 1) with
                {
                    Offering = offering,
                    Version = step + 1,
                    ValidFrom = RatingLanes.Now.AddDays(-100).AddMinutes(step),
                });
            _lanes.Subscribe(1, offering: offering);
            byte[] value = RatingLanes.Value(Topics.UsageReceived, RatingLanes.Sms(step).Write);
            long stamp = _lanes.Clock.GetUtcNow().AddMinutes(minutes).ToUnixTimeMilliseconds();
            _lanes.Log[Topics.UsageReceived, 0].Add(new FakeRecord([1], value, stamp));
            _lanes.Run(handler, from: step);
            expected[step] = step + 1;
        }

        Assert.Equal(expected, _lanes.Rated.Select(one => one.Amount));
    }
}
