namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// The questions that a worker has for a schema registry. It cannot register: when a registry has lost its schemas, somebody must notice,
/// and nobody may fill it again under other ids. Every call may throw <see cref="SchemaRegistryException"/>, which says whether the same
/// call may succeed later.
/// </summary>
public interface ISchemaRegistry
{
    /// <summary>
    /// The schema that was registered under the id. Only <see cref="SchemaRegistryFailure.NotFound"/> means that there is none.
    /// </summary>
    /// <param name="id">Id from the header of a record.</param>
    /// <param name="cancellationToken">Ends the wait, not the request, which others may share.</param>
    Task<string> GetSchemaAsync(int id, CancellationToken cancellationToken);

    /// <summary>
    /// The id under which the subject has the schema. <see cref="SchemaRegistryFailure.NotFound"/> when it has no such schema, or the
    /// registry no such subject.
    /// </summary>
    /// <param name="subject">Subject, <see cref="SchemaSubjects.ForValue"/>.</param>
    /// <param name="schemaJson">Avro schema.</param>
    /// <param name="cancellationToken">Ends the wait, not the request, which others may share.</param>
    Task<int> GetIdAsync(string subject, string schemaJson, CancellationToken cancellationToken);
}
