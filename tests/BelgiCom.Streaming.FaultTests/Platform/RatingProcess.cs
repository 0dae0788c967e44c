using System.Globalization;
using System.Text.Json;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>The rating worker as it ships, in a process of its own.</summary>
internal sealed class RatingProcess(string instance, IReadOnlyDictionary<string, string> environment)
    : ChildProcess($"rating {instance}", OurProgram.Start("BelgiCom.Streaming.Rating.Worker", environment))
{
    private const string Up = " is up: ";

    private static readonly HttpClient Http = new();

    public string Instance => instance;

    /// <summary>How often it logged an event. Events are told by their ids: the words of a line may change.</summary>
    public int Count(LoggedEvent logged) =>
        Lines.Count(line => line.Contains($"\"EventId\":{{\"Id\":{(int)logged},", StringComparison.Ordinal));

    /// <summary>SIGTERM; the worker must finish its batch and end with 0 within its drain time.</summary>
    public async Task DrainAsync()
    {
        Terminate();
        (await EndAsync(TimeSpan.FromSeconds(30))).WithExitCode(0);
    }

    /// <summary>What the worker's own metric says about an outcome; 0 before the first.</summary>
    public async Task<long> OutcomesAsync(string outcome)
    {
        using JsonDocument line = JsonDocument.Parse(
            await LineAsync(text => text.Contains(Up, StringComparison.Ordinal), "the worker's address"));
        Uri url = new(line.RootElement.GetProperty("Url").GetString() + "/metrics");
        string metrics = await Http.GetStringAsync(url, TestContext.Current.CancellationToken);
        return metrics.Split('\n')
            .Where(sample => sample.StartsWith("belgicom_usage_outcomes_total{", StringComparison.Ordinal)
                && sample.Contains($"outcome=\"{outcome}\"", StringComparison.Ordinal))
            .Sum(sample => (long)double.Parse(sample[(sample.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }
}

/// <summary>Events that tests count in the log of a worker, by the names and ids that the Kafka client gives them.</summary>
internal enum LoggedEvent
{
    /// <summary>A batch failed and is read again.</summary>
    BatchReadAgain = 1002,

    /// <summary>Whether a transaction was committed is not known.</summary>
    OutcomeUnknown = 1003,

    /// <summary>The schema registry does not answer.</summary>
    RegistryUnreachable = 1015,
}
