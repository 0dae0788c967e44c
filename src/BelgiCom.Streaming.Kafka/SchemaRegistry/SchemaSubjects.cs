namespace BelgiCom.Streaming.Kafka;

/// <summary>Subjects of the platform: one per topic, for values. Keys are plain octets and have none.</summary>
public static class SchemaSubjects
{
    /// <summary>A new schema must read everything that is on the topic, back to its first version.</summary>
    public const string Compatibility = "BACKWARD_TRANSITIVE";

    /// <summary>Subject of a topic's values.</summary>
    /// <param name="topic">Topic.</param>
    public static string ForValue(string topic) => $"{topic}-value";

    /// <summary>
    /// Makes sure that every topic's subject keeps <see cref="Compatibility"/> and has the schema. Doing it again changes nothing.
    /// </summary>
    /// <param name="registry">Registry.</param>
    /// <param name="schemas">Topic and schema of each.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>Schema id by topic.</returns>
    /// <exception cref="SchemaRegistryException">The first call that failed. <see cref="SchemaRegistryFailure.Incompatible"/> names the
    /// subject and the reasons.</exception>
    public static async Task<IReadOnlyDictionary<string, int>> EnsureAsync(
        ISchemaRegistry registry, IEnumerable<(string Topic, string SchemaJson)> schemas, CancellationToken cancellationToken)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        foreach ((string topic, string schemaJson) in schemas)
        {
            string subject = ForValue(topic);
            await registry.SetCompatibilityAsync(subject, Compatibility, cancellationToken).ConfigureAwait(false);
            ids[topic] = await registry.RegisterAsync(subject, schemaJson, cancellationToken).ConfigureAwait(false);
        }

        return ids;
    }
}
