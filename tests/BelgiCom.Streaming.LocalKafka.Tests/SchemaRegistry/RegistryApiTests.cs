using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>Bodies, codes and status as Confluent's API reference gives them, over real HTTP.</summary>
public sealed class RegistryApiTests : IAsyncLifetime
{
    private const string ContentType = "application/vnd.schemaregistry.v1+json";
    private const string Int = """{"schema":"\"int\""}""";
    private const string Long = """{"schema":"\"long\""}""";
    private const string String = """{"schema":"\"string\""}""";
    private readonly MemorySchemaLog _log = new();
    private LocalSchemaRegistry? _registry;
    private HttpClient? _http;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _registry = await LocalSchemaRegistry.StartAsync(_log, new LocalSchemaRegistryOptions(), Cancel);
        _http = new HttpClient { BaseAddress = _registry.Url };
    }

    public async ValueTask DisposeAsync()
    {
        _http!.Dispose();
        await _registry!.DisposeAsync();
    }

    [Fact]
    public async Task Schemas_Registered_AreServedByIdAndUse()
    {
        await AnswersAsync("POST", "subjects/a-value/versions", Int, 200, """{"id":1}""");
        await AnswersAsync("POST", "subjects/b-value/versions", Int, 200, """{"id":1}""");
        await AnswersAsync("POST", "subjects/b-value/versions", Long, 200, """{"id":2}""");

        await AnswersAsync("GET", "schemas/ids/1", null, 200, """{"schema":"\"int\""}""");
        await AnswersAsync("GET", "schemas/ids/1/schema", null, 200, "\"int\"");
        await AnswersAsync(
            "GET", "schemas/ids/1/versions", null, 200, """[{"subject":"a-value","version":1},{"subject":"b-value","version":1}]""");
        await AnswersAsync("GET", "schemas/types", null, 200, """["AVRO"]""");
        await AnswersAsync("GET", "schemas/ids/3", null, 404, """{"error_code":40403,"message":"Schema 3 not found"}""");
    }

    [Fact]
    public async Task Subjects_Registered_AreServedByVersion()
    {
        await SendAsync("POST", "subjects/b-value/versions", Int);
        await SendAsync("POST", "subjects/b-value/versions", Long);
        await SendAsync("POST", "subjects/a-value/versions", Int);

        await AnswersAsync("GET", "subjects", null, 200, """["a-value","b-value"]""");
        await AnswersAsync("GET", "subjects/b-value/versions", null, 200, "[1,2]");
        await AnswersAsync(
            "GET", "subjects/b-value/versions/1", null, 200, """{"subject":"b-value","version":1,"id":1,"schema":"\"int\""}""");
        await AnswersAsync(
            "GET", "subjects/b-value/versions/latest", null, 200, """{"subject":"b-value","version":2,"id":2,"schema":"\"long\""}""");
        await AnswersAsync("GET", "subjects/b-value/versions/2/schema", null, 200, "\"long\"");
        await AnswersAsync("POST", "subjects/b-value", Long, 200, """{"subject":"b-value","version":2,"id":2,"schema":"\"long\""}""");
        await AnswersAsync("POST", "subjects/b-value", String, 404, """{"error_code":40403,"message":"Schema not found"}""");
        await AnswersAsync(
            "GET", "subjects/c-value/versions", null, 404, """{"error_code":40401,"message":"Subject 'c-value' not found."}""");
        await AnswersAsync("GET", "subjects/b-value/versions/3", null, 404, """{"error_code":40402,"message":"Version 3 not found."}""");
        await FailsAsync("GET", "subjects/b-value/versions/0", null, 422, 42202);
        await FailsAsync("GET", "subjects/b-value/versions/new", null, 422, 42202);
    }

    [Fact]
    public async Task Subjects_DeletedSoftly_KeepTheirIdsAndNumbers()
    {
        await SendAsync("POST", "subjects/a-value/versions", Int);
        await SendAsync("POST", "subjects/a-value/versions", Long);

        await FailsAsync("DELETE", "subjects/a-value?permanent=true", null, 404, 40405);
        await AnswersAsync("DELETE", "subjects/a-value", null, 200, "[1,2]");
        await FailsAsync("DELETE", "subjects/a-value", null, 404, 40404);
        await AnswersAsync("GET", "subjects", null, 200, "[]");
        await AnswersAsync("GET", "subjects?deleted=true", null, 200, """["a-value"]""");
        await FailsAsync("GET", "subjects/a-value/versions", null, 404, 40401);
        await AnswersAsync("GET", "schemas/ids/2", null, 200, """{"schema":"\"long\""}""");
        await AnswersAsync("POST", "subjects/a-value/versions", String, 200, """{"id":3}""");
        await AnswersAsync("GET", "subjects/a-value/versions", null, 200, "[3]");
    }

    [Fact]
    public async Task Subjects_DeletedForGood_AreGone()
    {
        await SendAsync("POST", "subjects/a-value/versions", Int);
        await SendAsync("DELETE", "subjects/a-value", null);

        await AnswersAsync("DELETE", "subjects/a-value?permanent=true", null, 200, "[1]");
        await AnswersAsync("GET", "subjects?deleted=true", null, 200, "[]");
        await FailsAsync("DELETE", "subjects/a-value?permanent=true", null, 404, 40401);
    }

    [Fact]
    public async Task Versions_Deleted_FirstSoftlyThenForGood()
    {
        await SendAsync("POST", "subjects/a-value/versions", Int);
        await SendAsync("POST", "subjects/a-value/versions", Long);

        await FailsAsync("DELETE", "subjects/a-value/versions/2?permanent=true", null, 404, 40407);
        await AnswersAsync("DELETE", "subjects/a-value/versions/latest", null, 200, "2");
        await FailsAsync("DELETE", "subjects/a-value/versions/2", null, 404, 40406);
        await AnswersAsync("GET", "subjects/a-value/versions", null, 200, "[1]");
        await AnswersAsync("GET", "subjects/a-value/versions?deleted=true", null, 200, "[1,2]");
        await AnswersAsync("DELETE", "subjects/a-value/versions/2?permanent=true", null, 200, "2");
        await AnswersAsync("GET", "subjects/a-value/versions?deleted=true", null, 200, "[1]");
    }

    [Fact]
    public async Task Compatibility_Checked_AnswersWithReasonsOnlyWhenAsked()
    {
        await SendAsync("POST", "subjects/a-value/versions", Int);

        await AnswersAsync("POST", "compatibility/subjects/a-value/versions/latest", Long, 200, """{"is_compatible":true}""");
        await AnswersAsync("POST", "compatibility/subjects/a-value/versions", Long, 200, """{"is_compatible":true}""");
        await AnswersAsync("POST", "compatibility/subjects/unknown/versions", Long, 200, """{"is_compatible":true}""");
        await AnswersAsync("POST", "compatibility/subjects/a-value/versions/1", String, 200, """{"is_compatible":false}""");
        await AnswersAsync("POST", "compatibility/subjects/a-value/versions/1?verbose=true", String, 200,
            """{"is_compatible":false,"messages":["the new schema cannot read version 1: TYPE_MISMATCH at \"\": reader string,"""
            + """ writer int","compatibility BACKWARD"]}""");
        await FailsAsync("POST", "compatibility/subjects/unknown/versions/latest", Long, 404, 40401);
        await FailsAsync("POST", "compatibility/subjects/a-value/versions/7", Long, 404, 40402);
    }

    [Fact]
    public async Task Configuration_SetAndRemoved_FallsBackToTheGlobalLevel()
    {
        await AnswersAsync("GET", "config", null, 200, """{"compatibilityLevel":"BACKWARD"}""");
        await FailsAsync("GET", "config/a-value", null, 404, 40408);
        await AnswersAsync(
            "PUT", "config/a-value", """{"compatibility":"full_transitive"}""", 200, """{"compatibility":"FULL_TRANSITIVE"}""");
        await AnswersAsync("GET", "config/a-value", null, 200, """{"compatibilityLevel":"FULL_TRANSITIVE"}""");
        await AnswersAsync("PUT", "config", """{"compatibility":"NONE"}""", 200, """{"compatibility":"NONE"}""");
        await AnswersAsync("DELETE", "config/a-value", null, 200, """{"compatibilityLevel":"FULL_TRANSITIVE"}""");
        await AnswersAsync("GET", "config/a-value?defaultToGlobal=true", null, 200, """{"compatibilityLevel":"NONE"}""");
        await AnswersAsync("DELETE", "config", null, 200, """{"compatibilityLevel":"NONE"}""");
        await AnswersAsync("GET", "config", null, 200, """{"compatibilityLevel":"BACKWARD"}""");
        await FailsAsync("PUT", "config", """{"compatibility":"SIDEWAYS"}""", 422, 42203);
        await FailsAsync("DELETE", "config/a-value", null, 404, 40408);
        await AnswersAsync("GET", "mode", null, 200, """{"mode":"READWRITE"}""");
    }

    [Theory]
    [InlineData("""{"schema":"\"int\"","schemaType":"JSON"}""", 422, 42201)]
    [InlineData("""{"schema":"\"int\"","references":[{"name":"x"}]}""", 422, 42201)]
    [InlineData("""{"schema":"{"}""", 422, 42201)]
    [InlineData("{}", 422, 42201)]
    [InlineData("null", 400, 400)]
    [InlineData("[]", 400, 400)]
    [InlineData("""{"schema":""", 400, 400)]
    [InlineData("", 400, 400)]
    public async Task Register_BadBody_IsRefusedWithACode(string body, int status, int code) =>
        await FailsAsync("POST", "subjects/a-value/versions", body, status, code);

    [Fact]
    public async Task Register_BodyBeyondTheLimit_IsRefusedAndTheRegistryGoesOn()
    {
        await FailsAsync("POST", "subjects/a-value/versions", $$"""{"schema":"{{new string(' ', 3_000_000)}}"}""", 413, 413);
        await FailsAsync("POST", "subjects/a-value/versions", $$"""{"schema":"{{new string(' ', 600_000)}}"}""", 422, 42201);
        await FailsAsync("POST", $"subjects/{new string('s', 600)}/versions", Int, 400, 400);

        await AnswersAsync("GET", "subjects", null, 200, "[]");
    }

    [Fact]
    public async Task Requests_OfWebPages_AreRefused()
    {
        using HttpRequestMessage plain = new(
            HttpMethod.Post, "subjects/a-value/versions")
        { Content = new StringContent(Int, Encoding.UTF8, "text/plain") };
        using HttpRequestMessage rebound = new(HttpMethod.Get, "subjects");
        rebound.Headers.Host = "attacker.example";

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await _http!.SendAsync(plain, Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await _http!.SendAsync(rebound, Cancel)).StatusCode);
    }

    [Fact]
    public async Task Paths_Unknown_AnswerWithAnErrorBody()
    {
        await FailsAsync("GET", "contexts", null, 404, 404);
        await FailsAsync("GET", "schemas/ids/x", null, 400, 400);
    }

    [Fact]
    public async Task Register_ManyAtOnce_GivesEverySchemaItsOwnId()
    {
        (int Status, string Body)[] answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i =>
            SendAsync(
                "POST", $"subjects/s{i % 8}-value/versions",
                $$"""{"schema":"{\"type\":\"fixed\",\"name\":\"F\",\"size\":16,\"doc\":\"{{i / 2}}\"}"}""")));

        List<int> ids = answers.Select(answer => (int)JsonNode.Parse(answer.Body)!["id"]!).ToList();
        Assert.Equal(32, ids.Distinct().Count());
        Assert.Equal(Enumerable.Range(1, 32), ids.Distinct().Order());
    }

    [Fact]
    public async Task Register_LogFails_IsAnErrorAndNothingIsServed()
    {
        _log.NextFailure = (new IOException("disk full"), Stored: false);

        await FailsAsync("POST", "subjects/a-value/versions", Int, 500, 50001);
        await AnswersAsync("GET", "subjects", null, 200, "[]");
        await AnswersAsync("POST", "subjects/a-value/versions", Int, 200, """{"id":1}""");
    }

    [Fact]
    public async Task Register_AnswerOfTheLogIsLost_TheIdIsNotGivenOutTwice()
    {
        _log.NextFailure = (new TimeoutException("no acknowledgement"), Stored: true);

        await FailsAsync("POST", "subjects/a-value/versions", Int, 500, 50001);
        await AnswersAsync("POST", "subjects/b-value/versions", String, 200, """{"id":2}""");
        await AnswersAsync("POST", "subjects/a-value/versions", Int, 200, """{"id":1}""");
    }

    private async Task AnswersAsync(string method, string path, string? body, int status, string expected)
    {
        (int actualStatus, string actual) = await SendAsync(method, path, body);
        Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)) && actualStatus == status,
            $"{method} {path}: {actualStatus} {actual}");
    }

    private async Task FailsAsync(string method, string path, string? body, int status, int code)
    {
        (int actualStatus, string actual) = await SendAsync(method, path, body);
        JsonObject error = JsonSerializer.Deserialize<JsonObject>(actual)!;
        Assert.Equal((status, code), (actualStatus, (int)error["error_code"]!));
        Assert.NotEqual("", (string)error["message"]!);
    }

    private async Task<(int Status, string Body)> SendAsync(string method, string path, string? body)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body, new MediaTypeHeaderValue(ContentType));

            // A server may close the connection after it refused a body that is still being sent, and the answer is lost then.
            request.Headers.ExpectContinue = body.Length > 1_000_000;
        }

        using HttpResponseMessage response = await _http!.SendAsync(request, Cancel);
        Assert.Equal(ContentType, response.Content.Headers.ContentType!.MediaType);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancel));
    }
}
