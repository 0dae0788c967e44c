using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>One offering version compiled for rating. Immutable.</summary>
public sealed class TariffVersion
{
    private const int Kinds = 5;
    private const int Directions = 3;

    private readonly ZoneMap _zoneMap;
    private readonly byte[][] _zoneNames;
    private readonly Price[] _prices;

    // The prices that can apply to a kind, direction and zone, in the order in which they are tried.
    private readonly int[][] _candidates;
    // The bundle of each kind.
    private readonly int[] _bundles;
    private readonly byte[] _offering;
    private readonly byte[] _guided;
    private readonly byte[] _currency;

    // Its limits where it stands as an add-on beside a main offering.
    private readonly IReadOnlyList<SpendLimit> _limitsOfAddOn;

    /// <param name="published">The version.</param>
    /// <param name="siblings">All versions of the offering; null for this one alone.</param>
    internal TariffVersion(OfferingVersion published, IEnumerable<OfferingVersion>? siblings = null)
    {
        IReadOnlyList<TariffFault> faults = TariffChecks.FaultsOf(published);
        if (faults.Count > 0)
        {
            throw new InvalidTariffException(published.Offering, published.Version, faults);
        }

        try
        {
            _zoneMap = new ZoneMap(published.Zones);
            PriceList = new PriceList(published, siblings);
            (Basis, VatPermille, AllLimits) = (published.PriceBasis, published.VatPermille, SpendLimit.Of(published));
            _limitsOfAddOn = published.AddOnTo.Count == 0 ? [] : SpendLimit.OfAddOn(published);
            Measures = [
                .. AllLimits.Select(limit => limit.Measure).OfType<SpendMeasure>().DistinctBy(measure => measure.Key)
                    .Select(measure => new MeasureInForce(
                        measure,
                        [.. published.Zones.Select(zone => measure.Zones.Count == 0 || measure.Zones.Contains(zone.Name))],
                        this))];
            Limits = Compile([.. AllLimits.Where(limit => limit.After.Length == 0)]);

            // Whoever agrees to go on has these in force as well, so they must hold together.
            _ = Compile(AllLimits);
        }
        catch (ArgumentException broken)
        {
            throw new InvalidTariffException(published.Offering, published.Version, new TariffFault(broken.Message));
        }

        Version = published.Version;
        (QuotaSeconds, QuotaOctets, QuotaValiditySeconds) =
            (published.QuotaSeconds, published.QuotaOctets, published.QuotaValiditySeconds);
        IsPrepaid = published.PaymentMethod == PaymentMethod.PrePaid;
        ValidFromMilliseconds = published.ValidFrom.ToUnixTimeMilliseconds();
        ValidToMilliseconds = published.ValidTo?.ToUnixTimeMilliseconds() ?? long.MaxValue;
        _offering = _guided = Encoding.UTF8.GetBytes(published.Offering);
        _currency = Encoding.UTF8.GetBytes(published.Currency);
        SpendCurrency = Currency.Of(_currency).On(published.PriceBasis);
        _zoneNames = [.. published.Zones.Select(zone => Encoding.UTF8.GetBytes(zone.Name))];
        HomeZone = published.Zones.ToList().FindIndex(zone => zone.Name == RoamingZone.Home);
        _prices = [.. published.Prices.Select(price => new Price(price, published))];
        _candidates = FindCandidates(published);
        BundleUnits = new long[Kinds];
        _bundles = new int[Kinds];
        foreach ((int index, Bundle bundle) in published.Bundles.Index()
            .Where(bundle => bundle.Item.Id.Length == 0 && published.AddOnTo.Count == 0))
        {
            (BundleUnits[(int)bundle.Kind], _bundles[(int)bundle.Kind]) = (bundle.Units, index);
        }

        IsShort = PriceList.IsShort(published);
    }

    /// <summary>
    /// A version of a main offering with versions of add-ons beside it. Each of them keeps its own prices, zones and bundles; together they
    /// have what counts for the subscriber: limits, bundles in one order of draw, and the terms of the main offering.
    /// </summary>
    /// <param name="layers">The add-ons in the order in which their prices are asked, and the main offering.</param>
    /// <param name="indices">Their indices in the snapshot.</param>
    /// <param name="name">What the subscription has, for whoever rates for the account.</param>
    /// <param name="from">First instant at which all of them are in force.</param>
    /// <param name="to">First instant after.</param>
    internal TariffVersion(IReadOnlyList<TariffVersion> layers, int[] indices, string name, long from, long to)
    {
        TariffVersion main = layers[^1];
        (_zoneMap, _zoneNames, _prices, _candidates, _bundles) =
            (main._zoneMap, main._zoneNames, main._prices, main._candidates, main._bundles);
        (_offering, _guided, _currency, Version) = (main._offering, Encoding.UTF8.GetBytes(name), main._currency, main.Version);
        (QuotaSeconds, QuotaOctets, QuotaValiditySeconds) = (main.QuotaSeconds, main.QuotaOctets, main.QuotaValiditySeconds);
        (IsPrepaid, SpendCurrency, Basis, VatPermille) = (main.IsPrepaid, main.SpendCurrency, main.Basis, main.VatPermille);
        (HomeZone, BundleUnits, Layers) = (main.HomeZone, main.BundleUnits, indices);
        (ValidFromMilliseconds, ValidToMilliseconds, ChangesAtMilliseconds) = (from, to, to);
        PriceList = new PriceList([.. layers.Select(layer => layer.PriceList)], indices);
        IsOfAccount = layers.Any(layer => layer.IsOfAccount);
        _limitsOfAddOn = [];
        AllLimits = [.. main.AllLimits, .. layers.SkipLast(1).SelectMany(addOn => addOn._limitsOfAddOn)];
        Measures = [.. layers.Reverse().SelectMany(layer => layer.Measures).DistinctBy(measure => measure.Measure.Key)];
        Limits = Compile([.. AllLimits.Where(limit => limit.After.Length == 0)]);
    }

    /// <summary>
    /// Indices of the versions that stand together: the add-ons in the order in which their prices are asked, and the main offering; null
    /// for a version alone.
    /// </summary>
    internal int[]? Layers { get; }

    /// <summary>What a subscription has that is under this version: the offering's id, or with those of its add-ons, in UTF-8.</summary>
    public ReadOnlySpan<byte> GuidedUtf8 => _guided;

    /// <summary>Version number, pinned in every rated event.</summary>
    public int Version { get; }

    /// <summary>Product offering id in UTF-8.</summary>
    public ReadOnlySpan<byte> OfferingUtf8 => _offering;

    /// <summary>ISO 4217 code in UTF-8.</summary>
    public ReadOnlySpan<byte> CurrencyUtf8 => _currency;

    internal Currency Currency => SpendCurrency.On(PriceBasis.Net);

    /// <summary>The same, on the basis of its prices: what its amounts may be added to.</summary>
    internal Currency SpendCurrency { get; }

    /// <summary>Whether its amounts are without VAT or with it.</summary>
    internal PriceBasis Basis { get; }

    /// <summary>Whether usage is paid from money that was topped up before.</summary>
    internal bool IsPrepaid { get; }

    /// <summary>Seconds of a call in a quota when the request names none; 0 for those of the policy.</summary>
    internal long QuotaSeconds { get; }

    /// <summary>Octets of data in a quota when the request names none; 0 for those of the policy.</summary>
    internal long QuotaOctets { get; }

    /// <summary>Seconds for which a quota may be used; 0 for those of the policy.</summary>
    internal long QuotaValiditySeconds { get; }

    /// <summary>VAT rate in permille.</summary>
    internal int VatPermille { get; }

    internal long ValidFromMilliseconds { get; }

    internal long ValidToMilliseconds { get; }

    /// <summary>First instant at which another version, or none, is in force; set when all versions of the offering are known.</summary>
    internal long ChangesAtMilliseconds { get; set; } = long.MaxValue;

    internal int HomeZone { get; }

    internal long[] BundleUnits { get; }

    /// <summary>Its limits, also those that a customer has to agree to.</summary>
    internal IReadOnlyList<SpendLimit> AllLimits { get; }

    /// <summary>What its limits count beside the scopes.</summary>
    internal MeasureInForce[] Measures { get; }

    /// <summary>The limits that hold for a customer who chose nothing.</summary>
    internal SpendLimits Limits { get; }

    internal PriceList PriceList { get; }

    /// <summary>Whether all usage may be rated on the short way.</summary>
    internal bool IsShort { get; set; }

    /// <summary>Whether a price depends on the session, the called number, or what else most prices do not ask for.</summary>
    internal bool UsesDetails => !IsShort || (KeepsSessions && Array.Exists(_prices, price => price.CountsThroughSession));

    /// <summary>Whether the records of a session are charged together; otherwise each is charged by itself.</summary>
    internal bool KeepsSessions { get; set; } = true;

    /// <summary>Whether usage under it is left to whoever rates for its account, because it counts for all members.</summary>
    internal bool IsOfAccount { get; set; }

    /// <summary>Zone name in UTF-8; empty for an index below 0.</summary>
    public ReadOnlySpan<byte> ZoneUtf8(int zone) => zone < 0 ? [] : _zoneNames[zone];

    /// <summary>Index of the bundle of a kind that the month's balance counts.</summary>
    internal int BundleOf(UsageKind kind) => _bundles[(int)kind];

    /// <summary>The least spend that reaches a limit, on the basis of the version's prices.</summary>
    internal long ReachedFrom(SpendLimit limit) => SpendLimits.ReachedFrom(limit, Basis, VatRate.OfPermille(VatPermille));

    /// <summary>Limits on the basis of the version's prices.</summary>
    internal SpendLimits Compile(IReadOnlyList<SpendLimit> limits) =>
        new(limits, Basis, VatRate.OfPermille(VatPermille), [.. Measures.Select(measure => measure.Measure)]);

    internal int FindZone(Plmn network) => _zoneMap.Find(network);

    internal ref readonly Price PriceAt(int index) => ref _prices[index];

    /// <summary>Index of the first price that matches, -1 for none.</summary>
    internal int FindPrice(in UsageRecord usage, int zone)
    {
        foreach (int index in _candidates[CandidateList(usage.Kind, usage.Direction, zone)])
        {
            long[] groups = _prices[index].RatingGroups;
            if (groups.Length == 0 || groups.AsSpan().Contains(usage.RatingGroup))
            {
                return index;
            }
        }

        return -1;
    }

    private static int CandidateList(UsageKind kind, Direction direction, int zone) =>
        (((zone * Kinds) + (int)kind) * Directions) + (int)direction;

    private static int[][] FindCandidates(OfferingVersion published)
    {
        int[][] candidates = new int[published.Zones.Count * Kinds * Directions][];
        for (int zone = 0; zone < published.Zones.Count; zone++)
        {
            for (UsageKind kind = UsageKind.Unknown; kind <= UsageKind.Event; kind++)
            {
                for (Direction direction = Direction.NotApplicable; direction <= Direction.Terminating; direction++)
                {
                    string zoneName = published.Zones[zone].Name;
                    candidates[CandidateList(kind, direction, zone)] =
                    [
                        .. published.Prices.Index()
                            .Where(price => price.Item.Kind == kind
                                && (price.Item.Zone.Length == 0 || price.Item.Zone == zoneName)
                                && (price.Item.Direction == Direction.NotApplicable || price.Item.Direction == direction))
                            .Select(price => price.Index),
                    ];
                }
            }
        }

        return candidates;
    }

    /// <summary>A price with its zone conditions resolved.</summary>
    internal readonly struct Price
    {
        public Price(OfferingPrice published, OfferingVersion offering)
        {
            Kind = published.Kind;
            RatingGroups = [.. published.RatingGroups];
            Unit = published.Unit;
            UnitSize = published.UnitSize;
            UnitPriceNanos = Nanos.FromDecimal(published.UnitPrice);
            Increment = published.Increment;
            Minimum = published.Minimum;
            ConnectFeeNanos = Nanos.FromDecimal(published.ConnectFee);
            IsZeroRated = published.ZeroRated;
            IsFree = UnitPriceNanos == 0 && ConnectFeeNanos == 0 && !published.Bundle;
            Bundle? bundle = published.Bundle ? offering.Bundles.FirstOrDefault(bundle => bundle.Kind == published.Kind) : null;
            CountsThroughSession = Increment > 1 || Minimum > 0 || ConnectFeeNanos > 0 || bundle is not null;
            BundleZones = new bool[offering.Zones.Count];
            for (int zone = 0; zone < BundleZones.Length && bundle is not null; zone++)
            {
                BundleZones[zone] = bundle.Zones.Count == 0 || bundle.Zones.Contains(offering.Zones[zone].Name);
            }
        }

        public UsageKind Kind { get; }

        public long[] RatingGroups { get; }

        /// <summary>For each zone, whether the bundle of the kind may cover usage at this price.</summary>
        public bool[] BundleZones { get; }

        public PriceUnit Unit { get; }

        public long UnitSize { get; }

        public long UnitPriceNanos { get; }

        public long Increment { get; }

        public long Minimum { get; }

        public long ConnectFeeNanos { get; }

        public bool IsZeroRated { get; }

        /// <summary>Whether the records of one session must be charged together.</summary>
        public bool CountsThroughSession { get; }

        /// <summary>Whether any number of units costs nothing and uses up nothing.</summary>
        public bool IsFree { get; }
    }
}
