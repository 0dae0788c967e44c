namespace BelgiCom.Streaming.LocalKafka;

internal readonly record struct TopicPartitionName(string Topic, int Partition);

/// <param name="Offset">The next offset to read.</param>
/// <param name="LeaderEpoch">-1 when the client did not say.</param>
/// <param name="Metadata">The client's own text, at most 4,096 characters.</param>
internal readonly record struct CommittedOffset(long Offset, int LeaderEpoch, string Metadata);
