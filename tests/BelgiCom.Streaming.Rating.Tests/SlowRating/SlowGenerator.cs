using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// Makes worlds in which every model, filter and bound comes, and where many events lie at bounds. What docs/rating-state.md names as a
/// limit is left out where it says so.
/// </summary>
internal sealed class SlowGenerator(int seed)
{
    private const long Second = 1000;
    private const long Hour = 3_600_000;
    private const long Day = 24 * Hour;

    // docs/rating-state.md, "Records of a session that come out of order": so many are kept.
    private const int SessionRecordsMax = 32;

    private static readonly string[] Days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"];
    private static readonly string[] Networks = ["", "20601", "20610", "20801", "20802", "26201", "310260", "00101"];
    private static readonly string[] Numbers =
        ["", "32475000001", "3290312345", "33612345678", "4915112345678", "112", "1123", "100", "12125550100", "90312"];

    private static readonly string[] Called = ["A", "B", "C", "device 0", "device 1", "device 2", "nobody"];

    private static readonly DateTime[] Anchors =
    [
        new(2026, 3, 29, 0, 0, 0), new(2026, 10, 25, 0, 0, 0), new(2026, 1, 31, 22, 0, 0), new(2026, 12, 31, 22, 0, 0),
        new(2028, 2, 29, 12, 0, 0), new(2026, 5, 24, 21, 0, 0), new(2026, 7, 31, 21, 0, 0), new(2027, 3, 28, 0, 30, 0),
        new(2026, 5, 1, 6, 0, 0), new(2026, 2, 6, 21, 0, 0), new(2030, 10, 27, 0, 0, 0), new(2026, 6, 30, 21, 30, 0),
    ];

    // The family of prices that has passes and percentages.
    private const int OfPasses = 4;

    private readonly Random _random = new(seed);
    private readonly List<long> _bounds = [];
    private long _anchor;
    private Pass? _pass;
    private bool _hasDayPass;

    // No decision says what holds when a container goes on from a price that spreads its octets to one that does not.
    private bool _spreadsOctets;

    /// <summary>A world with at most so many events.</summary>
    public SlowWorld Next(int events)
    {
        DateTime anchor = Pick(Anchors).AddHours(_random.Next(-3, 4));
        _anchor = (long)(anchor - DateTime.UnixEpoch).TotalMilliseconds;
        _bounds.Add(SlowCalendar.Midnight(SlowCalendar.Local(_anchor).Date));
        _bounds.Add(SlowCalendar.Midnight(SlowCalendar.Local(_anchor).Date.AddDays(1)));
        _bounds.Add(SlowCalendar.Midnight(SlowCalendar.Month(_anchor).AddMonths(1)));
        _hasDayPass = Chance(3);
        _spreadsOctets = Chance(5);
        IReadOnlyList<OfferingVersion> versions = Chance(4) ? Prepaid(Versions()) : Versions();
        string[] subscribers = [.. new[] { "A", "B", "C" }.Take(_random.Next(1, 4))];
        IReadOnlyList<SlowTopUp> topUps = versions[0].PaymentMethod == PaymentMethod.PrePaid ? TopUps(versions, subscribers) : [];
        Dictionary<string, string> accounts = subscribers.ToDictionary(one => one, one => Chance(2) ? "shared" : one);
        List<SlowUsage> usage = [];
        int id = 0;
        int count = _random.Next(1, events + 1);
        while (usage.Count < count)
        {
            usage.AddRange(Next(versions, Pick(subscribers), ref id, usage));
        }

        // No decision says what a pass covers of usage that comes later and began earlier, so with passes usage comes in its order.
        bool hasPass = versions[0].Prices.Any(price => price.Model == PriceModel.Pass);
        return new SlowWorld(versions, accounts, hasPass ? [.. usage.OrderBy(one => one.Start)] : usage)
        {
            Devices = Devices(accounts),
            TopUps = topUps,
            AddOnPrices = AddOnPrices(versions),
        };
    }

    /// <summary>
    /// Versions that are paid before use, with bundles that top-ups bring. Nothing of them counts for an account, which no such offering
    /// may have.
    /// </summary>
    private IReadOnlyList<OfferingVersion> Prepaid(IReadOnlyList<OfferingVersion> versions)
    {
        UsageKind[] kinds = [Pick(UsageKind.Data, UsageKind.Voice), Pick(UsageKind.Voice, UsageKind.Sms, UsageKind.Event)];
        return
        [
            .. versions.Select(version => version with
            {
                PaymentMethod = PaymentMethod.PrePaid,
                Prices = [.. version.Prices.Select(price => price with { CountsAccount = false })],
                Bundles = [.. version.Bundles.Select(bundle => bundle with { Shared = false, Contributed = false, ProRataStep = 0 })],
                TopUps =
                [
                    .. Enumerable.Range(0, _random.Next(1, 4)).Select(index => new TopUpGrant
                    {
                        AtLeast = index * 10,
                        ValiditySeconds = Pick(60L, 3600, 86_400, _random.Next(1, 4 * 86_400)),
                        Bundle = new Bundle
                        {
                            Id = $"t{index % 2}",
                            Kind = kinds[index % 2],
                            Units = Allowance(kinds[index % 2]),
                            Unlimited = Chance(12),
                            Priority = _random.Next(0, 3),
                            Zones = Chance(4) ? [Pick([.. version.Zones.Select(zone => zone.Name)])] : [],
                        },
                    }),
                ],
            }),
        ];
    }

    private IReadOnlyList<SlowTopUp> TopUps(IReadOnlyList<OfferingVersion> versions, string[] subscribers)
    {
        List<SlowTopUp> topUps = [];
        for (int number = 1; number <= _random.Next(1, 6); number++)
        {
            topUps.Add(new SlowTopUp(number, Pick(subscribers), Instant(), Pick(5m, 10, 15, 20, 30)));
        }

        _bounds.AddRange(topUps.Select(topUp => topUp.At));
        _bounds.AddRange(topUps.Select(topUp => topUp.At + (Pick([.. versions[0].TopUps]).ValiditySeconds * Second)));
        return [.. topUps.OrderBy(topUp => topUp.At)];
    }

    /// <summary>
    /// How many of the prices an add-on has. All prices of a pass are those of one offering, because it is one pass there.
    /// </summary>
    private int? AddOnPrices(IReadOnlyList<OfferingVersion> versions)
    {
        bool hasPass = versions.Any(version => version.Prices.Any(price => price.Pass is not null));
        int most = versions.Min(version => version.Prices.Count);
        return Chance(2) ? null : hasPass ? Pick(0, int.MaxValue) : _random.Next(0, most + 1);
    }

    /// <summary>Devices that join and leave the accounts.</summary>
    private IReadOnlyList<SlowMember> Devices(Dictionary<string, string> accounts) =>
    [
        .. Enumerable.Range(0, _random.Next(0, 4)).Select(device =>
        {
            long from = Pick(_bounds) + Pick(-Second, -1, 0, 1, -9 * Day, -40 * Day);
            return new SlowMember(
                $"device {device}", Pick([.. accounts.Values]), Chance(3) ? null : from,
                Chance(3) ? null : from + Pick(1, Second, Hour, Day, 5 * Day, 35 * Day));
        }),
    ];

    private IEnumerable<SlowUsage> Next(IReadOnlyList<OfferingVersion> versions, string subscriber, ref int id, List<SlowUsage> before)
    {
        // The same once more, or other content under the same id.
        if (before.Count > 0 && Chance(12))
        {
            SlowUsage again = Pick(before);
            return [Chance(3) ? again with { Units = (again.Units ?? 1) % 1_000_000 + 1 } : again];
        }

        SlowUsage usage = new()
        {
            Id = ++id,
            Subscriber = subscriber,
            Kind = Pick(UsageKind.Data, UsageKind.Voice, UsageKind.Voice, UsageKind.Sms, UsageKind.Event),
            Start = Instant(),
            Network = Pick(Networks),
            CalledNumber = Chance(4) ? "" : Pick(Numbers),
            Called = Chance(2) ? Pick(Called) : Chance(12) ? null : "",
            IsSecondaryView = Chance(60),
        };
        usage = usage with
        {
            Direction = usage.Kind is UsageKind.Voice or UsageKind.Sms
                ? Pick(Direction.Originating, Direction.Originating, Direction.Terminating)
                : Direction.NotApplicable,
            Units = Units(usage.Kind),
        };
        if (usage.Kind == UsageKind.Data)
        {
            usage = usage with
            {
                RatingGroup = Chance(3) ? null : _random.Next(1, 4) * 10,
                ServiceIdentifier = Chance(3) ? null : _random.Next(1, 4),
                DataNetwork = Pick("", "internet", "Internet", "iot"),
                Slice = Pick("", "1", "1-000001", "2"),
                RatType = Pick(0, 6, 10),
                End = Chance(2) ? usage.Start + (_random.Next(0, 3600) * Second) : null,
            };
        }

        if (usage.Kind == UsageKind.Event && Chance(2))
        {
            usage = usage with { ValueNanos = Chance(6) ? 0 : _random.NextInt64(0, 50_000_000_000), Currency = Chance(10) ? "USD" : "EUR" };
        }

        return usage.Units is > 1 and < 100_000_000_000 && !Chance(3) ? Session(versions, usage, ref id) : [usage];
    }

    /// <summary>
    /// The usage as partial records of one session. They come out of order only where docs/rating-state.md, "Records of a session that
    /// come out of order", says that the session is charged anew.
    /// </summary>
    private List<SlowUsage> Session(IReadOnlyList<OfferingVersion> versions, SlowUsage usage, ref int id)
    {
        string session = $"s{usage.Id}";
        List<SlowUsage> records = [];
        (long start, long left) = (usage.Start, usage.Units!.Value);
        int count = Chance(50) ? SessionRecordsMax : _random.Next(1, 6);
        for (int record = 0; record < count && left > 0; record++)
        {
            long units = record == count - 1 ? left : Math.Min(left, 1 + _random.NextInt64(left));
            records.Add(usage with
            {
                Id = record == 0 ? usage.Id : ++id,
                Session = session,
                Start = start,
                End = null,
                Units = units,
                ValueNanos = null,
            });
            left -= units;
            start += usage.Kind == UsageKind.Voice ? units * Second : _random.Next(1, 7200) * Second;
        }

        bool isOneMonth = SlowCalendar.Month(records[0].Start) == SlowCalendar.Month(records[^1].Start);
        bool countsPeriods = versions.Any(version => version.Prices.Any(price => price.Kind == usage.Kind
            && price.Model is PriceModel.Graduated or PriceModel.Volume or PriceModel.Package or PriceModel.Pass)
            || version.Bundles.Any(bundle => bundle.Kind == usage.Kind && bundle.FairUse.Count > 0));
        bool isSpread = versions.Any(version => version.Prices.Any(price => price.Split == VolumeSplit.Proportional));
        if (isOneMonth && !countsPeriods && !isSpread && Chance(2))
        {
            _random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(records));
        }

        return records;
    }

    private long Instant()
    {
        long at = Chance(2)
            ? Pick(_bounds) + Pick(-Second, 0, Second, -30 * Second, -1, 1, 60 * Second)
            : _anchor + (_random.NextInt64(-6 * Hour, 6 * Hour) / Second * Second);
        return Chance(8)
            ? at + (_random.Next(-3, 4) * Day)
            : Chance(40) ? at - (_random.Next(30, 60) * Day) : at;
    }

    private long? Units(UsageKind kind)
    {
        int roll = _random.Next(100);
        return roll switch
        {
            < 3 => 0,
            3 => null,
            4 => -_random.Next(1, 100),
            5 => Pick(long.MaxValue, long.MaxValue - 1, long.MaxValue / 2, 1_000_000_000_000_000_000),
            _ => kind switch
            {
                UsageKind.Voice => Pick(
                    1L, 29, 30, 31, 59, 60, 61, 119, 120, 121, _random.Next(1, 400), _random.Next(1, 400), _random.Next(1, 4000)),
                UsageKind.Data => Pick(
                    1L, 999, 1000, 1001, 99_999, 100_000, 100_001, 1_000_000, _random.Next(1, 10_000_000),
                    _random.NextInt64(1, 20_000_000_000)),
                UsageKind.Sms => Pick(1L, 1, 1, 2, _random.Next(1, 30)),
                _ => Pick(1L, 5, 9, 10, 11, _random.Next(1, 300)),
            },
        };
    }

    private IReadOnlyList<OfferingVersion> Versions()
    {
        List<OfferingVersion> versions = [];
        OfferingVersion first = Chance(5) ? PlainVersion() : Version();
        versions.Add(first);
        int count = _random.Next(4) switch { 0 => 3, 1 => 2, _ => 1 };
        long from = _anchor;
        for (int number = 2; number <= count; number++)
        {
            from = Chance(2) ? from + (_random.Next(-3, 3) * Hour) + (number * 3 * Hour) : Pick(_bounds) + (number * Second);
            OfferingVersion last = versions[^1];
            long lastFrom = last.ValidFrom.ToUnixTimeMilliseconds();
            from = Math.Max(from, lastFrom + Second);
            _bounds.Add(from);
            if (Chance(6))
            {
                long gap = Math.Max(from - (_random.Next(1, 120) * Second), lastFrom + Second);
                versions[^1] = last with { ValidTo = DateTimeOffset.FromUnixTimeMilliseconds(gap) };
            }

            // The same layout at other prices, so that what tiers and packages count goes on under the same names.
            versions.Add(last with
            {
                Version = number,
                ValidFrom = DateTimeOffset.FromUnixTimeMilliseconds(from),
                ValidTo = null,
                Prices = [.. last.Prices.Select(price => price with
                {
                    UnitPrice = price.Model == PriceModel.Zero || price.ZeroRated ? 0 : Amount(),
                    ConnectFee = price.ConnectFee == 0 ? 0 : Amount(),
                    AboveFairUse = Chance(4)
                        ? [.. price.AboveFairUse.Select(surcharge => surcharge with { UnitPrice = Amount() })]
                        : price.AboveFairUse,
                })],
                Bundles = [
                    .. last.Bundles.Select(bundle => bundle with
                    {
                        Units = Chance(4) ? bundle.Units * 2 : bundle.Units,
                        FairUse = Chance(4)
                            ? [.. bundle.FairUse.Select(volume => volume with { Units = volume.Units * 2 })]
                            : bundle.FairUse,
                    })],
            });
        }

        if (Chance(10))
        {
            versions[0] = versions[0] with { ValidFrom = DateTimeOffset.FromUnixTimeMilliseconds(_anchor - Hour) };
            _bounds.Add(_anchor - Hour);
        }

        if (Chance(10))
        {
            long end = Math.Max(_anchor + Hour, versions[^1].ValidFrom.ToUnixTimeMilliseconds() + Second);
            versions[^1] = versions[^1] with { ValidTo = DateTimeOffset.FromUnixTimeMilliseconds(end) };
            _bounds.Add(end);
        }

        return [.. versions.Select(version => version.ValidTo <= version.ValidFrom ? version with { ValidTo = null } : version)];
    }

    /// <summary>An offering without a price list, which production rates on a way of its own.</summary>
    private OfferingVersion PlainVersion()
    {
        OfferingVersion version = Version();
        return version with
        {
            PriceBasis = PriceBasis.Net,
            Destinations = [],
            Bands = [],
            Prices = [
                .. version.Prices.Where(price => price.Kind != UsageKind.Event).Select(price => price with
                {
                    Id = "",
                    Model = PriceModel.Unit,
                    Split = VolumeSplit.ByStart,
                    Destinations = [],
                    Bands = [],
                    ServiceIdentifiers = [],
                    DataNetworks = [],
                    Slices = [],
                    RatTypes = [],
                    Steps = [],
                    Tiers = [],
                    Pass = null,
                    MinimumCharge = null,
                    MaximumCharge = null,
                    AboveFairUse = [],
                    CountsAccount = false,
                    CalledInGroup = false,
                    Bundle = price.Bundle && !price.ZeroRated,
                })],
            Bundles = [
                .. version.Bundles.DistinctBy(bundle => bundle.Kind).Where(bundle => bundle.Kind != UsageKind.Event).Select(
                    bundle => new Bundle { Kind = bundle.Kind, Units = bundle.Units, Zones = bundle.Zones })],
        };
    }

    private OfferingVersion Version()
    {
        TimeBand[] bands = [.. Enumerable.Range(0, _random.Next(0, 4)).Select(Band)];
        List<RoamingZone> zones = [new() { Name = RoamingZone.Home, Plmns = [Pick("206", "20601"), "00101"] }];
        if (Chance(2))
        {
            zones.Add(new RoamingZone { Name = "eu", Plmns = ["208", "262"] });
        }

        if (Chance(2))
        {
            zones.Add(new RoamingZone { Name = "special", Plmns = ["20802", "310260"] });
        }

        if (!Chance(4))
        {
            zones.Add(new RoamingZone { Name = "world", Plmns = ["*"] });
        }

        List<Destination> destinations = [];
        if (!Chance(3))
        {
            destinations = [
                new() { Name = "be", Prefixes = ["32"] },
                new() { Name = "premium", Prefixes = ["32903", "90"] },
                new() { Name = "eu", Prefixes = ["33", "49"] },
                new() { Name = "de-mobile", Prefixes = ["4915", "4916"] },
                new() { Name = "emergency", Prefixes = [], ShortNumbers = ["112", "100"] },
                .. Chance(2) ? [new Destination { Name = "any", Prefixes = [""] }] : Array.Empty<Destination>(),
            ];
        }

        string[] names = [.. destinations.Select(destination => destination.Name)];
        string[] zoneNames = [.. zones.Select(zone => zone.Name)];
        List<OfferingPrice> prices = [];
        foreach (UsageKind kind in new[] { UsageKind.Data, UsageKind.Voice, UsageKind.Sms, UsageKind.Event })
        {
            int family = _random.Next(OfPasses + 1);
            int rows = _random.Next(1, 5);
            for (int row = 0; row < rows; row++)
            {
                bool isLast = row == rows - 1 && !Chance(6);
                OfferingPrice price = Price(kind, family, prices.Count);
                price = isLast ? price : Filter(price, family, names, zoneNames, bands);

                // Passes have no session and ask at the start of each use, which no order of records keeps together.
                bool isForGroup = kind is UsageKind.Voice or UsageKind.Sms && family != OfPasses
                    && price.Direction != Direction.Terminating && Chance(6);
                prices.Add(isForGroup ? price with { CalledInGroup = true } : price);
            }
        }

        return new OfferingVersion
        {
            Offering = "offering",
            Version = 1,
            ValidFrom = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero),
            Currency = "EUR",
            PriceBasis = Chance(4) ? PriceBasis.Gross : PriceBasis.Net,
            VatPermille = 210,
            Zones = zones,
            Destinations = destinations,
            Bands = bands,
            Holidays = Chance(2)
                ? []
                :
                [
                    new() { Name = "easter-monday", Easter = 1 }, new() { Name = "whit-monday", Easter = 50 },
                    new() { Name = "ascension", Easter = 39 }, new() { Name = "labour-day", Month = 5, Day = 1 },
                    new() { Name = "new-year", Month = 1, Day = 1 }, new() { Name = "once", Month = 10, Day = 25, Year = 2026 },
                ],
            Prices = prices,
            Bundles = Bundles(names, zoneNames),
        };
    }

    private IReadOnlyList<Bundle> Bundles(string[] destinations, string[] zones)
    {
        List<Bundle> bundles = [];
        int count = _random.Next(0, 5);
        for (int index = 0; index < count; index++)
        {
            UsageKind kind = Pick(UsageKind.Data, UsageKind.Voice, UsageKind.Voice, UsageKind.Sms, UsageKind.Event);
            DateTimeOffset? from = null;
            DateTimeOffset? to = null;
            if (Chance(2))
            {
                long begin = Chance(2) ? _anchor - Day : _anchor + (_random.Next(-3600, 3600) * Second);
                long end = begin + Day + (_random.Next(0, 3600) * Second);
                _bounds.AddRange([begin, end]);
                from = Chance(3) ? null : DateTimeOffset.FromUnixTimeMilliseconds(begin);
                to = from is not null && Chance(3) ? null : DateTimeOffset.FromUnixTimeMilliseconds(end);
            }

            bool hasFairUse = Chance(3);
            bool isShared = Chance(3);
            bool isOfMembers = isShared && from is null && to is null && Chance(2);
            bundles.Add(new Bundle
            {
                Id = $"b{index}",
                Kind = kind,
                Units = Allowance(kind),
                FairUseZone = hasFairUse ? Pick(zones) : "",
                FairUse = hasFairUse ? Volumes(kind) : [],
                Unlimited = Chance(12),
                Priority = _random.Next(0, 3),
                Shared = isShared,
                Contributed = isOfMembers && Chance(2),
                ProRataStep = isOfMembers && Chance(2) ? Pick(1L, 7, 1000) : 0,
                Zones = Chance(3) ? [Pick(zones)] : [],
                Destinations = destinations.Length > 0 && Chance(4) ? [Pick(destinations)] : [],
                ValidFrom = from,
                ValidTo = to,
            });
        }

        return bundles;
    }

    private long Allowance(UsageKind kind) => kind switch
    {
        UsageKind.Voice => Pick(30L, 60, 75, 90, 600, _random.Next(1, 3000)),
        UsageKind.Data => Pick(1000L, 1_000_000, 15_000_000, 1_000_000_000, _random.NextInt64(1, 5_000_000_000)),
        UsageKind.Sms => _random.Next(1, 40),
        _ => _random.Next(1, 400),
    };

    /// <summary>A volume of fair use, and often another one from the next month on.</summary>
    private IReadOnlyList<FairUseVolume> Volumes(UsageKind kind)
    {
        List<FairUseVolume> volumes = [
            new() { From = DateTimeOffset.FromUnixTimeMilliseconds(_anchor - (100 * Day)), Units = Chance(8) ? 0 : Allowance(kind) / 2 }];
        if (Chance(2))
        {
            long from = SlowCalendar.Midnight(SlowCalendar.Month(_anchor).AddMonths(Chance(2) ? 0 : 1));
            volumes.Add(new FairUseVolume { From = DateTimeOffset.FromUnixTimeMilliseconds(from), Units = Allowance(kind) / 2 });
        }

        return volumes;
    }

    private IReadOnlyList<FairUseSurcharge> Surcharges(long per)
    {
        List<FairUseSurcharge> surcharges = [
            new() { From = DateTimeOffset.FromUnixTimeMilliseconds(_anchor - (100 * Day)), UnitPrice = Amount(), UnitSize = per }];
        if (Chance(2))
        {
            DateTimeOffset from = DateTimeOffset.FromUnixTimeMilliseconds(Pick(_bounds));
            surcharges.Add(new FairUseSurcharge { From = from, UnitPrice = Amount(), UnitSize = Pick(per, 1000) });
        }

        return surcharges;
    }

    private OfferingPrice Price(UsageKind kind, int family, int index)
    {
        PriceModel model = family switch
        {
            0 or 1 => Chance(6) ? PriceModel.Zero : PriceModel.Unit,
            2 => Pick(PriceModel.Graduated, PriceModel.Volume, PriceModel.Package),
            3 => Pick(PriceModel.Flat, PriceModel.Zero, PriceModel.Unit),
            _ => kind == UsageKind.Event ? Pick(PriceModel.Percentage, PriceModel.Unit) : Pick(PriceModel.Pass, PriceModel.Unit),
        };
        long increment = Chance(3) ? 1 : kind switch
        {
            UsageKind.Voice => Pick(1L, 6, 15, 30, 60, 45),
            UsageKind.Data => Pick(1L, 1000, 1024, 100_000, 65_536),
            _ => Pick(1L, 1, 10),
        };
        long per = kind switch
        {
            UsageKind.Voice => Pick(1L, 60, 60, 7, 3),
            UsageKind.Data => Pick(1_000_000L, 1024 * 1024, 1_000_000_000, 1),
            _ => Pick(1L, 1, 3),
        };
        bool isBounded = model is PriceModel.Unit or PriceModel.Flat;
        OfferingPrice price = new()
        {
            Kind = kind,
            Id = Chance(2) ? $"p{index}" : "",
            Model = model,
            Unit = kind switch
            {
                UsageKind.Data => PriceUnit.Octet,
                UsageKind.Voice => PriceUnit.Second,
                UsageKind.Sms => PriceUnit.Message,
                _ => PriceUnit.Unit,
            },
            UnitSize = per,
            UnitPrice = model == PriceModel.Zero ? 0 : Amount(),
            Increment = model is PriceModel.Unit or PriceModel.Graduated or PriceModel.Volume or PriceModel.Package ? increment : 1,
            Minimum = model == PriceModel.Unit && Chance(5) ? _random.Next(1, 90) : 0,
            ConnectFee = model == PriceModel.Unit && Chance(3) ? Amount() : 0,
            Bundle = model is PriceModel.Unit or PriceModel.Graduated or PriceModel.Volume or PriceModel.Package && !Chance(5),
            MinimumCharge = isBounded && Chance(8) ? Pick(0.05m, 0.2m, 1) : null,
            MaximumCharge = isBounded && Chance(8) ? Pick(1, 2.5m, 31) : null,
            Package = model == PriceModel.Package ? Pick(1L, 10, 100, 500) : 0,
            FreeUnits = model == PriceModel.Package && Chance(3) ? Pick(1L, 10, 45) : 0,
            Percent = model == PriceModel.Percentage ? Pick(1.3m, 2.99m, 133.333m, 0.000000001m) : null,
            Fixed = model == PriceModel.Percentage && Chance(2) ? Pick(0.1m, 2) : null,
            CountsAccount = model is PriceModel.Graduated or PriceModel.Volume or PriceModel.Package && Chance(2),
            Tiers = model is PriceModel.Graduated or PriceModel.Volume ? Tiers(kind, per) : [],
            Pass = model != PriceModel.Pass ? null : _pass ??= NewPass(),
        };
        price = price.Bundle && Chance(2) ? price with { AboveFairUse = Surcharges(per) } : price;
        if (model == PriceModel.Unit && kind == UsageKind.Data && _spreadsOctets)
        {
            return price with { Split = VolumeSplit.Proportional, Increment = 1, Minimum = 0 };
        }

        if (model == PriceModel.Unit && Chance(8))
        {
            return price with
            {
                ZeroRated = true,
                Bundle = false,
                AboveFairUse = [],
                UnitPrice = 0,
                ConnectFee = 0,
                Minimum = 0,
                Increment = 1,
                MinimumCharge = null,
            };
        }

        if (model == PriceModel.Unit && Chance(3))
        {
            long bound = increment * _random.Next(1, 4);
            price = price with
            {
                Steps = [
                    new PriceStep { From = 0, UnitPrice = price.UnitPrice, UnitSize = per, Increment = increment },
                    new PriceStep
                    {
                        From = bound,
                        UnitPrice = Chance(2) ? price.UnitPrice : Amount(),
                        UnitSize = per,
                        Increment = Pick(1L, increment),
                    },
                ],
            };
        }

        return price;
    }

    /// <summary>All prices of a pass have its terms.</summary>
    private Pass NewPass() => new()
    {
        Id = "pass",
        ValiditySeconds = _hasDayPass ? 0 : Pick(3600, 86_400),
        ValidityDays = _hasDayPass ? Pick(1, 2) : 0,
        MaximumPerMonth = Pick(0, 1, 2, 8),
        FreeMessages = Pick(0, 1, 2),
    };

    private IReadOnlyList<PriceTier> Tiers(UsageKind kind, long per)
    {
        long scale = kind switch { UsageKind.Voice => 60, UsageKind.Data => 1_000_000, _ => 1 };
        long bound = 0;
        List<PriceTier> tiers = [];
        int count = _random.Next(1, 5);
        for (int index = 0; index < count; index++)
        {
            bound += scale * _random.Next(1, 50);
            tiers.Add(new PriceTier
            {
                UpTo = index == count - 1 ? -1 : bound,

                // What fits in the last tier may not fit in a dearer one on the way there, where rating computes it, too.
                UnitPrice = Chance(8) ? 0 : Math.Min(Amount(), 1_000_000),
                UnitSize = per,
                Package = Chance(5) ? scale * _random.Next(1, 10) : 0,
                Flat = Chance(3) ? Amount() : 0,
            });
        }

        return tiers;
    }

    private OfferingPrice Filter(OfferingPrice price, int family, string[] destinations, string[] zones, TimeBand[] bands)
    {
        bool isVoice = price.Kind is UsageKind.Voice or UsageKind.Sms;
        price = price with
        {
            Bands = family < 2 && bands.Length > 0 && Chance(2) ? [Pick(bands).Name] : [],
            Zone = Chance(4) ? Pick(zones) : "",
            Destinations = isVoice && destinations.Length > 0 && Chance(2) ? [Pick(destinations)] : [],
            Direction = isVoice && Chance(3) ? Pick(Direction.Originating, Direction.Terminating) : Direction.NotApplicable,
        };
        return price.Kind != UsageKind.Data
            ? price
            : price with
            {
                RatingGroups = Chance(4) ? [10, 20] : [],
                ServiceIdentifiers = Chance(6) ? [1, 2] : [],
                DataNetworks = Chance(6) ? ["internet"] : [],
                Slices = Chance(6) ? ["1-000001", "2"] : [],
                RatTypes = Chance(6) ? [6] : [],
            };
    }

    private TimeBand Band(int index)
    {
        int from = Pick(0, 8, 18, 22, 2, 3) * 3600;
        int to = Pick(24, 8, 18, 6, 2, 3) * 3600;
        if (Chance(2))
        {
            DateTime bound = SlowCalendar.Local(_anchor + (_random.Next(-7200, 7200) * Second));
            to = Math.Max(1, (int)bound.TimeOfDay.TotalSeconds);
        }

        DateTime midnight = SlowCalendar.Local(_anchor).Date;
        _bounds.Add(SlowCalendar.Midnight(midnight) + (from * Second));
        _bounds.Add(SlowCalendar.Midnight(midnight) + (to * Second));
        return new TimeBand
        {
            Name = $"band{index}",
            Days = Chance(2) ? [] : [.. Days.Where(_ => Chance(2))],
            From = from,
            To = from == to ? to + 1 : to,
        };
    }

    private decimal Amount() => Pick(
        0.10m, 0.25m, 1, 0.000000001m, 0.0123m, 5, _random.Next(1, 1_000_000) / 1_000_000m, _random.Next(1, 2_000_000_000) / 1_000_000_000m,
        Chance(20) ? 999_999_999.999999999m : 0.07m, Chance(20) ? 0 : 0.33m);

    private bool Chance(int oneOf) => _random.Next(oneOf) == 0;

    private T Pick<T>(params IReadOnlyList<T> values) => values[_random.Next(values.Count)];
}
