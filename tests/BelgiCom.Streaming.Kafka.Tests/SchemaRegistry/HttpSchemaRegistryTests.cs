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
        using var client = StubRegistry.Answering((HttpStatusCode)status, body).Client();

        var e = await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel));

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
        using var client = StubRegistry.Answering(HttpStatusCode.OK, body).Client();

        var e = await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel));

        Assert.Equal(SchemaRegistryFailure.Refused, e.Failure);
    }

    [Fact]
    public async Task GetSchema_NobodyListens_IsTransient()
    {
        using var client = new HttpSchemaRegistry(new SchemaRegistryOptions { Url = new Uri("http://127.0.0.1:1") });

        var e = await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel));

        Assert.True(e.IsTransient);
        Assert.Null(e.Status);
    }

    [Fact]
    public async Task GetSchema_NoAnswerInTime_IsTransient()
    {
        using var stub = new StubRegistry(async (_, cancel) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
            throw new InvalidOperationException();
        });
        using var client = stub.Client(more: options => options.Timeout = TimeSpan.FromMilliseconds(100));

        Assert.True((await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel))).IsTransient);
    }

    [Fact]
    public async Task GetSchema_ManyAtOnceAndLater_OneRequest()
    {
        var release = new TaskCompletionSource();
        using var stub = new StubRegistry(async (_, _) =>
        {
            await release.Task;
            return StubRegistry.Answer(HttpStatusCode.OK, SchemaAnswer);
        });
        using var client = stub.Client();

        var callers = Enumerable.Range(0, 50).Select(_ => client.GetSchemaAsync(7, Cancel)).ToList();
        release.SetResult();

        Assert.All(await Task.WhenAll(callers), schema => Assert.Equal("\"int\"", schema));
        Assert.Equal("\"int\"", await client.GetSchemaAsync(7, Cancel));
        Assert.Single(stub.Requests);
    }

    [Fact]
    public async Task GetSchema_FirstFailed_NextAsksAgain()
    {
        var answers = new Queue<HttpResponseMessage>([StubRegistry.Answer(HttpStatusCode.ServiceUnavailable, ""), StubRegistry.Answer(HttpStatusCode.OK, SchemaAnswer)]);
        using var stub = new StubRegistry((_, _) => Task.FromResult(answers.Dequeue()));
        using var client = stub.Client();

        await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel));

        Assert.Equal("\"int\"", await client.GetSchemaAsync(7, Cancel));
        Assert.Equal(2, stub.Requests.Count);
    }

    [Fact]
    public async Task GetSchema_OneCallerGivesUp_TheOthersGetTheAnswer()
    {
        var release = new TaskCompletionSource();
        using var stub = new StubRegistry(async (_, _) =>
        {
            await release.Task;
            return StubRegistry.Answer(HttpStatusCode.OK, SchemaAnswer);
        });
        using var client = stub.Client();
        using var impatient = new CancellationTokenSource();

        var first = client.GetSchemaAsync(7, impatient.Token);
        var second = client.GetSchemaAsync(7, Cancel);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        release.SetResult();

        Assert.Equal("\"int\"", await second);
        Assert.Single(stub.Requests);
    }

    [Fact]
    public async Task Register_SameAgain_IsAskedOnceAndOthersAreNot()
    {
        using var stub = StubRegistry.Answering(HttpStatusCode.OK, """{"id":3}""");
        using var client = stub.Client();

        Assert.Equal(3, await client.RegisterAsync("a-value", "\"int\"", Cancel));
        Assert.Equal(3, await client.RegisterAsync("a-value", "\"int\"", Cancel));
        Assert.Equal(3, await client.RegisterAsync("b-value", "\"int\"", Cancel));

        Assert.Equal(["http://127.0.0.1:8081/subjects/a-value/versions?normalize=true", "http://127.0.0.1:8081/subjects/b-value/versions?normalize=true"], stub.Requests.Select(r => r.Url));
    }

    [Theory]
    [InlineData("http://127.0.0.1:8081", "http://127.0.0.1:8081/schemas/ids/7")]
    [InlineData("http://127.0.0.1:8081/apis/ccompat/v7", "http://127.0.0.1:8081/apis/ccompat/v7/schemas/ids/7")]
    [InlineData("http://127.0.0.1:8081/apis/ccompat/v7/", "http://127.0.0.1:8081/apis/ccompat/v7/schemas/ids/7")]
    public async Task Url_WithPath_IsKept(string url, string expected)
    {
        using var stub = StubRegistry.Answering(HttpStatusCode.OK, SchemaAnswer);
        using var client = stub.Client(url);

        await client.GetSchemaAsync(7, Cancel);

        Assert.Equal(expected, Assert.Single(stub.Requests).Url);
    }

    [Fact]
    public async Task Subject_WithReservedCharacters_IsEscaped()
    {
        using var stub = StubRegistry.Answering(HttpStatusCode.OK, """{"is_compatible":true}""");
        using var client = stub.Client();

        await client.CheckAsync("a/b?c-value", "\"int\"", Cancel);

        Assert.Equal("http://127.0.0.1:8081/compatibility/subjects/a%2Fb%3Fc-value/versions?verbose=true", Assert.Single(stub.Requests).Url);
    }

    [Fact]
    public async Task Password_FromItsFile_GoesIntoTheHeaderOnly()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "öpen sesame\n", Cancel);
        using var stub = StubRegistry.Answering(HttpStatusCode.Unauthorized, "");
        using var client = stub.Client(more: options => (options.Username, options.PasswordFile) = ("rating", file));

        var e = await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel));

        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("rating:öpen sesame")), Assert.Single(stub.Requests).Authorization);
        Assert.DoesNotContain("sesame", e.ToString(), StringComparison.Ordinal);
        File.Delete(file);
    }
}
