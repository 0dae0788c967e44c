using System.Collections.Concurrent;
using System.Text.Json;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// All topics, in memory and on disk: <c>topics/NAME/topic.json</c> and <c>topics/NAME/PARTITION/OFFSET.log</c>. The description is written
/// last and deleted first, so a killed broker leaves a whole topic or a folder that the next start clears away.
/// </summary>
internal sealed class TopicStore : IDisposable
{
    // The limit of Kafka, which leaves room for suffixes in file names.
    private const int MaxNameLength = 249;
    private const int MaxPartitions = 10_000;
    private const string DescriptionFile = "topic.json";
    private readonly ConcurrentDictionary<string, Topic> _topics = new(StringComparer.Ordinal);
    private readonly Lock _changes = new();
    private readonly string _directory;
    private readonly LogSettings _settings;
    private readonly int _defaultPartitions;

    public TopicStore(string dataDirectory, LogSettings settings, int defaultPartitions)
    {
        _directory = Path.Combine(dataDirectory, "topics");
        _settings = settings;
        _defaultPartitions = defaultPartitions;
        Directory.CreateDirectory(_directory);
        try
        {
            // Each log is read once from start to end, so many small ones open faster at the same time.
            Parallel.ForEach(Directory.GetDirectories(_directory), Load);
        }
        catch (AggregateException faults) when (faults.InnerExceptions[0] is LocalKafkaException first)
        {
            Dispose();
            throw first;
        }
    }

    /// <summary>Raised after a topic was deleted, so that the groups forget their offsets in it.</summary>
    public event Action<string>? Deleted;

    public IEnumerable<Topic> All => _topics.Values.OrderBy(topic => topic.Name, StringComparer.Ordinal);

    public static bool IsValidName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name is not ("." or "..")
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');

    public Topic? Find(string name) => _topics.GetValueOrDefault(name);

    public PartitionLog? Find(string name, int partition) => Find(name)?.Find(partition);

    /// <summary>Makes a topic; -1 partitions takes the broker's default number.</summary>
    public ErrorCode Create(string name, int partitions, TopicConfig config, bool validateOnly, bool isInternal = false)
    {
        lock (_changes)
        {
            int count = partitions == -1 ? _defaultPartitions : partitions;
            if (!IsValidName(name))
            {
                return ErrorCode.InvalidTopic;
            }

            if (_topics.ContainsKey(name))
            {
                return ErrorCode.TopicAlreadyExists;
            }

            if (count is < 1 or > MaxPartitions)
            {
                return ErrorCode.InvalidPartitions;
            }

            if (!validateOnly)
            {
                Topic topic = Open(name, Guid.NewGuid(), count, config, isInternal);
                _topics[name] = topic;
                Describe(topic);
            }

            return ErrorCode.None;
        }
    }

    /// <summary>The topic of the broker itself, made when it is missing.</summary>
    public PartitionLog OpenInternal(string name, TopicConfig config)
    {
        Create(name, 1, config, validateOnly: false, isInternal: true);
        return _topics[name].Partitions[0];
    }

    public ErrorCode Delete(string name)
    {
        lock (_changes)
        {
            if (!_topics.TryGetValue(name, out Topic? topic))
            {
                return ErrorCode.UnknownTopicOrPartition;
            }

            if (topic.IsInternal)
            {
                return ErrorCode.InvalidTopic;
            }

            _topics.TryRemove(name, out _);
            File.Delete(Path.Combine(_directory, name, DescriptionFile));
            foreach (PartitionLog partition in topic.Partitions)
            {
                partition.Delete();
            }

            Directory.Delete(Path.Combine(_directory, name), recursive: true);
        }

        Deleted?.Invoke(name);
        return ErrorCode.None;
    }

    public ErrorCode AddPartitions(string name, int count, bool validateOnly)
    {
        lock (_changes)
        {
            if (!_topics.TryGetValue(name, out Topic? topic))
            {
                return ErrorCode.UnknownTopicOrPartition;
            }

            if (count <= topic.Partitions.Count || count > MaxPartitions)
            {
                return ErrorCode.InvalidPartitions;
            }

            if (!validateOnly)
            {
                IEnumerable<PartitionLog> added = Enumerable.Range(topic.Partitions.Count, count - topic.Partitions.Count)
                    .Select(partition => OpenPartition(name, partition, topic.Config));
                Topic grown = topic with { Partitions = [.. topic.Partitions, .. added] };
                _topics[name] = grown;
                Describe(grown);
            }

            return ErrorCode.None;
        }
    }

    public ErrorCode Configure(string name, TopicConfig config)
    {
        lock (_changes)
        {
            if (!_topics.TryGetValue(name, out Topic? topic))
            {
                return ErrorCode.UnknownTopicOrPartition;
            }

            Topic configured = topic with { Config = config };
            Describe(configured);
            _topics[name] = configured;
            foreach (PartitionLog partition in topic.Partitions)
            {
                partition.Configure(config);
            }

            return ErrorCode.None;
        }
    }

    public void Dispose()
    {
        lock (_changes)
        {
            foreach (PartitionLog partition in _topics.Values.SelectMany(topic => topic.Partitions))
            {
                partition.Dispose();
            }
        }
    }

    private void Load(string folder)
    {
        string name = Path.GetFileName(folder);
        string descriptionPath = Path.Combine(folder, DescriptionFile);
        if (!File.Exists(descriptionPath))
        {
            // A kill interrupted a creation or a deletion. Nothing in the folder was acknowledged, or all of it was to be deleted.
            Directory.Delete(folder, recursive: true);
            return;
        }

        TopicDescription description = JsonSerializer.Deserialize<TopicDescription>(File.ReadAllText(descriptionPath))
            ?? throw new LocalKafkaException($"{descriptionPath} is empty. Restore it, or delete the topic's folder.");
        Topic topic = Open(
            name, description.Id ?? Guid.NewGuid(), description.Partitions, new TopicConfig(description.Config),
            InternalTopics.Contains(name));
        _topics[name] = topic;
        if (description.Id is null)
        {
            Describe(topic);
        }
    }

    private Topic Open(string name, Guid id, int partitions, TopicConfig config, bool isInternal) =>
        new(
            name, id, isInternal, config,
            Enumerable.Range(0, partitions).Select(partition => OpenPartition(name, partition, config)).ToList());

    private PartitionLog OpenPartition(string name, int partition, TopicConfig config) =>
        PartitionLog.Open(name, partition, Path.Combine(_directory, name, FormattableString.Invariant($"{partition}")), config, _settings);

    private void Describe(Topic topic) =>
        DurableFile.Write(
            Path.Combine(_directory, topic.Name, DescriptionFile),
            JsonSerializer.Serialize(
                new TopicDescription(topic.Partitions.Count, new Dictionary<string, string>(topic.Config.Overrides), topic.Id)));
}
