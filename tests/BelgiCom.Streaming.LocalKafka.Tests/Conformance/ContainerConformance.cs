using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>The suite on Apache Kafka's own image, where a container engine answers.</summary>
[Trait(TestBroker.Trait, TestBroker.Real)]
public sealed class ContainerConformance(ContainerConformance.Shared broker)
    : BrokerConformance(broker), IClassFixture<ContainerConformance.Shared>
{
    public sealed class Shared() : SharedBroker(BrokerKind.Container);
}
