using System.Collections.Immutable;
using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The prices and bundles of an offering version with all that decides which of them applies: destinations, bands, steps, tiers, packages,
/// passes. Immutable.
/// </summary>
internal sealed class PriceList
{
    /// <summary>More units than a session of which only the count is kept can be charged ahead of its use.</summary>
    public const long MostAhead = 1 << 29;

    private const long MillisecondsPerDay = 86_400_000;
    private const int Kinds = 5;
    private const int Directions = 3;

    private readonly Row[] _rows;

    // The prices that can apply to a kind, direction and zone, in the order in which they are tried.
    private readonly Row[][] _candidates;
    private readonly SessionForm[] _forms;

    // For each kind, whether a price of it asks if the called number is of the caller's account.
    private readonly bool[] _asksForGroup;
    private readonly byte[][] _bands;
    private readonly byte[][] _bundles;
    private readonly byte[][] _bundlesOfOffering;
    private readonly OfferingVersion _published;

    // Place of the main offering among what stands together, and its version in the snapshot.
    private readonly (int Layer, int Version) _main = (0, BundleTerms.OfPrice);

    /// <param name="published">The version.</param>
    /// <param name="siblings">All versions of the offering, because what a top-up brought under one is drawn under others; null for this
    /// one alone.</param>
    public PriceList(OfferingVersion published, IEnumerable<OfferingVersion>? siblings = null)
    {
        _published = published;
        TopUps =
        [
            .. (siblings ?? [published]).OrderBy(version => version.Version)
                .SelectMany(version => version.TopUps.Select((granted, place) => (version.Version, Place: place, Granted: granted)))
                .Select((one, index) => new TopUp(one.Version, one.Place, published.Bundles.Count + index, one.Granted)),
        ];
        Destinations = new DestinationMap(published.Destinations);
        Bands = new TimeBands(published.Bands, published.Holidays);
        _bands = [.. published.Bands.Select(band => Encoding.UTF8.GetBytes(band.Name))];
        _bundles =
        [
            .. published.Bundles.Concat(TopUps.Select(topUp => topUp.Published.Bundle)).Select(bundle => Encoding.UTF8.GetBytes(bundle.Id)),
        ];
        _bundlesOfOffering = [.. _bundles.Select(bundle => (byte[])[.. Encoding.UTF8.GetBytes($"{published.Offering}/"), .. bundle])];
        _rows = [.. published.Prices.Select((price, index) => new Row(price, index, published))];
        Bundles = [.. published.Bundles.Select((bundle, index) => new BundleTerms(bundle, index, published)).Order(BundleTerms.Draw)];
        OwnRolloverPeriods = Bundles.Where(bundle => !bundle.IsShared && bundle.RolloverMaximum > 0)
            .Select(bundle => bundle.RolloverPeriods).DefaultIfEmpty().Max();
        _candidates = new Row[published.Zones.Count * Kinds * Directions][];
        for (int list = 0; list < _candidates.Length; list++)
        {
            (int zone, UsageKind kind, Direction direction) =
                (list / (Kinds * Directions), (UsageKind)(list / Directions % Kinds), (Direction)(list % Directions));
            _candidates[list] = [.. _rows.Where(row => row.IsFor(kind, direction, zone))];
        }

        _asksForGroup = [
            .. Enumerable.Range(0, Kinds).Select(kind => Array.Exists(_rows, row => (int)row.Kind == kind && row.IsForGroup))];
        _forms = [.. Enumerable.Range(0, Kinds).Select(kind => FormOf(_rows, (UsageKind)kind))];
        OrderDependsOnMonth = HasMonthlyAndOthers(Bundles);
    }

    /// <summary>
    /// What counts beside the prices of a main offering and add-ons: all their bundles in one order of draw, and what must be kept of
    /// sessions. Prices are asked of each list by itself.
    /// </summary>
    /// <param name="layers">The price lists, the main offering's last.</param>
    /// <param name="versions">Indices of their versions in the snapshot.</param>
    public PriceList(IReadOnlyList<PriceList> layers, int[] versions)
    {
        PriceList main = layers[^1];
        (_published, TopUps, Destinations, Bands, _bands, _bundles, _bundlesOfOffering, _rows, _candidates) = (
            main._published, main.TopUps, main.Destinations, main.Bands, main._bands, main._bundles, main._bundlesOfOffering, main._rows,
            main._candidates);
        _main = (layers.Count - 1, versions[^1]);
        OwnRolloverPeriods = main.OwnRolloverPeriods;
        Bundles =
        [
            .. layers.SelectMany((list, layer) => list.Bundles.Select(bundle => bundle.In(layer, versions[layer]))).Order(BundleTerms.Draw),
        ];
        OrderDependsOnMonth = HasMonthlyAndOthers(Bundles);
        _asksForGroup = [.. Enumerable.Range(0, Kinds).Select(kind => layers.Any(list => list._asksForGroup[kind]))];
        _forms = [.. Enumerable.Range(0, Kinds).Select(kind => FormOf([.. layers.SelectMany(list => list._rows)], (UsageKind)kind))];
    }

    public DestinationMap Destinations { get; }

    public TimeBands Bands { get; }

    /// <summary>The bundles in the order in which they are drawn, monthly ones as if their month never ended.</summary>
    public BundleTerms[] Bundles { get; }

    /// <summary>Whether a bundle with a validity stands beside a monthly one: which of them ends first depends on the month.</summary>
    public bool OrderDependsOnMonth { get; }

    /// <summary>What top-ups bring under any version of the offering.</summary>
    public TopUp[] TopUps { get; }

    /// <summary>What a top-up brings under this version: of bundles with one id, the one for the highest amount.</summary>
    /// <param name="nanos">The top-up, nano-units.</param>
    public IEnumerable<TopUp> BroughtBy(long nanos) => TopUps
        .Where(topUp => topUp.Version == _published.Version && Nanos.FromDecimal(topUp.Published.AtLeast) <= nanos)
        .GroupBy(topUp => topUp.Published.Bundle.Id, StringComparer.Ordinal)
        .Select(same => same.MaxBy(topUp => topUp.Published.AtLeast)!);

    /// <summary>The terms of what a top-up brought; null when it belongs to another offering.</summary>
    public BundleTerms? TermsOf(GrantedBundle granted) =>
        granted.Offering == _published.Offering
        && Array.Find(TopUps, topUp => topUp.Version == granted.Version && topUp.Place == granted.Place) is { } found
            ? new BundleTerms(found, granted, _published).In(_main.Layer, _main.Version)
            : null;

    /// <summary>The bundle that a meter counts; null for none.</summary>
    public BundleTerms? FindBundle(ulong meter)
    {
        foreach (BundleTerms bundle in Bundles)
        {
            if (bundle.Meter == meter)
            {
                return bundle;
            }
        }

        return null;
    }

    /// <summary>Name of a bundle by its index in the offering; empty for an index below 0.</summary>
    public string BundleName(int index) => index < 0 ? ""
        : index >= Bundles.Length ? TopUps[index - Bundles.Length].Published.Bundle.Id
        : Bundles.First(bundle => bundle.Index == index).Name;

    /// <summary>
    /// Whether one price per event and one monthly bundle of a kind are all that a version needs, so that usage under it may be rated on
    /// the short way.
    /// </summary>
    public static bool IsShort(OfferingVersion published) =>
        published.PriceBasis == PriceBasis.Net
        && published.Destinations.Count + published.Bands.Count + published.TopUps.Count + published.AddOnTo.Count == 0
        && published.Prices.All(IsShort)
        && published.Bundles.All(IsShort);

    /// <summary>
    /// Whether something that it counts outlasts a month and its sessions: a pass, a bundle with an end, what a bundle carries over.
    /// </summary>
    public bool OutlastsMonth =>
        TopUps.Length > 0
        || Array.Exists(Bundles, bundle => !bundle.IsMonthly || bundle.RolloverMaximum > 0)
        || Array.Exists(_rows, row => row.Pass is not null);

    /// <summary>For how many months at most a bundle of the subscriber's own carries units.</summary>
    public int OwnRolloverPeriods { get; }

    /// <summary>Name of a band in UTF-8; empty for an index below 0.</summary>
    public ReadOnlySpan<byte> BandUtf8(int index) => index < 0 ? [] : _bands[index];

    /// <summary>Id of a bundle, by its index in the version, in UTF-8; empty for an index below 0.</summary>
    public ReadOnlySpan<byte> BundleUtf8(int index) => index < 0 ? [] : _bundles[index];

    /// <summary>Id of a bundle after that of its offering, by its index in the version, in UTF-8.</summary>
    public ReadOnlySpan<byte> BundleOfOfferingUtf8(int index) => _bundlesOfOffering[index];

    /// <summary>What must be kept of a session of a kind under these prices.</summary>
    public SessionForm SessionFormOf(UsageKind kind) => _forms[(int)kind];

    /// <summary>Whether a price of a kind asks if the called number is of the caller's account.</summary>
    public bool AsksForGroup(UsageKind kind) => _asksForGroup[(int)kind];

    /// <summary>
    /// The first price that fits the usage, null for none. One that is for a group is found, too, when nobody knows who was called: none
    /// after it may be used then.
    /// </summary>
    /// <param name="usage">The usage.</param>
    /// <param name="zone">Its zone.</param>
    /// <param name="destination">Its destination.</param>
    /// <param name="bands">The bands in force, a bit each.</param>
    /// <param name="group">Whether the called number is of the caller's account.</param>
    public Row? FindRow(in UsageRecord usage, int zone, int destination, ulong bands, CalledGroup group)
    {
        foreach (Row row in _candidates[(((zone * Kinds) + (int)usage.Kind) * Directions) + (int)usage.Direction])
        {
            if (row.Fits(in usage, destination, bands) && (!row.IsForGroup || group != CalledGroup.Outside))
            {
                return row;
            }
        }

        return null;
    }

    private static bool IsShort(OfferingPrice price) =>
        price is
        {
            Model: PriceModel.Unit, Id: "", MinimumCharge: null, MaximumCharge: null, Split: VolumeSplit.ByStart, Kind: not UsageKind.Event,
            AboveFairUse.Count: 0, CalledInGroup: false
        }
        && price.Zones.Count + price.Destinations.Count + price.Bands.Count + price.ServiceIdentifiers.Count + price.DataNetworks.Count
            + price.Slices.Count + price.RatTypes.Count + price.Steps.Count == 0;

    private static bool IsShort(Bundle bundle) =>
        bundle is { Id: "", Priority: 0, Unlimited: false, Shared: false, ValidFrom: null, ValidTo: null, Destinations.Count: 0 }
        && bundle is { RolloverMaximum: 0, ProRataStep: 0, FairUseZone: "" };

    /// <summary>
    /// What must be kept of a session. It is a matter of the kind and not of the price, because a session may go on under another price of
    /// its kind.
    /// </summary>
    private SessionForm FormOf(Row[] all, UsageKind kind)
    {
        Row[] rows = [.. all.Where(row => row.Kind == kind && row.Model is not (PriceModel.Pass or PriceModel.Percentage))];
        bool isTimed = Array.Exists(rows, row => row.BandBits != 0) || Bundles.Any(bundle => bundle.Kind == kind && !bundle.IsMonthly);
        return isTimed || AsksForGroup(kind) || !Array.TrueForAll(rows, row => row.CostsTheSameInAnyOrder) ? SessionForm.Records
            : Array.TrueForAll(rows, row => row.CountsByTheUnit) ? SessionForm.Nothing
            : SessionForm.Count;
    }

    /// <summary>Whether monthly bundles stand beside bundles with a validity.</summary>
    private static bool HasMonthlyAndOthers(BundleTerms[] bundles) =>
        Array.Exists(bundles, bundle => bundle.IsMonthly) && !Array.TrueForAll(bundles, bundle => bundle.IsMonthly);

    /// <summary>For each zone of the version whether a list of names holds it; an empty list holds all.</summary>
    private static bool[] ZonesOf(IReadOnlyList<string> names, OfferingVersion offering) =>
        [.. offering.Zones.Select(zone => names.Count == 0 || names.Contains(zone.Name))];

    /// <summary>For each destination of the version whether a list of names holds it; null for an empty list.</summary>
    private static bool[]? DestinationsOf(IReadOnlyList<string> names, OfferingVersion offering) =>
        names.Count == 0 ? null : [.. offering.Destinations.Select(destination => names.Contains(destination.Name))];

    private static bool Holds(bool[]? destinations, int destination) =>
        destinations is null || (destination >= 0 && destinations[destination]);

    /// <summary>A price with everything that decides whether it fits.</summary>
    public sealed class Row
    {
        private readonly Direction _direction;
        private readonly bool[] _zones;
        private readonly bool[]? _destinations;
        private readonly long[] _ratingGroups;
        private readonly long[] _serviceIdentifiers;
        private readonly ulong[] _dataNetworks;
        private readonly Slice[] _slices;
        private readonly int[] _ratTypes;

        public Row(OfferingPrice published, int index, OfferingVersion offering)
        {
            Index = index;
            Kind = published.Kind;
            _direction = published.Direction;
            _zones = ZonesOf(published.Zone.Length == 0 ? published.Zones : [published.Zone, .. published.Zones], offering);
            _destinations = DestinationsOf(published.Destinations, offering);
            _ratingGroups = [.. published.RatingGroups];
            _serviceIdentifiers = [.. published.ServiceIdentifiers];
            _dataNetworks = [.. published.DataNetworks.Select(DataNetworkName.Of)];
            _slices = [.. published.Slices.Select(Slice.Parse)];
            _ratTypes = [.. published.RatTypes];
            BandBits = published.Bands.Aggregate(
                0UL, (bits, name) => bits | (1UL << offering.Bands.ToList().FindIndex(band => band.Name == name)));
            Model = published.ZeroRated ? PriceModel.Zero : published.Model;
            Unit = published.Unit;
            Steps = published.Steps.Count == 0
                ? [new Step(0, Nanos.FromDecimal(published.UnitPrice), published.UnitSize, published.Increment)]
                : [.. published.Steps.Select(
                    step => new Step(step.From, Nanos.FromDecimal(step.UnitPrice), step.UnitSize, step.Increment))];
            Tiers = [.. published.Tiers.Select(Tier.Of)];
            MinimumUnits = published.Minimum;
            ConnectFeeNanos = Nanos.FromDecimal(published.ConnectFee);
            MinimumChargeNanos = Nanos.FromDecimal(published.MinimumCharge ?? 0);
            MaximumChargeNanos = published.MaximumCharge is { } maximum ? Nanos.FromDecimal(maximum) : long.MaxValue;
            PriceNanos = Nanos.FromDecimal(published.UnitPrice);
            Package = published.Package;
            FreeUnits = published.FreeUnits;
            PercentNanos = Nanos.FromDecimal(published.Percent ?? 0);
            FixedNanos = Nanos.FromDecimal(published.Fixed ?? 0);
            IsSpreadOverTime = published.Split == VolumeSplit.Proportional;
            DrawsBundles = published.Bundle;
            Surcharges = [
                .. published.AboveFairUse.Select(one => new Surcharge(
                    one.From.ToUnixTimeMilliseconds(), Nanos.FromDecimal(one.UnitPrice), one.UnitSize))];
            Pass = published.Pass;
            IsFree = Model == PriceModel.Zero || (Model == PriceModel.Unit && !DrawsBundles && Steps.All(step => step.UnitPriceNanos == 0)
                && ConnectFeeNanos + MinimumChargeNanos == 0);
            string name = published.Id.Length > 0 ? published.Id : $"{published.Kind}/{index}";
            CountsAccount = published.CountsAccount;
            IsForGroup = published.CalledInGroup;

            // An account may have two offerings at a time, and a subscriber one with add-ons: what is used under one is no tier of
            // the other.
            bool isAddOn = offering.AddOnTo.Count > 0;
            string pass = isAddOn ? $"{offering.Offering}/{Pass?.Id}" : Pass?.Id ?? "";
            PeriodMeter = MeterId.Of(MeterKind.Period, CountsAccount || isAddOn ? $"{offering.Offering}/{name}" : name);
            PassMeter = MeterId.Of(MeterKind.Pass, pass);
            PassesMeter = MeterId.Of(MeterKind.Passes, pass);
            FreeMessagesMeter = MeterId.Of(MeterKind.FreeMessages, pass);
        }

        public int Index { get; }

        public UsageKind Kind { get; }

        public PriceModel Model { get; }

        public PriceUnit Unit { get; }

        /// <summary>The bands in which it holds, a bit each; 0 for all time.</summary>
        public ulong BandBits { get; }

        public Step[] Steps { get; }

        public Tier[] Tiers { get; }

        public long MinimumUnits { get; }

        public long ConnectFeeNanos { get; }

        public long MinimumChargeNanos { get; }

        public long MaximumChargeNanos { get; }

        /// <summary>Whether any number of units costs nothing and uses up nothing.</summary>
        public bool IsFree { get; }

        /// <summary>The price of a session, a package, or a pass.</summary>
        public long PriceNanos { get; }

        public long Package { get; }

        public long FreeUnits { get; }

        public long PercentNanos { get; }

        public long FixedNanos { get; }

        public bool IsSpreadOverTime { get; }

        public bool DrawsBundles { get; }

        /// <summary>What units above the fair use volume of a bundle cost, in the order of time; empty for nothing.</summary>
        public Surcharge[] Surcharges { get; }

        public Pass? Pass { get; }

        /// <summary>Whether tiers and packages count the usage of the whole account.</summary>
        public bool CountsAccount { get; }

        /// <summary>Whether it is only for calls and messages to another subscriber of the account.</summary>
        public bool IsForGroup { get; }

        public ulong PeriodMeter { get; }

        public ulong PassMeter { get; }

        public ulong PassesMeter { get; }

        public ulong FreeMessagesMeter { get; }

        /// <summary>
        /// Whether the records of a session cost the same together in whatever order they are charged: each increment has a whole price, so
        /// that it does not matter which record begins it. Tiers and packages go by the order of all usage of the month anyway.
        /// </summary>
        public bool CostsTheSameInAnyOrder => Model switch
        {
            PriceModel.Zero => true,
            PriceModel.Unit => HasOneStep && (IsWhole(Steps[0]) || (IsByTheUnit && !DrawsBundles)),
            PriceModel.Graduated or PriceModel.Volume or PriceModel.Package => HasOneStep,
            _ => false,
        };

        /// <summary>Whether a session's record is charged as if it were alone: nothing is rounded up, and there is no fee.</summary>
        public bool CountsByTheUnit => Model == PriceModel.Zero || (IsByTheUnit && ConnectFeeNanos == 0);

        private bool HasOneStep =>
            Steps.Length == 1 && !IsSpreadOverTime && MinimumChargeNanos == 0 && MaximumChargeNanos == long.MaxValue
            && Steps[0].Increment < MostAhead && MinimumUnits < MostAhead - Steps[0].Increment;

        private bool IsByTheUnit => Steps[0].Increment == 1 && MinimumUnits <= 1;

        /// <summary>Whether the price can apply to a kind, direction and zone.</summary>
        public bool IsFor(UsageKind kind, Direction direction, int zone) =>
            kind == Kind && _zones[zone] && (_direction == Direction.NotApplicable || _direction == direction);

        /// <summary>Whether the price applies to usage of its kind, direction and zone.</summary>
        public bool Fits(in UsageRecord usage, int destination, ulong bands) =>
            (BandBits == 0 || (BandBits & bands) != 0)
            && Holds(_destinations, destination)
            && (_ratingGroups.Length == 0 || _ratingGroups.AsSpan().Contains(usage.RatingGroup))
            && (_serviceIdentifiers.Length == 0 || _serviceIdentifiers.AsSpan().Contains(usage.ServiceIdentifier))
            && (_dataNetworks.Length == 0 || _dataNetworks.AsSpan().Contains(usage.DataNetwork))
            && (_slices.Length == 0 || _slices.AsSpan().Contains(usage.Slice))
            && (_ratTypes.Length == 0 || _ratTypes.AsSpan().Contains(usage.RatType));

        private static bool IsWhole(in Step step) => (Int128)step.UnitPriceNanos * step.Increment % step.UnitSize == 0;

        /// <summary>What units above the fair use volume cost at an instant; no price where there is no surcharge.</summary>
        public Surcharge SurchargeAt(long milliseconds)
        {
            int last = Surcharges.Length - 1;
            while (last > 0 && Surcharges[last].FromMilliseconds > milliseconds)
            {
                last--;
            }

            return last < 0 ? default : Surcharges[last];
        }

        /// <summary>Index of the step at a number of units of the session.</summary>
        public int StepAt(long units)
        {
            int step = Steps.Length - 1;
            while (Steps[step].From > units)
            {
                step--;
            }

            return step;
        }
    }

    /// <summary>A bundle with the conditions under which it may be drawn.</summary>
    public sealed class BundleTerms
    {
        private readonly bool[] _zones;
        private readonly bool[]? _destinations;
        private readonly int _fairUseZone;
        private readonly (long FromMilliseconds, long Units)[] _fairUse;

        public BundleTerms(Bundle published, int index, OfferingVersion offering)
        {
            Index = index;
            _zones = ZonesOf(published.Zones, offering);
            _destinations = DestinationsOf(published.Destinations, offering);
            Name = published.Id.Length > 0 ? published.Id : published.Kind.ToString();
            Priority = published.Priority;
            Units = published.Unlimited ? long.MaxValue : published.Units;
            IsShared = published.Shared;
            IsMonthly = published.ValidFrom is null && published.ValidTo is null;
            bool isAddOn = offering.AddOnTo.Count > 0;
            IsOfBalance = IsMonthly && !IsShared && published.Id.Length == 0 && published.Kind != UsageKind.Event && !isAddOn;
            Kind = published.Kind;
            FromMilliseconds = published.ValidFrom?.ToUnixTimeMilliseconds() ?? long.MinValue;
            ToMilliseconds = published.ValidTo?.ToUnixTimeMilliseconds() ?? long.MaxValue;
            RolloverMaximum = IsMonthly ? published.RolloverMaximum : 0;
            RolloverPeriods = published.RolloverPeriods;
            ProRataStep = IsMonthly ? published.ProRataStep : 0;
            IsContributed = IsMonthly && IsShared && published.Contributed;

            // Each offering of a month grants its own days' part, or what its own devices bring, and an add-on all of its own beside the
            // main offering, so what was drawn under one does not count in another.
            string counted = ProRataStep > 0 || IsContributed || isAddOn ? $"{offering.Offering}/{Name}" : Name;
            Meter = MeterId.Of(MeterKind.Bundle, counted);
            CarriedMeters = RolloverMaximum > 0
                ? [.. Enumerable.Range(2, Rollover.MostPeriods - 1).Select(age => MeterId.Of(MeterKind.Carried, $"{counted}/{age}"))]
                : [];
            FairUseMeter = MeterId.Of(MeterKind.FairUse, counted);
            CountedFrom = Math.Max(0, FromMilliseconds / MillisecondsPerDay);
            _fairUseZone = published.FairUseZone.Length == 0
                ? -1
                : offering.Zones.ToList().FindIndex(zone => zone.Name == published.FairUseZone);
            _fairUse = [.. published.FairUse.Select(volume => (volume.From.ToUnixTimeMilliseconds(), volume.Units))];
        }

        /// <summary>The terms of a bundle that a top-up brought.</summary>
        /// <param name="topUp">What the granting version says of it.</param>
        /// <param name="granted">When it was granted.</param>
        /// <param name="offering">The version under which it is drawn, whose zones and destinations its names mean.</param>
        public BundleTerms(TopUp topUp, GrantedBundle granted, OfferingVersion offering)
            : this(topUp.Published.Bundle, topUp.Index, offering)
        {
            (IsMonthly, IsOfBalance) = (false, false);
            (FromMilliseconds, ToMilliseconds) = (granted.FromMilliseconds, granted.ToMilliseconds);
            Meter = GrantedBundle.MeterOf(Meter, granted.Number);
            CountedFrom = granted.Number;
            IsGranted = true;
        }

        /// <summary>Stands for the version of the price in force, where a bundle is not told from it.</summary>
        public const int OfPrice = -1;

        /// <summary>Index of its version in the snapshot, where it stands together with others.</summary>
        public int VersionIndex { get; private set; } = OfPrice;

        /// <summary>Place of its version among those that stand together.</summary>
        public int Layer { get; private set; }

        /// <summary>Whether a top-up brought it.</summary>
        public bool IsGranted { get; }

        /// <summary>Its id; that of the kind where it has none.</summary>
        public string Name { get; }

        /// <summary>The beginning under which its meter is kept, where it is not monthly.</summary>
        public long CountedFrom { get; }

        /// <summary>
        /// The order in which bundles are drawn: lower priority number, then soonest end, own before shared, earliest begin, id. The
        /// customer loses least that way.
        /// </summary>
        public static IComparer<BundleTerms> Draw { get; } =
            Comparer<BundleTerms>.Create(static (one, other) => one.CompareDraw(other, (long.MinValue, long.MaxValue)));

        public int Index { get; }

        public int Priority { get; }

        public long Units { get; }

        public bool IsShared { get; }

        /// <summary>Whether it is granted anew each month.</summary>
        public bool IsMonthly { get; }

        /// <summary>Whether the month's balance counts its use, as the only bundle of its kind.</summary>
        public bool IsOfBalance { get; }

        /// <summary>Most units that a month carries into the next; 0 for none.</summary>
        public long RolloverMaximum { get; }

        /// <summary>For how many further months units live that are carried.</summary>
        public int RolloverPeriods { get; }

        /// <summary>
        /// Count what was carried into a month from the second, third … month before it, where units live so long; what is from the month
        /// before is the rest of all that was carried.
        /// </summary>
        public ImmutableArray<ulong> CarriedMeters { get; }

        /// <summary>Step to which the part of a month is rounded up; 0 where a part of a month grants all units.</summary>
        public long ProRataStep { get; }

        /// <summary>Whether each subscription of the account under the offering adds the units to it.</summary>
        public bool IsContributed { get; }

        /// <summary>Whether what a month grants is not simply the units.</summary>
        public bool HasMonthlyTerms => (RolloverMaximum | ProRataStep) != 0 || IsContributed;

        /// <summary>Usage it covers.</summary>
        public UsageKind Kind { get; }

        public long FromMilliseconds { get; }

        public long ToMilliseconds { get; }

        public ulong Meter { get; }

        /// <summary>Counts what it covered in its fair use zone.</summary>
        public ulong FairUseMeter { get; }

        /// <summary>Whether it has a fair use volume.</summary>
        public bool HasAnyFairUse => _fairUseZone >= 0;

        /// <summary>Whether units in a zone count against a fair use volume.</summary>
        public bool HasFairUse(int zone) => zone == _fairUseZone;

        /// <summary>The fair use volume of a whole period that begins at an instant.</summary>
        public long FairUseAt(long milliseconds)
        {
            int last = _fairUse.Length - 1;
            while (last > 0 && _fairUse[last].FromMilliseconds > milliseconds)
            {
                last--;
            }

            return _fairUse[last].Units;
        }

        /// <summary>Whether it is drawn before another one (less than 0), where monthly ones begin and end with a month.</summary>
        public int CompareDraw(BundleTerms other, (long Begin, long End) month)
        {
            int order = Priority.CompareTo(other.Priority);
            order = order == 0 ? EndIn(month).CompareTo(other.EndIn(month)) : order;
            order = order == 0 ? IsShared.CompareTo(other.IsShared) : order;
            order = order == 0 ? BeginIn(month).CompareTo(other.BeginIn(month)) : order;
            return order == 0 ? string.CompareOrdinal(Name, other.Name) : order;
        }

        private long BeginIn((long Begin, long End) month) => IsMonthly ? month.Begin : FromMilliseconds;

        private long EndIn((long Begin, long End) month) => IsMonthly ? month.End : ToMilliseconds;

        /// <summary>The same as a bundle of a version that stands together with others.</summary>
        public BundleTerms In(int layer, int version)
        {
            BundleTerms terms = (BundleTerms)MemberwiseClone();
            (terms.Layer, terms.VersionIndex) = (layer, version);
            return terms;
        }

        /// <summary>The same as a bundle of the version that another one is of; itself where that stands alone.</summary>
        public BundleTerms AsIn(BundleTerms other) => other.VersionIndex == OfPrice ? this : In(other.Layer, other.VersionIndex);

        public bool Fits(UsageKind kind, int zone, int destination) =>
            kind == Kind && zone >= 0 && _zones[zone] && Holds(_destinations, destination);
    }

    /// <summary>A bundle that top-ups bring.</summary>
    /// <param name="Version">Version that says so.</param>
    /// <param name="Place">Its place there, from 0.</param>
    /// <param name="Index">Its index after the bundles of the price list's version.</param>
    /// <param name="Published">What the version says.</param>
    public sealed record TopUp(int Version, int Place, int Index, TopUpGrant Published);

    /// <summary>A part of a session with its own price and increment.</summary>
    public readonly record struct Step(long From, long UnitPriceNanos, long UnitSize, long Increment);

    /// <summary>What units above a fair use volume cost from an instant on.</summary>
    public readonly record struct Surcharge(long FromMilliseconds, long UnitPriceNanos, long UnitSize);

    /// <summary>A tier of a period; its end is the last unit in it.</summary>
    public readonly record struct Tier(long UpTo, long UnitPriceNanos, long UnitSize, long Package, long FlatNanos)
    {
        public static Tier Of(PriceTier published) => new(
            published.UpTo < 0 ? long.MaxValue : published.UpTo,
            Nanos.FromDecimal(published.UnitPrice),
            published.UnitSize,
            published.Package,
            Nanos.FromDecimal(published.Flat));

        /// <summary>Price of units that are all in this tier, without its flat amount; false when it does not fit.</summary>
        public bool TryPrice(long units, out long nanos)
        {
            if (Package == 0)
            {
                return RoundingPolicy.TryPrice(units, UnitPriceNanos, UnitSize, out nanos);
            }

            return RoundingPolicy.TryPrice((units / Package) + (units % Package == 0 ? 0 : 1), UnitPriceNanos, 1, out nanos);
        }
    }
}
