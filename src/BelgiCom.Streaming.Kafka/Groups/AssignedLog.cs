using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>A partition at the moment in which a sink takes it over, for a sink that keeps its own positions.</summary>
/// <param name="Partition">Topic and partition.</param>
/// <param name="TopicId">Id of the topic, which another topic of the same name never has; empty when the brokers give none.</param>
/// <param name="Begin">First offset the log still has.</param>
/// <param name="End">Offset after the last record that read_committed readers can see.</param>
/// <param name="Committed">The group's committed offset, or null.</param>
public sealed record AssignedLog(TopicPartition Partition, string TopicId, long Begin, long End, long? Committed);
