namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>The section "Kafka" in all its roles.</summary>
internal sealed record TestOptions(KafkaOptions Kafka, ConsumerOptions Consumer, LaneOptions Lanes);
