namespace BelgiCom.Streaming.LocalKafka;

/// <summary>The content of a topic's <c>topic.json</c>, whose presence makes the folder a topic.</summary>
/// <param name="Partitions">Number of partitions.</param>
/// <param name="Config">Settings that differ from the broker's.</param>
/// <param name="Id">Id of the topic, which another topic of the same name never has; null in what an earlier release wrote.</param>
internal sealed record TopicDescription(int Partitions, Dictionary<string, string> Config, Guid? Id = null);
