namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// The schema registry as the platform uses it. Every call may throw <see cref="SchemaRegistryException"/>; its
/// <see cref="SchemaRegistryException.IsTransient"/>
/// says whether to stop at the record and try again, or to treat the answer as final.
/// </summary>
public interface ISchemaRegistry
{
    /// <summary>Registers a schema and returns its id; the id of an equal schema when the subject has one already.</summary>
    /// <param name="subject">Subject, <see cref="SchemaSubjects.ForValue"/>.</param>
    /// <param name="schemaJson">Avro schema.</param>
    /// <param name="cancellationToken">Ends the wait, not the request, which others may share.</param>
    Task<int> RegisterAsync(string subject, string schemaJson, CancellationToken cancellationToken);

    /// <summary>
    /// The schema that was registered under the id. Only <see cref="SchemaRegistryFailure.NotFound"/> means that there is none.
    /// </summary>
    /// <param name="id">Id from the header of a record.</param>
    /// <param name="cancellationToken">Ends the wait, not the request, which others may share.</param>
    Task<string> GetSchemaAsync(int id, CancellationToken cancellationToken);

    /// <summary>Whether the schema could be registered now. A subject without versions takes every schema.</summary>
    /// <param name="subject">Subject, <see cref="SchemaSubjects.ForValue"/>.</param>
    /// <param name="schemaJson">Avro schema.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    Task<SchemaVerdict> CheckAsync(string subject, string schemaJson, CancellationToken cancellationToken);

    /// <summary>Sets the compatibility that new versions of the subject must keep.</summary>
    /// <param name="subject">Subject, <see cref="SchemaSubjects.ForValue"/>.</param>
    /// <param name="level">Level as the registry's API names it, for example <c>BACKWARD_TRANSITIVE</c>.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    Task SetCompatibilityAsync(string subject, string level, CancellationToken cancellationToken);

    /// <summary>Names of all subjects.</summary>
    /// <param name="cancellationToken">Ends the request.</param>
    Task<IReadOnlyList<string>> GetSubjectsAsync(CancellationToken cancellationToken);
}

/// <summary>Answer to <see cref="ISchemaRegistry.CheckAsync"/>.</summary>
/// <param name="IsCompatible">Whether the schema may follow.</param>
/// <param name="Messages">What stands against it; empty when compatible, or when the registry gives no reasons.</param>
public sealed record SchemaVerdict(bool IsCompatible, IReadOnlyList<string> Messages);
