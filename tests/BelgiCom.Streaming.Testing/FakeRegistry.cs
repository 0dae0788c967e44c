using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Testing;

/// <summary>A registry in memory that has the schemas of all topics, under ids from 1 in their order; it can be away.</summary>
public sealed class FakeRegistry : ISchemaRegistry
{
    private readonly List<string> _schemas = [.. Topics.All.Select(topic => topic.SchemaJson)];

    public bool IsAway { get; set; }

    /// <summary>How often the schema of an id was asked for.</summary>
    public int Asked { get; private set; }

    /// <summary>Id of our own schema of a topic.</summary>
    public static int IdOf(string topic) => 1 + Topics.All.TakeWhile(one => one.Name != topic).Count();

    /// <summary>Registers the schema of another release.</summary>
    public int Add(string schemaJson)
    {
        _schemas.Add(schemaJson);
        return _schemas.Count;
    }

    public EventTopic<T> Open<T>(string topic)
        where T : IAvroRecord<T>, allows ref struct =>
        EventTopic.OpenAsync<T>(topic, this, CancellationToken.None).GetAwaiter().GetResult();

    public Task<int> GetIdAsync(string subject, string schemaJson, CancellationToken cancellationToken)
    {
        ThrowWhenAway();
        int known = _schemas.IndexOf(schemaJson);
        return known >= 0 ? Task.FromResult(known + 1) : throw new SchemaRegistryException(SchemaRegistryFailure.NotFound, "none");
    }

    public Task<string> GetSchemaAsync(int id, CancellationToken cancellationToken)
    {
        Asked++;
        ThrowWhenAway();
        return id >= 1 && id <= _schemas.Count
            ? Task.FromResult(_schemas[id - 1])
            : throw new SchemaRegistryException(SchemaRegistryFailure.NotFound, "none");
    }

    private void ThrowWhenAway()
    {
        if (IsAway)
        {
            throw new SchemaRegistryException(SchemaRegistryFailure.Unreachable, "away");
        }
    }
}
