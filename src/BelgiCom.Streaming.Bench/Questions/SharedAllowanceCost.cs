using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Bench;

/// <summary>
/// (h) What do shared allowances cost from Kafka to Kafka? The same number of records, of which a tenth is usage of members who share a
/// bundle, beside none; then neither the tariff nor its price list is there. Both are written anew for each round, because the worker
/// writes usage of members to the topic that it reads once more. Asked last: it replaces the usage of the other questions.
/// </summary>
internal sealed class SharedAllowanceCost(FilledCluster cluster, long records)
{
    private const int Lanes = 2;
    private const string None = "no shared allowances, 2 lanes";
    private const string Tenth = "10 % of the usage on shared allowances, 2 lanes";
    private const double Reach = 0.8;

    // The last tenth of the subscribers.
    private const int FirstMember = FilledCluster.Subscribers / 10 * 9;
    private const int MembersPerAccount = 4;

    public async Task<Findings> RunAsync(int rounds, CancellationToken stopping)
    {
        await cluster.SubscribeAsync(
            Enumerable.Range(FirstMember, FilledCluster.Subscribers - FirstMember).Select(number => (
                number, UsageLoad.Account(number / MembersPerAccount * MembersPerAccount), Family.Offering)),
            stopping);
        string question = $"i {cluster.Name}";
        IReadOnlyList<Series[]> results = await Rounds.RunAsync(
            question,
            rounds,
            [
                new Contender(None, CommitClock.Units, token => RateAsync(FirstMember, hasFamily: false, token)),
                new Contender(Tenth, CommitClock.Units, token => RateAsync(FilledCluster.Subscribers, hasFamily: true, token)),
            ],
            stopping);
        return new Findings(
            [.. results.SelectMany(series => series)],
            [Ratio.Between(question, $"{Tenth} / {None}", results[1][0], results[0][0], Reach)]);
    }

    /// <summary>An offering of whole kilobytes, as they are sold: a bundle for all members of the account, then a price.</summary>
    private static OfferingVersion Family { get; } = new()
    {
        Offering = "bench-family",
        Version = 1,
        Name = "Bench family",
        Currency = "EUR",
        VatPermille = 210,
        Zones = [new RoamingZone { Name = RoamingZone.Home, Plmns = ["00101"] }],
        Prices =
        [
            new OfferingPrice
            {
                Id = "data",
                Kind = UsageKind.Data,
                Unit = PriceUnit.Octet,
                UnitSize = 1_000_000,
                UnitPrice = 0.005m,
                Increment = 1_000,
                Bundle = true,
            },
        ],
        Bundles = [new Bundle { Id = "pool", Kind = UsageKind.Data, Units = 10_000_000_000, Shared = true }],
    };

    private async Task<double[]> RateAsync(int subscribers, bool hasFamily, CancellationToken stopping)
    {
        await cluster.PublishAsync(Family, isThere: hasFamily, stopping);
        await cluster.DeleteRecordsAsync(Topics.UsageReceived);
        UsageLoad usage = await cluster.UsageAsync(stream: 2, stopping, subscribers);
        cluster.Send(
            records,
            (number, output) =>
            {
                byte[] value = usage.Value(number);
                output.Produce(Topics.UsageReceived, null, UsageLoad.KeyOf(value), value);
            },
            stopping);
        return await WatchedRating.RateAllAsync(cluster, Lanes, records, stopping);
    }
}
