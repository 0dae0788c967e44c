using System.Collections.Concurrent;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;
using BelgiCom.Streaming.Rating.Worker;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Rates usage by one or two catalogues with the code of the rating worker, without Kafka. Usage is read in rounds: the blocks of a round
/// are decoded side by side, then the partitions rate side by side. So the results do not depend on the number of cores.
/// </summary>
internal sealed class UsageSimulation
{
    // So many events are in memory at a time: enough work for all cores between two rounds.
    private const int EventsPerRound = 100_000;

    private readonly IReadOnlyList<SimulatedCatalogue> _catalogues;
    private readonly SimulatedSubscribers _subscribers;
    private readonly SimulatedPartition[] _partitions;
    private readonly ParallelOptions _parallel;
    private readonly List<UsageBatch> _round = [];
    private readonly Stack<UsageBatch> _free = new();
    private readonly long _nowMilliseconds;
    private readonly bool _withDetails;
    private readonly LatePolicy? _late;
    // Who is on several partitions, by catalogue and offering, so that each counts as one subscriber.
    private readonly ConcurrentDictionary<(UInt128 Subscriber, int Catalogue, int Offering), bool> _onSeveral = new();
    private IReadOnlySet<UInt128> _guided = new HashSet<UInt128>();
    private long _roundEvents;

    /// <summary>Makes a simulation whose balances are empty.</summary>
    /// <param name="catalogues">One, or two to compare.</param>
    /// <param name="subscribers">Who has which subscription.</param>
    /// <param name="options">How long ids are known and when usage is late, as for the worker.</param>
    /// <param name="now">Usage must not begin more than a day after it.</param>
    /// <param name="cores">Most threads that work at a time.</param>
    /// <param name="watch">Sees each event, on several threads; null for nobody.</param>
    public UsageSimulation(
        IReadOnlyList<SimulatedCatalogue> catalogues, SimulatedSubscribers subscribers, RatingOptions options, DateTimeOffset now,
        int cores, SimulatedEvent? watch = null)
    {
        _catalogues = catalogues;
        _subscribers = subscribers;
        _nowMilliseconds = now.ToUnixTimeMilliseconds();
        _parallel = new ParallelOptions { MaxDegreeOfParallelism = cores };
        _withDetails = catalogues.Any(catalogue => catalogue.Tariffs.UsesDetails);
        _late = options.Late.ToPolicy();
        IsWithVat = catalogues.SelectMany(catalogue => catalogue.Versions).Any(version => version.PriceBasis == PriceBasis.Gross);
        RatingSession[][] sessions =
        [
            .. Enumerable.Range(0, subscribers.Partitions).Select(_ =>
                catalogues.Select(_ => new RatingSession(options.DedupDays, options.LateDays, _late, options.SessionDays)).ToArray()),
        ];
        foreach ((int index, SimulatedCatalogue catalogue) in catalogues.Index())
        {
            subscribers.Subscribe([.. sessions.Select(partition => partition[index])], catalogue.Index);
        }

        _partitions = [.. sessions.Select(partition => new SimulatedPartition(catalogues, partition, IsWithVat, watch, IsNew))];
    }

    /// <summary>Whether what subscribers pay is compared with VAT, because some prices are with it.</summary>
    public bool IsWithVat { get; }

    /// <summary>Records that were read.</summary>
    public long Records { get; private set; }

    /// <summary>Records that cannot be decoded.</summary>
    public long Undecodable { get; private set; }

    /// <summary>Records of usage under another name of the subscriber, each of which comes once more under the subscriber's own.</summary>
    public long PassedOn { get; private set; }

    /// <summary>Gives an empty batch, which <see cref="Add"/> takes back.</summary>
    public UsageBatch EmptyBatch()
    {
        UsageBatch batch = _free.TryPop(out UsageBatch? free) ? free : new UsageBatch();
        batch.Block.Clear();
        return batch;
    }

    /// <summary>Adds usage; it is rated when the round is full.</summary>
    public void Add(UsageBatch batch)
    {
        _round.Add(batch);
        _roundEvents += batch.Block.Records;
        if (_roundEvents >= EventsPerRound)
        {
            Finish();
        }
    }

    /// <summary>
    /// Names the recorded usage that the lanes guided to its account. It is rated in the place of that further record, because the members
    /// of an account draw from its bundle in that order.
    /// </summary>
    /// <param name="guided">Ids of the usage.</param>
    public void TakeGuided(IReadOnlySet<UInt128> guided) => _guided = guided;

    /// <summary>Adds top-ups, each of which is made before the first usage of its subscriber that ends after it.</summary>
    /// <param name="topUps">The top-ups, in the order of their instants.</param>
    public void TakeTopUps(IEnumerable<SimulatedTopUp> topUps)
    {
        foreach (SimulatedTopUp topUp in topUps)
        {
            SubscriberRef written = UsageEvents.ToSubscriberRef(topUp.Subscriber);
            SubscriberRef subscriber = _subscribers.NamedAt(written, topUp.AtMilliseconds) ?? written;
            SimulatedTopUp named = topUp with { Subscriber = UsageEvents.ToNumber(subscriber) };
            foreach (SimulatedTopUps taken in _partitions[_subscribers.PartitionOf(subscriber, topUp.AtMilliseconds)].TopUps)
            {
                taken.Add(named);
            }
        }
    }

    /// <summary>How many top-ups a catalogue took, and how many it refused, by why. Those after all usage are in neither.</summary>
    /// <param name="catalogue">Its place.</param>
    public (long Made, IReadOnlyDictionary<MoneyOutcome, long> Refused) TopUpsOf(int catalogue)
    {
        SimulatedTopUps[] all = [.. _partitions.Select(partition => partition.TopUps[catalogue])];
        return (
            all.Sum(one => one.Made),
            all.SelectMany(one => one.Refused).GroupBy(one => one.Key).ToDictionary(one => one.Key, one => one.Sum(pair => pair.Value)));
    }

    /// <summary>Rates the usage that was added and not rated yet.</summary>
    public void Finish()
    {
        Parallel.For(
            0, _round.Count, _parallel,
            index => _round[index].Decode(_subscribers, _guided, _late, _nowMilliseconds, _withDetails));
        Parallel.For(0, _partitions.Length, _parallel, number => _partitions[number].Rate(number, _round));
        foreach (UsageBatch batch in _round)
        {
            Records += batch.Block.Records;
            Undecodable += batch.Undecodable;
            PassedOn += batch.PassedOn;
            _free.Push(batch);
        }

        _round.Clear();
        _roundEvents = 0;
    }

    /// <summary>What became of the usage by one of the catalogues, offering by offering.</summary>
    /// <param name="catalogue">Its place.</param>
    public IReadOnlyDictionary<SoldOffering, OfferingTally> TalliesOf(int catalogue)
    {
        Dictionary<SoldOffering, OfferingTally> tallies = [];
        foreach ((int index, SoldOffering offering) in _catalogues[catalogue].Offerings.Append(SoldOffering.None).Index())
        {
            OfferingTally sum = new();
            foreach (SimulatedPartition partition in _partitions)
            {
                sum.Add(partition.Tallies(catalogue)[index]);
            }

            tallies.Add(offering, sum);
        }

        return tallies;
    }

    /// <summary>What each subscriber with priced usage pays, on all partitions.</summary>
    public IEnumerable<(UInt128 Subscriber, SubscriberSpend Spend)> Spends()
    {
        Dictionary<UInt128, SubscriberSpend> several = [];
        foreach ((UInt128 subscriber, SubscriberSpend spend) in _partitions.SelectMany(partition => partition.Spends))
        {
            if (!_subscribers.IsOnSeveral(subscriber))
            {
                yield return (subscriber, spend);
                continue;
            }

            SubscriberSpend sum = several.TryGetValue(subscriber, out SubscriberSpend known) ? known : new SubscriberSpend();
            sum.Add(in spend);
            several[subscriber] = sum;
        }

        foreach ((UInt128 subscriber, SubscriberSpend spend) in several)
        {
            yield return (subscriber, spend);
        }
    }

    private bool IsNew(UInt128 subscriber, int catalogue, int offering) =>
        !_subscribers.IsOnSeveral(subscriber) || _onSeveral.TryAdd((subscriber, catalogue, offering), true);
}
