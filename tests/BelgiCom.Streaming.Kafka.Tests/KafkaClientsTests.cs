using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>The defaults that reliability.md, section 2, asks for, each by librdkafka's own name.</summary>
public sealed class KafkaClientsTests
{
    private static readonly KafkaOptions Options = new() { BootstrapServers = "127.0.0.1:9092", InstanceId = "pod-7" };

    [Theory]
    [InlineData("isolation.level", "read_committed")]
    [InlineData("enable.auto.commit", "False")]
    [InlineData("enable.auto.offset.store", "False")]
    [InlineData("auto.offset.reset", "error")]
    [InlineData("group.protocol", "classic")]
    [InlineData("partition.assignment.strategy", "cooperative-sticky")]
    [InlineData("enable.partition.eof", "True")]
    [InlineData("session.timeout.ms", "45000")]
    [InlineData("heartbeat.interval.ms", "3000")]
    [InlineData("max.poll.interval.ms", "300000")]
    [InlineData("socket.timeout.ms", "60000")]
    [InlineData("statistics.interval.ms", "0")]
    [InlineData("metadata.recovery.strategy", "none")]
    [InlineData("check.crcs", "True")]
    [InlineData("allow.auto.create.topics", "False")]
    public void ConsumerConfig_Always_PinsTheSetting(string name, string value) =>
        Assert.Equal(value, KafkaClients.ConsumerConfig(Options, "rating").Get(name), ignoreCase: true);

    [Theory]
    [InlineData("enable.idempotence", "True")]
    [InlineData("acks", "-1")]
    [InlineData("transactional.id", "rating-pod-7-3")]
    [InlineData("transaction.timeout.ms", "60000")]
    [InlineData("message.timeout.ms", "60000")]
    [InlineData("partitioner", "murmur2_random")]
    [InlineData("statistics.interval.ms", "0")]
    [InlineData("metadata.recovery.strategy", "none")]
    [InlineData("dotnet.producer.enable.delivery.reports", "False")]
    public void TransactionalProducerConfig_Always_PinsTheSetting(string name, string value) =>
        Assert.Equal(value, ProducerSetting(name), ignoreCase: true);

    [Fact]
    public void ConsumerConfig_StaticMembership_IsOptional()
    {
        KafkaOptions pinned = new() { BootstrapServers = "127.0.0.1:9092", InstanceId = "pod-7", StaticMembership = true };

        Assert.Null(KafkaClients.ConsumerConfig(Options, "rating", 1).GroupInstanceId);
        Assert.Equal("pod-7-1", KafkaClients.ConsumerConfig(pinned, "rating", 1).GroupInstanceId);
    }

    [Fact]
    public void P10_NoProducerWithoutTransactions_CanBeConfigured() =>
        Assert.All(
            typeof(KafkaClients).GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
                .Where(method => method.ReturnType == typeof(ProducerConfig)),
            method => Assert.Equal(nameof(KafkaClients.TransactionalProducerConfig), method.Name));

    [Theory]
    [InlineData("enable.auto.commit")]
    [InlineData("isolation.level")]
    [InlineData("Auto.Offset.Reset")]
    [InlineData("enable.idempotence")]
    public void P14_PinnedProperty_IsRefused(string name)
    {
        KafkaOptions options = new() { BootstrapServers = "127.0.0.1:9092" };
        options.Properties[name] = "true";

        Assert.Throws<ArgumentException>(() => KafkaClients.ConsumerConfig(options, "rating"));
        Assert.Contains(
            options.Validate(new ValidationContext(options)), fault => fault.MemberNames.Contains(nameof(KafkaOptions.Properties)));
    }

    [Fact]
    public void Validate_TimesThatCannotWork_AreAllReported()
    {
        KafkaOptions options = new()
        {
            BootstrapServers = "127.0.0.1:9092",
            BatchMaxAge = TimeSpan.FromMinutes(1),
            CommitTimeout = TimeSpan.FromSeconds(60),
            TransactionTimeout = TimeSpan.FromHours(1),
            SessionTimeout = TimeSpan.FromMinutes(10),
        };

        IEnumerable<string> faulty = options.Validate(new ValidationContext(options)).SelectMany(fault => fault.MemberNames);

        Assert.Equal(
            [
                nameof(options.BatchMaxAge),
                nameof(options.TransactionTimeout),
                nameof(options.CommitTimeout),
                nameof(options.SessionTimeout),
            ],
            faulty);
    }

    private static string ProducerSetting(string name) =>
        KafkaClients.TransactionalProducerConfig(Options, KafkaClients.TransactionalId(Options, "rating", 3)).Get(name);
}
