using System.Net;
using System.Text;

namespace BelgiCom.Streaming.Kafka.Tests;

public sealed class SchemaRegistryClientTests
{
    private const string SchemaAnswer = """{"schema":"\"int\""}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>
    /// No record may be lost over this difference: "later" keeps the position, "there is no such schema" sets the record aside.
    /// </summary>
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
    [InlineData(401, "<html>who are you</html>", SchemaRegistryFailure.Refused, null)]
    [InlineData(301, "", SchemaRegistryFailure.Refused, null)]
    [InlineData(409, """{"error_code":409,"message":"incompatible"}""", SchemaRegistryFailure.Incompatible, 409)]
    [InlineData(422, """{"error_code":42201,"message":"invalid"}""", SchemaRegistryFailure.Invalid, 42201)]
    public async Task GetSchema_ErrorAnswer_IsTypedByWhatToDo(int status, string body, SchemaRegistryFailure failure, int? code)
    {
        await using StubRegistry stub = await StubRegistry.AnsweringAsync((HttpStatusCode)status, body);
        using SchemaRegistryClient client = stub.Client();

        SchemaRegistryException e = await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel));

        Assert.Equal((failure, (HttpStatusCode?)status, code), (e.Failure, e.Status, e.ErrorCode));
        Assert.Equal(failure == SchemaRegistryFailure.Unreachable, e.IsTransient);
        Assert.Contains("schema 7", e.Message, StringComparison.Ordinal);
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
        await using StubRegistry stub = await StubRegistry.AnsweringAsync(HttpStatusCode.OK, body);
        using SchemaRegistryClient client = stub.Client();

        SchemaRegistryException e = await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel));

        Assert.Equal(SchemaRegistryFailure.Refused, e.Failure);
    }

    [Fact]
    public async Task GetSchema_NobodyListens_IsTransient()
    {
        using SchemaRegistryClient client = new(new SchemaRegistryOptions { Url = "http://127.0.0.1:1,http://127.0.0.1:2" });

        SchemaRegistryException e = await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel));

        Assert.True(e.IsTransient);
        Assert.Null(e.Status);
    }

    [Fact]
    public async Task GetSchema_NoAnswerInTime_IsTransient()
    {
        await using StubRegistry stub = await StubRegistry.StartAsync(async cancel =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
            throw new InvalidOperationException();
        });
        using SchemaRegistryClient client = stub.Client(options => options.Timeout = TimeSpan.FromMilliseconds(100));

        Assert.True((await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel))).IsTransient);
    }

    [Fact]
    public async Task GetSchema_ManyAtOnceAndLater_OneRequest()
    {
        TaskCompletionSource release = new();
        await using StubRegistry stub = await StubRegistry.StartAsync(async _ =>
        {
            await release.Task;
            return (HttpStatusCode.OK, SchemaAnswer);
        });
        using SchemaRegistryClient client = stub.Client();

        List<Task<string>> callers = Enumerable.Range(0, 50).Select(_ => client.GetSchemaAsync(7, Cancel)).ToList();
        release.SetResult();

        Assert.All(await Task.WhenAll(callers), schema => Assert.Equal("\"int\"", schema));
        Assert.Equal("\"int\"", await client.GetSchemaAsync(7, Cancel));
        Assert.Single(stub.Requests);
    }

    [Fact]
    public async Task GetSchema_FirstFailed_NextAsksAgain()
    {
        Queue<(HttpStatusCode, string)> answers = new([(HttpStatusCode.ServiceUnavailable, ""), (HttpStatusCode.OK, SchemaAnswer)]);
        await using StubRegistry stub = await StubRegistry.StartAsync(_ => Task.FromResult(answers.Dequeue()));
        using SchemaRegistryClient client = stub.Client();

        await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel));

        Assert.Equal("\"int\"", await client.GetSchemaAsync(7, Cancel));
        Assert.Equal(2, stub.Requests.Count);
    }

    [Fact]
    public async Task GetSchema_OneCallerGivesUp_TheOthersGetTheAnswer()
    {
        TaskCompletionSource release = new();
        await using StubRegistry stub = await StubRegistry.StartAsync(async _ =>
        {
            await release.Task;
            return (HttpStatusCode.OK, SchemaAnswer);
        });
        using SchemaRegistryClient client = stub.Client();
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
    public async Task RegisterAndLookUp_SameAgain_AreAskedOnceAndOthersAreNot()
    {
        await using StubRegistry stub = await StubRegistry.AnsweringAsync(HttpStatusCode.OK, """{"id":3,"subject":"s","version":1}""");
        using SchemaRegistryClient client = stub.Client();

        foreach (string subject in new[] { "a-value", "a-value", "b-value", "b-value" })
        {
            Assert.Equal(3, await client.RegisterAsync(subject, "\"int\"", Cancel));
        }

        using SchemaRegistryClient worker = stub.Client();
        Assert.Equal(3, await worker.GetIdAsync("a-value", "\"int\"", Cancel));
        Assert.Equal(3, await worker.GetIdAsync("a-value", "\"int\"", Cancel));

        Assert.Equal(
            [
                "/subjects/a-value/versions?normalize=True", "/subjects/b-value/versions?normalize=True",
                "/subjects/a-value?normalize=True&deleted=False",
            ],
            stub.Requests.Select(request => request.Path));
    }

    [Theory]
    [InlineData("", "/schemas/ids/7")]
    [InlineData("/apis/ccompat/v7", "/apis/ccompat/v7/schemas/ids/7")]
    [InlineData("/apis/ccompat/v7/", "/apis/ccompat/v7/schemas/ids/7")]
    public async Task Url_WithPath_IsKept(string path, string expected)
    {
        await using StubRegistry stub = await StubRegistry.AnsweringAsync(HttpStatusCode.OK, SchemaAnswer);
        using SchemaRegistryClient client = stub.Client(options => options.Url += path);

        await client.GetSchemaAsync(7, Cancel);

        Assert.StartsWith(expected, Assert.Single(stub.Requests).Path, StringComparison.Ordinal);
    }

    /// <summary>Several addresses are one registry: the client also asks the next one when one answers "later".</summary>
    [Fact]
    public async Task Url_OfSeveral_AsksTheNextWhenOneDoesNotAnswer()
    {
        await using StubRegistry busy = await StubRegistry.AnsweringAsync(HttpStatusCode.ServiceUnavailable, "");
        await using StubRegistry stub = await StubRegistry.AnsweringAsync(HttpStatusCode.OK, SchemaAnswer);
        using SchemaRegistryClient client = stub.Client(options => options.Url = $"http://127.0.0.1:1, {busy.Url}, {stub.Url}");

        Assert.Equal("\"int\"", await client.GetSchemaAsync(7, Cancel));
        Assert.Single(busy.Requests);
    }

    [Fact]
    public async Task Properties_OfTheClient_ArePassedOn()
    {
        await using StubRegistry stub = await StubRegistry.AnsweringAsync(HttpStatusCode.ServiceUnavailable, "");
        using SchemaRegistryClient client = stub.Client(options =>
        {
            options.Properties["schema.registry.max.retries"] = "3";
            options.Properties["schema.registry.retries.wait.ms"] = "1";
            options.Properties["schema.registry.retries.max.wait.ms"] = "1";
        });

        Assert.True((await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel))).IsTransient);
        Assert.Equal(3, stub.Requests.Count);
    }

    [Fact]
    public async Task Subject_WithReservedCharacters_IsEscaped()
    {
        await using StubRegistry stub = await StubRegistry.AnsweringAsync(HttpStatusCode.OK, """{"is_compatible":true}""");
        using SchemaRegistryClient client = stub.Client();

        await client.IsCompatibleAsync("a/b?c-value", "\"int\"", Cancel);

        Assert.Equal("/compatibility/subjects/a%2Fb%3Fc-value/versions/latest", Assert.Single(stub.Requests).Path);
    }

    [Fact]
    public async Task Password_FromItsFile_GoesIntoTheHeaderOnly()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "öpen:sesame\n", Cancel);
        await using StubRegistry stub = await StubRegistry.AnsweringAsync(HttpStatusCode.Unauthorized, "");
        using SchemaRegistryClient client = stub.Client(options => (options.Username, options.PasswordFile) = ("rating", file));

        SchemaRegistryException e = await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(7, Cancel));

        Assert.Equal(
            "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("rating:öpen:sesame")), Assert.Single(stub.Requests).Authorization);
        Assert.DoesNotContain("sesame", e.ToString(), StringComparison.Ordinal);
        File.Delete(file);
    }
}
