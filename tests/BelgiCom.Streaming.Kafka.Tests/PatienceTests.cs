using Confluent.Kafka;
using Microsoft.Extensions.Time.Testing;

namespace BelgiCom.Streaming.Kafka.Tests;

public sealed class PatienceTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);
    private readonly FakeTimeProvider _clock = new();

    [Theory]
    [InlineData(ErrorCode.Local_UnknownPartition)]
    [InlineData(ErrorCode.Local_UnknownTopic)]
    [InlineData(ErrorCode.UnknownTopicOrPart)]
    public void StartingBroker_ThatKnowsNothingYet_IsAskedAgain(ErrorCode unknown)
    {
        // The time without brokers does not count towards the time after which an unknown topic is believed.
        Queue<ErrorCode> failures = new([ErrorCode.Local_AllBrokersDown, unknown, unknown]);
        Assert.Equal(42, Ask(() => failures.TryDequeue(out ErrorCode code) ? throw Failure(code, Patience.UntilBelieved * 0.9) : 42));
    }

    [Fact]
    public void TopicThatStaysUnknown_IsBelievedLongBeforePatienceEnds()
    {
        int asked = 0;
        KafkaException thrown = Assert.Throws<KafkaException>(
            () => Ask(() => asked++ < 10 ? throw Failure(ErrorCode.Local_UnknownTopic, Patience.UntilBelieved * 0.6) : 0));
        Assert.Equal(ErrorCode.Local_UnknownTopic, thrown.Error.Code);
        Assert.Equal(3, asked);
    }

    [Fact]
    public void Refusal_IsBelievedAtOnce()
    {
        int asked = 0;
        Assert.Throws<KafkaException>(() => Ask(() => asked++ < 10 ? throw Failure(ErrorCode.GroupAuthorizationFailed, TimeSpan.Zero) : 0));
        Assert.Equal(1, asked);
    }

    private KafkaException Failure(ErrorCode code, TimeSpan after)
    {
        _clock.Advance(after);
        return new KafkaException(code);
    }

    private int Ask(Func<int> question) => Patience.Ask(question, Long, _clock, _ => { }, TestContext.Current.CancellationToken);
}
