using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>What clients are configured with, each setting by librdkafka's own name.</summary>
public sealed class KafkaClientsTests
{
    private static readonly KafkaOptions Options = new() { BootstrapServers = "127.0.0.1:9092", InstanceId = "pod-7" };
    private static readonly ConsumerOptions Consumer = new();
    private static readonly TransactionOptions Transactions = new();

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
        Assert.Equal(value, KafkaClients.ConsumerConfig(Options, Consumer, "rating").Get(name), ignoreCase: true);

    [Theory]
    [InlineData("enable.idempotence", "True")]
    [InlineData("acks", "-1")]
    [InlineData("transactional.id", "rating-pod-7-3")]
    [InlineData("transaction.timeout.ms", "60000")]
    [InlineData("message.timeout.ms", "60000")]
    [InlineData("partitioner", "murmur2_random")]
    [InlineData("retry.backoff.ms", "1")]
    [InlineData("retry.backoff.max.ms", "100")]
    [InlineData("statistics.interval.ms", "0")]
    [InlineData("metadata.recovery.strategy", "none")]
    [InlineData("dotnet.producer.enable.delivery.reports", "False")]
    public void TransactionalProducerConfig_Always_PinsTheSetting(string name, string value) =>
        Assert.Equal(value, ProducerSetting(name), ignoreCase: true);

    [Fact]
    public void ConsumerConfig_StaticMembership_IsOptional()
    {
        ConsumerOptions pinned = new() { StaticMembership = true };

        Assert.Null(KafkaClients.ConsumerConfig(Options, Consumer, "rating", 1).GroupInstanceId);
        Assert.Equal("pod-7-1", KafkaClients.ConsumerConfig(Options, pinned, "rating", 1).GroupInstanceId);
    }

    [Fact]
    public void P10_NoProducerWithoutTransactions_CanBeConfigured() =>
        Assert.All(
            typeof(KafkaClients).GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
                .Where(method => method.ReturnType == typeof(ProducerConfig)),
            method => Assert.Equal(nameof(KafkaClients.TransactionalProducerConfig), method.Name));

    /// <summary>What is set here would win over a property of the same name in silence: the operator has to hear of it.</summary>
    [Fact]
    public void P14_WhateverIsSet_IsPinned() => Assert.All(
        KafkaClients.ConsumerConfig(Options, new ConsumerOptions { StaticMembership = true }, "rating")
            .Concat(KafkaClients.ReaderConfig(Options, Consumer))
            .Concat(KafkaClients.TransactionalProducerConfig(Options, Transactions, "id"))
            .Concat(KafkaClients.AdminConfig(Options))
            .Select(setting => setting.Key)
            .Where(name => name != "compression.type"),
        name => Assert.True(KafkaClients.IsPinned(name), name));

    /// <summary>Every alias in CONFIGURATION.md of librdkafka 2.16.0 whose other name is pinned.</summary>
    [Theory]
    [InlineData("metadata.broker.list", "bootstrap.servers")]
    [InlineData("max.in.flight", "max.in.flight.requests.per.connection")]
    [InlineData("request.required.acks", "acks")]
    [InlineData("delivery.timeout.ms", "message.timeout.ms")]
    [InlineData("queue.buffering.max.ms", "linger.ms")]
    [InlineData("message.send.max.retries", "retries")]
    [InlineData("auto.commit.enable", "enable.auto.commit")]
    public void P14_AliasOfAPinnedName_IsPinned(string alias, string name)
    {
        Assert.True(KafkaClients.IsPinned(name));
        Assert.True(KafkaClients.IsPinned(alias));
    }

    [Theory]
    [InlineData("enable.auto.commit")]
    [InlineData("isolation.level")]
    [InlineData("Auto.Offset.Reset")]
    [InlineData("enable.idempotence")]
    [InlineData("metadata.broker.list")]
    public void P14_PinnedProperty_IsRefused(string name)
    {
        KafkaOptions options = new() { BootstrapServers = "127.0.0.1:9092" };
        options.Properties[name] = "true";

        Assert.Throws<ArgumentException>(() => KafkaClients.ConsumerConfig(options, Consumer, "rating"));
        Assert.Contains(
            options.Validate(new ValidationContext(options)), fault => fault.MemberNames.Contains(nameof(KafkaOptions.Properties)));
    }

    [Theory, InlineData("compression.type"), InlineData("compression.codec")]
    public void Compression_ByEitherName_IsTheOperatorsChoice(string name)
    {
        KafkaOptions options = new() { BootstrapServers = "127.0.0.1:9092" };
        options.Properties[name] = "zstd";

        ProducerConfig config = KafkaClients.TransactionalProducerConfig(options, Transactions, "id");

        Assert.Equal("zstd", config.Get(name));
        Assert.Single(config, setting => setting.Key.StartsWith("compression.", StringComparison.Ordinal));
    }

    [Fact]
    public void Validate_TimesThatCannotWork_AreAllReported()
    {
        ConsumerOptions consumer = new() { BatchMaxAge = TimeSpan.FromMinutes(1), SessionTimeout = TimeSpan.FromMinutes(10) };
        LaneOptions lanes = new() { CommitTimeout = TimeSpan.FromSeconds(60), TransactionTimeout = TimeSpan.FromHours(1) };

        Assert.Equal(
            [nameof(consumer.BatchMaxAge), nameof(consumer.SessionTimeout)],
            consumer.Validate(new ValidationContext(consumer)).SelectMany(fault => fault.MemberNames));
        Assert.Equal(
            [nameof(lanes.TransactionTimeout), nameof(lanes.CommitTimeout)],
            lanes.Validate(new ValidationContext(lanes)).SelectMany(fault => fault.MemberNames));
    }

    private static string ProducerSetting(string name) =>
        KafkaClients.TransactionalProducerConfig(Options, Transactions, KafkaClients.TransactionalId(Options, "rating", 3)).Get(name);

    [Theory]
    [InlineData("no.such.setting", "1", "no.such.setting")]
    [InlineData("socket.keepalive.enable", "perhaps", "socket.keepalive.enable")]
    [InlineData("message.max.bytes", "-5", "message.max.bytes")]
    [InlineData("socket.keepalive.enable", "true", null)]
    [InlineData("fetch.error.backoff.ms", "100", null)]
    public void Property_ThatLibrdkafkaRefuses_IsAFaultBeforeTheStart(string name, string value, string? fault)
    {
        KafkaOptions options = new() { BootstrapServers = "127.0.0.1:9", ClientId = "test" };
        options.Properties[name] = value;

        string? found = options.Validate(new ValidationContext(options)).SingleOrDefault()?.ErrorMessage;

        Assert.Equal(fault is not null, found is not null);
        Assert.Contains(fault ?? "", found ?? "", StringComparison.Ordinal);
    }
}
