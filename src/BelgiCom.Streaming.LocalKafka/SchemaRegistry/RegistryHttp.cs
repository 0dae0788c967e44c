using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>What all requests share: content type, error bodies, and the protection against web pages.</summary>
internal static class RegistryHttp
{
    public const string ContentType = "application/vnd.schemaregistry.v1+json";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>
    /// Turns every failure into an error body. It serves only requests that address this machine by name. Otherwise a web page could reach
    /// the registry through a host name of its own that resolves to loopback.
    /// </summary>
    public static async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            if (context.Request.Host.Host is not ("127.0.0.1" or "localhost"))
            {
                throw new RegistryError(HttpStatusCode.Forbidden, 403, "This registry serves 127.0.0.1 only");
            }

            await next(context).ConfigureAwait(false);
            if (context.GetEndpoint() is null && !context.Response.HasStarted)
            {
                throw new RegistryError(HttpStatusCode.NotFound, 404, "HTTP 404 Not Found");
            }
        }
        catch (RegistryError e)
        {
            await AnswerAsync(context, new ErrorBody(e.Code, e.Message), (int)e.Status).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            await AnswerAsync(context, new ErrorBody(e.StatusCode, e.Message), e.StatusCode).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await AnswerAsync(
                context, new ErrorBody(50001, $"The registry failed: {e.Message}"),
                StatusCodes.Status500InternalServerError).ConfigureAwait(false);
        }
    }

    public static Task AnswerAsync<T>(HttpContext context, T body, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(body, Json, ContentType, context.RequestAborted);
    }

    /// <summary>A JSON body. Other content types are refused, because a browser sends those to any address without asking.</summary>
    public static async Task<T> BodyAsync<T>(HttpContext context)
    {
        string type = context.Request.ContentType ?? "";
        if (!type.Split(';')[0].TrimEnd().EndsWith("json", StringComparison.OrdinalIgnoreCase))
        {
            throw new RegistryError(HttpStatusCode.UnsupportedMediaType, 415, $"HTTP 415 Unsupported Media Type: send {ContentType}");
        }

        try
        {
            return await JsonSerializer.DeserializeAsync<T>(context.Request.Body, Json, context.RequestAborted).ConfigureAwait(false)
                ?? throw RegistryError.BadRequest("The request has no body");
        }
        catch (JsonException e)
        {
            throw RegistryError.BadRequest($"The request is not valid JSON: {e.Message}");
        }
    }

    public static string Route(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    public static bool Flag(HttpContext context, string name) =>
        string.Equals(context.Request.Query[name], "true", StringComparison.OrdinalIgnoreCase);
}

internal sealed record ErrorBody([property: JsonPropertyName("error_code")] int ErrorCode, string Message);

internal sealed record SchemaBody(string? Schema, string? SchemaType, JsonElement? References);

internal sealed record IdBody(int Id);

internal sealed record SchemaTextBody(string Schema);

internal sealed record SubjectVersionBody(string Subject, int Version, int Id, string Schema);

internal sealed record UseBody(string Subject, int Version);

internal sealed record VerdictBody([property: JsonPropertyName("is_compatible")] bool IsCompatible, IReadOnlyList<string>? Messages);

internal sealed record LevelBody(string? Compatibility);

internal sealed record LevelStateBody(string CompatibilityLevel);

internal sealed record ModeBody(string Mode);
