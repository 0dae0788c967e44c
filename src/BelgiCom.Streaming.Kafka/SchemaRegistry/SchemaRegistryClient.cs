using System.Net;
using Confluent.SchemaRegistry;
using Newtonsoft.Json;
using ClientException = Confluent.SchemaRegistry.SchemaRegistryException;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// A registry with Confluent's REST API (Confluent Schema Registry, Karapace, Apicurio, the embedded one), called through Confluent's
/// client, which knows authentication, TLS and several addresses and caches what cannot change. This class adds what a failure means. It
/// does not repeat a failed request unless the client's properties say so, because the caller knows its position and asks again. Safe for
/// many threads.
/// </summary>
public sealed class SchemaRegistryClient : ISchemaRegistry, IDisposable
{
    private readonly CachedSchemaRegistryClient _client;
    private readonly string _url;

    /// <summary>Makes the client; it sends nothing yet.</summary>
    /// <param name="options">Valid settings.</param>
    public SchemaRegistryClient(SchemaRegistryOptions options)
    {
        _client = new CachedSchemaRegistryClient(options.ToConfig());
        _url = options.Url;
    }

    /// <inheritdoc/>
    public async Task<string> GetSchemaAsync(int id, CancellationToken cancellationToken)
    {
        string question = $"schema {id}";
        Schema schema = await AskAsync(question, () => _client.GetSchemaAsync(id), cancellationToken).ConfigureAwait(false);
        return schema.SchemaString ?? throw NotARegistry(question);
    }

    /// <inheritdoc/>
    public async Task<int> GetIdAsync(string subject, string schemaJson, CancellationToken cancellationToken)
    {
        string question = $"id of a schema of {subject}";
        int id = await AskAsync(question, () => _client.GetSchemaIdAsync(subject, Avro(schemaJson), normalize: true), cancellationToken)
            .ConfigureAwait(false);
        return id > 0 ? id : throw NotARegistry(question);
    }

    /// <summary>Registers a schema and returns its id; the id of an equal schema when the subject has one already.</summary>
    /// <param name="subject">Subject, <see cref="SchemaSubjects.ForValue"/>.</param>
    /// <param name="schemaJson">Avro schema.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SchemaRegistryException">The call failed.</exception>
    public async Task<int> RegisterAsync(string subject, string schemaJson, CancellationToken cancellationToken)
    {
        string question = $"registration of a schema of {subject}";
        int id = await AskAsync(question, () => _client.RegisterSchemaAsync(subject, Avro(schemaJson), normalize: true), cancellationToken)
            .ConfigureAwait(false);
        return id > 0 ? id : throw NotARegistry(question);
    }

    /// <summary>Whether the subject's newest version and its level allow the schema. A subject without versions takes every one.</summary>
    /// <param name="subject">Subject, <see cref="SchemaSubjects.ForValue"/>.</param>
    /// <param name="schemaJson">Avro schema.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SchemaRegistryException">The call failed.</exception>
    public Task<bool> IsCompatibleAsync(string subject, string schemaJson, CancellationToken cancellationToken) => OrNoneAsync(
        AskAsync($"compatibility with {subject}", () => _client.IsCompatibleAsync(subject, Avro(schemaJson)), cancellationToken),
        none: true);

    /// <summary>The schemas that the subject has, oldest first.</summary>
    /// <param name="subject">Subject, <see cref="SchemaSubjects.ForValue"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SchemaRegistryException">The call failed.</exception>
    public async Task<IReadOnlyList<(int Version, string SchemaJson)>> GetVersionsAsync(string subject, CancellationToken cancellationToken)
    {
        string question = $"versions of {subject}";
        List<(int Version, string SchemaJson)> versions = [];
        foreach (int version
            in await OrNoneAsync(AskAsync(question, () => _client.GetSubjectVersionsAsync(subject), cancellationToken), none: [])
                .ConfigureAwait(false))
        {
            RegisteredSchema schema = await AskAsync(
                question, () => _client.GetRegisteredSchemaAsync(subject, version), cancellationToken).ConfigureAwait(false);
            versions.Add((version, schema.SchemaString ?? throw NotARegistry(question)));
        }

        return versions;
    }

    /// <summary>Sets the compatibility that new versions of the subject must keep.</summary>
    /// <param name="subject">Subject, <see cref="SchemaSubjects.ForValue"/>.</param>
    /// <param name="level">Level as the registry's API names it, for example <c>BACKWARD_TRANSITIVE</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SchemaRegistryException">The call failed.</exception>
    public Task SetCompatibilityAsync(string subject, string level, CancellationToken cancellationToken)
    {
        Compatibility parsed = Enum.Parse<Compatibility>(level.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
        return AskAsync($"compatibility of {subject}", () => _client.UpdateCompatibilityAsync(parsed, subject), cancellationToken);
    }

    /// <summary>Names of all subjects.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SchemaRegistryException">The call failed.</exception>
    public async Task<IReadOnlyList<string>> GetSubjectsAsync(CancellationToken cancellationToken) =>
        await AskAsync("subjects", _client.GetAllSubjectsAsync, cancellationToken).ConfigureAwait(false);

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _client.Dispose();

    private static Schema Avro(string schemaJson) => new(schemaJson, SchemaType.Avro);

    /// <summary>
    /// For a subject that it does not know, Confluent's registry answers with the global level, Apicurio's that there is none.
    /// </summary>
    private static async Task<T> OrNoneAsync<T>(Task<T> answer, T none)
    {
        try
        {
            return await answer.ConfigureAwait(false);
        }
        catch (SchemaRegistryException e) when (e.Failure == SchemaRegistryFailure.NotFound)
        {
            return none;
        }
    }

    private async Task<T> AskAsync<T>(string question, Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            // The client takes no cancellation token. A caller that stops waiting leaves the request running, because others may wait for
            // it too.
            return await ask().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ClientException e)
        {
            throw Refused(e, question);
        }
        catch (HttpRequestException e) when (e.Message.EndsWith(": Unauthorized", StringComparison.Ordinal))
        {
            // The client makes this of an answer 401 whose body no registry wrote.
            throw Failed(
                SchemaRegistryFailure.Refused, question, "who asks is not known", "Check SchemaRegistry:Username and PasswordFile.", e,
                HttpStatusCode.Unauthorized);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException { InnerException: TimeoutException })
        {
            throw Failed(SchemaRegistryFailure.Unreachable, question, $"no answer: {e.Message}", "Keep the position and try again.", e);
        }
        catch (JsonException e)
        {
            throw NotARegistry(question, e);
        }
    }

    private SchemaRegistryException Refused(ClientException e, string question)
    {
        int? code = e.ErrorCode > 0 ? e.ErrorCode : null;
        (SchemaRegistryFailure failure, string advice) = e.Status switch
        {
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError =>
                (SchemaRegistryFailure.Unreachable, "Keep the position and try again."),
            // A 404 without a registry's body is a wrong path or a proxy. It says nothing about the schema, so no record may go to
            // quarantine for it.
            HttpStatusCode.NotFound when code is not (>= 40401 and <= 40499) =>
                (SchemaRegistryFailure.Refused, "Check SchemaRegistry:Url and its path."),
            HttpStatusCode.NotFound => (SchemaRegistryFailure.NotFound, "The id or subject was never registered there."),
            HttpStatusCode.Conflict => (SchemaRegistryFailure.Incompatible, "Add fields with defaults only, or use a new topic version."),
            HttpStatusCode.UnprocessableEntity => (SchemaRegistryFailure.Invalid, "Mend the schema or the argument."),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                (SchemaRegistryFailure.Refused, "Check SchemaRegistry:Username and PasswordFile."),
            _ => (SchemaRegistryFailure.Refused, "Check SchemaRegistry:Url and its path."),
        };
        return Failed(failure, question, $"{(int)e.Status} {e.Message}", advice, e, e.Status, code);
    }

    private SchemaRegistryException NotARegistry(string question, Exception? cause = null) => Failed(
        SchemaRegistryFailure.Refused, question, "the answer is not a registry's", "Check SchemaRegistry:Url.", cause, HttpStatusCode.OK);

    private SchemaRegistryException Failed(
        SchemaRegistryFailure failure, string question, string what, string advice, Exception? cause, HttpStatusCode? status = null,
        int? code = null) => new(failure, $"Schema registry {_url}, {question}: {what}. {advice}", status, code, cause);
}
