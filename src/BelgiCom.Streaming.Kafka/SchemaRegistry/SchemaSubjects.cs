using BelgiCom.Streaming.Avro;

namespace BelgiCom.Streaming.Kafka;

/// <summary>Subjects of the platform: one per topic, for values. Keys are plain octets and have none.</summary>
public static class SchemaSubjects
{
    /// <summary>A new schema must be able to read everything on the topic, back to the topic's first version.</summary>
    public const string Compatibility = "BACKWARD_TRANSITIVE";

    /// <summary>Subject of a topic's values.</summary>
    /// <param name="topic">Topic.</param>
    public static string ForValue(string topic) => $"{topic}-value";

    /// <summary>
    /// Makes sure that every topic's subject has <see cref="Compatibility"/> and the schema. Calling it again changes nothing.
    /// </summary>
    /// <param name="registry">Registry.</param>
    /// <param name="schemas">Topic and schema of each.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>Schema id by topic.</returns>
    /// <exception cref="SchemaRegistryException">The first call that failed. <see cref="SchemaRegistryFailure.Incompatible"/> names the
    /// subject and the reasons.</exception>
    public static async Task<IReadOnlyDictionary<string, int>> EnsureAsync(
        SchemaRegistryClient registry, IEnumerable<(string Topic, string SchemaJson)> schemas, CancellationToken cancellationToken)
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

    /// <summary>
    /// Whether a topic's subject would accept our schema. The registry is asked, and every version it has is compared with ours by the
    /// rules of <see cref="Compatibility"/>.
    /// </summary>
    /// <param name="registry">Registry.</param>
    /// <param name="topic">Topic.</param>
    /// <param name="schemaJson">Our schema.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The reasons against it; empty when there are none.</returns>
    /// <exception cref="SchemaRegistryException">A call failed.</exception>
    public static async Task<IReadOnlyList<string>> CheckAsync(
        SchemaRegistryClient registry, string topic, string schemaJson, CancellationToken cancellationToken)
    {
        string subject = ForValue(topic);
        AvroSchema ours = AvroSchema.Parse(schemaJson);
        List<string> problems = [];
        foreach ((int version, string written) in await registry.GetVersionsAsync(subject, cancellationToken).ConfigureAwait(false))
        {
            problems.AddRange(
                SchemaResolution.Of(ours, AvroSchema.Parse(written)).Mismatches.Select(mismatch => $"version {version}: {mismatch}"));
        }

        if (problems.Count == 0 && !await registry.IsCompatibleAsync(subject, schemaJson, cancellationToken).ConfigureAwait(false))
        {
            problems.Add("the registry would refuse it and gives no reason");
        }

        return problems;
    }

    /// <summary>The id under which a topic's subject has our schema.</summary>
    /// <param name="registry">Registry.</param>
    /// <param name="topic">Topic.</param>
    /// <param name="schemaJson">Our schema.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SchemaRegistryException"><see cref="SchemaRegistryFailure.Unregistered"/> when the subject does not have
    /// it.</exception>
    public static async Task<int> FindIdAsync(
        ISchemaRegistry registry, string topic, string schemaJson, CancellationToken cancellationToken)
    {
        try
        {
            return await registry.GetIdAsync(ForValue(topic), schemaJson, cancellationToken).ConfigureAwait(false);
        }
        catch (SchemaRegistryException missing) when (missing.Failure == SchemaRegistryFailure.NotFound)
        {
            throw new SchemaRegistryException(
                SchemaRegistryFailure.Unregistered,
                $"The schema registry does not have this release's schema of {topic}: {missing.Message} Run 'belgicom schemas register' "
                + "before a release is started for the first time. If that was done, the registry has lost its schemas or is another "
                + "one: bring it back, because the records on the topics carry its ids.",
                missing.Status, missing.ErrorCode, missing);
        }
    }
}
