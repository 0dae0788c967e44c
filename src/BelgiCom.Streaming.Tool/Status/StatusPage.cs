using BelgiCom.Streaming.Adapters;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// The page at <c>/</c> and the object at <c>/status.json</c>. The status is taken once a second and kept, so that any number of viewers
/// cost no more than one.
/// </summary>
internal sealed class StatusPage(RecentProblems problems, string inbox)
{
    private const int FilesMax = 20;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly string Html = ReadHtml();

    private readonly DateTimeOffset _startedAt = TimeProvider.System.GetUtcNow();
    private volatile string _json = "{}";

    public void Map(WebApplication app)
    {
        app.MapGet("/", () => Results.Text(Html, "text/html; charset=utf-8"));
        app.MapGet("/status.json", () => Results.Text(_json, "application/json"));
    }

    /// <summary>Keeps the status up to date until cancelled.</summary>
    /// <exception cref="ToolException">A worker has failed.</exception>
    public async Task FollowAsync(Pipeline pipeline, CancellationToken cancellationToken)
    {
        FileLedger files = pipeline.App.Services.GetRequiredService<FileLedger>();
        while (!cancellationToken.IsCancellationRequested)
        {
            pipeline.ThrowIfFailed();
            try
            {
                _json = JsonOutput.Text(await LookAsync(pipeline, files, cancellationToken));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The process was asked to stop while it counted; that is the end that was asked for, and no failure.
                return;
            }
            catch (Exception exception) when (exception is not OperationCanceledException and not OutOfMemoryException)
            {
                // The broker does not answer. The workers wait for it too, and the page says so.
                _json = JsonOutput.Text(new { failure = $"the status is not known: {exception.Message}", problems = problems.All });
            }

            await Task.Delay(Interval, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<object> LookAsync(Pipeline pipeline, FileLedger files, CancellationToken cancellationToken)
    {
        pipeline.Usage.Advance(cancellationToken);
        IReadOnlyDictionary<string, long> lag = await pipeline.LagsAsync();
        UsageTally tally = pipeline.Usage.Total;
        bool idle = lag.Values.All(behind => behind == 0);
        return new
        {
            startedAt = _startedAt,
            uptimeSeconds = (TimeProvider.System.GetUtcNow() - _startedAt).TotalSeconds,
            broker = pipeline.Broker,
            inbox,
            ledger = pipeline.LedgerLocation,
            records = tally.ToJson(),
            conserved = tally.IsConserved,
            idle,
            equation = tally.IsConserved || idle ? tally.Equation() : $"{tally.Equation()}, in flight",
            billed = Billed.Of(pipeline.LedgerNow()).ToJson(),
            lag,
            files = files.List().OrderByDescending(file => file.ReceivedAt).Take(FilesMax).Select(FileJson),
            problems = problems.All,
        };
    }

    private static object FileJson(FileEntry file) => new
    {
        file.Name,
        file.Source,
        state = RunFile.StateOf(file),
        file.Totals.Cdrs,
        file.Totals.Events,
        file.Quarantined,
        file.ReceivedAt,
    };

    private static string ReadHtml()
    {
        using Stream resource = typeof(StatusPage).Assembly.GetManifestResourceStream("status.html")!;
        using StreamReader reader = new(resource);
        return reader.ReadToEnd();
    }
}
