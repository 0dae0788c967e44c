using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Production rating of the usage of a world.</summary>
internal sealed class WorldSession
{
    private const int Days = 45;

    private const string AddOn = "add-on";

    private readonly SlowWorld _world;
    private readonly CompiledCatalogue _catalogue = new(takesAllTerms: true);
    private readonly OfferingVersion[] _versions;

    /// <summary>A session that has rated nothing.</summary>
    public WorldSession(SlowWorld world)
    {
        _world = world;
        _versions = [.. world.Versions.SelectMany(Divided)];
        foreach (OfferingVersion version in _versions)
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
                [new SubscriptionPeriod { Account = account, Offering = world.Versions[0].Offering, AddOns = AddOns }],
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
                        AddOns = AddOns,
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
    public OfferingVersion VersionOf(in RatedPart part) => VersionAt(part.VersionIndex);

    /// <summary>Index of the price of a part in the world's price list.</summary>
    public int PriceIndexOf(in RatedPart part)
    {
        OfferingVersion version = VersionOf(in part);
        return version.Offering == AddOn || _world.AddOnPrices is not { } first
            ? part.PriceIndex
            : part.PriceIndex + Math.Min(first, _world.Versions.Single(one => one.Version == version.Version).Prices.Count);
    }

    /// <summary>The version that has the bundle of a part: another offering's than its price, where an add-on stands beside it.</summary>
    public OfferingVersion BundleVersionOf(in RatedPart part) =>
        VersionAt(part.BundleVersionIndex < 0 ? part.VersionIndex : part.BundleVersionIndex);

    /// <summary>Id of the bundle of a part.</summary>
    public string BundleIdOf(in RatedPart part)
    {
        OfferingVersion version = BundleVersionOf(in part);
        return part.BundleIndex < version.Bundles.Count ? version.Bundles[part.BundleIndex].Id : BundleOf(part);
    }

    /// <summary>The bundle of a part, by id or kind; empty for none.</summary>
    public string BundleOf(RatedPart part) => Tariffs.BundlesOf(in part).BundleName(part.BundleIndex);

    private string[] AddOns => _world.AddOnPrices is null ? [] : [AddOn];

    private OfferingVersion VersionAt(int index)
    {
        TariffVersion version = Tariffs.Version(index);
        return _versions.Single(one => one.Version == version.Version && one.Offering == Encoding.UTF8.GetString(version.OfferingUtf8));
    }

    /// <summary>A version, or a version of the add-on and one of the main offering that are it together.</summary>
    private IEnumerable<OfferingVersion> Divided(OfferingVersion version) => _world.AddOnPrices is not { } first
        ? [version]
        :
        [
            version with
            {
                Offering = AddOn,
                AddOnTo = [version.Offering],
                TopUps = [],
                Prices = [.. version.Prices.Take(first)],
                Bundles = [.. version.Bundles.Where((_, index) => index % 2 == 1)],
            },
            version with
            {
                Prices = [.. version.Prices.Skip(first)],
                Bundles = [.. version.Bundles.Where((_, index) => index % 2 == 0)],
            },
        ];

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
