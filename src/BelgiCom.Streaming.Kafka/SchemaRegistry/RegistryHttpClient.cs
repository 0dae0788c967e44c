using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// One request of the registry's API: JSON there and back, and every way to fail as a <see cref="SchemaRegistryException"/>.
/// </summary>
internal sealed class RegistryHttpClient(HttpClient http) : IDisposable
{
    public const string ContentType = "application/vnd.schemaregistry.v1+json";
    private static readonly JsonSerializerOptions Json = new(
        JsonSerializerDefaults.Web)
    { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    public async Task<T> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, Json));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(ContentType);
        }

        string where = $"schema registry {http.BaseAddress!.GetLeftPart(UriPartial.Path)}, {method} {path}";
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            byte[] octets = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw Failed(response.StatusCode, octets, where);
            }

            return JsonSerializer.Deserialize<T>(octets, Json) ?? throw new JsonException("null");
        }
        catch (Exception e)
            when (e is HttpRequestException or IOException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new SchemaRegistryException(
                SchemaRegistryFailure.Unreachable, $"No answer from {where}: {e.Message}. Keep the position and try again.", inner: e);
        }
        catch (JsonException e)
        {
            throw new SchemaRegistryException(
                SchemaRegistryFailure.Refused, $"The answer of {where} is not a registry's. Check SchemaRegistry:Url.", HttpStatusCode.OK,
                inner: e);
        }
    }

    public void Dispose() => http.Dispose();

    private static SchemaRegistryException Failed(HttpStatusCode status, byte[] octets, string where)
    {
        ErrorAnswer? error = Error(octets);
        (SchemaRegistryFailure failure, string advice) = status switch
        {
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError =>
                (SchemaRegistryFailure.Unreachable, "Keep the position and try again."),
            // Without a registry's body, 404 is a wrong path or a proxy: nothing is known about the schema, and a record must not go to
            // quarantine for it.
            HttpStatusCode.NotFound when error is null or { ErrorCode: not (>= 40401 and <= 40499) } =>
                (SchemaRegistryFailure.Refused, "Check SchemaRegistry:Url and its path."),
            HttpStatusCode.NotFound => (SchemaRegistryFailure.NotFound, "The id or subject was never registered there."),
            HttpStatusCode.Conflict => (SchemaRegistryFailure.Incompatible, "Add fields with defaults only, or use a new topic version."),
            HttpStatusCode.UnprocessableEntity => (SchemaRegistryFailure.Invalid, "Mend the schema or the argument."),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                (SchemaRegistryFailure.Refused, "Check SchemaRegistry:Username and PasswordFile."),
            _ => (SchemaRegistryFailure.Refused, "Check SchemaRegistry:Url and its path."),
        };
        return new(failure, $"{where} answered {(int)status}: {error?.Message ?? "no reason given"}. {advice}", status, error?.ErrorCode);
    }

    private static ErrorAnswer? Error(byte[] octets)
    {
        try
        {
            return JsonSerializer.Deserialize<ErrorAnswer>(octets, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

internal sealed record SchemaRequest(string Schema);

internal sealed record IdAnswer(int Id);

internal sealed record LevelRequest(string Compatibility);

internal sealed record VerdictAnswer(
    [property: JsonPropertyName("is_compatible")] bool IsCompatible, IReadOnlyList<string>? Messages = null);

internal sealed record ErrorAnswer([property: JsonPropertyName("error_code")] int? ErrorCode = null, string? Message = null);
