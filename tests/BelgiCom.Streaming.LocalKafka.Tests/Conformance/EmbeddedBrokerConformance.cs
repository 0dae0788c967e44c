namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>The suite on LocalKafka.</summary>
public sealed class EmbeddedBrokerConformance(EmbeddedBroker broker) : BrokerConformance(broker), IClassFixture<EmbeddedBroker>;
