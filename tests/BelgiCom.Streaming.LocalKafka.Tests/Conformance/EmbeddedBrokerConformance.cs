using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>The suite on LocalKafka.</summary>
public sealed class EmbeddedBrokerConformance(EmbeddedBrokerConformance.Shared broker)
    : BrokerConformance(broker), IClassFixture<EmbeddedBrokerConformance.Shared>
{
    public sealed class Shared() : SharedBroker(BrokerKind.EmbeddedProcess);
}
