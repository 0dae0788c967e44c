using System.Globalization;
using System.Text.Json;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>The rating worker as it ships, in a process of its own.</summary>
internal sealed class RatingProcess(string instance, IReadOnlyDictionary<string, string> environment)
    : ChildProcess($"rating {instance}", "BelgiCom.Streaming.Rating.Worker.dll", environment)
{
    private const string Up = " is up: ";

    private static readonly HttpClient Http = new();

    public string Instance => instance;

    /// <summary>SIGTERM; the worker must finish its batch and end with 0 within its drain time.</summary>
    public async Task DrainAsync()
    {
        Terminate();
        int code = await EndAsync(TimeSpan.FromSeconds(30));
        Assert.True(code == 0, $"exit code {code}; {Tail}");
    }

    /// <summary>What the worker's own metric says about an outcome; 0 before the first.</summary>
    public async Task<long> OutcomesAsync(string outcome)
    {
        await Wait.UntilAsync(() => Find(Up) is not null, "the worker's address", this);
        using JsonDocument line = JsonDocument.Parse(Find(Up)!);
        Uri url = new(line.RootElement.GetProperty("Url").GetString() + "/metrics");
        string metrics = await Http.GetStringAsync(url, TestContext.Current.CancellationToken);
        return metrics.Split('\n')
            .Where(sample => sample.StartsWith("belgicom_usage_outcomes_total{", StringComparison.Ordinal)
                && sample.Contains($"outcome=\"{outcome}\"", StringComparison.Ordinal))
            .Sum(sample => (long)double.Parse(sample[(sample.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }
}
