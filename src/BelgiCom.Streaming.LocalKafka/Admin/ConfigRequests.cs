namespace BelgiCom.Streaming.LocalKafka;

/// <summary>DescribeConfigs and IncrementalAlterConfigs. The broker's own settings are fixed at its start and can only be read.</summary>
internal sealed class ConfigRequests(TopicStore topics, IReadOnlyDictionary<string, string> brokerSettings)
{
    private const sbyte TopicResource = 2;
    private const sbyte BrokerResource = 4;
    private const sbyte SourceTopic = 1;
    private const sbyte SourceStaticBroker = 4;
    private const sbyte SourceDefault = 5;

    private enum Operation : sbyte
    {
        Set = 0,
        Delete = 1,
        Append = 2,
        Subtract = 3,
    }

    public void Describe(Request request)
    {
        ProtocolReader reader = request.Reader;
        List<(sbyte Type, string Name, HashSet<string>? Names)> wanted = new();
        for (int left = reader.ReadArrayLength(); left > 0; left--)
        {
            wanted.Add((reader.ReadInt8(), reader.ReadString(), ReadNames(reader)));
        }

        bool withSynonyms = request.Version >= 1 && reader.ReadBoolean();
        request.Writer.WriteInt32(0);
        request.Writer.WriteArrayLength(wanted.Count);
        foreach ((sbyte type, string name, HashSet<string>? names) in wanted)
        {
            (ErrorCode error, IEnumerable<Entry> entries) = Find(type, name);
            request.Writer.WriteError(error);
            request.Writer.WriteMessage(error == ErrorCode.None ? null : $"There is no such resource: {name}");
            request.Writer.WriteInt8(type);
            request.Writer.WriteString(name);
            List<Entry> selected = [.. entries.Where(entry => names is null || names.Contains(entry.Name))];
            request.Writer.WriteArrayLength(selected.Count);
            selected.ForEach(entry => WriteEntry(request, entry, withSynonyms));
        }
    }

    public void Alter(Request request)
    {
        ProtocolReader reader = request.Reader;
        List<(sbyte Type, string Name, List<Change> Changes)> wanted = new();
        for (int left = reader.ReadArrayLength(); left > 0; left--)
        {
            wanted.Add((reader.ReadInt8(), reader.ReadString(), ReadChanges(reader)));
        }

        bool validateOnly = reader.ReadBoolean();
        request.Writer.WriteInt32(0);
        request.Writer.WriteArrayLength(wanted.Count);
        foreach ((sbyte type, string name, List<Change> changes) in wanted)
        {
            (ErrorCode error, string? message) = Alter(type, name, changes, validateOnly);
            request.Writer.WriteError(error);
            request.Writer.WriteMessage(message);
            request.Writer.WriteInt8(type);
            request.Writer.WriteString(name);
        }
    }

    private static HashSet<string>? ReadNames(ProtocolReader reader)
    {
        int count = reader.ReadNullableArrayLength();
        HashSet<string>? names = count < 0 ? null : [];
        for (; count > 0; count--)
        {
            names!.Add(reader.ReadString());
        }

        return names;
    }

    private static List<Change> ReadChanges(ProtocolReader reader)
    {
        List<Change> changes = new();
        for (int left = reader.ReadArrayLength(); left > 0; left--)
        {
            changes.Add(new Change(reader.ReadString(), (Operation)reader.ReadInt8(), reader.ReadNullableString()));
        }

        return changes;
    }

    private static void WriteEntry(Request request, Entry entry, bool withSynonyms)
    {
        ProtocolWriter writer = request.Writer;
        writer.WriteString(entry.Name);
        writer.WriteNullableString(entry.Value);
        writer.WriteBoolean(entry.ReadOnly);
        if (request.Version == 0)
        {
            writer.WriteBoolean(entry.Source == SourceDefault);
        }
        else
        {
            writer.WriteInt8(entry.Source);
        }

        writer.WriteBoolean(false);
        if (request.Version >= 1)
        {
            writer.WriteArrayLength(withSynonyms ? 1 : 0);
            if (withSynonyms)
            {
                writer.WriteString(entry.Name);
                writer.WriteNullableString(entry.Value);
                writer.WriteInt8(entry.Source);
            }
        }
    }

    /// <summary>The value after the change; null goes back to the default.</summary>
    private static string? Changed(TopicConfig current, Change change)
    {
        IEnumerable<string> list = current[change.Name].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        IEnumerable<string> values = (change.Value ?? "").Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return change.Operation switch
        {
            Operation.Set => change.Value,
            Operation.Append => string.Join(',', list.Union(values)),
            Operation.Subtract => string.Join(',', list.Except(values)),
            _ => null,
        };
    }

    private (ErrorCode Error, string? Message) Alter(sbyte type, string name, List<Change> changes, bool validateOnly)
    {
        if (type != TopicResource)
        {
            return (ErrorCode.InvalidRequest, "Only topics can be altered; the broker's settings are given at its start.");
        }

        if (topics.Find(name) is not { } topic)
        {
            return (ErrorCode.UnknownTopicOrPartition, $"There is no topic {name}.");
        }

        Dictionary<string, string> overrides = new(topic.Config.Overrides);
        foreach (Change change in changes)
        {
            string? value = change.Operation == Operation.Delete ? null
                : TopicConfig.IsKnown(change.Name) ? Changed(topic.Config, change) : change.Value;
            if (change.Operation != Operation.Delete && TopicConfig.Fault(change.Name, value) is { } fault)
            {
                return (ErrorCode.InvalidConfig, fault);
            }

            overrides.Remove(change.Name);
            if (value is not null)
            {
                overrides[change.Name] = value;
            }
        }

        return (validateOnly ? ErrorCode.None : topics.Configure(name, new TopicConfig(overrides)), null);
    }

    private (ErrorCode Error, IEnumerable<Entry> Entries) Find(sbyte type, string name)
    {
        if (type == TopicResource && topics.Find(name) is { } topic)
        {
            sbyte SourceOf(string setting) => topic.Config.Overrides.ContainsKey(setting) ? SourceTopic : SourceDefault;
            return (ErrorCode.None, TopicConfig.All.Select(
                known => new Entry(known.Name, topic.Config[known.Name], SourceOf(known.Name), ReadOnly: false)));
        }

        if (type == BrokerResource && name == FormattableString.Invariant($"{ClusterIdentity.NodeId}"))
        {
            return (ErrorCode.None, brokerSettings.Select(
                setting => new Entry(setting.Key, setting.Value, SourceStaticBroker, ReadOnly: true)));
        }

        return (type == TopicResource ? ErrorCode.UnknownTopicOrPartition : ErrorCode.InvalidRequest, []);
    }

    private readonly record struct Change(string Name, Operation Operation, string? Value);

    private readonly record struct Entry(string Name, string Value, sbyte Source, bool ReadOnly);
}
