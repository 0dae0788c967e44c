namespace BelgiCom.Streaming.LocalKafka;

/// <summary>The content of a topic's <c>topic.json</c>, whose presence makes the folder a topic.</summary>
internal sealed record TopicDescription(int Partitions, Dictionary<string, string> Config);
