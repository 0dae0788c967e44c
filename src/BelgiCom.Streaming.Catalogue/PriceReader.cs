using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>Reads the prices of a version.</summary>
internal static class PriceReader
{
    /// <summary>The kinds of usage by their name in files.</summary>
    public static readonly (string Symbol, UsageKind Value)[] Kinds =
        [("data", UsageKind.Data), ("voice", UsageKind.Voice), ("sms", UsageKind.Sms), ("event", UsageKind.Event)];

    private const long SecondsPerHour = 3600;

    private static readonly (string, Direction)[] Directions =
        [("originating", Direction.Originating), ("terminating", Direction.Terminating)];

    private static readonly (string, PriceModel)[] Models =
    [
        ("unit", PriceModel.Unit), ("graduated", PriceModel.Graduated), ("volume", PriceModel.Volume), ("package", PriceModel.Package),
        ("percentage", PriceModel.Percentage), ("flat", PriceModel.Flat), ("pass", PriceModel.Pass), ("zero", PriceModel.Zero),
    ];

    private static readonly Dictionary<string, (string Sentence, string Code)> Advice = new(StringComparer.Ordinal)
    {
        ["application"] = (ByApplication, FaultCodes.ByApplication),
        ["applications"] = (ByApplication, FaultCodes.ByApplication),
        ["app"] = (ByApplication, FaultCodes.ByApplication),
        ["service"] = (ByApplication, FaultCodes.ByApplication),
        ["serviceIdentifier"] = (ByApplication, FaultCodes.ByApplication),
    };

    private const string ByApplication =
        "Prices by application are not allowed: Regulation (EU) 2015/2120 art. 3(3) as read by the CJEU (2 September 2021, C-854/19, "
        + "C-5/20, C-34/20). Price all data of a zone alike.";

    private const string FreeGroups =
        "Data of some rating groups or services only must not be free: zero rating by application is not allowed (CJEU, 2 September 2021, "
        + "C-854/19, C-5/20, C-34/20; Regulation (EU) 2015/2120 art. 3(3)). Remove ratingGroups and serviceIdentifiers, or give the price "
        + "an amount.";

    /// <summary>A price for each of the kinds that it is for; only a pass or what is free may have several.</summary>
    public static IEnumerable<(OfferingPrice Price, PriceTerms Terms)> Read(YamlSection section)
    {
        IReadOnlyList<UsageKind> kinds = ReadKinds(section, required: true);
        PriceModel model = section.Choice("model", PriceModel.Unit, Models);
        bool isZeroRated = section.Flag("zeroRated") || model == PriceModel.Zero;
        if (kinds.Count > 1 && model != PriceModel.Pass && !isZeroRated)
        {
            section.Fault("kinds", "only a pass, or what is zero-rated, may be for several kinds: other prices count one unit.");
        }

        UsageKind kind = kinds.Count == 0 ? UsageKind.Data : kinds[0];
        OfferingPrice price = ReadAmounts(section, kind, model, isZeroRated) with
        {
            Id = section.Text("id") ?? "",
            Kind = kind,
            ZeroRated = isZeroRated,
            Direction = section.Choice("direction", Direction.NotApplicable, Directions),
            Destinations = section.OneOrMany("destination", "destinations"),
            Bands = section.OneOrMany("band", "bands"),
            RatingGroups = Numbers(section, "ratingGroups", uint.MaxValue),
            ServiceIdentifiers = Numbers(section, "serviceIdentifiers", uint.MaxValue),
            DataNetworks = [.. section.OneOrMany("dnn", "dnns").Select(name => name.ToLowerInvariant())],
            Slices = Slices(section),
            RatTypes = [.. Numbers(section, "ratTypes", byte.MaxValue).Select(type => (int)type)],
            Bundle = section.Flag("bundle"),
        };
        IReadOnlyList<string> zones = section.OneOrMany("zone", "zones");
        price = section.Has("zone") ? price with { Zone = zones.Count == 0 ? "" : zones[0] } : price with { Zones = zones };
        PriceTerms terms = ReadTerms(section, price);
        price = price with { CountsAccount = terms.CountsAccount, CalledInGroup = terms.CalledIn is not null };
        section.Finish(Advice);
        CheckFree(section, price);
        return kinds.Count == 0 ? [(price, terms)] : kinds.Select(one => (OfKind(price, one), terms));
    }

    /// <summary>The kinds of a section, under <c>kind</c> or <c>kinds</c>.</summary>
    public static IReadOnlyList<UsageKind> ReadKinds(YamlSection section, bool required)
    {
        IReadOnlyList<string> names = section.OneOrMany("kind", "kinds");
        string where = section.Has("kind") ? "kind" : "kinds";
        if (names.Count == 0 && required)
        {
            section.Fault(null, "'kind' is missing: data, voice, sms or event.");
        }

        List<UsageKind> kinds = [];
        foreach (string name in names)
        {
            UsageKind kind = Kinds.FirstOrDefault(known => known.Symbol == name).Value;
            if (kind == UsageKind.Unknown)
            {
                section.Fault(where, $"'{where}' must be one of {string.Join(", ", Kinds.Select(known => known.Symbol))}.");
            }
            else
            {
                kinds.Add(kind);
            }
        }

        return kinds;
    }

    /// <summary>The unit in which usage of a kind is counted.</summary>
    public static PriceUnit NaturalUnit(UsageKind kind) => kind switch
    {
        UsageKind.Data => PriceUnit.Octet,
        UsageKind.Voice => PriceUnit.Second,
        UsageKind.Sms => PriceUnit.Message,
        _ => PriceUnit.Unit,
    };

    /// <summary>Units of a quantity that must count the given unit; null when it is missing.</summary>
    public static long? UnitsOf(YamlSection section, string key, PriceUnit unit)
    {
        Quantity? quantity = section.Quantity(key);
        if (quantity is { } given && given.Unit != unit)
        {
            section.Fault(key, $"'{key}' counts another thing than the price or bundle it belongs to.");
        }

        return quantity?.Units;
    }

    private static OfferingPrice OfKind(OfferingPrice price, UsageKind kind) =>
        price.Kind == kind ? price : price with { Kind = kind, Unit = NaturalUnit(kind) };

    private static OfferingPrice ReadAmounts(YamlSection section, UsageKind kind, PriceModel model, bool isZeroRated)
    {
        decimal? price = section.Amount("price");
        Quantity? per = section.Quantity("per");
        IReadOnlyList<YamlSection> steps = section.Sections("steps");
        IReadOnlyList<YamlSection> tiers = section.Sections("tiers");
        Quantity? package = section.Quantity("package");
        decimal? percent = section.Amount("percent");
        bool needsUnit = !isZeroRated && model == PriceModel.Unit && steps.Count == 0;
        bool needsPrice = needsUnit || model is PriceModel.Package or PriceModel.Flat or PriceModel.Pass;
        if (needsPrice && !section.Has("price"))
        {
            section.Fault(
                null, "'price' is missing; write \"0\" for usage that is free, or zeroRated: true for usage that is never charged.");
        }

        if (needsUnit && !section.Has("per"))
        {
            section.Fault(null, "'per' is missing: what the price is for, such as 1 MiB, 60 s or 1 message.");
        }

        CheckBelongs(section, model);
        Quantity unit = per ?? package ?? FirstOf(steps, "per") ?? FirstOf(tiers, "per") ?? new Quantity(1, NaturalUnit(kind));
        return new OfferingPrice
        {
            Model = model,
            Unit = unit.Unit,
            UnitSize = per?.Units ?? 1,
            UnitPrice = price ?? 0,
            Increment = UnitsOf(section, "increment", unit.Unit) ?? 1,
            Minimum = UnitsOf(section, "minimum", unit.Unit) ?? 0,
            ConnectFee = section.Amount("connectFee") ?? 0,
            MinimumCharge = section.Amount("minimumCharge"),
            MaximumCharge = section.Amount("maximumCharge"),
            Steps = ReadSteps(steps, section, price, per, unit),
            Tiers = ReadTiers(tiers, unit),
            Package = package?.Units ?? 0,
            FreeUnits = UnitsOf(section, "freeUnits", unit.Unit) ?? 0,
            Percent = percent,
            Fixed = section.Amount("fixed"),
            Split = section.Choice(
                "split", VolumeSplit.ByStart, ("byStart", VolumeSplit.ByStart), ("proportional", VolumeSplit.Proportional)),
            Pass = ReadPass(section, model),
        };
    }

    /// <summary>Keys that only one model understands are faults beside another, because they would do nothing.</summary>
    private static void CheckBelongs(YamlSection section, PriceModel model)
    {
        (string Key, bool Belongs, string Models)[] keys =
        [
            ("steps", model == PriceModel.Unit, "unit"),
            ("tiers", model is PriceModel.Graduated or PriceModel.Volume, "graduated or volume"),
            ("package", model == PriceModel.Package, "package"),
            ("freeUnits", model == PriceModel.Package, "package"),
            ("percent", model == PriceModel.Percentage, "percentage"),
            ("fixed", model == PriceModel.Percentage, "percentage"),
            ("validity", model == PriceModel.Pass, "pass"),
            ("maximumPerMonth", model == PriceModel.Pass, "pass"),
            ("freeBefore", model == PriceModel.Pass, "pass"),
        ];
        foreach ((string key, bool belongs, string models) in keys)
        {
            if (section.Has(key) && !belongs)
            {
                section.Fault(key, $"'{key}' is for the model {models}; this price has the model {model.ToString().ToLowerInvariant()}.");
            }
        }

        foreach (string key in WithoutEffect(section, model).Where(section.Has))
        {
            section.Warn(
                key,
                $"'{key}' does nothing here: it is not for the model {model.ToString().ToLowerInvariant()}. Leave it out, or choose the "
                + "model that it belongs to.",
                FaultCodes.NoEffect);
        }

        if (section.Has("steps") && section.Has("increment"))
        {
            section.Fault("increment", "'increment' stands in each step of a price with steps.");
        }
    }

    /// <summary>Keys that belong to most models, and that this one does not look at.</summary>
    private static string[] WithoutEffect(YamlSection section, PriceModel model) => model switch
    {
        PriceModel.Graduated or PriceModel.Volume => ["price", "per"],
        PriceModel.Package => ["per"],
        PriceModel.Percentage => ["price", "per", "increment", "minimum", "connectFee", "bundle", "split"],
        PriceModel.Flat => ["per", "increment", "minimum", "bundle", "split"],
        PriceModel.Pass => ["per", "increment", "minimum", "connectFee", "minimumCharge", "maximumCharge", "bundle", "split"],
        PriceModel.Zero => ["price", "increment", "minimum", "connectFee", "minimumCharge", "maximumCharge", "split"],
        _ when section.Flag("zeroRated") => WithoutEffect(section, PriceModel.Zero),
        _ => [],
    };

    private static Quantity? FirstOf(IReadOnlyList<YamlSection> sections, string key) =>
        sections.Count > 0 && sections[0].Has(key) ? sections[0].Quantity(key) : null;

    private static List<PriceStep> ReadSteps(
        IReadOnlyList<YamlSection> sections, YamlSection row, decimal? price, Quantity? per, Quantity unit)
    {
        List<PriceStep> steps = [];
        foreach (YamlSection section in sections)
        {
            long from = UnitsOf(section, "from", unit.Unit) ?? -1;
            decimal? own = section.Amount("price");
            long? size = UnitsOf(section, "per", unit.Unit);
            PriceStep step = new()
            {
                From = Math.Max(0, from),
                UnitPrice = own ?? price ?? 0,
                UnitSize = size ?? per?.Units ?? 1,
                Increment = UnitsOf(section, "increment", unit.Unit) ?? 1,
            };
            if ((own is null && !row.Has("price")) || (size is null && !row.Has("per")))
            {
                section.Fault(null, "a step has 'price' and 'per', or takes those of its price.");
            }

            if (steps.Count == 0 && from != 0)
            {
                section.Fault("from", "the first step must begin at 0.", FaultCodes.StepsNotRising);
            }
            else if (steps.Count > 0)
            {
                CheckStep(section, steps[^1], step);
            }

            section.Finish();
            steps.Add(step);
        }

        return steps;
    }

    private static void CheckStep(YamlSection section, PriceStep before, PriceStep step)
    {
        if (step.From <= before.From)
        {
            section.Fault("from", "a step must begin after the one above it.", FaultCodes.StepsNotRising);
        }
        else if (before.Increment > 0 && (step.From - before.From) % before.Increment != 0)
        {
            section.Fault(
                "from",
                "this step begins inside an increment of the step above it, so that nobody knows which price that increment has. Let it "
                + "begin at the end of one.",
                FaultCodes.StepInsideIncrement);
        }
    }

    private static List<PriceTier> ReadTiers(IReadOnlyList<YamlSection> sections, Quantity unit)
    {
        List<PriceTier> tiers = [];
        foreach ((int index, YamlSection section) in sections.Index())
        {
            bool isLast = index == sections.Count - 1;
            long? upTo = UnitsOf(section, "upTo", unit.Unit);
            decimal? price = section.Amount("price");
            long? package = UnitsOf(section, "package", unit.Unit);
            long? size = UnitsOf(section, "per", unit.Unit);
            decimal? flat = section.Amount("flat");
            section.Finish();
            if (price is null && flat is null && !section.Has("price"))
            {
                section.Fault(null, "a tier has a 'price', or a 'flat' amount for all of it.");
            }

            if (price is not null && size is null && package is null && !section.Has("per"))
            {
                section.Fault(null, "'per' is missing: what the tier's price is for, such as 1 GB.");
            }

            if (isLast && section.Has("upTo"))
            {
                section.Fault(
                    "upTo", "the last tier must have no 'upTo': what would usage above it cost? Add a tier without one.",
                    FaultCodes.TiersEnd);
            }
            else if (!isLast && (upTo is null || upTo <= tiers.LastOrDefault()?.UpTo || upTo < 1))
            {
                section.Fault(
                    "upTo", "each tier but the last must have an 'upTo' above that of the tier before it.", FaultCodes.TiersNotRising);
            }

            tiers.Add(new PriceTier
            {
                UpTo = isLast ? -1 : upTo ?? 0,
                UnitPrice = price ?? 0,
                UnitSize = size ?? 1,
                Package = package ?? 0,
                Flat = flat ?? 0,
            });
        }

        return tiers;
    }

    private static Pass? ReadPass(YamlSection section, PriceModel model)
    {
        string id = section.Text("id") ?? "";
        string? validity = section.Text("validity");
        bool isByDays = validity?.EndsWith('d') == true || validity?.Contains("day", StringComparison.Ordinal) == true;
        long days = isByDays ? section.Counted("validity", "day", "days") ?? 1 : 0;
        long seconds = validity is null || isByDays ? 0 : UnitsOf(section, "validity", PriceUnit.Second) ?? SecondsPerHour;
        long most = section.Number("maximumPerMonth") ?? 0;
        long messages = 0;
        if (section.Section("freeBefore") is { } free)
        {
            messages = UnitsOf(free, "sms", PriceUnit.Message) ?? 0;
            free.Finish();
        }

        if (model != PriceModel.Pass)
        {
            return null;
        }

        if (validity is null)
        {
            section.Fault(null, "'validity' is missing: 24 h of elapsed time, or 1 day of the calendar.");
        }

        if (id.Length == 0)
        {
            section.Fault(null, "'id' is missing: a pass is counted under it.");
        }

        if (most is < 0 or > 1000 || days > 366)
        {
            section.Fault(
                null, "a pass lasts at most 366 days and is charged at most 1000 times a month (0 for every time).", FaultCodes.BadNumber);
        }

        return new Pass
        {
            Id = id,
            ValiditySeconds = seconds,
            ValidityDays = (int)Math.Clamp(days, 0, 366),
            MaximumPerMonth = (int)Math.Clamp(most, 0, 1000),
            FreeMessages = messages,
        };
    }

    private static PriceTerms ReadTerms(YamlSection section, OfferingPrice price)
    {
        (decimal Price, long Units)? above = FairUseTerms.ReadSurcharge(section, price);
        bool countsAccount = section.Choice("counts", false, ("subscriber", false), ("account", true));
        string? calledIn = section.Choice<string?>("calledIn", null, ("group", "group"));

        return new PriceTerms(
            price.Id, price.Unit, above?.Price, above?.Units ?? 1, countsAccount, calledIn, section.Text("legalBasis"));
    }

    /// <summary>Says that a key is kept and what happens instead of it.</summary>
    /// <param name="section">Where it stands.</param>
    /// <param name="key">The key.</param>
    /// <param name="instead">What happens.</param>
    /// <param name="list">The list that the section is an element of, where all of the section is meant.</param>
    public static void NotApplied(YamlSection section, string key, string instead, string? list = null) =>
        section.Warn(
            key,
            list is null
                ? $"'{key}' is kept, but nothing applies it yet: {instead}."
                : $"'{section.Text(key)}' of '{list}' is kept, but nothing applies it yet: {instead}.",
            FaultCodes.NotApplied);

    private static void CheckFree(YamlSection section, OfferingPrice price)
    {
        bool isFree = price.ZeroRated
            || (price.Model == PriceModel.Unit && price.Steps.Count == 0 && price.UnitPrice == 0 && price.ConnectFee == 0
                && section.Has("price"))
            || (price.Model == PriceModel.Unit && price.Steps.Count > 0 && price.Steps.All(step => step.UnitPrice == 0)
                && price.ConnectFee == 0)
            || (price.Tiers.Count > 0 && price.Tiers.All(tier => tier is { UnitPrice: 0, Flat: 0 }))
            || (price.Model is PriceModel.Flat or PriceModel.Package && price.UnitPrice == 0 && section.Has("price"));
        if (price.Kind == UsageKind.Data && price.RatingGroups.Count + price.ServiceIdentifiers.Count > 0 && isFree)
        {
            section.Fault(null, FreeGroups, FaultCodes.ByApplication);
        }
    }

    private static List<string> Slices(YamlSection section)
    {
        List<string> slices = [];
        foreach (string text in section.OneOrMany("snssai", "snssais"))
        {
            try
            {
                _ = Slice.Parse(text);
                slices.Add(text);
            }
            catch (ArgumentException broken)
            {
                section.Fault("snssai", broken.Message);
            }
        }

        return slices;
    }

    private static List<long> Numbers(YamlSection section, string key, uint most)
    {
        List<long> numbers = [];
        foreach (string text in section.Texts(key))
        {
            if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && number <= most)
            {
                numbers.Add(number);
            }
            else
            {
                section.Fault(key, $"'{text}' in '{key}' must be a whole number from 0 to {most}.", FaultCodes.BadNumber);
            }
        }

        return numbers;
    }
}
