using System.Reflection;
using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.FaultTests;

public sealed class LoggedEventTests
{
    /// <summary>A fault test that counts the wrong event, and expects none, cannot fail.</summary>
    [Fact]
    public void LoggedEvents_OfTheKafkaClient_HaveItsIds()
    {
        Type log = typeof(KafkaOptions).Assembly.GetType("BelgiCom.Streaming.Kafka.KafkaLog", throwOnError: true)!;
        Assert.All(
            Enum.GetValues<LoggedEvent>(),
            logged => Assert.Equal((int)logged, log.GetMethod($"{logged}")?.GetCustomAttribute<LoggerMessageAttribute>()?.EventId));
    }
}
