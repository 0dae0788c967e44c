namespace BelgiCom.Streaming.LocalKafka;

/// <summary>Settings of an embedded broker; the defaults are those of Apache Kafka where it has them.</summary>
public sealed record LocalKafkaOptions
{
    /// <summary>Folder of all the broker's files; made when it is missing. One broker at a time may use it.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>TCP port on 127.0.0.1, 1 to 65535; 0 picks a free one. A data directory does not remember its port.</summary>
    public int Port { get; init; }

    /// <summary>
    /// The broker's clock. Append times, retention, sessions of group members and transaction timeouts follow it. The time for which a
    /// fetch waits for data does not, because clients measure it with the machine's clock.
    /// </summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Partitions of a topic whose creator leaves the number open (-1); at least 1.</summary>
    public int DefaultPartitions { get; init; } = 1;

    /// <summary>Whether asking for an unknown topic creates it. Off by default: a misspelt topic is a fault, not a new topic.</summary>
    public bool AutoCreateTopics { get; init; }

    /// <summary>
    /// Whether each batch is flushed to the disk before it is acknowledged. Off by default: the data then survive a killed process, because
    /// the operating system has them, but not a power cut. On, an append costs as much as the disk takes.
    /// </summary>
    public bool FlushEachBatch { get; init; }

    /// <summary>The shortest session timeout a group member may ask for. Apache Kafka's default is 6 s; tests want less.</summary>
    public TimeSpan GroupMinSessionTimeout { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long the first member of an empty group waits for others before partitions are assigned (group.initial.rebalance.delay.ms).
    /// </summary>
    public TimeSpan GroupInitialRebalanceDelay { get; init; } = TimeSpan.Zero;

    /// <summary>The longest timeout a transactional producer may ask for (transaction.max.timeout.ms).</summary>
    public TimeSpan TransactionMaxTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How often the broker looks for transactions that have been open for longer than their timeout.</summary>
    public TimeSpan TransactionCheckInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often retention and compaction look for work.</summary>
    public TimeSpan CleanupInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Receives a sentence when something happens that an engineer should know, for example that a half-written tail was cut off, or that a
    /// client's bytes were no request. It is called from any thread and must return quickly. Null drops the sentences.
    /// </summary>
    public Action<string>? Report { get; init; }
}
