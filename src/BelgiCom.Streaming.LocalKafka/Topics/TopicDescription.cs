namespace BelgiCom.Streaming.LocalKafka;

/// <summary>What is written to a topic's <c>topic.json</c>; its presence makes the folder a topic.</summary>
internal sealed record TopicDescription(int Partitions, Dictionary<string, string> Config);
