using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Registry over Confluent's REST API (Confluent Schema Registry, Karapace, Apicurio, the embedded one). Answers that cannot change, the
/// schema of an id and the id of a schema, are asked once and kept; callers who ask the same at the same time share one request. It does
/// not repeat failed requests: the caller knows its position. Safe for many threads.
/// </summary>
public sealed class HttpSchemaRegistry : ISchemaRegistry, IDisposable
{
    private readonly RegistryHttpClient _http;
    private readonly ConcurrentDictionary<int, Lazy<Task<string>>> _schemas = new();
    private readonly ConcurrentDictionary<(string Subject, string Schema), Lazy<Task<int>>> _ids = new();

    /// <summary>Makes the client; nothing is sent yet.</summary>
    /// <param name="options">Valid settings.</param>
    public HttpSchemaRegistry(SchemaRegistryOptions options)
        : this(options, Handler())
    {
    }

    internal HttpSchemaRegistry(SchemaRegistryOptions options, HttpMessageHandler handler) =>
        _http = new RegistryHttpClient(Client(options, handler));

    /// <inheritdoc/>
    public async Task<int> GetIdAsync(string subject, string schemaJson, CancellationToken cancellationToken) =>
        (await _http.SendAsync<IdAnswer>(
            HttpMethod.Post, $"subjects/{Uri.EscapeDataString(subject)}?normalize=true", new SchemaRequest(schemaJson), cancellationToken)
            .ConfigureAwait(false)).Id;

    /// <summary>Registers.</summary>
    public Task<int> RegisterAsync(string subject, string schemaJson, CancellationToken cancellationToken) =>
        OnceAsync(_ids, (subject, schemaJson), RequestIdAsync, cancellationToken);

    /// <inheritdoc/>
    public Task<string> GetSchemaAsync(int id, CancellationToken cancellationToken) =>
        OnceAsync(_schemas, id, RequestSchemaAsync, cancellationToken);

    /// <summary>Setup.</summary>
    public async Task<SchemaVerdict> CheckAsync(string subject, string schemaJson, CancellationToken cancellationToken)
    {
        string path = $"compatibility/subjects/{Uri.EscapeDataString(subject)}/versions?verbose=true";
        try
        {
            VerdictAnswer answer = await _http.SendAsync<VerdictAnswer>(
                HttpMethod.Post, path, new SchemaRequest(schemaJson), cancellationToken).ConfigureAwait(false);
            return new SchemaVerdict(answer.IsCompatible, answer.Messages ?? []);
        }
        catch (SchemaRegistryException e) when (e.Failure == SchemaRegistryFailure.NotFound)
        {
            // Confluent says yes for a subject without versions, Apicurio says that it has no such subject.
            return new SchemaVerdict(IsCompatible: true, []);
        }
    }

    /// <summary>Setup.</summary>
    public Task SetCompatibilityAsync(string subject, string level, CancellationToken cancellationToken) =>
        _http.SendAsync<JsonElement>(HttpMethod.Put, $"config/{Uri.EscapeDataString(subject)}", new LevelRequest(level), cancellationToken);

    /// <summary>Setup.</summary>
    public async Task<IReadOnlyList<string>> GetSubjectsAsync(CancellationToken cancellationToken) =>
        await _http.SendAsync<List<string>>(HttpMethod.Get, "subjects", body: null, cancellationToken).ConfigureAwait(false);

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _http.Dispose();

    private async Task<string> RequestSchemaAsync(int id)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"schemas/ids/{id}");
        return (await _http.SendAsync<SchemaRequest>(HttpMethod.Get, path, body: null, CancellationToken.None)
            .ConfigureAwait(false)).Schema;
    }

    private async Task<int> RequestIdAsync((string Subject, string Schema) key)
    {
        // Normalised, so that a schema written with other white space or order of attributes is the same schema.
        string path = $"subjects/{Uri.EscapeDataString(key.Subject)}/versions?normalize=true";
        return (await _http.SendAsync<IdAnswer>(HttpMethod.Post, path, new SchemaRequest(key.Schema), CancellationToken.None)
            .ConfigureAwait(false)).Id;
    }

    /// <summary>
    /// One request per key, shared and kept when it succeeds. A failure is forgotten, so that the next caller asks again; so the cache
    /// holds only what exists.
    /// </summary>
    private static async Task<TValue> OnceAsync<TKey, TValue>(
        ConcurrentDictionary<TKey, Lazy<Task<TValue>>> cache, TKey key, Func<TKey, Task<TValue>> request,
        CancellationToken cancellationToken)
        where TKey : notnull
    {
        Lazy<Task<TValue>> entry = cache.GetOrAdd(key, static (k, r) => new Lazy<Task<TValue>>(() => r(k)), request);
        try
        {
            return await entry.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch when (entry.Value.IsFaulted || entry.Value.IsCanceled)
        {
            cache.TryRemove(KeyValuePair.Create(key, entry));
            throw;
        }
    }

    private static SocketsHttpHandler Handler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    private static HttpClient Client(SchemaRegistryOptions options, HttpMessageHandler handler)
    {
        string url = options.Url!.AbsoluteUri;
        HttpClient client = new(handler)
        {
            BaseAddress = new Uri(url.EndsWith('/') ? url : url + "/"),
            Timeout = options.Timeout,
            MaxResponseContentBufferSize = 4 * 1024 * 1024,
        };
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue(RegistryHttpClient.ContentType));
        if (!string.IsNullOrEmpty(options.Username))
        {
            string password = File.ReadAllText(options.PasswordFile!).TrimEnd();
            string credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.Username}:{password}"));
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", credentials);
        }

        return client;
    }
}

/// <summary>Answer to a check.</summary>
/// <param name="IsCompatible">Whether the schema may follow.</param>
/// <param name="Messages">What stands against it; empty when compatible, or when the registry gives no reasons.</param>
public sealed record SchemaVerdict(bool IsCompatible, IReadOnlyList<string> Messages);
