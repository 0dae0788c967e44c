namespace BelgiCom.Streaming.LocalKafka;

/// <summary>The protocol's form of a list of partitions: an array of topics, each with the array of its partitions.</summary>
internal static class PartitionsByTopic
{
    /// <param name="writer">Where to.</param>
    /// <param name="items">What there is to say about each partition.</param>
    /// <param name="partitionOf">Partition that an item is about.</param>
    /// <param name="writeRest">Writes what follows the partition's number.</param>
    public static void WriteByTopic<T>(
        this ProtocolWriter writer, IEnumerable<T> items, Func<T, TopicPartitionName> partitionOf, Action<T> writeRest)
    {
        List<IGrouping<string, T>> byTopic = items.GroupBy(item => partitionOf(item).Topic).ToList();
        writer.WriteArrayLength(byTopic.Count);
        foreach (IGrouping<string, T> topic in byTopic)
        {
            writer.WriteString(topic.Key);
            writer.WriteArrayLength(topic.Count());
            foreach (T item in topic)
            {
                writer.WriteInt32(partitionOf(item).Partition);
                writeRest(item);
                writer.EndStruct();
            }

            writer.EndStruct();
        }
    }
}
