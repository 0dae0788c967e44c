using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// Reads one offering with its versions. This class checks how the YAML is written; rating's own compiler checks what the versions say.
/// </summary>
internal static class OfferingReader
{
    private static readonly (string, UsageKind)[] Kinds = [("data", UsageKind.Data), ("voice", UsageKind.Voice), ("sms", UsageKind.Sms)];

    private static readonly (
        string, Direction)[] Directions = [("originating", Direction.Originating), ("terminating", Direction.Terminating)];

    private static readonly Dictionary<string, string> PriceAdvice = new(StringComparer.Ordinal)
    {
        ["application"] = ByApplication,
        ["applications"] = ByApplication,
        ["app"] = ByApplication,
        ["service"] = ByApplication,
        ["serviceIdentifier"] = ByApplication,
    };

    private const string ByApplication =
        "Prices by application are not allowed: Regulation (EU) 2015/2120 art. 3(3) as read by the CJEU (2 September 2021, C-854/19, "
        + "C-5/20, C-34/20). Price all data of a zone alike.";

    private const string FreeGroups =
        "Data of some rating groups only must not be free: zero rating by application is not allowed (CJEU, 2 September 2021, C-854/19, "
        + "C-5/20, C-34/20). "
        + "Remove ratingGroups, or give the price an amount.";

    /// <summary>The versions, ordered; faults go to the section's list.</summary>
    public static IReadOnlyList<OfferingVersion> Read(YamlSection root)
    {
        string offering = root.RequiredText("offering");
        string name = root.Text("name") ?? offering;
        string currency = root.RequiredText("currency");
        int vat = VatPermille(root);
        IReadOnlyList<(string Name, IReadOnlyList<string> Values)> zones = root.NamedTexts("zones");
        IReadOnlyList<YamlSection> sections = root.Sections("versions");
        root.Finish();
        if (offering.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_' or '.')))
        {
            root.Fault("offering", "'offering' may have ASCII letters, digits, '-', '_' and '.' only: it is part of keys.");
        }

        if (sections.Count == 0)
        {
            root.Fault("versions", "'versions' must list at least one version.");
        }

        List<(OfferingVersion Version, YamlSection Section)> versions = [];
        foreach (YamlSection section in sections)
        {
            OfferingVersion version = ReadVersion(section, zones, offering, name, currency, vat);
            Compile(version, section);
            versions.Add((version, section));
        }

        CheckOrder(versions);
        return [.. versions.Select(version => CatalogueFolder.WithContentHash(version.Version))];
    }

    private static OfferingVersion ReadVersion(
        YamlSection section, IReadOnlyList<(string Name, IReadOnlyList<string> Values)> shared, string offering, string name,
        string currency, int vat)
    {
        long number = section.Number("version") ?? 0;
        if (number is < 1 or > int.MaxValue)
        {
            section.Fault("version", "'version' must be a whole number from 1.");
        }

        DateTimeOffset? from = section.Time("validFrom");
        if (from is null && !section.Has("validFrom"))
        {
            section.Fault(null, "'validFrom' is missing.");
        }

        OfferingVersion version = new()
        {
            Offering = offering,
            Version = (int)Math.Clamp(number, 0, int.MaxValue),
            Name = name,
            ValidFrom = from ?? DateTimeOffset.UnixEpoch,
            ValidTo = section.Time("validTo"),
            Currency = currency,
            VatPermille = vat,
            Zones = [
                .. (section.Has("zones") ? section.NamedTexts("zones") : shared).Select(
                    zone => new RoamingZone { Name = zone.Name, Plmns = zone.Values })],
            Prices = [.. section.Sections("prices").Select(ReadPrice)],
            Bundles = [.. section.Sections("bundles").Select(ReadBundle)],
            RoamingDataLimit = section.Amount("roamingDataLimit"),
        };
        section.Finish();
        return version;
    }

    private static OfferingPrice ReadPrice(YamlSection section)
    {
        UsageKind kind = Kind(section);
        Quantity? per = section.Quantity("per");
        bool isZeroRated = section.Flag("zeroRated");
        decimal? price = section.Amount("price");
        if (!isZeroRated && !section.Has("price"))
        {
            section.Fault(
                null, "'price' is missing; write \"0\" for usage that is free, or zeroRated: true for usage that is never charged.");
        }

        if (per is null && !section.Has("per") && !isZeroRated)
        {
            section.Fault(null, $"'per' is missing: what the price is for, such as 1 MiB, 60 s or 1 message.");
        }

        Quantity unit = per ?? new Quantity(1, NaturalUnit(kind));
        OfferingPrice read = new()
        {
            Kind = kind,
            Zone = section.Text("zone") ?? "",
            RatingGroups = RatingGroups(section),
            Direction = section.Choice("direction", Direction.NotApplicable, Directions),
            Unit = unit.Unit,
            UnitSize = unit.Units,
            UnitPrice = price ?? 0,
            Increment = UnitsOf(section, "increment", unit.Unit) ?? 1,
            Minimum = UnitsOf(section, "minimum", unit.Unit) ?? 0,
            ConnectFee = section.Amount("connectFee") ?? 0,
            Bundle = section.Flag("bundle"),
            ZeroRated = isZeroRated,
        };
        bool isFree = read.ZeroRated || (read.UnitPrice == 0 && read.ConnectFee == 0 && section.Has("price"));
        if (read.Kind == UsageKind.Data && read.RatingGroups.Count > 0 && isFree)
        {
            section.Fault(null, FreeGroups);
        }

        section.Finish(PriceAdvice);
        return read;
    }

    private static Bundle ReadBundle(YamlSection section)
    {
        UsageKind kind = Kind(section);
        if (!section.Has("units"))
        {
            section.Fault(null, "'units' is missing: what the bundle covers each month, such as 10 GiB, 120 min or 100 messages.");
        }

        Bundle bundle = new() { Kind = kind, Units = UnitsOf(section, "units", NaturalUnit(kind)) ?? 1, Zones = section.Texts("zones") };
        section.Finish();
        return bundle;
    }

    private static UsageKind Kind(YamlSection section)
    {
        if (!section.Has("kind"))
        {
            section.Fault(null, "'kind' is missing: data, voice or sms.");
        }

        return section.Choice("kind", UsageKind.Data, Kinds);
    }

    private static PriceUnit NaturalUnit(UsageKind kind) => kind switch
    {
        UsageKind.Data => PriceUnit.Octet,
        UsageKind.Voice => PriceUnit.Second,
        _ => PriceUnit.Message,
    };

    private static long? UnitsOf(YamlSection section, string key, PriceUnit unit)
    {
        Quantity? quantity = section.Quantity(key);
        if (quantity is { } given && given.Unit != unit)
        {
            section.Fault(key, $"'{key}' counts another thing than the price or bundle it belongs to.");
        }

        return quantity?.Units;
    }

    private static List<long> RatingGroups(YamlSection section)
    {
        List<long> groups = [];
        foreach (string text in section.Texts("ratingGroups"))
        {
            if (uint.TryParse(
                text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out uint group))
            {
                groups.Add(group);
            }
            else
            {
                section.Fault("ratingGroups", $"'{text}' is no rating group: a whole number from 0 to {uint.MaxValue}.");
            }
        }

        return groups;
    }

    private static int VatPermille(YamlSection root)
    {
        long? permille = root.Number("vatPermille");
        if (permille is not (>= 0 and <= 1000))
        {
            root.Fault("vatPermille", "'vatPermille' must be the VAT rate in permille, 0 to 1000: 210 for 21 %.");
        }

        return (int)Math.Clamp(permille ?? 0, 0, 1000);
    }

    /// <summary>Compiles the version as rating does: a version that compiles here is the one that rating will use.</summary>
    private static void Compile(OfferingVersion version, YamlSection section)
    {
        try
        {
            _ = new TariffSnapshot([version], new OfferingIndex());
        }
        catch (InvalidTariffException broken)
        {
            section.Fault(null, broken.Message);
        }

        if (version.Zones.Count > 0 && version.Zones.All(zone => zone.Name != RoamingZone.Home))
        {
            section.Fault("zones", $"no zone is named '{RoamingZone.Home}': name the home network's so.");
        }
        else if (version.Zones.Count == 0)
        {
            section.Fault(null, "'zones' is missing, here or beside 'versions': zone names with lists of MCC or MCC+MNC.");
        }
    }

    private static void CheckOrder(List<(OfferingVersion Version, YamlSection Section)> versions)
    {
        for (int index = 1; index < versions.Count; index++)
        {
            OfferingVersion before = versions[index - 1].Version;
            (OfferingVersion version, YamlSection section) = versions[index];
            if (version.Version <= before.Version || version.ValidFrom <= before.ValidFrom)
            {
                section.Fault(
                    "version",
                    $"version {version.Version} must have a higher number and a later validFrom than version {before.Version} above it.");
            }
            else if (before.ValidTo > version.ValidFrom)
            {
                section.Fault(
                    "validFrom", $"version {version.Version} begins before version {before.Version} ends (its validTo); the two overlap.");
            }
        }
    }
}
