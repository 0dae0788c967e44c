namespace BelgiCom.Streaming.LocalKafka;

/// <summary>A topic at one moment. It is replaced as a whole when partitions are added or settings change.</summary>
internal sealed record Topic(string Name, Guid Id, bool IsInternal, TopicConfig Config, IReadOnlyList<PartitionLog> Partitions)
{
    public PartitionLog? Find(int partition) => (uint)partition < (uint)Partitions.Count ? Partitions[partition] : null;
}
