using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>The core has enums of its own, because it references nothing; their numbers must be those of the schemas.</summary>
public sealed class MappingTests
{
    [Fact]
    public void EnumsOfTheCore_HaveTheNumbersOfTheSchemas()
    {
        Same<UsageKind, Contracts.UsageKind>();
        Same<UsageDirection, Direction>();
        Same<PriceUnit, Contracts.PriceUnit>();
        foreach (NotificationKind kind in Enum.GetValues<NotificationKind>().Where(kind => kind != NotificationKind.Other))
        {
            Assert.Equal(1 << (int)kind, (int)Enum.Parse<ThresholdKinds>(kind.ToString()));
        }
    }

    [Fact]
    public void EveryReasonThatIsNotRated_HasWordsInTheSchema()
    {
        RatingReason[] rated = [RatingReason.None, RatingReason.SecondaryChargingView, RatingReason.Tariff, RatingReason.EmptyUsage];
        foreach (RatingReason reason in Enum.GetValues<RatingReason>().Except(rated))
        {
            Rejection rejection = Rejection.For(reason);
            Assert.Equal(reason.ToString(), rejection.Reason.ToString());
            Assert.NotEmpty(rejection.DetailUtf8);
        }
    }

    private static void Same<TCore, TSchema>()
        where TCore : struct, Enum
        where TSchema : struct, Enum =>
        Assert.Equal(
            Enum.GetValues<TSchema>().Select(value => (value.ToString(), Convert.ToInt32(value, null))),
            Enum.GetValues<TCore>().Select(value => (value.ToString(), Convert.ToInt32(value, null))));
}
