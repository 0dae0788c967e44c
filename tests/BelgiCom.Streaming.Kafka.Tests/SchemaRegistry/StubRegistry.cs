using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>Answers requests as a test says, and remembers them.</summary>
internal sealed class StubRegistry(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    public ConcurrentQueue<(HttpMethod Method, string Url, string? Authorization)> Requests { get; } = new();

    public static StubRegistry Answering(HttpStatusCode status, string body) => new((_, _) => Task.FromResult(Answer(status, body)));

    public static HttpResponseMessage Answer(HttpStatusCode status, string body) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, "application/vnd.schemaregistry.v1+json") };

    public HttpSchemaRegistry Client(string url = "http://127.0.0.1:8081", Action<SchemaRegistryOptions>? more = null)
    {
        SchemaRegistryOptions options = new() { Url = new Uri(url) };
        more?.Invoke(options);
        return new HttpSchemaRegistry(options, this);
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Enqueue((request.Method, request.RequestUri!.AbsoluteUri, request.Headers.Authorization?.ToString()));
        return answer(request, cancellationToken);
    }
}
