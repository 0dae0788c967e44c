using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Production rating of the usage of a world.</summary>
internal sealed class WorldSession
{
    private const int Days = 45;

    private readonly SlowWorld _world;
    private readonly CompiledCatalogue _catalogue = new(takesAllTerms: true);

    /// <summary>A session that has rated nothing.</summary>
    public WorldSession(SlowWorld world)
    {
        _world = world;
        foreach (OfferingVersion version in world.Versions)
        {
            _catalogue.Put(version);
        }

        _catalogue.Compile();
        if (_catalogue.Problems.Count > 0)
        {
            throw new InvalidOperationException($"The generator made a version that is refused: {_catalogue.Problems[0]}");
        }

        foreach ((string subscriber, string account) in world.Accounts)
        {
            Session.SetSubscription(
                SlowWorld.Number(subscriber),
                [new SubscriptionPeriod { Account = account, Offering = world.Versions[0].Offering }],
                _catalogue.Offerings);
        }

        foreach (SlowMember device in world.Devices)
        {
            Session.SetMember(
                SlowWorld.Number(device.Name),
                [
                    new SubscriptionPeriod
                    {
                        Account = device.Account,
                        Offering = world.Versions[0].Offering,
                        ValidFrom = device.From is { } from ? DateTimeOffset.FromUnixTimeMilliseconds(from) : null,
                        ValidTo = device.To is { } to ? DateTimeOffset.FromUnixTimeMilliseconds(to) : null,
                    },
                ],
                _catalogue.Offerings);
        }

        TopUp();
    }

    /// <summary>Makes the top-ups of the world.</summary>
    private void TopUp()
    {
        foreach (SlowTopUp topUp in _world.TopUps)
        {
            MoneyOrder order = new(
                (UInt128)topUp.Number, BalanceOperationKind.TopUp, SlowWorld.Number(topUp.Subscriber), Nanos.FromDecimal(topUp.Amount),
                Currency.Of("EUR"u8), "shop", "TEST");
            MoneyOutcome outcome = Session.Do(in order, Tariffs, new QuotaPolicy(), topUp.At).Outcome;
            if (outcome is not (MoneyOutcome.Done or MoneyOutcome.NoOffering))
            {
                throw new InvalidOperationException($"The generator made a top-up that is refused: {outcome}");
            }
        }

        Session.Commit();
    }

    public RatingSession Session { get; } = new(Days, Days);

    public TariffSnapshot Tariffs => _catalogue.Tariffs;

    /// <summary>Rates one event and keeps what it counts.</summary>
    public RatedUsageOfAWorld Rate(SlowUsage usage)
    {
        RatedUsageOfAWorld rated = RateUncommitted(usage);
        Session.Commit();
        return rated;
    }

    /// <summary>Rates one event of a batch that stays open.</summary>
    public RatedUsageOfAWorld RateUncommitted(SlowUsage usage)
    {
        UsageRecord record = SlowWorld.Record(usage);
        Session.Rate(in record, Tariffs, out RatingResult result);
        return new RatedUsageOfAWorld(result, Session.Parts(in result, Tariffs).ToArray());
    }

    /// <summary>The version of a part, as it is published.</summary>
    public OfferingVersion VersionOf(in RatedPart part)
    {
        int number = Tariffs.Version(part.VersionIndex).Version;
        return _world.Versions.Single(one => one.Version == number);
    }

    /// <summary>The bundle of a part, by id or kind; empty for none.</summary>
    public string BundleOf(RatedPart part) => Tariffs.Version(part.VersionIndex).PriceList.BundleName(part.BundleIndex);

    /// <summary>What is written of a result: its numbers as text, and the octets of parts and meters.</summary>
    public string OctetsOf(RatedUsageOfAWorld rated)
    {
        UsageRatedView view = default;
        RatingResult result = rated.Result;
        Session.WriteArrays(in result, Tariffs, ref view);
        return $"{result.Outcome} {result.ZeroRatedReason} {result.RejectedReason} {result.VersionIndex} {result.ZoneIndex} "
            + $"{result.PriceIndex} {result.PeriodStartDays} {result.Crossed} {result.ChargedUnits} {result.BundleUnits} "
            + $"{result.AmountNanos} {result.Balance.SpendNanos} {Convert.ToHexString(view.PartsOctets)} "
            + Convert.ToHexString(view.MetersOctets);
    }
}

/// <summary>A result with its parts.</summary>
/// <param name="Result">The result.</param>
/// <param name="Parts">Its parts.</param>
internal sealed record RatedUsageOfAWorld(RatingResult Result, RatedPart[] Parts);
