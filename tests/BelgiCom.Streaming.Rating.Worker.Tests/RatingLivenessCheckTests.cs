using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

public sealed class RatingLivenessCheckTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData(100, 150, 6, HealthStatus.Unhealthy)]
    [InlineData(100, 150, 5, HealthStatus.Healthy)]
    [InlineData(100, 100, 60, HealthStatus.Healthy)]
    [InlineData(100, null, 60, HealthStatus.Healthy)]
    public void Partition_WithUsageThatStandsStill_FailsLiveness(int committed, int? end, int minutes, HealthStatus expected)
    {
        ConsumerHealth moving = Lane(0, new(new TopicPartition("usage.received.v1", 0), 900, 1000, RatingLanes.Now));
        ConsumerHealth other = Lane(
            1, new(new TopicPartition("usage.received.v1", 7), committed, end, RatingLanes.Now.AddMinutes(-minutes)));

        HealthCheckResult result = RatingLivenessCheck.Judge([moving, other], RatingLanes.Now, Patience);

        Assert.Equal(expected, result.Status);
        Assert.Equal(
            expected == HealthStatus.Unhealthy,
            result.Description?.Contains("usage.received.v1[7]@100", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public void Worker_WithoutLanes_IsLive() =>
        Assert.Equal(HealthStatus.Healthy, RatingLivenessCheck.Judge([], RatingLanes.Now, Patience).Status);

    private static ConsumerHealth Lane(int number, PartitionHealth partition) =>
        new(number, ConsumerState.Polling, RatingLanes.Now, [partition]);
}
