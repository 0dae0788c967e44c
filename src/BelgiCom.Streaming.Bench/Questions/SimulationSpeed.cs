using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Rating.Worker;
using BelgiCom.Streaming.Tool;

namespace BelgiCom.Streaming.Bench;

/// <summary>
/// (g) How many recorded events does one core simulate, from the file to the sums of offerings and subscribers? Measured in processor time,
/// so that other processes do not count. Each round reads the file again with empty balances.
/// </summary>
internal static class SimulationSpeed
{
    private const int Events = 2_000_000;
    private const int Subscribers = 100_000;

    private static readonly DateTimeOffset Day = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Units = ["events/s"];

    public static async Task<Findings> RunAsync(int rounds, CancellationToken stopping)
    {
        string file = Path.GetTempFileName();
        try
        {
            Record(file, await EventTopic.OpenAsync<UsageReceived>(Topics.UsageReceived, new OwnSchemas(), stopping));
            IReadOnlyList<Series[]> results = await Rounds.RunAsync(
                "g", rounds, [new Contender("simulate", Units, _ => Task.FromResult(Measure(file)))], stopping);
            return new Findings(
                [.. results.SelectMany(series => series)],
                [Ratio.Against("g", "events/s per core / 1,000,000", results[0][0], 1_000_000, 1)]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void Record(string path, EventTopic<UsageReceived> topic)
    {
        UsageLoad usage = new(topic, stream: 1, Subscribers, Day);
        using FileStream file = new(path, FileMode.Create, FileAccess.Write);
        AvroContainerWriter writer = new(file, UsageReceived.SchemaJson);
        for (long number = 0; number < Events; number++)
        {
            writer.Add(usage.Value(number).AsSpan(WireFormat.HeaderSize));
        }

        writer.Flush();
    }

    private static double[] Measure(string file)
    {
        SimulatedCatalogue catalogue = new(CatalogueFolder.Load(SampleFiles.Catalogue));
        IEnumerable<Subscription> subscriptions = Enumerable.Range(0, Subscribers).Select(number => new Subscription
        {
            SubscriberRef = UsageLoad.Subscriber(number),
            Periods = [new SubscriptionPeriod { Account = UsageLoad.Account(number), Offering = UsageLoad.Offering }],
        });
        UsageSimulation simulation = new(
            [catalogue], new SimulatedSubscribers(subscriptions, catalogue.Versions), new RatingOptions(), Day.AddDays(1), cores: 1);
        TimeSpan started = Environment.CpuUsage.TotalTime;
        foreach (UsageBatch batch in UsageRecording.Read(file, simulation.EmptyBatch))
        {
            simulation.Add(batch);
        }

        simulation.Finish();
        TimeSpan elapsed = Environment.CpuUsage.TotalTime - started;
        SimulationReport report = SimulationReport.Of(simulation, [catalogue]);
        return report.Sum.Rated == Events
            ? [Events / elapsed.TotalSeconds]
            : throw new InvalidDataException($"not every event was rated: {report.Equation()}");
    }
}
