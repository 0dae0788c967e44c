using System.CommandLine;
using System.Net;
using System.Text;
using BelgiCom.Streaming.Hosting;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>What <c>balance</c> asks the door, and what it makes of the answers.</summary>
public sealed class BalanceCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("balance-verb-");
    private readonly HttpListener _door = new();
    private readonly string _url;
    private readonly string _token;

    public BalanceCommandTests()
    {
        // A port that is free: taken once, and given to the listener.
        using System.Net.Sockets.TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        _url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
        probe.Stop();
        _door.Prefixes.Add(_url);
        _door.Start();
        _token = Path.Combine(_folder.FullName, "token");
        File.WriteAllText(_token, "a-token\n");
    }

    public void Dispose()
    {
        _door.Close();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Adjust_SendsTheAmountAsItIs_UnderTheGivenId()
    {
        Task<(string Head, string Body)> asked = AnswerAsync(
            HttpStatusCode.Created,
            """{"status":"completed","id":"x","balanceBefore":{"amount":3,"units":"EUR"},"balanceAfter":{"amount":0.5,"units":"EUR"}}""");
        int code = await RunAsync("adjust", "32470000001", "-2.500000001", "--reason", "WRONG", "--id", "k-1", "--json");
        (string head, string body) = await asked;
        Assert.Equal(WorkerHost.ExitDone, code);
        Assert.Equal("POST /tmf-api/prepayBalanceManagement/v4/adjustBalance k-1 Bearer a-token", head);
        Assert.Equal(
            """{"logicalResource":[{"id":"32470000001"}],"amount":{"amount":-2.500000001,"units":"EUR"},"reason":"WRONG"}""", body);
    }

    [Fact]
    public async Task Refusal_IsWhatTheUserCanMend_AndNoAnswerIsAFailure()
    {
        Task<(string Head, string Body)> asked = AnswerAsync(
            HttpStatusCode.Conflict, """{"status":409,"cause":"NOT_ENOUGH_MONEY","detail":"Less is left."}""");
        Assert.Equal(WorkerHost.ExitConfiguration, await RunAsync("transfer", "32470000001", "32470000002", "1"));
        await asked;
        asked = AnswerAsync(HttpStatusCode.ServiceUnavailable, """{"status":503,"cause":"SYSTEM_FAILURE","detail":"Ask again."}""");
        Assert.Equal(WorkerHost.ExitFailed, await RunAsync("topup", "32470000001", "1"));
        await asked;
        asked = AnswerAsync(HttpStatusCode.OK, "no JSON");
        Assert.Equal(WorkerHost.ExitFailed, await RunAsync("show", "32470000001"));
        await asked;
        _door.Stop();
        Assert.Equal(WorkerHost.ExitFailed, await RunAsync("show", "32470000001"));
        Assert.Equal(WorkerHost.ExitConfiguration, await RunAsync("topup", "32470000001", "much"));
    }

    /// <summary>The stock client would follow without the token.</summary>
    [Fact]
    public async Task Request_ThatIsSentOn_TakesTokenAndIdAlong_ButNotToHttps()
    {
        const string Sent = "tmf-api/prepayBalanceManagement/v4/topupBalance?subscriber=51510000000000000000000000000001";
        Task<int> running = RunAsync("topup", "32470000001", "1", "--id", "k-2");
        await AnswerAsync(HttpStatusCode.TemporaryRedirect, "", _url + Sent);
        (string head, string body) = await AnswerAsync(
            HttpStatusCode.Created,
            """{"status":"completed","id":"x","balanceBefore":{"amount":3,"units":"EUR"},"balanceAfter":{"amount":4,"units":"EUR"}}""");
        Assert.Equal(WorkerHost.ExitDone, await running);
        Assert.Equal($"POST /{Sent} k-2 Bearer a-token", head);
        Assert.Equal("""{"logicalResource":[{"id":"32470000001"}],"amount":{"amount":1,"units":"EUR"}}""", body);

        running = RunAsync("topup", "32470000001", "1", "--id", "k-2");
        await AnswerAsync(HttpStatusCode.TemporaryRedirect, "", _url.Replace("http:", "https:", StringComparison.Ordinal) + Sent);
        Assert.Equal(WorkerHost.ExitFailed, await running);
    }

    private Task<int> RunAsync(params string[] words)
    {
        RootCommand root = new() { BalanceCommand.Create() };
        return CommandLine.RunAsync(root, ["balance", .. words, "--url", _url, "--token-file", _token]);
    }

    private async Task<(string Head, string Body)> AnswerAsync(HttpStatusCode status, string answer, string? location = null)
    {
        HttpListenerContext context = await _door.GetContextAsync();
        using StreamReader reader = new(context.Request.InputStream);
        string body = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        context.Response.StatusCode = (int)status;
        context.Response.RedirectLocation = location;
        context.Response.OutputStream.Write(Encoding.UTF8.GetBytes(answer));
        context.Response.Close();
        return (
            $"{context.Request.HttpMethod} {context.Request.RawUrl} {context.Request.Headers["Idempotency-Key"]} "
            + context.Request.Headers["Authorization"],
            body);
    }
}
