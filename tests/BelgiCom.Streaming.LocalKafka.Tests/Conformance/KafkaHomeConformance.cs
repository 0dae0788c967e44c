using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>The suite on the Apache Kafka that KAFKA_HOME names: what passes here is what "Kafka" means.</summary>
[Trait(TestBroker.Trait, TestBroker.Real)]
public sealed class KafkaHomeConformance(KafkaHomeConformance.Shared broker)
    : BrokerConformance(broker), IClassFixture<KafkaHomeConformance.Shared>
{
    public sealed class Shared() : SharedBroker(BrokerKind.KafkaHome);
}
