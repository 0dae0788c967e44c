namespace BelgiCom.Streaming.LocalKafka;

/// <summary>Where an Apache Kafka distribution is and how to run it as a single node.</summary>
public sealed record KafkaHomeOptions
{
    /// <summary>The unpacked distribution: the folder that holds <c>bin/kafka-server-start.sh</c>.</summary>
    public required string KafkaHome { get; init; }

    /// <summary>Folder of all the broker's files; made and formatted when it is empty, used again when it is not.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>TCP port on 127.0.0.1, 1 to 65535; 0 picks a free one.</summary>
    public int Port { get; init; }

    /// <summary>Broker settings on top of those of a single development node, by their Kafka names.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>How long the start may take.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(90);
}
