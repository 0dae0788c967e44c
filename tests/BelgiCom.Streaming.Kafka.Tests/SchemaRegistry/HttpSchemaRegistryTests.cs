using System.Net;
using System.Text;

namespace BelgiCom.Streaming.Kafka.Tests;

public sealed class HttpSchemaRegistryTests
{
    private const string SchemaAnswer = """{"schema":"\"int\""}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The difference that no record may be lost over: "later" keeps the position, "there is none" goes to quarantine.</summary>
    [Theory]
    [InlineData(404, """{"error_code":40403,"message":"Schema 7 not found"}""", SchemaRegistryFailure.NotFound, 40403)]
    [InlineData(404, """{"error_code":404,"message":"HTTP 404 Not Found"}""", SchemaRegistryFailure.Refused, 404)]
    [InlineData(404, "<html>no such page</html>", SchemaRegistryFailure.Refused, null)]
    [InlineData(404, "null", SchemaRegistryFailure.Refused, null)]
    [InlineData(408, "", SchemaRegistryFailure.Unreachable, null)]
    [InlineData(429, """{"error_code":42901,"message":"slow down"}""", SchemaRegistryFailure.Unreachable, 42901)]
    [InlineData(500, """{"error_code":50002,"message":"timed out"}""", SchemaRegistryFailure.Unreachable, 50002)]
    [InlineData(502, "bad gateway", SchemaRegistryFailure.Unreachable, null)]
    [InlineData(503, "[1]", SchemaRegistryFailure.Unreachable, null)]
    [InlineData(401, """{"error_code":401,"message":"who are you"}""", SchemaRegistryFailure.Refused, 401)]
    [InlineData(301, "", SchemaRegistryFailure.Refused, null)]
    [InlineData(409, """{"error_code":409,"message":"incompatible"}""", SchemaRegistryFailure.Incompatible, 409)]
    [InlineData(422, """{"error_code":42201,"message":"invalid"}""", SchemaRegistryFailure.Invalid, 42201)]
    public async Task GetSchema_ErrorAnswer_IsTypedByWhatToDo(int status, string body, SchemaRegistryFailure failure, int? code)
    {
        using HttpSchemaRegistry client = StubRegistry.Answering((HttpStatusCode)status, body).Client();

        SchemaRegistryException e = await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel));

        Assert.Equal((failure, (HttpStatusCode?)status, code), (e.Failure, e.Status, e.ErrorCode));
        Assert.Equal(failure == SchemaRegistryFailure.Unreachable, e.IsTransient);
        Assert.Contains("GET schemas/ids/7", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"schema":null}""")]
    [InlineData("<html>welcome</html>")]
    public async Task GetSchema_AnswerThatIsNoRegistrys_IsRefused(string body)
    {
        using HttpSchemaRegistry client = StubRegistry.Answering(HttpStatusCode.OK, body).Client();

        SchemaRegistryException e = await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel));

        Assert.Equal(SchemaRegistryFailure.Refused, e.Failure);
    }

    [Fact]
    public async Task GetSchema_NobodyListens_IsTransient()
    {
        using HttpSchemaRegistry client = new(new SchemaRegistryOptions { Url = new Uri("http://127.0.0.1:1") });

        SchemaRegistryException e = await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel));

        Assert.True(e.IsTransient);
        Assert.Null(e.Status);
    }

    [Fact]
    public async Task GetSchema_NoAnswerInTime_IsTransient()
    {
        using StubRegistry stub = new(async (_, cancel) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
            throw new InvalidOperationException();
        });
        using HttpSchemaRegistry client = stub.Client(more: options => options.Timeout = TimeSpan.FromMilliseconds(100));

        Assert.True((await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel))).IsTransient);
    }

    [Fact]
    public async Task GetSchema_ManyAtOnceAndLater_OneRequest()
    {
        TaskCompletionSource release = new();
        using StubRegistry stub = new(async (_, _) =>
        {
            await release.Task;
            return StubRegistry.Answer(HttpStatusCode.OK, SchemaAnswer);
        });
        using HttpSchemaRegistry client = stub.Client();

        List<Task<string>> callers = Enumerable.Range(0, 50).Select(_ => client.GetSchemaAsync(7, Cancel)).ToList();
        release.SetResult();

        Assert.All(await Task.WhenAll(callers), schema => Assert.Equal("\"int\"", schema));
        Assert.Equal("\"int\"", await client.GetSchemaAsync(7, Cancel));
        Assert.Single(stub.Requests);
    }

    [Fact]
    public async Task GetSchema_FirstFailed_NextAsksAgain()
    {
        Queue<HttpResponseMessage> answers = new(
            [StubRegistry.Answer(HttpStatusCode.ServiceUnavailable, ""), StubRegistry.Answer(HttpStatusCode.OK, SchemaAnswer)]);
        using StubRegistry stub = new((_, _) => Task.FromResult(answers.Dequeue()));
        using HttpSchemaRegistry client = stub.Client();

        await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel));

        Assert.Equal("\"int\"", await client.GetSchemaAsync(7, Cancel));
        Assert.Equal(2, stub.Requests.Count);
    }

    [Fact]
    public async Task GetSchema_OneCallerGivesUp_TheOthersGetTheAnswer()
    {
        TaskCompletionSource release = new();
        using StubRegistry stub = new(async (_, _) =>
        {
            await release.Task;
            return StubRegistry.Answer(HttpStatusCode.OK, SchemaAnswer);
        });
        using HttpSchemaRegistry client = stub.Client();
        using CancellationTokenSource impatient = new();

        Task<string> first = client.GetSchemaAsync(7, impatient.Token);
        Task<string> second = client.GetSchemaAsync(7, Cancel);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        release.SetResult();

        Assert.Equal("\"int\"", await second);
        Assert.Single(stub.Requests);
    }

    [Fact]
    public async Task Register_SameAgain_IsAskedOnceAndOthersAreNot()
    {
        using StubRegistry stub = StubRegistry.Answering(HttpStatusCode.OK, """{"id":3}""");
        using HttpSchemaRegistry client = stub.Client();

        Assert.Equal(3, await client.RegisterAsync("a-value", "\"int\"", Cancel));
        Assert.Equal(3, await client.RegisterAsync("a-value", "\"int\"", Cancel));
        Assert.Equal(3, await client.RegisterAsync("b-value", "\"int\"", Cancel));

        Assert.Equal(
            [
                "http://127.0.0.1:8081/subjects/a-value/versions?normalize=true",
                "http://127.0.0.1:8081/subjects/b-value/versions?normalize=true",
            ],
            stub.Requests.Select(r => r.Url));
    }

    [Theory]
    [InlineData("http://127.0.0.1:8081", "http://127.0.0.1:8081/schemas/ids/7")]
    [InlineData("http://127.0.0.1:8081/apis/ccompat/v7", "http://127.0.0.1:8081/apis/ccompat/v7/schemas/ids/7")]
    [InlineData("http://127.0.0.1:8081/apis/ccompat/v7/", "http://127.0.0.1:8081/apis/ccompat/v7/schemas/ids/7")]
    public async Task Url_WithPath_IsKept(string url, string expected)
    {
        using StubRegistry stub = StubRegistry.Answering(HttpStatusCode.OK, SchemaAnswer);
        using HttpSchemaRegistry client = stub.Client(url);

        await client.GetSchemaAsync(7, Cancel);

        Assert.Equal(expected, Assert.Single(stub.Requests).Url);
    }

    [Fact]
    public async Task Subject_WithReservedCharacters_IsEscaped()
    {
        using StubRegistry stub = StubRegistry.Answering(HttpStatusCode.OK, """{"is_compatible":true}""");
        using HttpSchemaRegistry client = stub.Client();

        await client.CheckAsync("a/b?c-value", "\"int\"", Cancel);

        Assert.Equal(
            "http://127.0.0.1:8081/compatibility/subjects/a%2Fb%3Fc-value/versions?verbose=true", Assert.Single(stub.Requests).Url);
    }

    [Fact]
    public async Task Password_FromItsFile_GoesIntoTheHeaderOnly()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "öpen sesame\n", Cancel);
        using StubRegistry stub = StubRegistry.Answering(HttpStatusCode.Unauthorized, "");
        using HttpSchemaRegistry client = stub.Client(more: options => (options.Username, options.PasswordFile) = ("rating", file));

        SchemaRegistryException e = await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel));

        Assert.Equal(
            "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("rating:öpen sesame")), Assert.Single(stub.Requests).Authorization);
        Assert.DoesNotContain("sesame", e.ToString(), StringComparison.Ordinal);
        File.Delete(file);
    }
}
