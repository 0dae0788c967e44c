using BelgiCom.Streaming.Contracts;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Bench;

/// <summary>
/// (c) How many records a second go from Kafka to Kafka exactly once: rated by our worker, passed through by the stock client, priced by a
/// usual .NET worker, passed through in C; all over the same usage topic and with as many records in a transaction. The stock client runs
/// with its own defaults, as the usual worker does, and with our settings, as the program in C does. (f) What does a record cost meanwhile?
/// </summary>
internal sealed class KafkaToKafkaSpeed(FilledCluster cluster, long records, PlainC? plainC)
{
    private const string StockTopic = "bench.stock";
    private const string TunedTopic = "bench.stock-tuned";
    private const string UsualTopic = "bench.usual";
    private const string PlainTopic = "bench.plain-c";
    private const string Stock = "stock Confluent.Kafka pass-through";
    private const string Tuned = "the same with our settings";
    private const string Usual = "usual .NET worker";
    private static readonly int[] Lanes = [1, 2];

    public async Task<Findings> RunAsync(int rounds, CancellationToken stopping)
    {
        foreach (string topic in new[] { StockTopic, TunedTopic, UsualTopic, PlainTopic })
        {
            await cluster.CreateTopicAsync(topic);
        }

        string question = $"c {cluster.Name}";
        GenericRating rating = new((await cluster.OpenAsync<UsageRatedView>(Topics.UsageRated, stopping)).SchemaId);
        IReadOnlyList<Series[]> results = await Rounds.RunAsync(
            question,
            rounds,
            [
                .. Lanes.Select(lanes => new Contender(
                    Ours(lanes), CommitClock.Units, token => WatchedRating.RateAllAsync(cluster, lanes, records, token))),
                new Contender(
                    Stock, CommitClock.Units,
                    token => PassThroughAsync(StockPassThrough.Defaults(cluster, StockTopic), StockTopic, value => value, token)),
                new Contender(
                    Tuned, CommitClock.Units,
                    token => PassThroughAsync(StockPassThrough.Tuned(cluster, TunedTopic), TunedTopic, value => value, token)),
                new Contender(
                    Usual, CommitClock.Units,
                    token => PassThroughAsync(StockPassThrough.Defaults(cluster, UsualTopic), UsualTopic, rating.Rate, token)),
                .. plainC is null
                    ? []
                    : Lanes.Select(lanes => new Contender(InC(lanes), [CommitClock.Units[0]], token => PlainAsync(plainC, lanes, token))),
            ],
            stopping);

        // The cost of a record is question (f). The cost of the C program is not known in this process.
        IEnumerable<Series> speeds = results.Select(series => series[0]);
        IEnumerable<Series> costs = results.SelectMany(series => series.Skip(1))
            .Select(series => series with { Question = $"f {cluster.Name}" });
        IEnumerable<Series> skipped = plainC is null
            ? Lanes.Select(lanes => Series.Skipped(question, InC(lanes), "skipped: no C compiler"))
            : [];
        return new Findings([.. speeds, .. skipped, .. costs], [.. Ratios(question, results)]);
    }

    private async Task<double[]> PassThroughAsync(
        (ConsumerConfig, ProducerConfig) configs, string topic, Func<byte[], byte[]> handle, CancellationToken stopping)
    {
        // The client's calls block.
        double[] figures = await Task.Factory.StartNew(
            () => StockPassThrough.Run(configs, topic, records, handle, stopping), stopping, TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await cluster.DeleteRecordsAsync(topic);
        return figures;
    }

    private async Task<double[]> PlainAsync(PlainC program, int lanes, CancellationToken stopping)
    {
        double[] figures = await program.RunAsync(cluster, PlainTopic, lanes, records, stopping);
        await cluster.DeleteRecordsAsync(PlainTopic);
        return figures;
    }

    private IEnumerable<Ratio> Ratios(string question, IReadOnlyList<Series[]> results)
    {
        Dictionary<string, Series> of = results.ToDictionary(series => series[0].Contender, series => series[0]);
        foreach (int lanes in Lanes.Reverse())
        {
            yield return Against(Stock, 2);
            yield return Against(Tuned, 2);
            yield return Against(Usual, 4);
            if (plainC is not null)
            {
                yield return Against(InC(lanes), 0.8);
            }

            Ratio Against(string peer, double reach) =>
                Ratio.Between(question, $"{Ours(lanes)} / {peer}", of[Ours(lanes)], of[peer], reach);
        }
    }

    private static string Ours(int lanes) => $"our rating, {lanes} {(lanes == 1 ? "lane" : "lanes")}";

    private static string InC(int lanes) => $"plain librdkafka in C, {lanes} {(lanes == 1 ? "lane" : "lanes")}";
}
