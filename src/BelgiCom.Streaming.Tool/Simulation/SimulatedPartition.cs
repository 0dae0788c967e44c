using System.Runtime.InteropServices;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Tool;

/// <summary>Sees each event after it was rated; its parts are valid until it returns.</summary>
/// <param name="catalogue">The catalogue that it was rated by.</param>
/// <param name="usage">The event.</param>
/// <param name="result">Its result.</param>
/// <param name="session">Session that rated it.</param>
internal delegate void SimulatedEvent(
    SimulatedCatalogue catalogue, in UsageRecord usage, in RatingResult result, RatingSession session);

/// <summary>
/// Rates the usage of one partition by one or two catalogues, with the code of the rating worker, and counts what comes out. For one thread
/// at a time.
/// </summary>
internal sealed class SimulatedPartition
{
    /// <summary>One permille of VAT of a nano-unit: amounts on both bases are whole numbers of it.</summary>
    public const int SharesPerNano = 1000;

    private const int NoOffering = -1;

    private readonly IReadOnlyList<SimulatedCatalogue> _catalogues;
    private readonly bool _withVat;
    private readonly SimulatedEvent? _watch;
    private readonly OfferingTally[][] _tallies;
    private readonly HashSet<(int Subscriber, int Catalogue, int Offering)> _seen = [];
    private readonly Func<UInt128, int, int, bool> _isNew;
    private readonly Dictionary<UInt128, int> _numbers = [];
    private readonly UsageKey[] _keys = new UsageKey[RatingSession.PrepareLength];
    private SubscriberSpend[] _spends = new SubscriberSpend[1024];

    /// <param name="catalogues">The catalogues, of which a comparison has two.</param>
    /// <param name="sessions">An empty session for each, with its subscriptions.</param>
    /// <param name="withVat">Whether what subscribers pay is compared with VAT, because not all prices are without.</param>
    /// <param name="watch">Sees each event; null for nobody.</param>
    /// <param name="isNew">
    /// Whether a subscriber, whom this partition sees for the first time under an offering of a catalogue, was seen by no other.
    /// </param>
    public SimulatedPartition(
        IReadOnlyList<SimulatedCatalogue> catalogues, IReadOnlyList<RatingSession> sessions, bool withVat, SimulatedEvent? watch,
        Func<UInt128, int, int, bool> isNew)
    {
        _isNew = isNew;
        _catalogues = catalogues;
        Sessions = sessions;
        TopUps = [.. sessions.Select(_ => new SimulatedTopUps())];
        _withVat = withVat;
        _watch = watch;
        _tallies =
        [
            .. catalogues.Select(catalogue =>
                Enumerable.Range(0, catalogue.Offerings.Count + 1).Select(_ => new OfferingTally()).ToArray()),
        ];
    }

    /// <summary>A session for each catalogue.</summary>
    public IReadOnlyList<RatingSession> Sessions { get; }

    /// <summary>The top-ups of its subscribers, for each catalogue.</summary>
    public IReadOnlyList<SimulatedTopUps> TopUps { get; }

    /// <summary>What each subscriber with priced usage pays.</summary>
    public IEnumerable<(UInt128 Subscriber, SubscriberSpend Spend)> Spends =>
        _numbers.Select(number => (number.Key, _spends[number.Value]));

    /// <summary>What became of the usage under the offerings of a catalogue; the last is that of usage under none.</summary>
    public IReadOnlyList<OfferingTally> Tallies(int catalogue) => _tallies[catalogue];

    /// <summary>Rates the partition's usage of some batches, in their order.</summary>
    /// <param name="number">Number of the partition.</param>
    /// <param name="batches">The batches.</param>
    public void Rate(int number, IReadOnlyList<UsageBatch> batches)
    {
        foreach (UsageBatch batch in batches)
        {
            ReadOnlySpan<int> places = batch.PlacesOf(number);
            for (int start = 0; start < places.Length; start += RatingSession.PrepareLength)
            {
                ReadOnlySpan<int> slice = places.Slice(start, Math.Min(RatingSession.PrepareLength, places.Length - start));
                for (int catalogue = 0; catalogue < _catalogues.Count; catalogue++)
                {
                    Rate(catalogue, batch, slice);
                }
            }
        }

        foreach (RatingSession session in Sessions)
        {
            session.Commit();
        }
    }

    private void Rate(int catalogue, UsageBatch batch, ReadOnlySpan<int> places)
    {
        RatingSession session = Sessions[catalogue];
        TariffSnapshot tariffs = _catalogues[catalogue].Tariffs;
        for (int index = 0; index < places.Length; index++)
        {
            ref readonly UsageRecord usage = ref batch.At(places[index]);
            _keys[index] = new UsageKey(usage.UsageId, usage.Subscriber);
        }

        session.Prepare(_keys.AsSpan(0, places.Length));
        SimulatedTopUps topUps = TopUps[catalogue];
        foreach (int place in places)
        {
            ref readonly UsageRecord usage = ref batch.At(place);
            topUps.MakeBefore(in usage, session, tariffs);
            session.Rate(in usage, tariffs, out RatingResult result);
            Count(catalogue, in usage, in result);
            _watch?.Invoke(_catalogues[catalogue], in usage, in result, session);
        }
    }

    private void Count(int number, in UsageRecord usage, in RatingResult result)
    {
        SimulatedCatalogue catalogue = _catalogues[number];
        int offering = HasVersion(in result) ? catalogue.OfferingOf[result.VersionIndex] : NoOffering;
        OfferingTally tally = offering == NoOffering ? _tallies[number][^1] : _tallies[number][offering];
        if (result.Outcome is not (RatingOutcome.Rated or RatingOutcome.ZeroRated))
        {
            int reason = (int)result.RejectedReason;
            tally.NotPriced[reason]++;
            tally.Examples[reason] = tally.Examples[reason] == UInt128.Zero ? usage.UsageId : tally.Examples[reason];
            return;
        }

        ref SubscriberSpend spend = ref SpendOf(usage.Subscriber, out int subscriber);
        if (spend.IsFirst(number, offering) && _seen.Add((subscriber, number, offering))
            && _isNew(usage.Subscriber, number, offering))
        {
            tally.Subscribers++;
        }

        if (result.Outcome == RatingOutcome.ZeroRated)
        {
            tally.ZeroRated++;
            return;
        }

        OfferingVersion version = catalogue.Versions[result.VersionIndex];
        int unit = result.PriceIndex < 0 ? (int)PriceUnit.Unit : (int)version.Prices[result.PriceIndex].Unit;
        tally.Rated++;
        tally.Charged[unit] += result.ChargedUnits;
        tally.Bundled[unit] += result.BundleUnits;
        tally.RevenueNanos += result.AmountNanos;
        if (result.AmountNanos != 0)
        {
            int share = _withVat && version.PriceBasis == PriceBasis.Net ? SharesPerNano + version.VatPermille : SharesPerNano;
            spend.Add(number, (Int128)result.AmountNanos * share, version.Currency);
        }
    }

    /// <summary>Whether the outcome was decided under a version: usage that was not guided to one has none.</summary>
    private static bool HasVersion(in RatingResult result) => result.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated
        || result.RejectedReason is RejectedReason.NoPrice or RejectedReason.NotMeasured or RejectedReason.Currency;

    private ref SubscriberSpend SpendOf(UInt128 subscriber, out int number)
    {
        ref int known = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, subscriber, out bool isKnown);
        if (!isKnown)
        {
            known = _numbers.Count - 1;
            if (known == _spends.Length)
            {
                Array.Resize(ref _spends, known * 2);
            }

            _spends[known] = new SubscriberSpend();
        }

        number = known;
        return ref _spends[known];
    }
}
